"""What doors see of a registration's row."""

from app.crypto import activation_code
from app.crypto.activation import State, fingerprint
from app.crypto.keys import PublicKey
from app.mtoken.applications import Applications
from app.mtoken.keyring import Keyring
from app.mtoken.lifecycle import is_overdue
from app.mtoken.views import Code, Shown
from app.store.registrations import Registration


class Showing:
    """Turns rows into plain values; the code is signed anew each time."""

    def __init__(self, applications: Applications, keyring: Keyring) -> None:
        self._applications = applications
        self._keyring = keyring

    def shown(self, row: Registration) -> Shown:
        """Return a registration as it is at this moment."""
        over = is_overdue(row)
        return Shown(
            id=row.id,
            application_id=row.application_id,
            user_id=row.user_id,
            kind=row.kind,
            state=State.REMOVED.name if over else row.state,
            commit_phase=row.commit_phase,
            code=None if over else self._code(row),
            fingerprint=_fingerprint(row),
            version=row.version,
            name=row.name,
            platform=row.platform,
            device_info=row.device_info,
            extras=row.extras,
            flags=tuple(row.flags),
            failed_attempts=row.failed_attempts,
            max_failed_attempts=row.max_failed_attempts,
            blocked_reason=row.blocked_reason,
            created_at=row.created_at,
            expires_at=row.expires_at,
            changed_at=row.changed_at,
            last_used_at=row.last_used_at,
        )

    def _code(self, row: Registration) -> Code | None:
        code = self._keyring.code(row)
        if code is None:
            return None
        master = self._keyring.master(self._applications.row(row.application_id))
        return Code(code, activation_code.sign(code, master))


def _fingerprint(row: Registration) -> str | None:
    if row.device_public is None or row.server_public is None:
        return None
    return fingerprint(PublicKey(row.device_public), row.id, PublicKey(row.server_public))
