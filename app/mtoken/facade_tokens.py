"""The tokens of the second façade: JWT (HS512) that nobody but us can make or read anything into.

Access keys and intents are recognised by a keyed hash of the whole text; status and transaction
tokens by their signature: they name a transaction, and hold no state.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Final, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from app import clock
from app.crypto.vault import Vault

ALGORITHM: Final = "HS512"
SECRET_BYTES: Final = 32
MOST_OF_A_TOKEN: Final = 4096

Kind = Literal["api", "status", "transaction", "intent"]


class FacadeTokens:
    """Writes and reads them; `issuer` is the portal's address without a trailing slash."""

    def __init__(self, vault: Vault, issuer: str) -> None:
        self._vault = vault
        self._issuer = issuer

    def issuer(self, application_id: str) -> str:
        """Return who issues the tokens of an application: its address."""
        return f"{self._issuer}/nevis/{application_id}/"

    def access_key(self, application_id: str, key_id: str) -> str:
        """Return a new access key, which does not expire."""
        return self._write("api", application_id, {"sub": key_id, **_secret()})

    def intent(self, application_id: str, customer_id: str, lifetime: timedelta) -> str:
        """Return a new intent token."""
        claims = {"sub": customer_id, **_secret(), **_ends(lifetime)}
        return self._write("intent", application_id, claims)

    def status(self, application_id: str, operation_id: str) -> str:
        """Return what lets its bearer ask how a transaction stands."""
        return self._write("status", application_id, {"txn": operation_id})

    def transaction(self, application_id: str, operation_id: str, status: str) -> str:
        """Return what a transaction's status is proved with."""
        return self._write("transaction", application_id, {"txn": operation_id, "status": status})

    def read(self, application_id: str, token: str) -> Mapping[str, object] | None:
        """Return the claims of a token that we made for this application."""
        if len(token) > MOST_OF_A_TOKEN:
            return None
        try:
            decoded = jwt.decode(token, self._key(), algorithms=[ALGORITHM])
        except (JoseError, ValueError):
            return None
        claims: Mapping[str, object] = decoded.claims
        return claims if claims.get("iss") == self.issuer(application_id) else None

    def _write(self, kind: Kind, application_id: str, claims: Mapping[str, object]) -> str:
        moment = int(clock.now().timestamp())
        whole = {"iss": self.issuer(application_id), "aud": kind, "iat": moment, **claims}
        return jwt.encode({"alg": ALGORITHM}, whole, self._key(), algorithms=[ALGORITHM])

    def _key(self) -> OctKey:
        halves = [self._vault.digest(half, purpose="facade.tokens") for half in ("one", "two")]
        return OctKey.import_key(bytes.fromhex("".join(halves)))


def _secret() -> Mapping[str, object]:
    return {"jti": secrets.token_urlsafe(SECRET_BYTES)}


def _ends(lifetime: timedelta) -> Mapping[str, object]:
    return {"exp": int((clock.now() + lifetime).timestamp())}
