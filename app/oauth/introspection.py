"""Introspection (RFC 7662): a client asks how its own tokens stand."""

from typing import ClassVar

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from app.oauth.clients import BASIC, POST, Client
from app.oauth.requests import Request
from app.oauth.tokens import AccessToken, Refresh, find
from app.services import services


class Introspection(IntrospectionEndpoint):
    """Tells a client about its own tokens; everything else is not active."""

    CLIENT_AUTH_METHODS: ClassVar[list[str]] = [BASIC, POST]

    def check_params(self, request: Request, client: Client) -> None:  # noqa: ARG002 - Authlib's signature
        """Ask for a token. A hint that we do not know is no error (RFC 7662, 2.1)."""
        if "token" not in request.form:
            raise InvalidRequestError("token is missing")

    def query_token(self, token_string: str, token_type_hint: str | None) -> object | None:  # noqa: ARG002 - the token itself says its kind
        """Return the token with this value."""
        return find(token_string)

    def check_permission(
        self,
        token: AccessToken | Refresh,
        client: Client,
        request: Request,  # noqa: ARG002 - Authlib's signature
    ) -> bool:
        """Show a token to the client that it was issued to."""
        return token.check_client(client)

    def introspect_token(self, token: AccessToken | Refresh) -> dict[str, object]:
        """Return what a resource server needs to decide.

        Only an access token has a `token_type`: a refresh token opens nothing.
        """
        grant = token.row.grant
        kind = {"token_type": "Bearer"} if isinstance(token, AccessToken) else {}
        return kind | {
            "active": True,
            "client_id": grant.client_id,
            "scope": token.get_scope(),
            "sub": grant.user_id,
            "username": grant.user_id,
            "iss": services().settings.issuer,
            "iat": int(token.row.issued_at.timestamp()),
            "exp": int(token.row.expires_at.timestamp()),
            "auth_time": int(grant.auth_time.timestamp()),
            "sca": grant.sca,
            "acr": grant.acr,
            "amr": grant.amr,
            "language": grant.language,
            "organization_id": grant.organization_id,
        }
