"""Bearer tokens of the bank's identity provider (OpenID Connect): JWTs, signed by its keys."""

import time
from threading import Lock

import httpx2
import structlog
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app import clock
from app.errors import NotAuthenticated, Unavailable
from app.mtoken.access import Caller
from app.settings import NextStepSettings

log = structlog.get_logger("webflow.bearers")

TIMEOUT_SECONDS = 5.0
KEPT_SECONDS = 600
PAUSE_SECONDS = 10
"""The keys are fetched at most this often, whatever tokens say of unknown keys."""

LEEWAY_SECONDS = 30
LONGEST_TOKEN = 8192
LONGEST_NAME = 256


class Bearers:
    """Knows callers by their tokens; the issuer's keys are kept for a while."""

    def __init__(self, settings: NextStepSettings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")

    def authenticate(self, token: str) -> Caller:
        """Return who bears this token, or raise NotAuthenticated, whatever is wrong."""
        if len(token) > LONGEST_TOKEN:
            raise NotAuthenticated("a token of excessive length")
        claims = self._claims(token)
        name = next(
            (c for n in ("client_id", "azp", "sub") if isinstance(c := claims.get(n), str)), ""
        )
        scopes = str(claims.get("scope", "")).split()
        return Caller(name[:LONGEST_NAME], is_admin=self._settings.oidc_admin_scope in scopes)

    def _claims(self, token: str) -> dict[str, object]:
        registry = jwt.JWTClaimsRegistry(
            now=int(clock.now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._settings.oidc_issuer},
            aud={"essential": True, "value": self._settings.oidc_audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            found = self._decoded(token)
            registry.validate(found.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise NotAuthenticated("bearer token", reason=type(error).__name__) from None
        return dict(found.claims)

    def _decoded(self, token: str) -> jwt.Token:
        algorithms = list(self._settings.oidc_algorithms)
        try:
            return jwt.decode(token, self._fresh(KEPT_SECONDS), algorithms=algorithms)
        except InvalidKeyIdError:  # it may be a new one
            return jwt.decode(token, self._fresh(PAUSE_SECONDS), algorithms=algorithms)

    def _fresh(self, seconds: float) -> KeySet:
        """Return the issuer's keys, not older than this if they can be had."""
        # While one thread asks, the others go on with the keys that there are.
        if self._lock.acquire(blocking=self._keys is None):
            try:
                age = time.monotonic() - self._fetched_at
                if age > (seconds if self._keys is not None else PAUSE_SECONDS):
                    self._keys = self._fetch() or self._keys
                    self._fetched_at = time.monotonic()
            finally:
                self._lock.release()
        if self._keys is None:
            raise Unavailable("the keys of the issuer cannot be had")
        return self._keys

    def _fetch(self) -> KeySet | None:
        try:
            with httpx2.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                answer = client.get(self._settings.oidc_jwks_url)
                answer.raise_for_status()
                return KeySet.import_key_set(answer.json())
        except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError):
            log.warning("bearers.keys_not_fetched", exc_info=True)
            return None
