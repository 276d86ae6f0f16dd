"""Revocation (RFC 7009): a client gives its own tokens back."""

from typing import ClassVar

from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint

from app import clock
from app.events import Name
from app.oauth import families
from app.oauth.clients import BASIC, NONE, POST, Client
from app.oauth.requests import Request
from app.oauth.tokens import AccessToken, Refresh, find
from app.services import services


class Revocation(RevocationEndpoint):
    """Revokes an access token alone, a refresh token with its whole family."""

    CLIENT_AUTH_METHODS: ClassVar[list[str]] = [BASIC, POST, NONE]

    def authenticate_token(self, request: Request, client: Client) -> AccessToken | Refresh | None:
        """Return the client's own token. One that is unknown, or another's, is nothing to do.

        The token itself says its kind; Authlib would refuse hints that it does not know, and
        tell a stranger that a token exists.
        """
        if "token" not in request.form:
            raise InvalidRequestError("token is missing")
        token = find(request.form["token"])
        return token if token is not None and token.check_client(client) else None

    def revoke_token(self, token: AccessToken | Refresh, request: Request) -> None:  # noqa: ARG002 - Authlib's signature
        """Take the token back; once more changes nothing."""
        row = token.row
        if row.revoked_at is not None:
            return
        if isinstance(token, Refresh):
            families.revoke(row.family)
        else:
            row.revoked_at = clock.now()
        kind = "refresh" if isinstance(token, Refresh) else "access"
        services().journal.record(
            Name.TOKEN_REVOKED, row.grant.operation_id, client_id=row.client_id, kind=kind
        )
