"""What may be in a name, whoever gives it: an API or a command."""

IN_PATHS = (r"[A-Za-z0-9][A-Za-z0-9._-]*", "must be letters and digits, inside also . _ -")
"""What stands in a path."""

OF_SYSTEM_USERS = (
    r"[A-Za-z0-9][A-Za-z0-9._@+-]*",
    "must be letters and digits, inside also . _ @ + -",
)
"""What stands in a path and before the colon of Basic credentials."""

OF_CLIENTS = (r"[!-9;-~]+", "must be ASCII without spaces and colons")
"""What stands before the colon of Basic credentials."""

OF_ANYBODY = (r"\S(.*\S)?", "must not be empty, nor begin or end with a space")
"""What people read."""
