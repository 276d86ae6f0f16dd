"""The words of the engine, as Next Step spells them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias


class Step(StrEnum):
    """One thing that a customer, or a program on their behalf, is asked to do."""

    INIT = "INIT"
    USER_ID_ASSIGN = "USER_ID_ASSIGN"
    USERNAME_PASSWORD_AUTH = "USERNAME_PASSWORD_AUTH"  # noqa: S105 - a name, not a secret
    SHOW_OPERATION_DETAIL = "SHOW_OPERATION_DETAIL"
    POWERAUTH_TOKEN = "POWERAUTH_TOKEN"  # noqa: S105 - a name, not a secret
    SMS_KEY = "SMS_KEY"
    OTP_CODE = "OTP_CODE"
    CONSENT = "CONSENT"
    LOGIN_SCA = "LOGIN_SCA"
    APPROVAL_SCA = "APPROVAL_SCA"


NEVER_SHOWN: Final = frozenset({Step.USER_ID_ASSIGN, Step.INIT})
"""Steps that only programs take: they are offered in answers and never make a page."""

STRONG: Final = (Step.APPROVAL_SCA, Step.LOGIN_SCA)
"""Steps of strong authentication, for which one factor is never enough; what is to be approved is
bound to the first one alone."""


class Result(StrEnum):
    """How a step ended."""

    CONFIRMED = "CONFIRMED"
    AUTH_FAILED = "AUTH_FAILED"  # wrong answer, attempts remain
    AUTH_METHOD_FAILED = "AUTH_METHOD_FAILED"  # wrong answer, no attempts remain
    CANCELED = "CANCELED"


class Instrument(StrEnum):
    """What proves who somebody is."""

    CREDENTIAL = "CREDENTIAL"
    OTP_KEY = "OTP_KEY"
    POWERAUTH_TOKEN = "POWERAUTH_TOKEN"  # noqa: S105 - a name, not a secret
    HW_TOKEN = "HW_TOKEN"  # noqa: S105 - a name, not a secret
    CLIENT_CERTIFICATE = "CLIENT_CERTIFICATE"
    QUALIFIED_CERTIFICATE = "QUALIFIED_CERTIFICATE"


class Ending(StrEnum):
    """How a flow ends."""

    DONE = "DONE"
    FAILED = "FAILED"


class OperationKind(StrEnum):
    """What a whole flow is about; decides the template of its operation data."""

    LOGIN = "login"
    PAYMENT = "payment"

    @property
    def template(self) -> int:
        """Number of the template in the operation data, e.g. 1 in `A1*A100CZK`."""
        return 1 if self is OperationKind.PAYMENT else 2


@dataclass(frozen=True)
class To:
    """Alternatives for what comes next, the preferred one first."""

    steps: tuple[Step, ...]


Target: TypeAlias = To | Ending


class Row(NamedTuple):
    """What follows a step, for each result. No result can be forgotten."""

    step: Step
    confirmed: Target
    auth_failed: Target
    auth_method_failed: Target
    canceled: Target

    def after(self, result: Result) -> Target:
        """Return what follows when the step ended like this."""
        match result:
            case Result.CONFIRMED:
                return self.confirmed
            case Result.AUTH_FAILED:
                return self.auth_failed
            case Result.AUTH_METHOD_FAILED:
                return self.auth_method_failed
            case Result.CANCELED:
                return self.canceled


@dataclass(frozen=True)
class Table:
    """All steps of one kind of flow."""

    name: str
    start: To
    rows: tuple[Row, ...]

    def row(self, step: Step) -> Row:
        """Return the row of a step. Raises LookupError if the table has none."""
        for row in self.rows:
            if row.step is step:
                return row
        raise LookupError(f"{self.name} has no step {step}")
