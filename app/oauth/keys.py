"""The keys that sign ID tokens: P-256, sealed at rest, published as a JWK set."""

import json

from joserfc.jwk import ECKey, KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.services import services
from app.store.oauth import SigningKey

ALGORITHM = "ES256"
CURVE = "P-256"


class KeyRing:
    """The private keys that this process has opened; each is parsed once."""

    def __init__(self) -> None:
        self._keys: dict[str, ECKey] = {}

    def newest(self) -> str:
        """Return the `kid` that signs now; a new key of another process is found and opened."""
        newest = (
            select(SigningKey.kid)
            .where(SigningKey.retired_at.is_(None))
            .order_by(SigningKey.created_at.desc(), SigningKey.kid)
            .limit(1)
        )
        kid = services().session.scalar(newest)
        if kid is None:
            raise LookupError("there is no signing key: seed the database")
        if kid not in self._keys:
            self._keys[kid] = _open(kid)
        return kid

    def opened(self) -> KeySet:
        """Return the keys that are open; whoever signs picks one by its `kid`."""
        return KeySet(list(self._keys.values()))


def published_keys() -> list[dict[str, object]]:
    """Return the public half of every key, the newest first."""
    rows = select(SigningKey.public_jwk).order_by(SigningKey.created_at.desc(), SigningKey.kid)
    return [dict(jwk) for jwk in services().session.scalars(rows)]


def ensure_signing_key(session: Session, vault: Vault) -> None:
    """Make a key if there is none that signs; the caller commits."""
    if session.scalar(select(SigningKey.kid).where(SigningKey.retired_at.is_(None)).limit(1)):
        return
    key = ECKey.generate_key(CURVE)
    kid = key.thumbprint()
    private = json.dumps(key.as_dict(private=True)).encode()
    named = {"kid": kid, "use": "sig", "alg": ALGORITHM}
    session.add(
        SigningKey(
            kid=kid,
            private_jwk_sealed=vault.seal(private, context=_context(kid)),
            public_jwk=dict(key.as_dict(private=False)) | named,
            created_at=clock.now(),
        )
    )
    session.flush()


def _open(kid: str) -> ECKey:
    row = services().session.get_one(SigningKey, kid)
    private = services().vault.open(row.private_jwk_sealed, context=_context(kid))
    return ECKey.import_key(json.loads(private), {"kid": kid})


def _context(kid: str) -> str:
    return f"signing_keys.private_jwk:{kid}"
