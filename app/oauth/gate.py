"""What stands before Authlib at the authorization endpoint: who asks, and is it well said.

Client and redirect URI come first. As long as they are not both known to belong together, a
refusal is a page of ours; afterwards every refusal is told to the client by a redirect.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oidc.core.errors import (
    LoginRequiredError,
    RegistrationNotSupportedError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)

from app.oauth.clients import Client, find_client
from app.oauth.errors import (
    AuthorizationRequestRefused,
    RedirectUriRefused,
    ResponseTypeNotSupportedError,
    UnknownClient,
)
from app.oauth.requests import Parameters, Request

RESPONSE_MODE = "query"

NONE, LOGIN, CONSENT, SELECT_ACCOUNT = "none", "login", "consent", "select_account"

PROMPTS = (NONE, LOGIN, CONSENT, SELECT_ACCOUNT)
"""Values of `prompt`. All but the first ask for what every request gets: a new login, in which
the customer says who they are, and a consent."""

SECONDS = re.compile(r"[0-9]+")

NOT_SUPPORTED: Mapping[str, Callable[[], OAuth2Error]] = MappingProxyType(
    {
        "request": lambda: RequestNotSupportedError("request is not supported"),
        "request_uri": lambda: RequestURINotSupportedError("request_uri is not supported"),
        "registration": lambda: RegistrationNotSupportedError("registration is not supported"),
    }
)
"""Parameters that a server which does not know them must refuse, not ignore."""


def check(_server: object, request: Request) -> None:
    """Raise a Problem for a page, or an OAuth2Error that carries the redirect URI."""
    parameters = request.payload
    client = _client(parameters)
    redirect_uri = _redirect_uri(parameters, client)
    try:
        _check_form(parameters)
        _check_prompt(parameters.data.get("prompt", ""))
        _check_max_age(parameters.data.get("max_age", "0"))
    except OAuth2Error as error:
        error.redirect_uri = redirect_uri
        raise


def _client(parameters: Parameters) -> Client:
    if "client_id" in parameters.repeated:
        raise AuthorizationRequestRefused("client_id is repeated")
    client = find_client(parameters.data.get("client_id", ""))
    if client is None:
        raise UnknownClient
    return client


def _redirect_uri(parameters: Parameters, client: Client) -> str:
    if "redirect_uri" in parameters.repeated:
        raise AuthorizationRequestRefused("redirect_uri is repeated")
    redirect_uri = parameters.data.get("redirect_uri", "")
    if not client.check_redirect_uri(redirect_uri):
        raise RedirectUriRefused(client=client.client_id)
    return redirect_uri


def _check_form(parameters: Parameters) -> None:
    asked = parameters.data
    if parameters.repeated:
        raise InvalidRequestError("A parameter is repeated")
    for name, refusal in NOT_SUPPORTED.items():
        if name in asked:
            raise refusal()
    if parameters.malformed:
        raise InvalidRequestError("A parameter is malformed or too long")
    if "response_type" not in asked:
        raise InvalidRequestError("response_type is missing")
    if asked["response_type"] != "code":
        raise ResponseTypeNotSupportedError
    if asked.get("response_mode", RESPONSE_MODE) != RESPONSE_MODE:
        raise InvalidRequestError("response_mode must be query")


def _check_prompt(prompt: str) -> None:
    """Every request needs a new login, so there is never one to reuse silently."""
    wanted = prompt.split()
    if not set(wanted) <= set(PROMPTS):
        raise InvalidRequestError("prompt has an unknown value")
    if NONE in wanted and len(wanted) > 1:
        raise InvalidRequestError("prompt none excludes all others")
    if NONE in wanted:
        raise LoginRequiredError("Every request needs a new login")


def _check_max_age(max_age: str) -> None:
    """Any number of seconds is kept to: the login is made for this very request."""
    if not SECONDS.fullmatch(max_age):
        raise InvalidRequestError("max_age must be a number of seconds")
