"""The protocol's other calls: temporary keys, signatures, tokens, the vault, who and when."""

from flask import request

from app.api.device import schemas
from app.api.device.activation import ABOUT as REGISTRATIONS
from app.api.device.activation import GENERIC
from app.api.device.calls import (
    ENCRYPTION,
    SEALED,
    SIGNED,
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

METHODS = ("POST", "GET", "PUT", "DELETE")
KEYS, SIGNATURES, TOKENS, ABOUT = "Keys", "Signatures", "Tokens", "Server"
LEFT_BEHIND = "Left behind"
UNREADABLE = "INVALID_REQUEST ERR_ENCRYPTION"


@call(
    "/pa/v3/keystore/create",
    about=KEYS,
    asks=schemas.KeyRequestBody,
    answers=schemas.KeyAnswer,
    refuses="INVALID_REQUEST ERR_TEMPORARY_KEY",
)
def create_key() -> dict[str, object]:
    """Give a phone a key to encrypt for."""
    jwt = asked().get("jwt")
    if not isinstance(jwt, str):
        raise TemporaryKeyRefused("no JWT")
    return ok({"jwt": services().mtoken.keystore.create(jwt)})


@call("/pa/v3/signature/validate", about=SIGNATURES, proof=SIGNED, methods=METHODS)
def validate_signature() -> dict[str, object]:
    """Tell whether a signature is right; that uses it up.

    It is over `/pa/signature/validate` and the body, whatever that is; a GET signs its query.
    """
    accepted(signature("/pa/signature/validate"))
    return ok()


@call(
    "/pa/v3/token/create",
    about=TOKENS,
    proof=SIGNED,
    asks=schemas.SealedRequest,
    answers=schemas.SealedAnswer,
    refuses=UNREADABLE,
)
def create_token() -> dict[str, object]:
    """Give a phone a token with the factors of its signature.

    Signed and encrypted for `/pa/token/create`. Inside of the request: `{}`; of the answer:
    `tokenId`, `tokenSecret`.
    """
    return services().mtoken.tokens.create(accepted(sealed_signature("/pa/token/create")))


@call(
    "/pa/v3/token/remove",
    about=TOKENS,
    proof=SIGNED,
    asks=schemas.TokenBody,
    answers=schemas.TokenAnswer,
    refuses="INVALID_REQUEST",
)
def remove_token() -> dict[str, object]:
    """Take a token back from the phone that has it.

    Signed for `/pa/token/remove`.
    """
    signed = accepted(signature("/pa/token/remove"))
    with kept():
        token_id = asked().get("tokenId")
        if not isinstance(token_id, str) or not services().mtoken.tokens.remove(signed, token_id):
            raise BadRequest("no such token of this phone")
    return ok({"tokenId": token_id})


@call(
    "/pa/v3/vault/unlock",
    about=KEYS,
    proof=SIGNED,
    asks=schemas.SealedRequest,
    answers=schemas.SealedAnswer,
    refuses=f"{UNREADABLE} ERR_SECURE_VAULT",
)
def unlock_vault() -> dict[str, object]:
    """Give a phone the key of its own vault.

    Signed, with the PIN, and encrypted for `/pa/vault/unlock`. Inside of the request: `reason`,
    e.g. `ADD_BIOMETRY`; of the answer: `encryptedVaultEncryptionKey`.
    """
    opened = accepted(sealed_signature("/pa/vault/unlock"))
    with kept():
        answer = services().mtoken.phones.unlock_vault(opened)
    return accepted(answer)


@call(
    "/pa/v3/user/info",
    about=REGISTRATIONS,
    proof=SEALED,
    asks=schemas.SealedRequest,
    answers=schemas.SealedAnswer,
    refuses="ERR_ENCRYPTION",
)
def user_info() -> dict[str, object]:
    """Tell a phone whose it is.

    Encrypted for `/pa/generic/activation`. Inside of the request: `{}`; of the answer: `sub`, the
    id of the user.
    """
    opened = services().mtoken.signing.open(header(ENCRYPTION), request.get_data(), GENERIC)
    return opened.answer({"sub": opened.registration.user_id})


@call("/pa/v3/status", about=ABOUT, answers=schemas.ServerStatusAnswer)
def server_status() -> dict[str, object]:
    """Tell a phone the time.

    The body is not read; apps send `{}`.
    """
    application = {"name": "webflow", "version": "3.3"}
    return ok({"serverTime": milliseconds(), "application": application})


@call("/pa/v3/upgrade/start", about=LEFT_BEHIND, refuses="ERR_UPGRADE")
def start_upgrade() -> dict[str, object]:
    """Refuse: every registration has the newest version that we offer."""
    raise NotSupported("upgrade")


@call("/pa/v3/upgrade/commit", about=LEFT_BEHIND, refuses="ERR_UPGRADE")
def commit_upgrade() -> dict[str, object]:
    """Refuse: see above."""
    raise NotSupported("upgrade")


@call("/pa/v3/recovery/confirm", about=LEFT_BEHIND, refuses="ERR_RECOVERY")
def confirm_recovery() -> dict[str, object]:
    """Refuse: recovery codes are gone from the protocol."""
    raise NotSupported("recovery")
