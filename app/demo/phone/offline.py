"""An operation on a QR code, for a phone without a network."""

from dataclasses import dataclass, field
from typing import Self

from app.demo.phone.primitives import is_signed, public_key, unb64
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.signing import OFFLINE_URI_ID, normalized, offline_code, parts_of_code
from app.demo.phone.state import PhoneState

NONCE_TEXT_SIZE = 24
FEWEST_LINES = 7
TOTP_SIZES = range(6, 9)


@dataclass(frozen=True)
class ScannedOperation:
    """What the page asks for. It counts only after `check`."""

    operation_id: str
    title: str
    message: str
    data: str
    flags: str
    totp: str | None
    nonce: str
    whose: str
    """`0` the key of the app, `1` the key of this registration."""
    signature: bytes = field(repr=False)
    signed: bytes = field(repr=False)

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the lines; the last two are known from the end, others may come between."""
        lines = text.split("\n")
        if len(lines) < FEWEST_LINES:
            raise PhoneRefused("too few lines")
        operation_id, title, message, data, flags, *extra = lines[:-2]
        nonce, last = lines[-2:]
        if len(nonce) != NONCE_TEXT_SIZE or last[:1] not in {"0", "1"}:
            raise PhoneRefused("not a nonce and a signature at the end")
        totp = extra[-1] if extra and _is_totp(extra[-1]) else None
        signed = "\n".join([*lines[:-1], last[0]]).encode()
        return cls(operation_id, plain(title), plain(message), data, flags, totp, nonce, last[0],
                   unb64(last[1:]), signed)  # fmt: skip

    @property
    def allows_biometry(self) -> bool:
        """Whether the finger is enough."""
        return "B" in self.flags

    def check(self, state: PhoneState) -> None:
        """Refuse what the portal has not signed for this phone."""
        key = state.server_public if self.whose == "1" else state.master_public
        if not is_signed(public_key(unb64(key)), self.signature, self.signed):
            raise PhoneRefused("not an operation of this portal")

    def approve(self, state: PhoneState, pin: str | None = None) -> str:
        """Return the digits to be typed into the page: by PIN, else by biometry."""
        self.check(state)
        if pin is None and not self.allows_biometry:
            raise PhoneRefused("this operation needs the PIN")
        kind = "possession_biometry" if pin is None else "possession_knowledge"
        keys = state.keys(kind, pin)
        words = [self.operation_id, self.data, *([self.totp] if self.totp else [])]
        signed = normalized("POST", OFFLINE_URI_ID, self.nonce, "&".join(words).encode(), "offline")
        return offline_code(parts_of_code(keys, state.move(), signed))


def plain(line: str) -> str:
    r"""Show a title or a message: `\n` is a line's end, `\\` a backslash."""
    words = [part.replace("\\n", "\n") for part in line.split("\\\\")]
    return "\\".join(words)


def four_by_four(code: str) -> str:
    """Show a code as a person copies it best."""
    figures = code.replace("-", "")
    return " ".join(figures[start : start + 4] for start in range(0, len(figures), 4))


def _is_totp(line: str) -> bool:
    return line.isascii() and line.isdigit() and len(line) in TOTP_SIZES
