"""Messages about the inbox: what phones say, and for the document what they are told."""

from typing import Final, Literal

from pydantic import Field

from app.api.device.operation_schemas import NOW, Moment
from app.api.kit import Schema, example
from app.api.openapi import answer_of, body_of

MOST: Final = 100
MESSAGE: Final = "0f7a5c52-9a0d-4a8e-9b61-5d2f8f0c4b11"
SHOWN: Final = {
    "id": MESSAGE,
    "type": "text",
    "subject": "New opening hours",
    "summary": "From May on we are here for you until eight.",
    "read": False,
    "timestampCreated": NOW,
}


class Page(Schema):
    """Which part of the list."""

    model_config = example({"page": 0, "size": 10, "onlyUnread": False})

    page: int = Field(default=0, ge=0, le=1_000_000)
    size: int = Field(default=MOST, ge=1, le=MOST)
    only_unread: bool = False


class NamedMessage(Schema):
    """Which message."""

    model_config = example({"id": MESSAGE})

    id: str = Field(min_length=1, max_length=64)


PageBody, NamedMessageBody = body_of(Page), body_of(NamedMessage)


class Unread(Schema):
    """How many messages nobody has read."""

    model_config = example({"countUnread": 2})

    count_unread: int


class MessageInList(Schema):
    """A message without its body."""

    model_config = example(SHOWN)

    id: str
    type: Literal["text", "html"]
    subject: str
    summary: str
    read: bool
    timestamp_created: Moment


class MessageDetail(MessageInList):
    """A message in full."""

    model_config = example({**SHOWN, "body": "Until eight, on Fridays until six."})

    body: str


UnreadAnswer, MessageAnswer = answer_of(Unread), answer_of(MessageDetail)
MessageListAnswer = answer_of(MessageInList, many=True)
