"""Third parties: what they registered, and how they prove who they are."""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlsplit

import structlog
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.oauth.errors import ClientNotAuthenticatedError
from app.oauth.requests import LONGEST, UNPRINTABLE, Request
from app.oauth.scopes import OFFLINE_ACCESS, SCOPES, split
from app.services import services
from app.store.oauth import OAuthClient

log = structlog.get_logger("webflow.oauth")

BASIC, POST, NONE = "client_secret_basic", "client_secret_post", "none"

NOBODY = "-" * 64
"""Stands where a client has no secret: as long as a hash, and equal to none."""

AUTHORITY = re.compile(r"[A-Za-z0-9.\-]*(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")
"""Host and port, no user: it goes into a header that says where forms may end."""

LOOPBACK = re.compile(r"(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/.*)", re.DOTALL)
"""An address on the customer's own machine; a native app gets its port when it starts
(RFC 8252, 7.3). Never `localhost`: that name may be somebody else's."""

FORBIDDEN_SCHEMES = frozenset({"", "javascript", "data", "vbscript", "file", "blob", "about"})


class Client(ClientMixin):
    """A registered third party, as Authlib asks about it."""

    def __init__(self, row: OAuthClient) -> None:
        self.row = row
        self.client_id = row.client_id

    def get_client_id(self) -> str:
        """Return the id."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """Return nothing: a request always says where to go."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return the scope, each value once; None if it is empty or not all registered."""
        asked = split(scope)
        return " ".join(asked) if asked and set(asked) <= set(self.row.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Compare exact strings. Only the port of an app on the customer's own machine is free."""
        registered = self.row.redirect_uris
        if redirect_uri in registered:
            return True
        is_native = self.row.token_endpoint_auth_method == NONE
        anywhere = _without_port(redirect_uri)
        return is_native and anywhere is not None and anywhere in map(_without_port, registered)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - one method for all endpoints
        """Tell whether the client registered this way to authenticate."""
        return self.row.token_endpoint_auth_method == method

    def check_response_type(self, response_type: str) -> bool:
        """Serve the code flow, nothing else."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Serve the code grant, and refreshing where the client registered `offline_access`."""
        if grant_type == "refresh_token":
            return OFFLINE_ACCESS in self.row.scopes
        return grant_type == "authorization_code"


def find_client(client_id: str) -> Client | None:
    """Return an enabled client."""
    if len(client_id) > LONGEST["client_id"] or UNPRINTABLE.search(client_id):
        return None
    row = services().session.get(OAuthClient, client_id)
    return Client(row) if row is not None and row.disabled_at is None else None


# --- authentication ------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """Who a caller says to be, and by which method; the secret is empty for `none`."""

    method: str
    client_id: str
    secret: str = ""


def authenticate(request: Request, methods: Sequence[str]) -> Client:
    """Return the client that makes this request, or raise ClientNotAuthenticatedError.

    Whatever is wrong, the answer is the same. Two methods at once are an InvalidRequestError.
    """
    claim = _claim(request)
    client = find_client(claim.client_id)
    expected = (client and client.row.secret_hash) or NOBODY
    given = secret_hash(services().vault, claim.client_id, claim.secret)
    is_proved = hmac.compare_digest(expected, given) or claim.method == NONE
    if (
        client is None
        or claim.method not in methods
        or not client.check_endpoint_auth_method(claim.method, "token")
        or not is_proved
    ):
        log.warning("oauth.client.refused", client=client.client_id if client else "unknown")
        raise ClientNotAuthenticatedError
    request.auth_method = claim.method
    services().actor = f"client:{client.client_id}"
    return client


def secret_hash(vault: Vault, client_id: str, secret: str) -> str:
    """Return how a client secret is kept."""
    return vault.digest(f"{client_id}\n{secret}", purpose="oauth.client_secret")


def _claim(request: Request) -> Claim:
    header = request.headers.get("Authorization")
    client_id, secret = request.form.get("client_id"), request.form.get("client_secret")
    has_assertion = bool({"client_assertion", "client_assertion_type"} & set(request.form))
    if sum((header is not None, secret is not None, has_assertion)) > 1:
        raise InvalidRequestError("The client authenticates in more than one way")
    if header is not None:
        claim = _basic(header)
        if client_id not in (None, claim.client_id):
            raise InvalidRequestError("client_id is not the client that authenticates")
        return claim
    if client_id is None or has_assertion:
        raise ClientNotAuthenticatedError
    return Claim(NONE, client_id) if secret is None else Claim(POST, client_id, secret)


def _basic(header: str) -> Claim:
    scheme, _, credentials = header.partition(" ")
    if scheme.lower() != "basic":
        raise ClientNotAuthenticatedError
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode("utf-8")
        client_id, colon, secret = decoded.partition(":")
        # Both halves are encoded like a form before they are joined (RFC 6749, 2.3.1).
        client_id = unquote_plus(client_id, errors="strict")
        secret = unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        raise ClientNotAuthenticatedError from None
    if not colon:
        raise ClientNotAuthenticatedError
    return Claim(BASIC, client_id, secret)


# --- registration --------------------------------------------------------------------------


def ensure_client(  # noqa: PLR0913 - what a registration consists of
    session: Session,
    *,
    vault: Vault,
    client_id: str,
    secret: str | None,
    name: str,
    redirect_uris: Sequence[str],
    description: str | None = None,
    scopes: Sequence[str] = SCOPES,
    login_operation: str = "login_sca",
    token_endpoint_auth_method: str = BASIC,
) -> None:
    """Register a client, or bring its registration up to date; the caller commits.

    Raises ValueError for a redirect URI that must not be redirected to, and for scopes that
    do not exist.
    """
    if faults := [uri for uri in redirect_uris if not _is_redirect_target(uri)]:
        raise ValueError(f"not fit for a redirect: {faults}")
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"no such scope: {sorted(unknown)}")
    row = session.get(OAuthClient, client_id)
    if row is None:
        row = OAuthClient(client_id=client_id, created_at=clock.now())
        session.add(row)
    row.secret_hash = None if secret is None else secret_hash(vault, client_id, secret)
    row.name, row.description = name, description
    row.redirect_uris, row.scopes = list(redirect_uris), list(scopes)
    row.login_operation = login_operation
    row.token_endpoint_auth_method = token_endpoint_auth_method
    session.flush()


def clients_with_secret(session: Session, vault: Vault, secret: str) -> list[str]:
    """Return the ids of enabled clients that have this secret."""
    rows = session.scalars(select(OAuthClient).where(OAuthClient.disabled_at.is_(None)))
    return [
        row.client_id
        for row in rows
        if row.secret_hash == secret_hash(vault, row.client_id, secret)
    ]


def _without_port(uri: str) -> str | None:
    """Return an address on the customer's own machine whatever its port; None for all others."""
    found = LOOPBACK.fullmatch(uri)
    return found[1] + found[2] if found else None


def _is_redirect_target(uri: str) -> bool:
    """Absolute, without a fragment, in printable ASCII, and nothing that a browser executes."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return (
        uri.isascii()
        and uri.isprintable()
        and not set(' "#<>\\^`{|}') & set(uri)
        and parts.scheme not in FORBIDDEN_SCHEMES
        and AUTHORITY.fullmatch(parts.netloc) is not None
        and (bool(parts.netloc) or parts.scheme not in {"http", "https"})
    )
