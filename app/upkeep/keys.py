"""Data keys: the first ones, their rotation, a changed root secret. Rooms never commit.

Rotation never stops anybody: a new key is made, and everything that is sealed with older ones is
sealed anew, batch by batch. It may be interrupted at any moment and repeated.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, get_args

from sqlalchemy import LargeBinary, Row, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import clock
from app.crypto.vault import (
    VERSION,
    CannotOpenError,
    DataKey,
    NoDataKeyError,
    Purpose,
    Vault,
)
from app.events import Journal, Name
from app.store.applications import (
    ApplicationSetting,
    MobileApplication,
    PushCredentialsRow,
)
from app.store.callbacks import CallbackRow
from app.store.db import changed_one
from app.store.envelopes import TemporaryKeyRow
from app.store.keys import DataKeyRow
from app.store.oauth import SigningKey
from app.store.operations import OperationRow
from app.store.outbox import OutboxRow
from app.store.registrations import PushDevice, Registration, RegistrationToken
from app.store.users import PhoneNumberRow

BATCH = 100

KEPT = timedelta(hours=1)
"""How long a retired key stays at least: longer than any process may seal with it."""


@dataclass(frozen=True)
class Sealed:
    """A column of sealed values, and the place that each is sealed for: `<place>:<key>`."""

    column: InstrumentedAttribute[Any]
    key: InstrumentedAttribute[str]
    place: str


SEALED = (
    Sealed(OutboxRow.payload, OutboxRow.id, "outbox.payload"),
    Sealed(OperationRow.proximity_seed, OperationRow.id, "operations.proximity_seed"),
    Sealed(SigningKey.private_jwk_sealed, SigningKey.kid, "signing_keys.private_jwk"),
    Sealed(MobileApplication.secret_sealed, MobileApplication.id, "mobile_applications.secret"),
    Sealed(
        MobileApplication.master_key_sealed,
        MobileApplication.id,
        "mobile_applications.master_key",
    ),
    Sealed(
        ApplicationSetting.values_sealed, ApplicationSetting.id, "application_configuration.values"
    ),
    Sealed(CallbackRow.basic_password_sealed, CallbackRow.id, "callbacks.basic_password"),
    Sealed(CallbackRow.oauth2_secret_sealed, CallbackRow.id, "callbacks.oauth2_secret"),
    Sealed(CallbackRow.signing_secret_sealed, CallbackRow.id, "callbacks.signing_secret"),
    Sealed(Registration.code_sealed, Registration.id, "registrations.code"),
    Sealed(Registration.server_key_sealed, Registration.id, "registrations.server_key"),
    Sealed(Registration.keys_sealed, Registration.id, "registrations.keys"),
    Sealed(Registration.counter_data_sealed, Registration.id, "registrations.counter_data"),
    Sealed(RegistrationToken.secret_sealed, RegistrationToken.id, "registration_tokens.secret"),
    Sealed(PushDevice.token_sealed, PushDevice.registration_id, "push_devices.token"),
    Sealed(PushCredentialsRow.secret_sealed, PushCredentialsRow.id, "push_credentials.secret"),
    Sealed(PhoneNumberRow.number_sealed, PhoneNumberRow.id, "phone_numbers.number"),
    Sealed(TemporaryKeyRow.private_sealed, TemporaryKeyRow.id, "temporary_keys.private"),
)
"""Every column that the vault seals; a new one belongs here."""


@dataclass(frozen=True)
class Resealed:
    """What a run over all sealed values came to."""

    done: int = 0
    broken: tuple[str, ...] = ()
    """Places whose value does not open: it was changed, or its key is lost."""


class Keys:
    """Makes, rotates and removes data keys."""

    def __init__(self, session: Session, vault: Vault, journal: Journal) -> None:
        self._session = session
        self._vault = vault
        self._journal = journal

    def all(self) -> Sequence[DataKeyRow]:
        """Return all keys, the newest first."""
        rows = select(DataKeyRow).order_by(DataKeyRow.created_at.desc(), DataKeyRow.kid)
        return self._session.scalars(rows).all()

    def ensure(self) -> None:
        """Make the keys that there are none of yet; of processes that try at once, one does."""
        for purpose in get_args(Purpose):
            if self._current(purpose) is not None:
                continue
            try:
                with self._session.begin_nested():
                    self._add(purpose)
            except IntegrityError:  # somebody else made it a moment ago
                continue

    def hold(self) -> None:
        """Let nobody else seed, until this transaction ends."""
        digests = select(DataKeyRow.kid).where(DataKeyRow.purpose == "digest")
        self._session.execute(digests.with_for_update()).all()

    def rotate(self) -> str | None:
        """Make a new key for sealing; None if somebody else is doing it at this moment."""
        old = self._current("seal")
        if old is not None:
            retired = (
                update(DataKeyRow)
                .where(DataKeyRow.kid == old.kid, DataKeyRow.retired_at.is_(None))
                .values(retired_at=clock.now())
            )
            if not changed_one(self._session, retired):
                return None
            self._journal.record(Name.KEY_RETIRED, old.kid, kind="data")
        return self._add("seal").kid

    def reseal(self, commit: Callable[[], None]) -> Resealed:
        """Seal anew what is not sealed with the current key; `commit` ends each batch."""
        self._vault.reload()
        done, broken = 0, []
        for sealed in SEALED:
            after = ""
            while rows := self._older(sealed, after):
                for row in rows:
                    after = row.key
                    place = f"{sealed.place}:{row.key}"
                    try:
                        done += self._reseal(sealed, row.key, row.value, place)
                    except CannotOpenError:
                        broken.append(place)
                commit()
        if done:
            self._journal.record(Name.SECRETS_RESEALED, "vault", count=done, broken=len(broken))
            commit()
        return Resealed(done, tuple(broken))

    def rewrap(self) -> int:
        """Seal data keys anew with the present root secret, where another one did it.

        Raises CannotOpenError for a key whose root secret is not known any more.
        """
        count = 0
        for row in self.all():
            kept = row.as_kept()
            if self._vault.roots.is_newest(kept):
                continue
            renewed = self._vault.roots.rewrap(kept).sealed
            changed = (
                update(DataKeyRow)
                .where(DataKeyRow.kid == row.kid, DataKeyRow.sealed == row.sealed)
                .values(sealed=renewed)
            )
            if changed_one(self._session, changed):
                self._journal.record(Name.KEY_REWRAPPED, row.kid, kind="data")
                count += 1
        return count

    def is_newest(self, kept: DataKey) -> bool:
        """Tell whether the present root secret is all that this key needs."""
        return self._vault.roots.is_newest(kept)

    def in_use(self, kid: str) -> int:
        """Count the values that are sealed with a key."""
        header = VERSION + bytes.fromhex(kid)
        return sum(
            self._session.scalar(
                select(func.count()).where(_header(sealed.column, len(header)) == header)
            )
            or 0
            for sealed in SEALED
        )

    def remove_unused(self) -> int:
        """Remove retired keys that nothing is sealed with; return how many."""
        over = select(DataKeyRow.kid).where(DataKeyRow.retired_at <= clock.now() - KEPT)
        gone = [kid for kid in self._session.scalars(over).all() if not self.in_use(kid)]
        for kid in gone:
            self._session.execute(delete(DataKeyRow).where(DataKeyRow.kid == kid))
            self._journal.record(Name.KEY_REMOVED, kid, kind="data")
        return len(gone)

    def withdraw_signing_keys(self, *, kept: timedelta) -> int:
        """Remove signing keys that have signed nothing for this long: no token of theirs lives."""
        over = select(SigningKey.kid).where(SigningKey.retired_at <= clock.now() - kept)
        gone = self._session.scalars(over).all()
        for kid in gone:
            self._session.execute(delete(SigningKey).where(SigningKey.kid == kid))
            self._journal.record(Name.KEY_REMOVED, kid, kind="signing")
        return len(gone)

    def _current(self, purpose: Purpose) -> DataKeyRow | None:
        wanted = select(DataKeyRow).where(
            DataKeyRow.purpose == purpose, DataKeyRow.retired_at.is_(None)
        )
        return self._session.scalar(wanted)

    def _sealing_key(self) -> DataKeyRow:
        current = self._current("seal")
        if current is None:
            raise NoDataKeyError("seal")
        return current

    def _add(self, purpose: Purpose) -> DataKeyRow:
        made = self._vault.roots.make(purpose)
        row = DataKeyRow(kid=made.kid, purpose=purpose, sealed=made.sealed, created_at=clock.now())
        self._session.add(row)
        self._session.flush()
        self._journal.record(Name.KEY_CREATED, made.kid, kind="data", purpose=purpose)
        return row

    def _older(self, sealed: Sealed, after: str) -> Sequence[Row[str, bytes]]:
        header = VERSION + bytes.fromhex(self._sealing_key().kid)
        older = (
            select(sealed.key.label("key"), sealed.column.label("value"))
            .where(sealed.column.is_not(None), sealed.key > after)
            .where(_header(sealed.column, len(header)) != header)
            .order_by(sealed.key)
            .limit(BATCH)
        )
        return self._session.execute(older).all()

    def _reseal(self, sealed: Sealed, key: str, value: bytes, place: str) -> bool:
        """Replace one value, unless somebody has changed it meanwhile."""
        renewed = self._vault.seal(self._vault.open(value, context=place), context=place)
        changed = (
            update(sealed.column.class_)
            .where(sealed.key == key, sealed.column == value)
            .values({sealed.column: renewed})
            .execution_options(synchronize_session=False)
        )
        return changed_one(self._session, changed)


def _header(column: InstrumentedAttribute[Any], length: int) -> Any:  # noqa: ANN401 - SQLAlchemy's own type has no shorter name
    return func.substr(column, 1, length, type_=LargeBinary)
