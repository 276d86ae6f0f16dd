"""What a phone refuses."""


class PhoneRefused(Exception):  # noqa: N818 - it says what happened, as the house does
    """What came from outside is malformed, or nobody who may has made it."""
