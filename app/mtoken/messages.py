"""A bank's own messages to its customers' phones."""

import json
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.orm import Session

from app.errors import InvalidMessage, RegistrationNotFound
from app.mtoken.push import Message, Pushes
from app.store.registrations import Registration


class Messages:
    """Puts them into the outbox; the caller need not wait for any provider."""

    def __init__(self, session: Session, pushes: Pushes) -> None:
        self._session = session
        self._pushes = pushes

    def send(  # noqa: PLR0913 - what a message has
        self,
        user_id: str,
        *,
        title: str = "",
        text: str = "",
        silent: bool = False,
        sound: str = "",
        extras: Mapping[str, object] | None = None,
        registration_id: str | None = None,
        applications: Sequence[str] | None = None,
    ) -> int:
        """Push to the person's active phones; return to how many.

        A silent message shows nothing: only the app reads its extras. Raises InvalidMessage for
        one that is to be shown without a title, and RegistrationNotFound for a phone that is not
        this person's, or of none of these applications.
        """
        if not silent and not title.strip():
            raise InvalidMessage("no title")
        if registration_id is not None:
            self._check_phone(registration_id, user_id, applications)
        message = Message(
            user_id=user_id,
            title="" if silent else title,
            text="" if silent else text,
            extras=_strings(extras or {}),
            sound="" if silent else sound,
            registration_id=registration_id,
            applications=applications,
        )
        return self._pushes.message(message)

    def _check_phone(
        self, registration_id: str, user_id: str, applications: Collection[str] | None
    ) -> None:
        row = self._session.get(Registration, registration_id)
        if row is None or row.user_id != user_id:
            raise RegistrationNotFound(registration_id)
        if applications is not None and row.application_id not in applications:
            raise RegistrationNotFound(registration_id)


def _strings(extras: Mapping[str, object]) -> Mapping[str, str]:
    """Write every value as text, for FCM takes nothing else; what is null is left out."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in extras.items()
        if value is not None
    }
