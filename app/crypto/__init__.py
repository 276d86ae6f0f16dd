"""Bytes in, bytes or text out; primitives from `cryptography` only."""
