"""The secrets of callbacks: sealed as they come in, opened only to make a call."""

from app.channels.client_credentials import Client
from app.crypto.vault import Vault
from app.store.callbacks import CallbackRow


class CallbackSecrets:
    """Seals and opens them, each for its own place."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def seal(self, row: CallbackRow, column: str, secret: str) -> bytes | None:
        """Return what is kept of a secret; of an empty one, nothing."""
        return self._vault.seal(secret.encode(), context=_place(column, row)) if secret else None

    def basic(self, row: CallbackRow) -> tuple[str, str] | None:
        """Return the name and password that a call is made with. Raises CannotOpenError."""
        if not row.basic_enabled:
            return None
        password = self._opened(row, "basic_password", row.basic_password_sealed)
        return row.basic_username or "", password or ""

    def client(self, row: CallbackRow) -> Client | None:
        """Return who asks for the token that a call is made with. Raises CannotOpenError."""
        if not row.oauth2_enabled:
            return None
        return Client(
            client_id=row.oauth2_client_id or "",
            secret=self._opened(row, "oauth2_secret", row.oauth2_secret_sealed) or "",
            token_uri=row.oauth2_token_uri or "",
            scope=row.oauth2_scope or "",
        )

    def signing(self, row: CallbackRow) -> str | None:
        """Return what a call is signed with. Raises CannotOpenError."""
        return self._opened(row, "signing_secret", row.signing_secret_sealed)

    def _opened(self, row: CallbackRow, column: str, sealed: bytes | None) -> str | None:
        if sealed is None:
            return None
        return self._vault.open(sealed, context=_place(column, row)).decode()


def _place(column: str, row: CallbackRow) -> str:
    return f"callbacks.{column}:{row.id}"
