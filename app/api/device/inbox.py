"""What a bank has left for the phone's person to read."""

from typing import Final

from pydantic import Field

from app.api.device.calls import asked, call, handset, kept, ok
from app.api.device.presenting import moment
from app.api.kit import Schema, parse
from app.mtoken.inbox import Inbox, InboxMessage
from app.services import services

MOST: Final = 100


class Page(Schema):
    """Which part of the list."""

    page: int = Field(default=0, ge=0, le=1_000_000)
    size: int = Field(default=MOST, ge=1, le=MOST)
    only_unread: bool = False


class NamedMessage(Schema):
    """Which message."""

    id: str = Field(min_length=1, max_length=64)


@call("/api/inbox/count")
def count_messages() -> dict[str, object]:
    """Tell how many messages nobody has read."""
    return ok({"countUnread": _inbox().unread()})


@call("/api/inbox/message/list")
def list_messages() -> dict[str, object]:
    """Tell of messages without their bodies, the newest first."""
    inbox = _inbox()
    with kept():
        wanted = parse(asked(), Page)
        found = inbox.messages(
            only_unread=wanted.only_unread, offset=wanted.page * wanted.size, limit=wanted.size
        )
    return ok([_presented(message) for message in found])


@call("/api/inbox/message/detail")
def message_detail() -> dict[str, object]:
    """Tell a message in full; the app says itself when it was read."""
    inbox = _inbox()
    with kept():
        message = inbox.get(parse(asked(), NamedMessage).id)
    return ok({**_presented(message), "body": message.body})


@call("/api/inbox/message/read")
def read_message() -> dict[str, object]:
    """Note that a message was read."""
    inbox = _inbox()
    with kept():
        inbox.read(parse(asked(), NamedMessage).id)
    return ok()


@call("/api/inbox/message/read-all")
def read_all_messages() -> dict[str, object]:
    """Note that every message was read."""
    _inbox().read_all()
    return ok()


def _inbox() -> Inbox:
    """Return what there is for the phone that asks: of its user, in its application."""
    phone = handset()
    return services().mtoken.inbox.within({phone.application_id}).of(phone.user_id)


def _presented(message: InboxMessage) -> dict[str, object]:
    return {
        "id": message.id,
        "type": message.kind,
        "subject": message.subject,
        "summary": message.summary,
        "read": message.is_read,
        "timestampCreated": moment(message.created_at),
    }
