"""What a redeemed link asks for: believed only if what would be signed is what is shown."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

from app.demo.phone.authenticator.encoding import b64url
from app.demo.phone.authenticator.links import AppLink, bank_of
from app.demo.phone.authenticator.messages import Message
from app.demo.phone.calls import part, text
from app.demo.phone.files import Files, values_of
from app.demo.phone.given import text_of
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.troubles import Forged, Trouble

GOOD: Final = 1200
TEMPLATE: Final = "A2"
ESCAPES: Final = {"n": "\n", "\\": "\\", "*": "*"}
CONTENTS: Final = ("text/plain", "text/html")
KEPT_FOR: Final = 60 * 60 * 1000
"""Milliseconds after its end: long enough to be told what became of it."""


@dataclass
class Request:
    """One request of a bank that this phone alone may answer."""

    id: str
    base: str
    op: str
    """`Reg` or `Auth`."""
    secret: str = field(repr=False)
    """`serverData`: the answer brings it back."""
    transaction: str
    challenge: str
    ends: int
    """On this machine's clock, in milliseconds."""
    username: str = ""
    user_id: str = ""
    authenticator_id: str = ""
    content: str = ""
    content_type: str = ""
    answer: str = ""
    """`APPROVED` or `REJECTED`, as soon as the bank has taken it."""
    key: str = field(default="", repr=False)
    """Of the account to be added, until the bank says that it has it: its answer may get lost."""
    push_token: str = field(default="", repr=False)

    @classmethod
    def read(cls, answer: Mapping[str, object], link: AppLink) -> Self:
        """Read what a token was redeemed for. Raises PhoneRefused."""
        asked = part(answer, "uafRequest")
        header = part(asked, "header")
        _must(answer.get("statusCode") == GOOD, "another status than 1200")
        _must(answer.get("op") == header.get("op") == link.op, "it is about something else")
        _must(header.get("appID") == link.app_id, "it is of somebody else")
        lifetime = answer.get("lifetimeMillis")
        if not isinstance(lifetime, int) or lifetime <= 0:
            raise PhoneRefused("it does not say when it ends")
        shown = _shown(asked.get("transaction"))
        request = cls(
            id=link.id,
            base=link.base,
            op=link.op,
            secret=text(header, "serverData"),
            transaction=text(asked, "transactionId"),
            challenge=text(asked, "challenge"),
            ends=now() + lifetime,
            username=text_of(asked, "username"),
            user_id=text_of(asked, "userId"),
            authenticator_id=text_of(asked, "authenticatorId"),
            content=shown.content,
            content_type=CONTENTS[shown.is_html] if shown.content else "",
        )
        request.check(text(asked, "data"))
        return request

    @classmethod
    def believed(cls, answer: Mapping[str, object], link: AppLink) -> Self:
        """Read the same. Raises Forged."""
        try:
            return cls.read(answer, link)
        except PhoneRefused as refused:
            words = f"This phone does not believe what {link.host} asks: {refused}."
            raise Forged(words, "Nothing was signed.") from refused

    @classmethod
    def from_json(cls, given: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**values_of(cls, given))

    def to_json(self) -> str:
        """Write everything, the secret too."""
        return json.dumps(asdict(self))

    def check(self, data: str) -> None:
        """Refuse to sign the hash of anything else than what is shown."""
        hashed = f"webflow.challenge\n{self.transaction}\n{data}".encode()
        _must(self.challenge == b64url(sha256(hashed).digest()), "it asks to sign something else")
        template, *fields = split(data)
        _must(template == TEMPLATE, "it asks to sign something unknown")
        said = f"R{self.authenticator_id}" if self.is_enrollment else f"T{self.content}"
        wanted = [said] if self.is_enrollment or self.content else []
        _must(fields == wanted, "it shows something else than what it asks to sign")

    @property
    def is_enrollment(self) -> bool:
        """Whether it adds an account."""
        return self.op == "Reg"

    @property
    def app_id(self) -> str:
        """What the bank's instance calls itself."""
        return f"{self.base}/"

    @property
    def bank(self) -> str:
        """Instance and host, for people."""
        return bank_of(self.base)

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return datetime.fromtimestamp(self.ends / 1000, UTC)

    @property
    def message(self) -> Message:
        """What is to be approved."""
        return Message(self.content, is_html=self.content_type == "text/html")

    @property
    def is_open(self) -> bool:
        """Whether it can still be answered, as far as this phone knows."""
        return not self.answer and now() < self.ends


class Requests(Files[Request]):
    """What was redeemed, so that a reload or a second click finds it again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Request.from_json)

    def missing(self) -> Trouble:
        """Say that a request is not there."""
        return Trouble("There is no such request here.", "It is over. Ask for a new one.")

    def forget_old(self) -> None:
        """Throw away what ended long ago."""
        for request in self.all():
            if now() > request.ends + KEPT_FOR:
                self.discard(request.id)


def split(data: str) -> list[str]:
    r"""Return the fields of operation data: `\n`, `\\` and `\*` stand for what they say."""
    fields, chars = [""], iter(data)
    for char in chars:
        if char == "*":
            fields.append("")
            continue
        if char == "\\":
            escaped = next(chars, "")
            _must(escaped in ESCAPES, "its data have an unknown sign")
            char = ESCAPES[escaped]  # noqa: PLW2901 - the character that is meant
        fields[-1] += char
    return fields


def now() -> int:
    """Return this machine's time in milliseconds."""
    return int(time.time() * 1000)


def _shown(given: object) -> Message:
    """Return the one message, if there is any."""
    if given in (None, []):
        return Message("")
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        raise PhoneRefused("more than one message")
    kind, content = given[0].get("contentType"), given[0].get("content")
    if kind not in CONTENTS or not isinstance(content, str) or not content:
        raise PhoneRefused("a message of another kind")
    return Message(content, is_html=kind == "text/html")


def _must(holds: bool, words: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise PhoneRefused(words)
