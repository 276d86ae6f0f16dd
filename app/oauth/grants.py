"""Authorization codes: made once, taken once, with S256 for everybody."""

import re
from typing import ClassVar
from uuid import uuid4

from authlib.oauth2.rfc6749 import AuthorizationCodeGrant, InvalidRequestError
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin
from sqlalchemy import update

from app import clock
from app.events import Name
from app.oauth import families
from app.oauth.clients import BASIC, NONE, POST, Client
from app.oauth.requests import Request
from app.oauth.scopes import OFFLINE_ACCESS, split
from app.services import services
from app.store.oauth import AuthorizationCode

VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


class Code(AuthorizationCodeMixin):
    """A code that was taken just now, as Authlib asks about it."""

    code_challenge_method = "S256"

    def __init__(self, row: AuthorizationCode) -> None:
        self.row = row
        self.code_challenge = row.code_challenge

    def get_redirect_uri(self) -> str:
        """Return where the code was sent."""
        return self.row.redirect_uri

    def get_scope(self) -> str:
        """Return what was granted."""
        return self.row.scope

    def get_nonce(self) -> str | None:
        """Return the client's nonce."""
        return self.row.nonce

    def get_auth_time(self) -> int:
        """Return when the customer proved who they are."""
        return int(self.row.auth_time.timestamp())

    def get_acr(self) -> str:
        """Return the level that was reached."""
        return self.row.acr

    def get_amr(self) -> list[str]:
        """Return the methods that were used."""
        return self.row.amr


class CodeGrant(AuthorizationCodeGrant):
    """The authorization code grant, with codes that are kept hashed and taken atomically."""

    TOKEN_ENDPOINT_AUTH_METHODS: ClassVar[list[str]] = [BASIC, POST, NONE]

    def save_authorization_code(self, code: str, request: Request) -> None:
        """Keep the code's hash with everything that tokens made from it will say."""
        granted = request.user
        now, settings = clock.now(), services().settings.oauth
        parameters = request.payload.data
        services().session.add(
            AuthorizationCode(
                code_hash=_hash(code),
                family=uuid4().hex,
                client_id=request.client.client_id,
                redirect_uri=parameters["redirect_uri"],
                scope=request.scope,
                nonce=parameters.get("nonce"),
                code_challenge=parameters["code_challenge"],
                operation_id=granted.operation_id,
                user_id=granted.user_id,
                organization_id=granted.organization_id,
                language=granted.language,
                sca=granted.sca,
                acr=granted.acr,
                amr=granted.amr,
                auth_time=granted.authenticated_at,
                created_at=now,
                expires_at=now + settings.code_lifetime,
            )
        )
        services().journal.record(
            Name.CODE_ISSUED, granted.operation_id, client_id=request.client.client_id
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        """Take the code: of many who bring it at once, one gets it.

        What is plainly malformed is refused before, and takes nothing. What is well formed and
        wrong (another redirect URI, another verifier) has burnt the code: somebody has stolen it.
        """
        form = self.request.form
        if "redirect_uri" not in form:
            raise InvalidRequestError("redirect_uri is missing")
        if not VERIFIER.fullmatch(form.get("code_verifier", "")):
            raise InvalidRequestError("code_verifier is missing or malformed")
        row = _take(code, client.client_id)
        return Code(row) if row is not None else None

    def authenticate_user(self, authorization_code: Code) -> AuthorizationCode:
        """Return who the tokens are about."""
        return authorization_code.row

    def generate_token(self, *, scope: str, **more: object) -> dict[str, object]:
        """Make tokens; one to refresh with only where access was granted beyond this visit."""
        more["include_refresh_token"] = OFFLINE_ACCESS in split(scope)
        token: dict[str, object] = super().generate_token(scope=scope, **more)
        return token

    def delete_authorization_code(self, authorization_code: Code) -> None:
        """Keep the used code: a second use must be noticed."""


class S256ForEveryone(CodeChallenge):
    """PKCE as OAuth 2.1 asks: every client, only S256. Authlib's own asks public clients alone."""

    SUPPORTED_CODE_CHALLENGE_METHOD: ClassVar[list[str]] = ["S256"]

    def validate_code_challenge(self, grant: CodeGrant, redirect_uri: str) -> None:
        """Refuse an authorize request without an S256 challenge."""
        asked = grant.request.payload.data
        if not asked.get("code_challenge"):
            raise InvalidRequestError("code_challenge is required")
        if asked.get("code_challenge_method") != "S256":
            raise InvalidRequestError("code_challenge_method must be S256")
        if not VERIFIER.fullmatch(asked["code_challenge"]):
            raise InvalidRequestError("code_challenge must have 43 to 128 unreserved characters")
        super().validate_code_challenge(grant, redirect_uri)


def _take(code: str, client_id: str) -> AuthorizationCode | None:
    session, now = services().session, clock.now()
    taken = session.scalar(
        update(AuthorizationCode)
        .where(
            AuthorizationCode.code_hash == _hash(code),
            AuthorizationCode.client_id == client_id,
            AuthorizationCode.used_at.is_(None),
            AuthorizationCode.expires_at > now,
        )
        .values(used_at=now)
        .returning(AuthorizationCode)
    )
    if taken is None:
        _notice_replay(code, client_id)
    return taken


def _notice_replay(code: str, client_id: str) -> None:
    """Revoke what a used code gave when it comes back: it was copied (RFC 6749, 4.1.2)."""
    known = services().session.get(AuthorizationCode, _hash(code), populate_existing=True)
    if known is None or known.client_id != client_id or known.used_at is None:
        return
    families.revoke(known.family)
    services().journal.record(Name.CODE_REPLAYED, known.operation_id, client_id=client_id)


def _hash(code: str) -> str:
    return services().vault.digest(code, purpose="oauth.code")
