"""What happened in one application, out of the audit trail, for whoever has a key of it."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.events import Name
from app.mtoken.templates import ENROLLMENT
from app.store.audit import AuditEntry
from app.store.operations import OperationApplication, OperationRow
from app.store.registrations import FIDO2, Registration
from app.store.transactions import TransactionRow
from app.store.users import UserRow

MOST: Final = 10_000
BATCH: Final = 1000

ACTORS: Final = {
    "key": "api",
    "intent": "api",
    "system": "api",
    "operator": "admin",
    "browser": "user",
    "phone": "app",
}
"""What the actor of an entry begins with → what kind of actor that is."""
NAMED: Final = ("api", "app")
"""Kinds of actors that are told apart: a bank's people and browsers are not."""

BEGUN: Final = frozenset({Name.OPERATION_CREATED, Name.OPERATION_CLAIMED, Name.SMS_REQUESTED})
"""After these it is open how it ends."""
FAILED: Final = frozenset(
    {
        Name.OPERATION_ATTEMPT_FAILED,
        Name.OPERATION_REJECTED,
        Name.OPERATION_FAILED,
        Name.OPERATION_CANCELED,
        Name.OPERATION_EXPIRED,
        Name.REGISTRATION_BLOCKED,
        Name.SIGNATURE_REFUSED,
        Name.RECOVERY_CODE_REFUSED,
        Name.SMS_FAILED,
        Name.PUSH_FAILED,
    }
)
CATEGORIES: Final[Mapping[str, str]] = {
    Name.REGISTRATION_CREATED: "registration",
    Name.REGISTRATION_PAIRED: "registration",
    Name.REGISTRATION_ACTIVATED: "registration",
    Name.PHONE_NUMBER_CONFIRMED: "registration",
    Name.RECOVERY_CODES_CREATED: "registration",
    Name.RECOVERY_CODE_USED: "authentication",
    Name.RECOVERY_CODE_REFUSED: "authentication",
    Name.SIGNATURE_ACCEPTED: "authentication",
    Name.SIGNATURE_REFUSED: "authentication",
}
"""Of what is about no operation; else it is management."""
OF_USERS: Final = "customer."
OF_BACK_ENDS: Final = ("access_key.", "intent.")
OF_THE_INSTANCE: Final = "application."


@dataclass(frozen=True)
class LogQuery:
    """Which lines; None: all."""

    since: datetime
    until: datetime
    containing: str | None = None
    status: str | None = None
    category: str | None = None
    channel: str | None = None
    actor_type: str | None = None


@dataclass(frozen=True)
class LogLine:
    """One thing that happened, without a secret; empty: it is about none."""

    at: datetime
    event: str
    category: str
    channel: str
    status: str
    actor_type: str
    actor: str
    user_id: str
    username: str
    transaction_id: str
    authenticator_id: str
    request: str


class InstanceLog:
    """Reads entries of one application alone."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lines(self, application_id: str, wanted: LogQuery) -> Sequence[LogLine]:
        """Return what fits, the newest first, and no more than MOST."""
        question = _question(application_id).where(
            AuditEntry.at >= wanted.since, AuditEntry.at <= wanted.until
        )
        piecemeal = {"yield_per": BATCH}
        with self._session.execute(question, execution_options=piecemeal) as rows:
            found = (line for line in map(_line, rows) if _fits(line, wanted))
            return list(islice(found, MOST))


def _question(application_id: str) -> Select[*tuple[Any, ...]]:
    operation, registration = aliased(OperationRow), aliased(Registration)
    owner, subject, doer = aliased(UserRow), aliased(UserRow), aliased(Registration)
    mine = select(OperationApplication.operation_id).where(
        OperationApplication.application_id == application_id
    )
    bank_id = func.coalesce(operation.user_id, registration.user_id)
    about = AuditEntry.subject
    named = AuditEntry.facts["registration"].as_string()

    def here(row: Any, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:  # noqa: ANN401 - one of our rows
        return and_(row.application_id == application_id, *conditions)

    return (
        select(
            AuditEntry,
            operation.template,
            TransactionRow.purpose,
            TransactionRow.channel,
            func.coalesce(subject.id, owner.id),
            func.coalesce(subject.username, owner.username),
            operation.id,
            func.coalesce(registration.id, doer.id),
            func.coalesce(registration.kind, operation.kind),
        )
        .select_from(AuditEntry)
        .outerjoin(operation, and_(operation.id == about, operation.id.in_(mine)))
        .outerjoin(TransactionRow, here(TransactionRow, TransactionRow.operation_id == about))
        .outerjoin(registration, here(registration, registration.id == about))
        .outerjoin(doer, here(doer, doer.id == named))
        .outerjoin(owner, here(owner, owner.user_id == bank_id))
        .outerjoin(subject, here(subject, subject.id == about))
        .where(
            or_(
                operation.id.is_not(None),
                registration.id.is_not(None),
                subject.id.is_not(None),
                _says(application_id),
            )
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
    )


def _says(application_id: str) -> ColumnElement[bool]:
    """Return what makes an entry the application's by its own words: users who are gone, keys."""
    told = AuditEntry.facts["application"].as_string() == application_id
    ours = [AuditEntry.name.startswith(kind) for kind in (OF_USERS, *OF_BACK_ENDS)]
    itself = AuditEntry.name.startswith(OF_THE_INSTANCE)
    return and_(told, or_(*ours)) | and_(AuditEntry.subject == application_id, itself)


def _line(row: Row[*tuple[Any, ...]]) -> LogLine:
    entry, template, purpose, channel, user_id, username, operation_id, authenticator, kind = row
    actor_type = ACTORS.get(entry.actor.partition(":")[0], "unknown")
    is_of_user = entry.name.startswith(OF_USERS)
    return LogLine(
        at=entry.at,
        event=entry.name,
        category=_category(entry.name, operation_id, purpose, template),
        channel=channel or _channel(entry.name, kind),
        status=_status(entry.name),
        actor_type=actor_type,
        actor=entry.actor if actor_type in NAMED else "",
        user_id=user_id or (entry.subject if is_of_user else ""),
        username=username or "",
        transaction_id=operation_id or "",
        authenticator_id=authenticator or "",
        request=entry.request or "",
    )


def _category(
    name: str, operation_id: str | None, purpose: str | None, template: str | None
) -> str:
    if operation_id is None:
        return CATEGORIES.get(name, "management")
    enrolls = purpose == "enroll" or template == ENROLLMENT
    return "registration" if enrolls else "authentication"


def _channel(name: str, kind: str | None) -> str:
    if name == Name.PHONE_NUMBER_CONFIRMED:
        return "sms"
    if name.startswith("customer.recovery_"):
        return "recovery"
    return "unknown" if kind is None else FIDO2 if kind == FIDO2 else "app"


def _status(name: str) -> str:
    return "" if name in BEGUN else "failed" if name in FAILED else "succeeded"


def _fits(line: LogLine, wanted: LogQuery) -> bool:
    pairs = (
        (wanted.status, line.status),
        (wanted.category, line.category),
        (wanted.channel, line.channel),
        (wanted.actor_type, line.actor_type),
    )
    if any(asked is not None and asked != is_so for asked, is_so in pairs):
        return False
    text = (wanted.containing or "").casefold()
    return any(text in str(cell).casefold() for cell in astuple(line)[1:])
