"""The protocol's own calls about a registration: create, status, rename, detail, remove."""

from flask import request

from app.api.device import schemas
from app.api.device.calls import (
    ENCRYPTION,
    SEALED,
    SIGNED,
    TOKEN,
    Proof,
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

ABOUT = "Registrations"
BEARER_SEALED: Proof = [{TOKEN: [], ENCRYPTION: []}]


@call(
    "/pa/v3/activation/create",
    about=ABOUT,
    proof=SEALED,
    asks=schemas.SealedRequest,
    answers=schemas.SealedAnswer,
    refuses="ERR_ACTIVATION",
)
def create_activation() -> dict[str, object]:
    """Exchange keys with a phone that has an activation code.

    Encrypted for `/pa/generic/application`; inside: `type` (`CODE`), `identityAttributes` with
    the `code`, and `activationData`, which is encrypted once more, for `/pa/activation`; inside of
    that: `devicePublicKey`, `activationName`, `platform`, `deviceInfo`, `extras`, and
    `activationOtp` where the bank gave one. Inside of the answer: `activationData`, inside of
    which: `activationId`, `serverPublicKey`, `ctrData`.
    """
    answer = services().mtoken.pairing.activate(header(ENCRYPTION), request.get_data())
    if isinstance(answer, Refused):
        services().commit()
        raise ActivationRefused(answer.reason)
    return answer


@call(
    "/pa/v3/activation/status",
    about=ABOUT,
    asks=schemas.StatusBody,
    answers=schemas.StatusAnswer,
    refuses="INVALID_REQUEST ERR_ACTIVATION",
)
def activation_status() -> dict[str, object]:
    """Tell a phone its encrypted status.

    Nobody can tell the status of a registration that is not there from one of another's.
    """
    wanted = asked()
    registration_id, challenge = wanted.get("activationId"), wanted.get("challenge")
    if not isinstance(registration_id, str) or not isinstance(challenge, str | None):
        raise ActivationRefused("not the question of a phone")
    return ok(services().mtoken.phones.status(registration_id, challenge))


@call(
    "/pa/v3/activation/remove",
    about=ABOUT,
    proof=SIGNED,
    answers=schemas.RegistrationAnswer,
    refuses="ERR_ACTIVATION",
)
def remove_activation() -> dict[str, object]:
    """End the registration of the phone that asks.

    Signed for `/pa/activation/remove`, together with the body, whatever that is.
    """
    signed = accepted(signature("/pa/activation/remove"))
    services().mtoken.registrations.remove(signed.registration.id)
    return ok({"activationId": signed.registration.id})


@call(
    "/pa/v3/activation/rename",
    about=ABOUT,
    proof=SIGNED,
    asks=schemas.SealedRequest,
    answers=schemas.SealedAnswer,
    refuses="INVALID_REQUEST ERR_ENCRYPTION ERR_ACTIVATION",
)
def rename_activation() -> dict[str, object]:
    """Call a phone as its person wants.

    Signed for `/pa/activation/rename`, with two factors, and encrypted for
    `/pa/generic/activation`. Inside of the request: `activationName`; of the answer: the plain
    envelope with `activationId`, `activationName`.
    """
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


@call(
    "/pa/v3/activation/detail",
    about=ABOUT,
    proof=BEARER_SEALED,
    asks=schemas.SealedRequest,
    answers=schemas.SealedAnswer,
    refuses="ERR_ENCRYPTION",
)
def activation_detail() -> dict[str, object]:
    """Tell a phone, by a token that two factors have made, how it is called.

    Encrypted for `/pa/generic/activation`. Inside of the request: `{}`; of the answer: the plain
    envelope with `activationId`, `activationName`.
    """
    bearer = accepted(token())
    if not bearer.is_strong:
        refuse("one factor")
    with kept():
        opened = services().mtoken.signing.open(header(ENCRYPTION), request.get_data(), GENERIC)
        if opened.registration.id != bearer.registration.id:
            raise EncryptionRefused("of another registration")
    row = opened.registration
    return opened.answer(ok({"activationId": row.id, "activationName": row.name}))
