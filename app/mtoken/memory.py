"""Remembers what may come only once."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.crypto.vault import Vault
from app.store.envelopes import UsedValue


class Memory:
    """Values that were used, as keyed hashes; the worker forgets them when nobody believes them."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    def takes(self, kind: str, value: str, *, until: datetime) -> bool:
        """Remember a value; False if it was there: of two who come at once, one gets True."""
        digest = self._vault.digest(value, purpose=f"used_values.{kind}")
        try:
            with self._session.begin_nested():
                self._session.add(UsedValue(digest=digest, expires_at=until))
        except IntegrityError:
            return False
        return True
