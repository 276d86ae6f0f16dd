"""What a bank has left for the phone's person to read."""

from app.api.device import inbox_schemas as schemas
from app.api.device.calls import BEARER, asked, call, handset, kept, ok
from app.api.device.presenting import moment
from app.api.kit import parse_json
from app.mtoken.inbox import Inbox, InboxMessage
from app.services import services

ABOUT = "Inbox"
LOST = "INVALID_REQUEST INBOX_FAILED"


@call("/api/inbox/count", about=ABOUT, proof=BEARER, answers=schemas.UnreadAnswer)
def count_messages() -> dict[str, object]:
    """Tell how many messages nobody has read."""
    return ok({"countUnread": _inbox().unread()})


@call(
    "/api/inbox/message/list",
    about=ABOUT,
    proof=BEARER,
    asks=schemas.PageBody,
    answers=schemas.MessageListAnswer,
)
def list_messages() -> dict[str, object]:
    """Tell of messages without their bodies, the newest first."""
    inbox = _inbox()
    with kept():
        wanted = parse_json(asked(), schemas.Page)
        found = inbox.messages(
            only_unread=wanted.only_unread, offset=wanted.page * wanted.size, limit=wanted.size
        )
    return ok([_presented(message) for message in found])


@call(
    "/api/inbox/message/detail",
    about=ABOUT,
    proof=BEARER,
    asks=schemas.NamedMessageBody,
    answers=schemas.MessageAnswer,
    refuses=LOST,
)
def message_detail() -> dict[str, object]:
    """Tell a message in full; the app says itself when it was read."""
    inbox = _inbox()
    with kept():
        message = inbox.get(parse_json(asked(), schemas.NamedMessage).id)
    return ok({**_presented(message), "body": message.body})


@call(
    "/api/inbox/message/read",
    about=ABOUT,
    proof=BEARER,
    asks=schemas.NamedMessageBody,
    refuses=LOST,
)
def read_message() -> dict[str, object]:
    """Note that a message was read."""
    inbox = _inbox()
    with kept():
        inbox.read(parse_json(asked(), schemas.NamedMessage).id)
    return ok()


@call("/api/inbox/message/read-all", about=ABOUT, proof=BEARER)
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
