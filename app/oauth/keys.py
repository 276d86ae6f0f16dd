"""The keys that sign ID tokens: P-256, sealed at rest, published as a JWK set.

The life of a key: published, then signing, then retired but still published, then removed.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from joserfc.jwk import ECKey, KeySet
from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.events import Journal, Name
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
            .where(_signs(clock.now()))
            .order_by(SigningKey.signs_from.desc(), SigningKey.kid)
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


def ensure_signing_key(session: Session, vault: Vault) -> str | None:
    """Make a key if there is none that signs, and return its `kid`; the caller commits."""
    if session.scalar(select(SigningKey.kid).where(SigningKey.retired_at.is_(None)).limit(1)):
        return None
    return _make(session, vault, signs_from=clock.now()).kid


def rotate_signing_key(
    session: Session, vault: Vault, journal: Journal, *, lead: timedelta
) -> SigningKey:
    """Publish the next key, which signs after `lead`; those before it retire at that moment."""
    key = _make(session, vault, signs_from=clock.now() + lead)
    older = (SigningKey.kid != key.kid) & (
        SigningKey.retired_at.is_(None) | (SigningKey.retired_at > key.signs_from)
    )
    for kid in session.scalars(select(SigningKey.kid).where(older)).all():
        retired = update(SigningKey).where(SigningKey.kid == kid)
        session.execute(retired.values(retired_at=key.signs_from))
        journal.record(Name.KEY_RETIRED, kid, kind="signing")
    journal.record(Name.KEY_CREATED, key.kid, kind="signing", lead=int(lead.total_seconds()))
    return key


def signing_keys(session: Session) -> Sequence[SigningKey]:
    """Return all keys, the newest first."""
    newest_first = select(SigningKey).order_by(SigningKey.signs_from.desc(), SigningKey.kid)
    return session.scalars(newest_first).all()


def state_of(key: SigningKey) -> str:
    """Return where a key is in its life: `next`, `signs` or `retired`."""
    now = clock.now()
    if key.retired_at is not None and key.retired_at <= now:
        return "retired"
    return "next" if key.signs_from > now else "signs"


def _signs(moment: datetime) -> ColumnElement[bool]:
    return (SigningKey.signs_from <= moment) & (
        SigningKey.retired_at.is_(None) | (SigningKey.retired_at > moment)
    )


def _make(session: Session, vault: Vault, *, signs_from: datetime) -> SigningKey:
    key = ECKey.generate_key(CURVE)
    kid = key.thumbprint()
    private = json.dumps(key.as_dict(private=True)).encode()
    named = {"kid": kid, "use": "sig", "alg": ALGORITHM}
    row = SigningKey(
        kid=kid,
        private_jwk_sealed=vault.seal(private, context=_context(kid)),
        public_jwk=dict(key.as_dict(private=False)) | named,
        created_at=clock.now(),
        signs_from=signs_from,
    )
    session.add(row)
    session.flush()
    return row


def _open(kid: str) -> ECKey:
    row = services().session.get_one(SigningKey, kid)
    private = services().vault.open(row.private_jwk_sealed, context=_context(kid))
    return ECKey.import_key(json.loads(private), {"kid": kid})


def _context(kid: str) -> str:
    return f"signing_keys.private_jwk:{kid}"
