"""What the provider refuses: on a page of ours, or in the words of OAuth.

The descriptions of OAuth errors are ours, plain ASCII, and never repeat what was sent.
"""

from http import HTTPStatus

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    InvalidClientError,
    MissingAuthorizationError,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6750 import InsufficientScopeError

from app.errors import Problem

REALM = "webflow"

Headers = list[tuple[str, str]]


# --- shown on a page: nobody to redirect to ------------------------------------------------


class UnknownClient(Problem):
    """No enabled client has this id; who asks is not known, so nobody is redirected."""

    code = "invalid_client"
    status = HTTPStatus.BAD_REQUEST


class RedirectUriRefused(Problem):
    """The redirect URI is missing or is not one that the client registered."""

    code = "invalid_redirect_uri"
    status = HTTPStatus.BAD_REQUEST


class AuthorizationRequestRefused(Problem):
    """The request says twice who asks or where to go, or cannot be read."""

    code = "invalid_request"
    status = HTTPStatus.BAD_REQUEST


class AlreadyReturned(Problem):
    """The answer to this request was given before; there is only one."""

    code = "already_returned"
    status = HTTPStatus.CONFLICT


class ForeignBrowser(Problem):
    """Another browser started this; its answer is not for this one."""

    code = "forbidden"
    status = HTTPStatus.FORBIDDEN


# --- told to the client --------------------------------------------------------------------


class ResponseTypeNotSupportedError(OAuth2Error):
    """Only `code` is served. Authlib's own error would repeat the value that was sent."""

    error = "unsupported_response_type"
    description = "response_type must be code"


class GrantTypeNotSupportedError(UnsupportedGrantTypeError):
    """No grant has this name. Authlib's own error would repeat the value that was sent."""

    def __init__(self) -> None:
        super().__init__(None)

    def get_error_description(self) -> str:
        """Return our words."""
        return "grant_type is not supported"


class OperationFailedError(OAuth2Error):
    """The customer's way through the steps ended without success."""

    error = "access_denied"
    description = "The authentication was not completed"


class ClientNotAuthenticatedError(InvalidClientError):
    """One answer for an unknown client, a wrong secret and a wrong method alike."""

    status_code = 401
    description = "Client authentication failed"

    def get_headers(self) -> Headers:
        """Name the scheme; Authlib's own header would repeat the description."""
        headers = [each for each in super().get_headers() if each[0] != "WWW-Authenticate"]
        return [*headers, ("WWW-Authenticate", f'Basic realm="{REALM}"')]


class NoTokenError(MissingAuthorizationError):
    """No bearer token was given: a challenge without an error code (RFC 6750, 3.1)."""

    def __init__(self) -> None:
        super().__init__()
        self.error = "invalid_request"
        self.description = "A bearer token is required"

    def get_headers(self) -> Headers:
        """Name the scheme, and no error."""
        return [*super().get_headers(), ("WWW-Authenticate", f'Bearer realm="{REALM}"')]


class ScopeMissingError(InsufficientScopeError):
    """The token is good, but not for this."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def get_headers(self) -> Headers:
        """Say which scope is needed."""
        challenge = f'Bearer realm="{REALM}", error="{self.error}", scope="{self.scope}"'
        return [*super().get_headers(), ("WWW-Authenticate", challenge)]
