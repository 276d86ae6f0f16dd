"""The inbox: messages that stay in people's apps."""

from app.api.cloud import message_schemas as schemas
from app.api.cloud.calls import call, caller, inbox

ABOUT = "Inbox"
ALL = "/v2/inbox/messages"
ONE = f"{ALL}/<messageId>"
UNKNOWN = "ERROR_INBOX_NOT_FOUND"


@call(
    f"POST {ALL}",
    body=schemas.PostInboxMessageRequest,
    answers=schemas.InboxMessageDetail,
    about=ABOUT,
    refuses="ERROR_INBOX",
)
def send_message(body: schemas.PostInboxMessageRequest) -> schemas.InboxMessageDetail:
    """Leave a message for a user; the phones that are active are pushed, unless it is silent."""
    made = inbox().post(body.new(), caller().applications)
    return schemas.InboxMessageDetail.of(made)


@call(f"GET {ALL}", asks=schemas.ListInboxRequest, answers=schemas.InboxMessageList, about=ABOUT)
def get_message_list(asked: schemas.ListInboxRequest) -> schemas.InboxMessageList:
    """Return a user's messages without their bodies, the newest first."""
    found = (
        inbox()
        .of(asked.userId)
        .messages(only_unread=asked.only_unread, offset=asked.offset, limit=asked.size)
    )
    return schemas.InboxMessageList.of(found)


@call(f"GET {ALL}/count", asks=schemas.InboxUserRequest, answers=schemas.UnreadCount, about=ABOUT)
def get_unread_message_count(asked: schemas.InboxUserRequest) -> schemas.UnreadCount:
    """Count the messages that a user has not read."""
    return schemas.UnreadCount(count_unread=inbox().of(asked.userId).unread())


@call(f"GET {ONE}", answers=schemas.InboxMessageDetail, about=ABOUT, refuses=UNKNOWN)
def get_message_detail(message_id: str) -> schemas.InboxMessageDetail:
    """Return a message in full; that does not count as reading it."""
    return schemas.InboxMessageDetail.of(inbox().get(message_id))


@call(f"PUT {ONE}/read", answers=None, about=ABOUT, refuses=UNKNOWN)
def read_message(message_id: str) -> None:
    """Note that a message was read; a second time changes nothing."""
    inbox().read(message_id)


@call(f"PUT {ALL}/read-all", asks=schemas.InboxUserRequest, answers=None, about=ABOUT)
def read_all_messages(asked: schemas.InboxUserRequest) -> None:
    """Note that a user has read every message."""
    inbox().of(asked.userId).read_all()
