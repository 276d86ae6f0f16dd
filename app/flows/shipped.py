"""The configuration that we ship, as operators see it in lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from app.flows.definitions import CONTINUE, RequestType, StepDefinition
from app.nextstep.tables import OPERATIONS, TABLES
from app.nextstep.vocabulary import Ending, Result, Step, Table, Target, To

FIRST_FREE_ID: Final = 1001
"""Lines that the published numbering does not know are numbered from here."""

TWO_FACTORS: Final = '{"type":"2FA","variants":["possession_knowledge","possession_biometry"]}'
"""How a phone signs an operation, as Next Step writes it."""


@dataclass(frozen=True)
class OperationConfig:
    """What an operation is, and how long it lives."""

    name: str
    template_id: int
    template_version: str = "A"
    mobile_token_enabled: bool = True
    mobile_token_mode: str = TWO_FACTORS
    afs_enabled: bool = False
    afs_config_id: str | None = None
    expiration_seconds: int | None = None


@dataclass(frozen=True)
class AuthMethod:
    """What a step is. `max_fails` None: not limited."""

    step: Step
    order: int
    display_name_key: str | None = None
    checks_fails: bool = False
    max_fails: int | None = None
    checks_preferences: bool = False
    preferences_column: int | None = None
    preferences_default: bool | None = None
    has_user_interface: bool = False
    has_mobile_token: bool = False


@dataclass(frozen=True)
class Segment:
    """An organization as Next Step shows it."""

    id: str
    name_key: str | None
    default: bool
    order: int
    credential_name: str | None = None
    otp_name: str | None = None


CREDENTIALS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"RETAIL": ("RETAIL_CREDENTIAL", "RETAIL_OTP"), "SME": ("SME_CREDENTIAL", "SME_OTP")}
)
"""Names of credential and code definitions of the organizations that every bank begins with."""

OPERATION_CONFIGS: Final[Mapping[str, OperationConfig]] = MappingProxyType(
    {name: OperationConfig(name, kind.template) for name, kind in OPERATIONS.items()}
)


def auth_methods(attempts: int) -> Mapping[Step, AuthMethod]:
    """Return what each step is; `attempts` is the setting that limits most of them."""
    shown = {"checks_fails": True, "max_fails": attempts, "has_user_interface": True}
    step, methods = Step, AuthMethod
    return {
        method.step: method
        for method in (
            methods(step.INIT, 1),
            methods(step.USER_ID_ASSIGN, 2),
            methods(step.USERNAME_PASSWORD_AUTH, 3, "method.usernamePassword", **shown),  # type: ignore[arg-type]  # mixed values
            methods(
                step.SHOW_OPERATION_DETAIL, 4, "method.showOperationDetail", has_user_interface=True
            ),
            methods(
                step.POWERAUTH_TOKEN,
                5,
                "method.powerauthToken",
                checks_preferences=True,
                preferences_column=1,
                preferences_default=False,
                has_mobile_token=True,
                **shown,  # type: ignore[arg-type]  # mixed values
            ),
            methods(step.SMS_KEY, 6, "method.smsKey", **shown),  # type: ignore[arg-type]  # mixed values
            methods(step.CONSENT, 7, "method.consent", **shown),  # type: ignore[arg-type]  # mixed values
            methods(step.LOGIN_SCA, 8, "method.loginSca", has_mobile_token=True, **shown),  # type: ignore[arg-type]  # mixed values
            methods(step.APPROVAL_SCA, 9, "method.approvalSca", has_mobile_token=True, **shown),  # type: ignore[arg-type]  # mixed values
            methods(step.OTP_CODE, 10, "method.otpCode", **{**shown, "max_fails": 3}),  # type: ignore[arg-type]  # mixed values
        )
    }


def definitions() -> tuple[StepDefinition, ...]:
    """Return the tables that we ship as definitions, in the published numbering (1 to 70)."""
    numbers: dict[int, StepDefinition] = {}
    for name, groups in _PUBLISHED.items():
        for first, results, steps in groups:
            for number, line in enumerate(_group(TABLES[name], results, steps), start=first):
                numbers.setdefault(number, line)
    free = FIRST_FREE_ID
    for table in TABLES.values():
        for line in _lines(table):
            if line not in numbers.values():
                numbers[free], free = line, free + 1
    return tuple(replace(numbers[number], id=number) for number in sorted(numbers))


def _group(
    table: Table, results: tuple[Result, ...] | None, steps: tuple[Step, ...]
) -> list[StepDefinition]:
    lines = list(_lines(table))
    if results is None:
        return [line for s in steps for line in lines if line.step is None and line.next is s]
    return [
        line
        for result in results
        for step in steps
        for line in lines
        if line.step is step and line.result is result
    ]


def _lines(table: Table) -> Iterator[StepDefinition]:
    yield from _split(table.name, None, None, table.start)
    # That a flow can be cancelled before its first step needs no row in our tables.
    yield replace(next(_split(table.name, Step.INIT, Result.CANCELED, FAILED)), next=Step.INIT)
    for row in table.rows:
        for result in Result:
            yield from _split(table.name, row.step, result, row.after(result))


def _split(
    name: str, step: Step | None, result: Result | None, target: Target
) -> Iterator[StepDefinition]:
    kind = RequestType.CREATE if step is None else RequestType.UPDATE
    if isinstance(target, To):
        for priority, following in enumerate(target.steps, start=1):
            yield StepDefinition(0, name, kind, step, result, priority, following, CONTINUE)
    else:
        yield StepDefinition(0, name, kind, step, result, 1, None, target.value)


FAILED: Final = Ending.FAILED
_FOUR: Final = (Result.CONFIRMED, Result.CANCELED, Result.AUTH_METHOD_FAILED, Result.AUTH_FAILED)
_CANCELED: Final = (Result.CANCELED,)
_NAMED: Final = (Step.USER_ID_ASSIGN, Step.USERNAME_PASSWORD_AUTH)
_Group = tuple[int, tuple[Result, ...] | None, tuple[Step, ...]]

_PUBLISHED: Final[Mapping[str, tuple[_Group, ...]]] = MappingProxyType(
    {
        "login": (
            (1, None, _NAMED),
            (3, _CANCELED, (Step.INIT,)),
            (4, _FOUR[:3], _NAMED),
            (11, _FOUR[3:], _NAMED),  # 10 was never used
            (13, _FOUR, (Step.CONSENT,)),
        ),
        "authorize_payment": (
            (17, None, _NAMED),
            (19, _CANCELED, (Step.INIT,)),
            (20, _FOUR, _NAMED),
            (30, _FOUR, (Step.POWERAUTH_TOKEN,)),
            (34, _FOUR, (Step.SMS_KEY,)),
            (38, _FOUR, (Step.CONSENT,)),
        ),
        "login_sca": (
            (42, None, (Step.LOGIN_SCA,)),
            (43, _CANCELED, (Step.INIT,)),
            (44, _FOUR, (Step.LOGIN_SCA,)),
            (48, _FOUR, (Step.CONSENT,)),
        ),
        "authorize_payment_sca": (
            (52, None, (Step.LOGIN_SCA,)),
            (53, _FOUR, (Step.LOGIN_SCA,)),
            (57, _FOUR, (Step.APPROVAL_SCA,)),
            (61, _FOUR, (Step.CONSENT,)),
            (65, _CANCELED, (Step.INIT,)),
            (66, None, (Step.USER_ID_ASSIGN,)),
            (67, _FOUR, (Step.USER_ID_ASSIGN,)),
        ),
    }
)
"""First number of each published group of lines; no results: the lines of the beginning."""
