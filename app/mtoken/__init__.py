"""Phones: applications, registrations, and what a phone proves."""
