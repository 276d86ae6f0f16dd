"""Phones: what they are asked to sign."""
