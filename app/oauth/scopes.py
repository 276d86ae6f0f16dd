"""What a third party may ask for, and which operation follows from it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from authlib.oauth2.rfc6749 import InvalidRequestError, InvalidScopeError

from app.nextstep.vocabulary import OperationKind

OPENID, PROFILE, AISP, PISP = "openid", "profile", "aisp", "pisp"

OFFLINE_ACCESS = "offline_access"
"""Asks for a refresh token (OpenID Connect Core, 11)."""

USUAL = (OPENID, PROFILE, AISP, PISP)
"""What a client gets that is registered without a word about scopes."""

SCOPES = (*USUAL, OFFLINE_ACCESS)
"""All scopes there are; each client registers some of them."""

DEFAULT_LOGIN = "login_sca"
"""The operation of a request that asks for no account information."""

LOGIN_DATA = "A2"
"""Operation data of a login: template 2, no fields."""

KINDS: Mapping[str, OperationKind] = MappingProxyType(
    {AISP: OperationKind.LOGIN, PISP: OperationKind.PAYMENT}
)
"""What an operation must be about to be authorized under a scope."""


def split(scope: str | None) -> list[str]:
    """Return the values of a scope in their order, each once."""
    return list(dict.fromkeys(value for value in (scope or "").split(" ") if value))


def login_operation(scope: str, *, of_client: str, operation_id: str | None) -> str | None:
    """Return which login to start; None: the prepared operation is the one (decision 17).

    Raises OAuth2Error for scopes that contradict each other, and for a payment that nobody
    prepared: no payment travels in a URL.
    """
    asked = split(scope)
    if AISP in asked and PISP in asked:
        raise InvalidScopeError("aisp and pisp exclude each other")
    if OFFLINE_ACCESS in asked and PISP in asked:
        raise InvalidScopeError("A payment is authorized once: pisp excludes offline_access")
    if operation_id is not None:
        return None
    if PISP in asked:
        raise InvalidRequestError("pisp needs an operation_id of a prepared payment")
    return of_client if AISP in asked else DEFAULT_LOGIN


def check_fit(scope: str, kind: str, prepared: Sequence[str]) -> None:
    """Refuse a prepared operation that is about something else than the scope.

    A payment needs `pisp`, and where the back end named scopes of the third party, `aisp` and
    `pisp` must be among them.
    """
    asked = split(scope)
    for each in asked:
        if each in KINDS and (KINDS[each] != kind or (prepared and each not in prepared)):
            raise InvalidScopeError("The scope does not fit the operation")
    if kind == OperationKind.PAYMENT and PISP not in asked:
        raise InvalidScopeError("A payment needs pisp")
