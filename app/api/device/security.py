"""The protocol's other calls: temporary keys, signatures, tokens, the vault, who and when."""

from flask import request

from app.api.device.activation import GENERIC
from app.api.device.calls import (
    ENCRYPTION,
    accepted,
    asked,
    call,
    header,
    kept,
    ok,
    sealed_signature,
    signature,
)
from app.errors import BadRequest, NotSupported, TemporaryKeyRefused
from app.mtoken.verdicts import milliseconds
from app.services import services

METHODS = ("GET", "POST", "PUT", "DELETE")


@call("/pa/v3/keystore/create")
def create_key() -> dict[str, object]:
    """Give a phone a key to encrypt for."""
    jwt = asked().get("jwt")
    if not isinstance(jwt, str):
        raise TemporaryKeyRefused("no JWT")
    return ok({"jwt": services().mtoken.keystore.create(jwt)})


@call("/pa/v3/signature/validate", methods=METHODS)
def validate_signature() -> dict[str, object]:
    """Tell whether a signature is right; that uses it up."""
    accepted(signature("/pa/signature/validate"))
    return ok()


@call("/pa/v3/token/create")
def create_token() -> dict[str, object]:
    """Give a phone a token with the factors of its signature."""
    return services().mtoken.tokens.create(accepted(sealed_signature("/pa/token/create")))


@call("/pa/v3/token/remove")
def remove_token() -> dict[str, object]:
    """Take a token back from the phone that has it."""
    signed = accepted(signature("/pa/token/remove"))
    with kept():
        token_id = asked().get("tokenId")
        if not isinstance(token_id, str) or not services().mtoken.tokens.remove(signed, token_id):
            raise BadRequest("no such token of this phone")
    return ok({"tokenId": token_id})


@call("/pa/v3/vault/unlock")
def unlock_vault() -> dict[str, object]:
    """Give a phone the key of its own vault."""
    opened = accepted(sealed_signature("/pa/vault/unlock"))
    with kept():
        answer = services().mtoken.phones.unlock_vault(opened)
    return accepted(answer)


@call("/pa/v3/user/info")
def user_info() -> dict[str, object]:
    """Tell a phone whose it is."""
    opened = services().mtoken.signing.open(header(ENCRYPTION), request.get_data(), GENERIC)
    return opened.answer({"sub": opened.registration.user_id})


@call("/pa/v3/status")
def server_status() -> dict[str, object]:
    """Tell a phone the time."""
    application = {"name": "webflow", "version": "3.3"}
    return ok({"serverTime": milliseconds(), "application": application})


@call("/pa/v3/upgrade/start")
def start_upgrade() -> dict[str, object]:
    """Refuse: every registration has the newest version that we offer."""
    raise NotSupported("upgrade")


@call("/pa/v3/upgrade/commit")
def commit_upgrade() -> dict[str, object]:
    """Refuse: see above."""
    raise NotSupported("upgrade")


@call("/pa/v3/recovery/confirm")
def confirm_recovery() -> dict[str, object]:
    """Refuse: recovery codes are gone from the protocol."""
    raise NotSupported("recovery")
