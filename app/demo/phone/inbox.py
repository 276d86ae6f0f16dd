"""The inbox: what the bank has left for the phone's person, made safe to be shown."""

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, TypeVar

import nh3

from app.demo.phone.calls import opened
from app.demo.phone.given import moment_of, object_of, text_of
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.talk import Talk

INBOX: Final = "/api/inbox"
MOST: Final = 100
"""Messages that one page may have."""

TAGS: Final = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "i", "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
UNSEEN: Final = {"script", "style", "title"}
"""Elements whose content is no text either."""

LINE_ENDS: Final = re.compile(
    r"<(?=/?(?:br|hr|p|div|li|tr|td|th|h[1-6]|blockquote|pre)\b)", re.IGNORECASE
)

T = TypeVar("T")


@dataclass(frozen=True)
class InboxMessage:
    """One message; a list does not tell bodies."""

    id: str
    is_html: bool
    subject: str
    summary: str
    is_read: bool
    created: datetime | None
    body: str = ""
    """As it came: only `safe_html` and `plain` are fit to be shown."""

    @classmethod
    def read(cls, given: object) -> Self:
        """Read a message: it must have an id, everything else may be missing."""
        told = object_of(given)
        message_id = told.get("id")
        if not (isinstance(message_id, str) and message_id):
            raise PhoneRefused("a message without its id")
        return cls(
            id=message_id,
            is_html=told.get("type") == "html",
            subject=text_of(told, "subject"),
            summary=text_of(told, "summary"),
            is_read=told.get("read") is True,
            created=moment_of(told.get("timestampCreated")),
            body=text_of(told, "body"),
        )

    @property
    def safe_html(self) -> str:
        """The body with nothing that runs, loads, styles or sends anything."""
        if not self.is_html:
            return html.escape(self.body)
        return nh3.clean(
            self.body,
            tags=TAGS,
            clean_content_tags=UNSEEN,
            attributes={"a": {"href"}},
            url_schemes={"https", "http", "mailto", "tel"},
            link_rel="noopener noreferrer",
        )

    @property
    def plain(self) -> str:
        """The body as text, for who has no browser."""
        if not self.is_html:
            return self.body
        broken = LINE_ENDS.sub("\n<", self.body)
        bare = nh3.clean(broken, tags=set(), clean_content_tags=UNSEEN)
        lines = (" ".join(line.split()) for line in html.unescape(bare).splitlines())
        return text_of({"text": "\n".join(line for line in lines if line)}, "text")


class Inbox:
    """What one phone may read; no call takes more than its token."""

    def __init__(self, talk: Talk, phone_id: str) -> None:
        self._talk = talk
        self._phone_id = phone_id

    def unread(self) -> int:
        """Count what was not read yet."""
        return self._asked("count", {}, _count)

    def messages(
        self, page: int = 0, *, size: int = 20, only_unread: bool = False
    ) -> list[InboxMessage]:
        """Return a page of messages without their bodies, the newest first."""
        wanted = {"page": page, "size": size, "onlyUnread": only_unread}
        return self._asked("message/list", wanted, _messages)

    def detail(self, message_id: str) -> InboxMessage:
        """Return a message with its body; that does not count as reading it."""
        return self._asked("message/detail", {"id": message_id}, InboxMessage.read)

    def read(self, message_id: str) -> None:
        """Tell that a message was read; a second time changes nothing."""
        self._ask("message/read", {"id": message_id})

    def read_all(self) -> None:
        """Tell that every message was read."""
        self._ask("message/read-all", {})

    def _ask(self, path: str, wanted: Mapping[str, object]) -> bytes:
        return self._talk.by_token(self._phone_id, f"{INBOX}/{path}", dict(wanted))

    def _asked(self, path: str, wanted: Mapping[str, object], read: Callable[[object], T]) -> T:
        body = self._ask(path, wanted)
        return self._talk.understood(lambda body: read(opened(body).get("responseObject")), body)


def _count(given: object) -> int:
    count = object_of(given).get("countUnread")
    if not isinstance(count, int):
        raise PhoneRefused("not a number of messages")
    return count


def _messages(given: object) -> list[InboxMessage]:
    if not isinstance(given, list):
        raise PhoneRefused("not a list of messages")
    return [InboxMessage.read(each) for each in given]
