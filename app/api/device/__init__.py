"""The device API: what phones call, below `/enrollment-server`."""
