"""Access tokens and ID tokens."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar
from uuid import uuid4

from authlib.oauth2.rfc6749 import InvalidRequestError, TokenMixin
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core import OpenIDCode, UserInfo
from joserfc.jwk import KeySet
from sqlalchemy import select

from app import clock
from app.events import Name
from app.oauth.clients import BASIC, POST, Client
from app.oauth.keys import ALGORITHM, KeyRing
from app.oauth.requests import Request
from app.services import services
from app.store.oauth import AuthorizationCode, Token

PREFIX = "wf_at_"
SECRET_BYTES = 32


class AccessToken(TokenMixin):
    """A token that was found by its hash, as Authlib asks about it."""

    def __init__(self, row: Token) -> None:
        self.row = row

    def check_client(self, client: Client) -> bool:
        """Tell whether it was issued to this client."""
        return self.row.client_id == client.client_id

    def get_scope(self) -> str:
        """Return what it is good for."""
        return self.row.scope

    def get_expires_in(self) -> int:
        """Return how long it was made to live, in seconds."""
        return int((self.row.expires_at - self.row.issued_at).total_seconds())

    def is_expired(self) -> bool:
        """Tell whether its time is over."""
        return clock.now() >= self.row.expires_at

    def is_revoked(self) -> bool:
        """Tell whether it was taken back."""
        return self.row.revoked_at is not None


def generator(lifetime: timedelta) -> BearerTokenGenerator:
    """Return what makes access tokens. Authlib's own lifetime would be ten days."""
    seconds = int(lifetime.total_seconds())
    return BearerTokenGenerator(
        lambda **_: PREFIX + secrets.token_urlsafe(SECRET_BYTES),
        expires_generator=lambda client, grant_type: seconds,  # noqa: ARG005 - Authlib's signature
    )


def save_token(token: Mapping[str, str], request: Request) -> None:
    """Keep the hash of a token that is about to be handed out."""
    code: AuthorizationCode = request.authorization_code.row
    now = clock.now()
    services().session.add(
        Token(
            id=uuid4().hex,
            access_hash=_hash(token["access_token"]),
            family=code.family,
            client_id=code.client_id,
            user_id=code.user_id,
            organization_id=code.organization_id,
            scope=token["scope"],
            language=code.language,
            sca=code.sca,
            auth_time=code.auth_time,
            operation_id=code.operation_id,
            issued_at=now,
            expires_at=now + services().settings.oauth.access_token_lifetime,
        )
    )
    services().journal.record(Name.TOKEN_ISSUED, code.operation_id, client_id=code.client_id)


def find_token(access_token: str) -> AccessToken | None:
    """Return the token with this value, whatever its state."""
    wanted = select(Token).where(Token.access_hash == _hash(access_token))
    row = services().session.scalar(wanted)
    return AccessToken(row) if row is not None else None


def _hash(access_token: str) -> str:
    return services().vault.digest(access_token, purpose="oauth.access_token")


class SignedIdToken(OpenIDCode):
    """Adds the ID token to an answer for the scope `openid`: ES256, with `kid`."""

    def __init__(self, keys: KeyRing) -> None:
        super().__init__(require_nonce=False)
        self._keys = keys

    def exists_nonce(self, nonce: str, request: Request) -> bool:  # noqa: ARG002 - Authlib's signature
        """Leave it to the client to choose nonces well; the code is what cannot be replayed."""
        return False

    def get_client_algorithm(self, client: Client) -> str:  # noqa: ARG002 - one for all
        """Return the one algorithm."""
        return ALGORITHM

    def get_encode_header(self, client: Client) -> dict[str, str]:  # noqa: ARG002 - one for all
        """Name the key, so that clients find it in the JWK set."""
        return {"alg": ALGORITHM, "kid": self._keys.newest()}

    def resolve_client_private_key(self, client: Client) -> KeySet:  # noqa: ARG002 - one for all
        """Return the keys, of which the header has named one."""
        return self._keys.opened()

    def get_client_claims(self, client: Client) -> dict[str, object]:
        """Return who says it, to whom, and for how long."""
        settings, now = services().settings, clock.now()
        expires = now + settings.oauth.id_token_lifetime
        return {
            "iss": settings.issuer,
            "aud": client.client_id,
            "iat": int(now.timestamp()),
            "exp": int(expires.timestamp()),
        }

    def generate_user_info(self, user: AuthorizationCode, scope: str) -> UserInfo:  # noqa: ARG002 - the rest is at userinfo
        """Return whom it is about."""
        return UserInfo(sub=user.user_id)


class Introspection(IntrospectionEndpoint):
    """Tells a client about its own tokens; everything else is not active."""

    CLIENT_AUTH_METHODS: ClassVar[list[str]] = [BASIC, POST]

    def check_params(self, request: Request, client: Client) -> None:  # noqa: ARG002 - Authlib's signature
        """Ask for a token. A hint that we do not know is no error (RFC 7662, 2.1)."""
        if "token" not in request.form:
            raise InvalidRequestError("token is missing")

    def query_token(self, token_string: str, token_type_hint: str | None) -> AccessToken | None:  # noqa: ARG002 - one kind of token
        """Return the token with this value."""
        return find_token(token_string)

    def check_permission(self, token: AccessToken, client: Client, request: Request) -> bool:  # noqa: ARG002 - Authlib's signature
        """Show a token to the client that it was issued to."""
        return token.check_client(client)

    def introspect_token(self, token: AccessToken) -> dict[str, object]:
        """Return what a resource server needs to decide."""
        row = token.row
        return {
            "active": True,
            "client_id": row.client_id,
            "token_type": "Bearer",
            "scope": row.scope,
            "sub": row.user_id,
            "username": row.user_id,
            "iss": services().settings.issuer,
            "iat": int(row.issued_at.timestamp()),
            "exp": int(row.expires_at.timestamp()),
            "auth_time": int(row.auth_time.timestamp()),
            "sca": row.sca,
            "language": row.language,
            "organization_id": row.organization_id,
        }
