"""What can go wrong with a phone, in words for the person who holds it."""


class Trouble(Exception):  # noqa: N818 - it is what a person reads, not only what we raise
    """Something did not happen; `words` say what, `hint` what to do."""

    exit_code = 1

    def __init__(self, words: str, hint: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.hint = hint


class Unreachable(Trouble):
    """Nobody answered."""

    exit_code = 7

    def __init__(self, address: str, *, left: bool = True) -> None:
        super().__init__(
            f"The connection to {address} was lost.",
            "Nothing is known of what was sent: look at what waits, then try again."
            if left
            else "Nothing was sent. Is the portal running?",
        )
        self.left = left
        """Whether something may have been sent before."""


class SwitchedOff(Trouble):
    """The phone itself is offline."""

    exit_code = 7

    def __init__(self) -> None:
        super().__init__("This phone is offline.", "Switch it online, or use an offline code.")


class NotUnderstood(Trouble):
    """Somebody answered, but not as a portal does."""

    exit_code = 7


class Declined(Trouble):
    """The portal does not do it."""

    def __init__(self, words: str, hint: str = "", *, status: int = 0, code: str = "") -> None:
        super().__init__(words, hint)
        self.status = status
        self.code = code


class WrongPin(Declined):
    """The portal could not take the PIN."""

    exit_code = 3

    def __init__(self, remaining: int, then: str = "the phone is blocked") -> None:
        attempts = "1 attempt is" if remaining == 1 else f"{remaining} attempts are"
        super().__init__(f"The PIN is wrong: {attempts} left.", f"Then {then}.")
        self.remaining = remaining


class Unusable(Trouble):
    """The registration is in a state in which a phone can do nothing."""

    exit_code = 4

    def __init__(self, standing: str, *, too_many_failures: bool = False) -> None:
        words, hint = STANDINGS[standing]
        if too_many_failures and standing == "BLOCKED":
            words = "The PIN was wrong too often: the bank has blocked this phone."
        super().__init__(words, hint)
        self.standing = standing


class Locked(Trouble):
    """The PIN of an account was wrong too often; the phone itself says so."""

    exit_code = 4

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The PIN of {name} was wrong too often: this phone has locked the account.",
            "Forget it, and let the bank add it anew.",
        )


class Ended(Declined):
    """The operation cannot be answered any more, or there is none; the same of messages."""

    exit_code = 5


class NothingWaits(Trouble):
    """There is no operation to answer."""

    exit_code = 5


class Forged(Trouble):
    """What was scanned is not of this phone's portal, or not for this phone."""

    exit_code = 6


STANDINGS = {
    "PENDING_COMMIT": (
        "The bank has not let this phone in yet.",
        "The bank commits the registration within two minutes, or it ends.",
    ),
    "BLOCKED": ("The bank has blocked this phone.", "Only the bank can unblock it."),
    "REMOVED": ("The bank has removed this phone.", "Pair it anew."),
    "UNKNOWN": ("The portal does not know this phone.", "Pair it anew."),
    "OUT_OF_STEP": ("This phone and the portal have lost count of each other.", "Pair it anew."),
}
"""State of a registration that is not ACTIVE: what it means, and what to do."""

ENDINGS = {
    "INVALID_OPERATION": "There is no such operation for this phone.",
    "OPERATION_ALREADY_FINISHED": "This operation has been answered already.",
    "OPERATION_ALREADY_FAILED": "This operation has failed: too many attempts.",
    "OPERATION_ALREADY_CANCELED": "The bank has canceled this operation.",
    "OPERATION_EXPIRED": "The time of this operation is over.",
    "INBOX_FAILED": "There is no such message for this phone.",
}
"""Codes of the device API about an operation that has ended, or a message that is none."""
