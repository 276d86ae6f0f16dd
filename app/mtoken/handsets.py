"""Whose phone it is: proved by a signature or a token, or only claimed by a header."""

from typing import Final

from sqlalchemy.orm import Session

from app.crypto.activation import State
from app.crypto.errors import ProtocolError
from app.crypto.headers import SignatureHeader
from app.mtoken.operation_views import Handset
from app.store.registrations import POWERAUTH, Registration

UNVERIFIED: Final = frozenset({"VERIFICATION_PENDING", "VERIFICATION_IN_PROGRESS"})
"""Flags of a registration whose user must not approve anything yet."""

LIVING = {State.ACTIVE.name, State.BLOCKED.name}


def handset_of(registration: Registration) -> Handset:
    """Return the phone of a registration that has proved itself."""
    return Handset(
        registration_id=registration.id,
        user_id=registration.user_id,
        application_id=registration.application_id,
        flags=frozenset(str(flag) for flag in registration.flags),
        kind=registration.kind,
    )


def named_in(session: Session, header: str | None) -> Handset | None:
    """Return the phone that a header of a signature names: it has proved nothing.

    What signs in another way is not there: nobody counts wrong codes against it.
    """
    try:
        read = SignatureHeader.read(header or "")
    except ProtocolError:
        return None
    registration = session.get(Registration, read.activation_id)
    if registration is None or registration.kind != POWERAUTH:
        return None
    if registration.state not in LIVING:
        return None
    return handset_of(registration)
