"""The text of an offline QR code: an operation, a nonce and our signature of both."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Self

from app.crypto.encoding import from_base64, to_base64
from app.crypto.errors import InvalidOfflineTextError
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.primitives import KEY_BYTES

FLAGS = frozenset("BXFC")
"""Biometry allowed, flipped buttons, fraud warning, no approval during a call."""
CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""What no line may hold: it would end the line, or has no UTF-8."""
ESCAPED = re.compile(r"\\(.?)")
TOTP = re.compile(r"[0-9]{6,8}")
FIRST_LINES = 5
LAST_LINES = 2


class SigningKey(Enum):
    """Whose key has signed the text; its character stands before the signature."""

    MASTER = "0"
    """The application's key: the text is for any phone, and has no one-time password."""
    PERSONALIZED = "1"
    """The key of one registration."""


@dataclass(frozen=True)
class OfflineOperation:
    """What a phone shows and signs; its nonce makes it one of a kind."""

    operation_id: str
    title: str
    message: str
    operation_data: str
    nonce: str
    """16 bytes as Base64."""
    flags: str = ""
    totp: str | None = None
    """The one-time password that proves that the phone is near."""

    def __post_init__(self) -> None:
        from_base64(self.nonce, InvalidOfflineTextError, size=KEY_BYTES)
        for line in (self.operation_id, self.operation_data):
            if CONTROL.search(line):
                raise InvalidOfflineTextError("a line that is not one line")
        for text in (self.title, self.message):
            if CONTROL.search(text.replace("\n", "")):
                raise InvalidOfflineTextError("a control character")
        if not set(self.flags) <= FLAGS or len(set(self.flags)) != len(self.flags):
            raise InvalidOfflineTextError("unknown or repeated flags")
        if self.totp is not None and not TOTP.fullmatch(self.totp):
            raise InvalidOfflineTextError("not a one-time password")

    def sign(self, key: PrivateKey, whose: SigningKey) -> str:
        """Return the whole text of the QR code."""
        signed = self.signed_text(whose)
        return signed + to_base64(key.sign(signed.encode()))

    def signed_text(self, whose: SigningKey) -> str:
        """Return what is signed: everything up to the character that says with which key."""
        if whose is SigningKey.MASTER and self.totp is not None:
            raise InvalidOfflineTextError("a one-time password is for one phone")
        lines = [self.operation_id, escape(self.title), escape(self.message)]
        lines += [self.operation_data, self.flags]
        lines += [] if self.totp is None else [self.totp]
        return "\n".join([*lines, self.nonce, whose.value])


@dataclass(frozen=True)
class OfflineText:
    """A text that was read. It is nobody's until `is_signed_by` has told whose."""

    operation: OfflineOperation
    whose: SigningKey
    signed: bytes
    signature: bytes

    @classmethod
    def read(cls, text: str) -> Self:
        """Take the text apart. Raises InvalidOfflineTextError."""
        lines = text.split("\n")
        extra = lines[FIRST_LINES:-LAST_LINES]
        if len(lines) < FIRST_LINES + LAST_LINES or len(extra) > 1:
            raise InvalidOfflineTextError("not the lines of an operation")
        operation_id, title, message, operation_data, flags = lines[:FIRST_LINES]
        nonce, last = lines[-LAST_LINES:]
        try:
            whose = SigningKey(last[:1])
        except ValueError:
            raise InvalidOfflineTextError("not the mark of a key") from None
        return cls(
            OfflineOperation(
                operation_id=operation_id,
                title=unescape(title),
                message=unescape(message),
                operation_data=operation_data,
                nonce=nonce,
                flags=flags,
                totp=extra[0] if extra else None,
            ),
            whose,
            signed=text[: len(text) - len(last) + 1].encode(),
            signature=from_base64(last[1:], InvalidOfflineTextError),
        )

    def is_signed_by(self, key: PublicKey) -> bool:
        """Tell whether the key has signed exactly this text."""
        return key.verifies(self.signature, self.signed)


def escape(text: str) -> str:
    r"""Write a title or a message on one line: `\` as `\\`, a line's end as `\n`."""
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def unescape(line: str) -> str:
    """Undo `escape`."""
    return ESCAPED.sub(_unescaped, line)


def _unescaped(found: re.Match[str]) -> str:
    known = {"\\": "\\", "n": "\n"}
    if found[1] not in known:
        raise InvalidOfflineTextError("an unknown escape")
    return known[found[1]]
