"""The authorization server: every grant, endpoint and extension, registered top to bottom."""

from collections.abc import Mapping, Sequence

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidRequestError, UnsupportedGrantTypeError
from authlib.oauth2.rfc9207 import IssuerParameter
from flask import Response

from app.oauth import clients, gate, tokens
from app.oauth.clients import Client
from app.oauth.errors import GrantTypeNotSupportedError
from app.oauth.grants import CodeGrant, S256ForEveryone
from app.oauth.id_token import SignedIdToken
from app.oauth.introspection import Introspection
from app.oauth.keys import KeyRing
from app.oauth.refresh import RefreshGrant
from app.oauth.requests import Request
from app.oauth.revocation import Revocation
from app.oauth.scopes import SCOPES
from app.settings import Settings


def build(settings: Settings, keys: KeyRing) -> "Server":
    """Return the server that these settings describe."""
    server = Server(settings.issuer)
    server.register_hook("before_get_authorization_grant", gate.check)
    server.register_token_generator(
        "default", tokens.generator(settings.oauth.access_token_lifetime)
    )
    server.register_grant(CodeGrant, [S256ForEveryone(), SignedIdToken(keys)])
    server.register_grant(RefreshGrant, [SignedIdToken(keys)])
    server.register_endpoint(Introspection)
    server.register_endpoint(Revocation)
    return server


class Server(AuthorizationServer):
    """Authlib's server, with one way in for requests and one way out for answers."""

    def __init__(self, issuer: str) -> None:
        super().__init__(query_client=clients.find_client, save_token=tokens.save_token)
        self.scopes_supported = list(SCOPES)
        self._issuer = Issuer(issuer)

    def create_oauth2_request(self, request: Request) -> Request:
        """Take the request as our views have read it."""
        return request

    def authenticate_client(
        self,
        request: Request,
        methods: Sequence[str],
        endpoint: str = "token",  # noqa: ARG002 - one rule for all endpoints
    ) -> Client:
        """Authenticate in our way: Authlib's tells strangers which clients exist."""
        return clients.authenticate(request, methods)

    def get_token_grant(self, request: Request) -> CodeGrant | RefreshGrant:
        """Return the grant of a token request; refuse others without repeating what was sent."""
        if request.payload.grant_type is None:
            raise InvalidRequestError("grant_type is missing")
        try:
            grant: CodeGrant | RefreshGrant = super().get_token_grant(request)
        except UnsupportedGrantTypeError:
            raise GrantTypeNotSupportedError from None
        return grant

    def handle_response(
        self,
        status_code: int,
        payload: Mapping[str, object] | str,
        headers: Sequence[tuple[str, str]],
    ) -> Response:
        """Send every answer: a redirect says who we are (RFC 9207), and nothing is kept."""
        response: Response = super().handle_response(status_code, payload, headers)
        if response.location is not None:
            response.status_code = 303  # never sends a posted form on
            self._issuer.add_issuer_parameter(self, response)
        response.headers["Cache-Control"] = "no-store"
        response.headers["Pragma"] = "no-cache"
        return response

    def handle_error_response(self, request: Request | None, error: OAuth2Error) -> Response:
        """Tell the client what is wrong, by a redirect where the error names one."""
        response: Response = super().handle_error_response(request, error)
        return response

    @property
    def response_types(self) -> list[str]:
        """Return what the authorization endpoint can answer with."""
        return sorted(
            {each for grant, _ in self._authorization_grants for each in grant.RESPONSE_TYPES}
        )

    @property
    def grant_types(self) -> list[str]:
        """Return what the token endpoint takes."""
        return [grant.GRANT_TYPE for grant, _ in self._token_grants]

    @property
    def token_auth_methods(self) -> list[str]:
        """Return how clients authenticate at the token endpoint."""
        names = [
            each for grant, _ in self._token_grants for each in grant.TOKEN_ENDPOINT_AUTH_METHODS
        ]
        return list(dict.fromkeys(names))

    @property
    def introspection_auth_methods(self) -> list[str]:
        """Return how clients authenticate at the introspection endpoint."""
        return list(Introspection.CLIENT_AUTH_METHODS)

    @property
    def revocation_auth_methods(self) -> list[str]:
        """Return how clients authenticate at the revocation endpoint."""
        return list(Revocation.CLIENT_AUTH_METHODS)


class Issuer(IssuerParameter):
    """Adds `iss` to a redirect. As Authlib's extension it would miss most errors."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def get_issuer(self) -> str:
        """Return our name."""
        return self._issuer
