"""Operations as their creators see them: create, follow, cancel; and the end of their time."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.activation import State
from app.crypto.signatures import SignatureType
from app.crypto.totp import totp
from app.crypto.vault import Vault
from app.errors import (
    ApplicationNotFound,
    BadRequest,
    InvalidOperationData,
    NotConfigured,
    OperationChangeRefused,
    OperationNotFound,
    RegistrationNotFound,
)
from app.mtoken.operation_views import NewOperation, Operation, OperationSearch
from app.mtoken.reading import Reading, status_of
from app.mtoken.shelf import TEMPLATE, template_named
from app.mtoken.templates import TEXT_MESSAGE, Template, data_of, form_of_data
from app.mtoken.transitions import Transitions
from app.mtoken.wording import filled, kept
from app.nextstep.form_data import MalformedFormData, parse_form, parse_shown
from app.nextstep.operation_data import MalformedOperationData
from app.store.applications import MobileApplication
from app.store.flows import Flow
from app.store.operations import OperationApplication, OperationRow
from app.store.registrations import Registration

SEED_BYTES = 16
MOST_OF_A_REASON = 32
BATCH = 100
SMS = "sms"
"""The kind of an operation that whoever has a code approves."""


class Operations:
    """Every operation in the house, whoever opens it."""

    def __init__(
        self,
        session: Session,
        transitions: Transitions,
        *,
        vault: Vault,
        within: frozenset[str] | None = None,
    ) -> None:
        self._session = session
        self._transitions = transitions
        self._vault = vault
        self._within = within
        """Applications whose operations there are; None: all."""
        self._reading = Reading(session)

    def within(self, applications: frozenset[str]) -> "Operations":
        """Return the same for whom only these applications exist."""
        return Operations(
            self._session,
            self._transitions,
            vault=self._vault,
            within=applications,
        )

    def create(self, wanted: NewOperation) -> Operation:
        """Open an operation and push to the user's phones.

        Raises NotConfigured for an unknown template, ApplicationNotFound, InvalidOperationData
        for data or a form that cannot be read, BadRequest for an end that has passed,
        RegistrationNotFound where a phone is needed and there is none.
        """
        template = template_named(self._session, wanted.template)
        if template.name == TEXT_MESSAGE and wanted.kind != SMS:  # a phone proves more than a code
            raise NotConfigured(TEMPLATE, name=template.name)
        moment = clock.now()
        expires_at = wanted.expires_at or moment + template.lifetime
        if expires_at <= moment:
            raise BadRequest("the operation would have expired")
        self._check_applications(wanted.applications)
        if wanted.needs_phone:
            self._check_phone(wanted)
        row = self._row(wanted, template, created_at=moment, expires_at=expires_at)
        self._transitions.begin(row, frozenset(wanted.applications), wanted.notice)
        return self._reading.view(row)

    def get(self, operation_id: str) -> Operation:
        """Return an operation as it is now. Raises OperationNotFound."""
        return self._reading.view(self._found(operation_id))

    def search(self, wanted: OperationSearch) -> Sequence[Operation]:
        """Return the operations that fit, the newest first."""
        fits = [
            column == value
            for column, value in (
                (OperationRow.user_id, wanted.user_id),
                (OperationRow.external_id, wanted.external_id),
            )
            if value is not None
        ]
        return self._reading.views(
            select(OperationRow)
            .where(*fits, *self._seen())
            .order_by(OperationRow.created_at.desc(), OperationRow.id)
            .offset(wanted.offset)
            .limit(wanted.limit)
        )

    def opened_for(self, user_id: str, since: datetime, *, kind: str) -> int:
        """Count what flows in which nobody has proved anything asked of a user since then."""
        counted = select(func.count()).where(
            OperationRow.user_id == user_id,
            OperationRow.kind == kind,
            OperationRow.created_at > since,
            OperationRow.external_id == Flow.id,
            Flow.authenticated_at.is_(None),
        )
        return self._session.scalar(counted) or 0

    def last_opened(self, external_id: str, *, kind: str) -> datetime | None:
        """Return when the newest operation of this kind was opened for something of others."""
        opened = select(func.max(OperationRow.created_at)).where(
            OperationRow.external_id == external_id, OperationRow.kind == kind
        )
        return self._session.scalar(opened)

    def proximity_otp(self, operation_id: str) -> str | None:
        """Return what the page shows at this moment to the phone beside it; None: nothing."""
        row = self._found(operation_id)
        if row.proximity_seed is None or status_of(row) != "PENDING":
            return None
        seed = self._vault.open(row.proximity_seed, context=seed_place(row.id))
        return totp(seed, int(clock.now().timestamp()))

    def cancel(self, operation_id: str, *, reason: str | None = None) -> bool:
        """Withdraw an operation; False if it has ended before. `reason` is a machine's code."""
        row = self._transitions.apply(
            operation_id,
            OperationRow.expires_at > clock.now(),
            *self._seen(),
            values={
                "status": "CANCELED",
                "finished_at": clock.now(),
                "status_reason": (reason or "")[:MOST_OF_A_REASON] or None,
            },
            reason=reason,
        )
        return row is not None

    def revoke(self, operation_id: str, *, reason: str | None = None) -> None:
        """Withdraw an operation. Raises OperationNotFound, OperationChangeRefused if it is over."""
        self._found(operation_id)
        if not self.cancel(operation_id, reason=reason):
            raise OperationChangeRefused("it has ended")

    def refresh(self, operation_id: str) -> None:
        """End an operation now if its time is over. Raises OperationNotFound."""
        self._found(operation_id)
        self._expire(operation_id)

    def expire(self, limit: int = BATCH) -> int:
        """End operations whose time is over; return how many."""
        due = (
            select(OperationRow.id)
            .where(OperationRow.status == "PENDING", OperationRow.expires_at <= clock.now())
            .order_by(OperationRow.expires_at)
            .limit(limit)
        )
        return sum(self._expire(operation_id) for operation_id in self._session.scalars(due).all())

    def _check_applications(self, named: Sequence[str]) -> None:
        if not named:
            raise BadRequest("an operation belongs to an application")
        known = select(MobileApplication.id).where(MobileApplication.id.in_(named))
        visible = set(self._session.scalars(known))
        if self._within is not None:
            visible &= self._within
        if missing := set(named) - visible:
            raise ApplicationNotFound(", ".join(sorted(missing)))

    def _check_phone(self, wanted: NewOperation) -> None:
        """Refuse what no phone could sign: nobody would ever be asked."""
        if wanted.user_id is None and wanted.registration_id is None:
            return
        fits = [
            Registration.state == State.ACTIVE.name,
            Registration.kind == wanted.kind,
            Registration.application_id.in_(sorted(wanted.applications)),
        ]
        if wanted.user_id is not None:
            fits.append(Registration.user_id == wanted.user_id)
        if wanted.registration_id is not None:
            fits.append(Registration.id == wanted.registration_id)
        if self._session.scalar(select(Registration.id).where(*fits).limit(1)) is None:
            raise RegistrationNotFound("no active phone could sign it")

    def _seen(self) -> Sequence[ColumnElement[bool]]:
        """Return what makes an operation visible."""
        if self._within is None:
            return ()
        link = select(OperationApplication.operation_id).where(
            OperationApplication.operation_id == OperationRow.id,
            OperationApplication.application_id.in_(sorted(self._within)),
        )
        return (link.exists(),)

    def _expire(self, operation_id: str) -> bool:
        over = OperationRow.expires_at <= clock.now()
        ended = {"status": "EXPIRED", "finished_at": OperationRow.expires_at}  # as it was told
        return self._transitions.apply(operation_id, over, values=ended) is not None

    def _found(self, operation_id: str) -> OperationRow:
        row = self._reading.row(operation_id, *self._seen())
        if row is None:
            raise OperationNotFound("no such operation", operation=operation_id)
        return row

    def _row(
        self,
        wanted: NewOperation,
        template: Template,
        *,
        created_at: datetime,
        expires_at: datetime,
    ) -> OperationRow:
        operation_id = str(uuid4())
        data, form = _said(wanted, template)
        check = wanted.proximity_check
        needs_proximity = template.proximity_check if check is None else check
        return OperationRow(
            id=operation_id,
            version=1,
            user_id=wanted.user_id,
            kind=wanted.kind,
            registration_id=wanted.registration_id,
            flag=wanted.flag,
            external_id=wanted.external_id,
            template=template.name,
            operation_type=template.operation_type,
            data=data,
            form_data=form,
            parameters=dict(wanted.parameters),
            factors=[factor.value for factor in _factors(wanted, template)],
            risk_flags=template.risk_flags,
            ui=None if template.ui is None else filled(template.ui, wanted.parameters),
            texts=kept(template.sayings, wanted.parameters),
            language=wanted.language,
            silent=wanted.silent,
            proximity_seed=self._new_seed(operation_id) if needs_proximity else None,
            status="PENDING",
            failures=0,
            max_failures=template.max_failures,
            additional_data=dict(wanted.additional_data),
            created_at=created_at,
            expires_at=expires_at,
        )

    def _new_seed(self, operation_id: str) -> bytes:
        return self._vault.seal(secrets.token_bytes(SEED_BYTES), context=seed_place(operation_id))


def _factors(wanted: NewOperation, template: Template) -> Sequence[SignatureType]:
    """Return what approves: what is wanted, as far as the template allows it."""
    both = [factor for factor in wanted.factors or () if factor in template.factors]
    return both or template.factors


def seed_place(operation_id: str) -> str:
    """Return where the vault keeps the seed of an operation."""
    return f"operations.proximity_seed:{operation_id}"


def _said(wanted: NewOperation, template: Template) -> tuple[str, dict[str, object]]:
    """Return what is signed and what is shown of it."""
    try:
        data = data_of(template, wanted.parameters) if wanted.data is None else wanted.data
        if wanted.form_data is None:
            form = form_of_data(template, data, wanted.parameters).to_json()
            return data, parse_shown(form).to_json()
        return data, parse_form(wanted.form_data).to_json()
    except (MalformedOperationData, MalformedFormData) as error:
        raise InvalidOperationData(str(error)) from None
