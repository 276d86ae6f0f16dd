"""What a bearer of an access token may read about its customer."""

from collections.abc import Mapping
from datetime import datetime

from authlib.integrations.flask_oauth2 import ResourceProtector
from authlib.oauth2.rfc6749 import MissingAuthorizationError, UnsupportedTokenTypeError
from authlib.oauth2.rfc6750 import BearerTokenValidator, InsufficientScopeError

from app import clock
from app.bank.base import User
from app.oauth.clients import find_client
from app.oauth.errors import REALM, NoTokenError, ScopeMissingError
from app.oauth.scopes import PROFILE, split
from app.oauth.tokens import AccessToken, find_token
from app.services import services
from app.store.oauth import Token

ANONYMOUS = "anonymousUser"
"""Stands for a customer whom the bank does not know any more, or has blocked."""


class Bearer(BearerTokenValidator):
    """Looks a token up; one of a disabled client is none."""

    def authenticate_token(self, token_string: str) -> AccessToken | None:
        """Return the token with this value."""
        token = find_token(token_string)
        return token if token is not None and find_client(token.row.client_id) else None


class Protector(ResourceProtector):
    """Reads the token from the Authorization header and from nowhere else."""

    def __init__(self) -> None:
        super().__init__()
        self.register_token_validator(Bearer(realm=REALM))

    def token(self, scope: str | None = None) -> Token:
        """Return the token of this request. Raises OAuth2Error with its challenge."""
        try:
            accepted: AccessToken = self.acquire_token([scope] if scope else None)
        except (MissingAuthorizationError, UnsupportedTokenTypeError):
            raise NoTokenError from None
        except InsufficientScopeError:
            raise ScopeMissingError(scope or "") from None
        return accepted.row


def userinfo(token: Token) -> dict[str, object]:
    """Return the claims of OpenID Connect; names only for the scope `profile`."""
    user = _user(token)
    claims: dict[str, object] = {"sub": token.user_id}
    if user is not None and _may_see_names(token):
        claims |= {
            "name": f"{user.given_name} {user.family_name}",
            "given_name": user.given_name,
            "family_name": user.family_name,
        }
    return claims


def profile(token: Token, *, application: str, environment: str) -> dict[str, object]:
    """Return who the customer is, how they signed in, and who we are."""
    user = _user(token)
    return {
        "user": {
            "id": user.id if user else ANONYMOUS,
            "givenName": _named(token, user, "given_name"),
            "familyName": _named(token, user, "family_name"),
            "extras": _extras(token, user),
        },
        "connection": {
            "language": token.language if user else "en",
            "sca": token.sca if user else False,
            "organizationId": token.organization_id if user else None,
        },
        "service": {
            "applicationName": "webflow",
            "applicationDisplayName": application,
            "applicationEnvironment": environment,
            "timestamp": _written(clock.now()),
        },
    }


def profile_info(token: Token) -> dict[str, object]:
    """Return who the customer is."""
    user = _user(token)
    user_id = user.id if user else ANONYMOUS
    return {
        "id": user_id,
        "sub": user_id,
        "given_name": _named(token, user, "given_name"),
        "family_name": _named(token, user, "family_name"),
        "extras": _extras(token, user),
    }


def _user(token: Token) -> User | None:
    user = services().bank.user(token.user_id, token.organization_id or "")
    return user if user is not None and user.active else None


def _may_see_names(token: Token) -> bool:
    return PROFILE in split(token.scope)


def _named(token: Token, user: User | None, name: str) -> str | None:
    return getattr(user, name) if user is not None and _may_see_names(token) else None


def _extras(token: Token, user: User | None) -> Mapping[str, object]:
    return user.extras if user is not None and _may_see_names(token) else {}


def _written(moment: datetime) -> str:
    """Write a moment as the field does, e.g. 2018-07-02T14:43:13+0000."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S%z")
