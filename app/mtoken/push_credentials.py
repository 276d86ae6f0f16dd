"""What lets us push to an application: put in, replaced, removed, described; never shown."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app import clock
from app.channels.credentials import (
    NAME,
    ApnsCredentials,
    Credentials,
    CredentialsRefusedError,
    FcmCredentials,
    HmsCredentials,
    from_base64,
)
from app.errors import PushCredentialsRefused
from app.events import Journal, Name
from app.mtoken.applications import Applications
from app.mtoken.keyring import Keyring
from app.store.applications import PushCredentialsRow
from app.store.db import changed_one
from app.store.registrations import PushDevice, Registration

C = TypeVar("C", bound=Credentials)

PROVIDER_NAME = NAME.pattern
"""What a provider calls an app, a key or a project, as a regular expression."""


class PushCredentials:
    """Keeps one set for each application and provider; the secrets are sealed.

    The setters raise ApplicationNotFound, and PushCredentialsRefused for what cannot be right.
    """

    def __init__(
        self, session: Session, *, applications: Applications, keyring: Keyring, journal: Journal
    ) -> None:
        self._session = session
        self._applications = applications
        self._keyring = keyring
        self._journal = journal

    def set_apns(  # noqa: PLR0913 - what Apple gives out
        self,
        application_id: str,
        *,
        topic: str,
        key_id: str,
        team_id: str,
        environment: str,
        key: bytes,
    ) -> None:
        """Take the .p8 file of a signing key; `environment` in any case."""
        with _refusing():
            found = ApnsCredentials(
                topic=topic,
                key_id=key_id,
                team_id=team_id,
                environment=environment.lower(),
                secret=_pem(key),
            )
        self._put(application_id, found)

    def set_fcm(self, application_id: str, *, file: bytes, project_id: str = "") -> None:
        """Take the JSON file of a service account; its own project, unless one is named."""
        with _refusing():
            found = FcmCredentials.read(file, project_id)
        self._put(application_id, found)

    def set_hms(
        self, application_id: str, *, project_id: str, app_id: str, client_id: str, secret: str
    ) -> None:
        """Take an OAuth client."""
        with _refusing():
            found = HmsCredentials(
                project_id=project_id, app_id=app_id, client_id=client_id, secret=secret
            )
        self._put(application_id, found)

    def remove(self, application_id: str, provider: str) -> bool:
        """Push to this application by this provider no more; False if nobody did."""
        self._applications.lock(application_id)
        gone = delete(PushCredentialsRow).where(
            PushCredentialsRow.application_id == application_id,
            PushCredentialsRow.provider == provider,
        )
        done = changed_one(self._session, gone)
        if done:
            self._journal.record(Name.PUSH_CREDENTIALS_REMOVED, application_id, platform=provider)
        return done

    def describe(self, application_id: str) -> Mapping[str, Mapping[str, str]]:
        """Return what is known of each provider, without a secret. Raises ApplicationNotFound."""
        self._applications.row(application_id)
        wanted = (
            select(PushCredentialsRow)
            .where(PushCredentialsRow.application_id == application_id)
            .order_by(PushCredentialsRow.provider)
        )
        return {row.provider: dict(row.facts) for row in self._session.scalars(wanted)}

    def find(self, application_id: str, kind: type[C]) -> C | None:
        """Return the credentials themselves, for a channel."""
        row = self._row(application_id, kind.provider)
        return None if row is None else kind(**row.facts, secret=self._keyring.push_secret(row))

    def missing(self) -> Sequence[tuple[str, str]]:
        """Return applications and providers of phones that nobody can push to."""
        wanted = (
            select(Registration.application_id, PushDevice.platform)
            .join(PushDevice, PushDevice.registration_id == Registration.id)
            .outerjoin(
                PushCredentialsRow,
                (PushCredentialsRow.application_id == Registration.application_id)
                & (PushCredentialsRow.provider == PushDevice.platform),
            )
            .where(PushCredentialsRow.id.is_(None))
            .distinct()
            .order_by(Registration.application_id, PushDevice.platform)
        )
        return [(each.application_id, each.platform) for each in self._session.execute(wanted)]

    def _put(self, application_id: str, found: Credentials) -> None:
        # Who puts in the same at once waits here, and replaces instead of colliding.
        self._applications.lock(application_id)
        row = self._row(application_id, found.provider)
        if row is None:
            row = PushCredentialsRow(
                id=str(uuid4()), application_id=application_id, provider=found.provider
            )
            self._session.add(row)
        row.facts = {name: value for name, value in asdict(found).items() if name != "secret"}
        row.changed_at = clock.now()
        self._keyring.put_push_secret(row, found.secret)
        self._session.flush()
        self._journal.record(Name.PUSH_CREDENTIALS_CHANGED, application_id, platform=found.provider)

    def _row(self, application_id: str, provider: str) -> PushCredentialsRow | None:
        wanted = select(PushCredentialsRow).where(
            PushCredentialsRow.application_id == application_id,
            PushCredentialsRow.provider == provider,
        )
        return self._session.scalar(wanted)


def decoded(text: str) -> bytes:
    """Return the file that an integrator sends as Base64. Raises PushCredentialsRefused."""
    with _refusing():
        return from_base64(text)


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in words of ours what is wrong with credentials, and with which part of them."""
    try:
        yield
    except CredentialsRefusedError as error:
        raise PushCredentialsRefused(str(error), part=error.part) from None


def _pem(file: bytes) -> str:
    try:
        return file.decode("ascii")
    except UnicodeDecodeError:
        raise CredentialsRefusedError("the key is not a PEM file") from None
