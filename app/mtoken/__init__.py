"""Phones: applications, registrations, what a phone proves, and what it is asked to sign."""
