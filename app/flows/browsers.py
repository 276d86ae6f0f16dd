"""Browsers that hold a flow: admitted at the door, recognised by their cookie."""

import secrets
from uuid import uuid4

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app import clock
from app.crypto.vault import Vault
from app.store.sessions import Browser

TOKEN_BYTES = 32
BY_COOKIE = select(Browser.id).where(Browser.token_digest == bindparam("digest"))
"""Asked by every request; as a constant it is put together once."""


class Browsers:
    """Knows browsers by a random cookie; the table keeps its keyed hash."""

    def __init__(self, session: Session, vault: Vault) -> None:
        self._session = session
        self._vault = vault

    def admit(self) -> tuple[str, str]:
        """Make a browser known. Returns its id and the cookie to set."""
        token, browser_id = secrets.token_urlsafe(TOKEN_BYTES), str(uuid4())
        self._session.add(
            Browser(id=browser_id, token_digest=self._digest(token), created_at=clock.now())
        )
        self._session.flush()
        return browser_id, token

    def rotate(self, browser_id: str) -> str:
        """Give a browser a new cookie; the old one is worthless from the commit on."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._session.execute(
            update(Browser).where(Browser.id == browser_id).values(token_digest=self._digest(token))
        )
        return token

    def recognise(self, token: str | None) -> str | None:
        """Return the id of the browser that sent this cookie, or None."""
        if not token:
            return None
        return self._session.scalar(BY_COOKIE, {"digest": self._digest(token)})

    def _digest(self, token: str) -> str:
        return self._vault.digest(token, purpose="browser")
