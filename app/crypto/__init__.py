"""Bytes in, bytes or text out; primitives from `cryptography` only.

`vault.py` keeps our own keys at rest. All other modules are the PowerAuth protocol 3.0 to 3.3 as
phones speak it; whoever needs it starts at `suite.py`.
"""
