"""The protocol's own calls about a registration: create, status, rename, detail, remove."""

from flask import request

from app.api.device.calls import (
    ENCRYPTION,
    accepted,
    asked,
    call,
    header,
    kept,
    ok,
    refuse,
    sealed_signature,
    signature,
    token,
)
from app.errors import ActivationRefused, EncryptionRefused
from app.mtoken.texts import InvalidTextError, needed, part
from app.mtoken.verdicts import Refused
from app.services import services

GENERIC = "/pa/generic/activation"
"""What requests about a registration are encrypted for."""


@call("/pa/v3/activation/create")
def create_activation() -> dict[str, object]:
    """Exchange keys with a phone that has an activation code."""
    answer = services().mtoken.pairing.activate(header(ENCRYPTION), request.get_data())
    if isinstance(answer, Refused):
        services().commit()
        raise ActivationRefused(answer.reason)
    return answer


@call("/pa/v3/activation/status")
def activation_status() -> dict[str, object]:
    """Tell a phone its encrypted status."""
    wanted = asked()
    registration_id, challenge = wanted.get("activationId"), wanted.get("challenge")
    if not isinstance(registration_id, str) or not isinstance(challenge, str | None):
        raise ActivationRefused("not the question of a phone")
    return ok(services().mtoken.phones.status(registration_id, challenge))


@call("/pa/v3/activation/remove")
def remove_activation() -> dict[str, object]:
    """End the registration of the phone that asks."""
    signed = accepted(signature("/pa/activation/remove"))
    services().mtoken.registrations.remove(signed.registration.id)
    return ok({"activationId": signed.registration.id})


@call("/pa/v3/activation/rename")
def rename_activation() -> dict[str, object]:
    """Call a phone as its person wants."""
    opened = accepted(sealed_signature("/pa/activation/rename", GENERIC))
    if not opened.signed.is_strong:
        refuse("one factor")
    with kept():
        value = opened.value
        try:
            name = needed(part(value, "requestObject") if "requestObject" in value else value,
                          "activationName")  # fmt: skip
        except InvalidTextError as error:
            raise ActivationRefused(str(error)) from None
        shown = services().mtoken.registrations.rename(opened.registration.id, name)
    return opened.answer(ok({"activationId": shown.id, "activationName": shown.name}))


@call("/pa/v3/activation/detail")
def activation_detail() -> dict[str, object]:
    """Tell a phone, by a token that two factors have made, how it is called."""
    bearer = accepted(token())
    if not bearer.is_strong:
        refuse("one factor")
    with kept():
        opened = services().mtoken.signing.open(header(ENCRYPTION), request.get_data(), GENERIC)
        if opened.registration.id != bearer.registration.id:
            raise EncryptionRefused("of another registration")
    row = opened.registration
    return opened.answer(ok({"activationId": row.id, "activationName": row.name}))
