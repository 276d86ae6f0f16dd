"""Messages to people: those that phones show at once, and those that stay in the inbox."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator

from app.api.cloud.schemas import Moment, Name, Paging, Switch, Text
from app.api.kit import NotValid, Schema, Violation
from app.mtoken.inbox import InboxMessage, NewInboxMessage
from app.mtoken.push import bytes_of

SHORTEST, LONGEST = 8, 255
MOST_TEXT, MOST_EXTRAS = 2048, 2048
"""Characters."""
THEIRS = re.compile(r"(aps|from|message_type)$|google|gcm")
"""Names of extras that Apple reads itself, or for which Google refuses a push."""
MOST_BYTES = 3500
"""Providers take 4 KiB for a whole push, with what we put around it."""


def _heading(value: str) -> str:
    if not SHORTEST <= len(value) <= LONGEST:
        raise ValueError(f"size must be between {SHORTEST} and {LONGEST}")
    return _said(value)


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


Heading = Annotated[
    str,
    AfterValidator(_heading),
    Field(json_schema_extra={"minLength": SHORTEST, "maxLength": LONGEST}),
]
"""What a push shows, and the app's list."""

Body = Annotated[str, AfterValidator(_said), Field(json_schema_extra={"minLength": 1})]
Person = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class SendMessageRequest(Schema):
    """What phones show, or only their app reads."""

    user_id: Name
    registration_id: Name | None = None
    """The only phone that gets it; empty: all that are active."""
    silent: Switch = False
    """Whether nothing is shown: the app reads the extras."""
    title: Text | None = None
    """Needed for what is shown."""
    message: str | None = Field(default=None, max_length=MOST_TEXT)
    sound: Text | None = None
    extras: dict[Name, object] | None = Field(default=None, max_length=64)
    """For the app; values that are no texts arrive as JSON."""

    @field_validator("extras")
    @classmethod
    def _short(cls, value: dict[str, object] | None) -> dict[str, object] | None:
        if value is not None and len(json.dumps(value)) > MOST_EXTRAS:
            raise ValueError(f"must be at most {MOST_EXTRAS} characters of JSON")
        if taken := sorted(name for name in value or () if THEIRS.match(name)):
            raise ValueError(f"reserved by providers: {', '.join(taken)}")
        return value

    def check_size(self) -> None:
        """Refuse what every provider would refuse later, when nobody hears of it."""
        if bytes_of([self.title, self.message, self.sound, self.extras]) > MOST_BYTES:
            hint = f"must be at most {MOST_BYTES} bytes of JSON, with title, sound and extras"
            raise NotValid([Violation("message", None, hint)])


class PostInboxMessageRequest(Schema):
    """What stays in a person's app."""

    user_id: Person
    """Who need not have a phone yet."""
    type: Literal["text", "html"]
    subject: Heading
    summary: Heading
    body: Body
    silent: Switch = False
    """Whether no push says that it is there."""

    def new(self) -> NewInboxMessage:
        """Return what is wanted."""
        return NewInboxMessage(
            user_id=self.user_id,
            kind=self.type,
            subject=self.subject,
            summary=self.summary,
            body=self.body,
            silent=self.silent,
        )


class InboxMessageSummary(Schema):
    """A message without its body."""

    id: str
    subject: str
    summary: str
    read: bool
    """Whether the person has seen it, or a back end says so."""
    type: Literal["text", "html"]
    timestamp: Moment

    @classmethod
    def of(cls, message: InboxMessage) -> Self:
        """Present a message."""
        return cls.model_validate(
            {
                "id": message.id,
                "subject": message.subject,
                "summary": message.summary,
                "body": message.body,
                "read": message.is_read,
                "type": message.kind,
                "timestamp": message.created_at,
            }
        )


class InboxMessageDetail(InboxMessageSummary):
    """A message in full."""

    body: str


class InboxUserRequest(Schema):
    """Whose inbox."""

    userId: Person  # noqa: N815 - as it is told


class ListInboxRequest(Paging):
    """Which messages of whom."""

    userId: Person  # noqa: N815 - as it is told
    only_unread: bool = False


class InboxMessageList(Schema):
    """Messages, the newest first."""

    messages: list[InboxMessageSummary]

    @classmethod
    def of(cls, found: Sequence[InboxMessage]) -> Self:
        """Present messages."""
        return cls(messages=[InboxMessageSummary.of(message) for message in found])


class UnreadCount(Schema):
    """How many messages nobody has read."""

    count_unread: int
