"""Doors for programs; façades that do not know each other."""
