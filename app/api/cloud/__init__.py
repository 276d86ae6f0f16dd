"""The Cloud API: what a bank's back ends ask of registrations and operations of phones."""
