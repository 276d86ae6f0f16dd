"""Operations as a phone sees them: list, claim, approve, reject.

What a phone is refused is a value: its signature has been counted, and that is kept.
"""

import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, case, literal, null, select
from sqlalchemy.orm import Session

from app import clock
from app.crypto.signatures import SignatureType
from app.crypto.totp import accepted
from app.crypto.vault import Vault
from app.events import Name
from app.mtoken.handsets import UNVERIFIED, named_in
from app.mtoken.operation_views import Approval, Handset, Operation, Origin, Refusal
from app.mtoken.operations import seed_place
from app.mtoken.reading import OVER, Reading, claimable, seen_by, status_of
from app.mtoken.transitions import Transitions
from app.store.db import UtcDateTime
from app.store.operations import OperationRow

MOST_LISTED: Final = 100
MOST_OF_A_REASON: Final = 256


class Approving:
    """What one phone may do; nobody sees what is not theirs, nor that it exists."""

    def __init__(self, session: Session, transitions: Transitions, *, vault: Vault) -> None:
        self._session = session
        self._transitions = transitions
        self._vault = vault
        self._reading = Reading(session)

    def pending(self, handset: Handset) -> Sequence[Operation]:
        """Return what waits for this phone, the newest first."""
        waiting = (OperationRow.status == "PENDING", OperationRow.expires_at > clock.now())
        return self._list(handset, *waiting)

    def history(self, handset: Handset) -> Sequence[Operation]:
        """Return all operations of this phone, the newest first."""
        return self._list(handset)

    def detail(self, handset: Handset, operation_id: str) -> Operation | Refusal:
        """Return an operation that waits for this user, or for whoever claims it."""
        row = self._visible(handset, operation_id)
        return row if isinstance(row, Refusal) else self._reading.view(row)

    def claim(self, handset: Handset, operation_id: str) -> Operation | Refusal:
        """Make an operation that is nobody's this user's, and return it."""
        row = self._visible(handset, operation_id)
        if isinstance(row, Refusal):
            return row
        if row.user_id is None:
            won = self._transitions.apply(
                operation_id,
                OperationRow.user_id.is_(None),
                OperationRow.expires_at > clock.now(),
                values={"user_id": handset.user_id},
                waiting=Name.OPERATION_CLAIMED,
                registration_id=handset.registration_id,
            )
            if won is None:
                row = self._visible(handset, operation_id)  # as whoever was faster has left it
        return row if isinstance(row, Refusal) else self._reading.view(row)

    def approve(self, approval: Approval) -> Refusal | None:
        """Approve an operation; None: done. What does not fit is counted against it."""
        handset = approval.handset
        row = self._visible(handset, approval.operation_id)
        if isinstance(row, Refusal):
            return row
        if handset.flags & UNVERIFIED:
            return Refusal.NOT_VERIFIED
        if not allows(row.factors, approval.factor):
            failed = self._fail(row, handset, approval.origin, "factor")
            return Refusal.FACTOR_NOT_ALLOWED if failed is Refusal.ATTEMPT_FAILED else failed
        if fault := self._fault(row, approval):
            return self._fail(row, handset, approval.origin, fault)
        known = _origin(handset, approval.origin) | {"authFactor": approval.factor.value.upper()}
        if approval.mobile_token_data is not None:
            known["mobileTokenData"] = dict(approval.mobile_token_data)
        return self._end(row, handset, "APPROVED", known)

    def approve_by(
        self,
        handset: Handset,
        operation_id: str,
        *,
        judge: Callable[[OperationRow], SignatureType | None],
        origin: Origin,
    ) -> Refusal | None:
        """Approve an operation by what a phone signed without a network; None: done.

        `judge` tells the factors of the signature; a wrong one is counted against the operation.
        """
        row = self._visible(handset, operation_id)
        if isinstance(row, Refusal):
            return row
        if handset.flags & UNVERIFIED:
            return Refusal.NOT_VERIFIED
        factor = judge(row)
        if factor is None or not allows(row.factors, factor):
            return self._fail(row, None, origin, "signature")
        known = _origin(handset, origin) | {"authFactor": factor.value.upper()}
        return self._end(row, handset, "APPROVED", known)

    def reject(
        self, handset: Handset, operation_id: str, *, reason: str, origin: Origin
    ) -> Refusal | None:
        """Reject an operation, and keep why; None: done."""
        row = self._visible(handset, operation_id)
        if isinstance(row, Refusal):
            return row
        reason = reason[:MOST_OF_A_REASON]
        known = _origin(handset, origin) | {"rejectReason": reason}
        return self._end(row, handset, "REJECTED", known, reason=reason)

    def decline(self, operation_id: str, *, reason: str, origin: Origin) -> Refusal | None:
        """Reject an operation for whoever was given it, with no phone named; None: done."""
        reason = reason[:MOST_OF_A_REASON]
        row = self._reading.row(operation_id)
        if row is None:
            return Refusal.UNKNOWN
        moment, known = clock.now(), _origin(None, origin) | {"rejectReason": reason}
        done = self._transitions.apply(
            operation_id,
            OperationRow.expires_at > moment,
            values={
                "status": "REJECTED",
                "finished_at": moment,
                "additional_data": {**row.additional_data, **known},
            },
            reason=reason,
        )
        return None if done is not None else self._ended_as(operation_id)

    def end_of(self, operation_id: str) -> tuple[str, object]:
        """Return the status of an operation, and which phone ended it, if it was one."""
        row = self._reading.row(operation_id)
        return ("", None) if row is None else (row.status, row.additional_data.get("activationId"))

    def fail(self, header: str | None, operation_id: str, *, origin: Origin) -> Refusal:
        """Count a signature that was wrong against what it was for.

        The phone has proved nothing: `header` only names it, and only what it may see counts.
        """
        handset = named_in(self._session, header)
        row = Refusal.UNKNOWN if handset is None else self._visible(handset, operation_id)
        return row if isinstance(row, Refusal) else self._fail(row, None, origin, "signature")

    def _list(self, handset: Handset, *conditions: ColumnElement[bool]) -> Sequence[Operation]:
        wanted = (
            select(OperationRow)
            .where(OperationRow.user_id == handset.user_id, *seen_by(handset), *conditions)
            .order_by(OperationRow.created_at.desc(), OperationRow.id)
            .limit(MOST_LISTED)
        )
        return self._reading.views(wanted)

    def _visible(self, handset: Handset, operation_id: str) -> OperationRow | Refusal:
        """Return an operation that is pending and that this phone may see."""
        row = self._reading.row(operation_id, claimable(handset), *seen_by(handset))
        if row is None:
            return Refusal.UNKNOWN
        status = status_of(row)
        return row if status == "PENDING" else OVER[status]

    def _fault(self, row: OperationRow, approval: Approval) -> str | None:
        """Return what was signed otherwise than it had to be."""
        if not hmac.compare_digest(approval.data.encode(), row.data.encode()):
            return "data"
        if row.proximity_seed is not None and not self._is_near(row, approval.proximity_otp or ""):
            return "proximity"
        return None

    def _is_near(self, row: OperationRow, given: str) -> bool:
        seed = self._vault.open(row.proximity_seed or b"", context=seed_place(row.id))
        moment = int(clock.now().timestamp())
        # All of them are compared: how long it takes tells nothing.
        return (
            sum(hmac.compare_digest(given.encode(), o.encode()) for o in accepted(seed, moment)) > 0
        )

    def _end(
        self,
        row: OperationRow,
        handset: Handset,
        status: str,
        known: Mapping[str, object],
        *,
        reason: str | None = None,
    ) -> Refusal | None:
        moment = clock.now()
        done = self._transitions.apply(
            row.id,
            OperationRow.expires_at > moment,
            claimable(handset),
            values={
                "status": status,
                "finished_at": moment,
                "user_id": handset.user_id,
                "additional_data": {**row.additional_data, **known},
            },
            reason=reason,
            registration_id=handset.registration_id,
        )
        return None if done is not None else self._ended_as(row.id)

    def _fail(
        self, row: OperationRow, handset: Handset | None, origin: Origin, reason: str
    ) -> Refusal:
        """Count one failure; the last one ends the operation."""
        moment = literal(clock.now(), UtcDateTime())
        is_last = OperationRow.failures + 1 >= OperationRow.max_failures
        failed = self._transitions.apply(
            row.id,
            OperationRow.expires_at > clock.now(),
            values={
                "failures": OperationRow.failures + 1,
                "status": case((is_last, "FAILED"), else_="PENDING"),
                "finished_at": case((is_last, moment), else_=null()),
                "additional_data": {**row.additional_data, **_origin(handset, origin)},
            },
            reason=reason,
            registration_id=handset.registration_id if handset else None,
        )
        if failed is not None and failed.status == "PENDING":
            return Refusal.ATTEMPT_FAILED
        return Refusal.FAILED if failed is not None else self._ended_as(row.id)

    def _ended_as(self, operation_id: str) -> Refusal:
        """Say why a change came too late: the operation has ended, or is somebody else's."""
        row = self._reading.row(operation_id)
        return Refusal.UNKNOWN if row is None else OVER.get(status_of(row), Refusal.UNKNOWN)


def allows(allowed: Sequence[str], factor: SignatureType) -> bool:
    """Tell whether an operation takes a signature of this type."""
    if SignatureType.POSSESSION in allowed:  # one factor is enough: any stronger one is as well
        return SignatureType.POSSESSION.value in factor.factors
    return factor.value in allowed


def _origin(handset: Handset | None, origin: Origin) -> dict[str, object]:
    """Return what integrators read of a call; of a wrong signature only where it came from."""
    known: dict[str, object] = {"ipAddress": origin.ip_address, "userAgent": origin.user_agent}
    if handset is not None:
        known |= {
            "activationId": handset.registration_id,
            "applicationId": handset.application_id,
        }
    return known
