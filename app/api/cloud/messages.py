"""Messages to people's phones, shown once and kept nowhere."""

from app.api.cloud import message_schemas as schemas
from app.api.cloud.calls import call, caller
from app.services import services


@call(
    "POST /v2/messages/send",
    body=schemas.SendMessageRequest,
    answers=None,
    about="Push Notifications",
    refuses="ERROR_PUSH_MESSAGE ERROR_REGISTRATION_NOT_FOUND",
)
def send_push_message(body: schemas.SendMessageRequest) -> None:
    """Have a message pushed to a user's active phones; whether one could be is not waited for."""
    body.check_size()
    services().mtoken.messages.send(
        body.user_id,
        title=body.title or "",
        text=body.message or "",
        silent=body.silent,
        sound=body.sound or "",
        extras=body.extras,
        registration_id=body.registration_id,
        applications=sorted(caller().applications),
    )
