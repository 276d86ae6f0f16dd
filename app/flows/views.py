"""What doors get to see of a flow; plain values, so that no door depends on a table."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.nextstep.operation_data import Payment
from app.nextstep.vocabulary import Instrument, Step


@dataclass(frozen=True)
class NewOperation:
    """What a back end (or the provider, for a login) asks for."""

    operation_name: str
    operation_data: str
    form_data: Mapping[str, object] | None = None
    application: Mapping[str, object] | None = None
    operation_id: str | None = None
    params: Sequence[object] = ()
    user_id: str | None = None
    organization_id: str | None = None
    external_operation_name: str | None = None
    external_transaction_id: str | None = None


@dataclass(frozen=True)
class Update:
    """What a back end says of one step of a running operation."""

    operation_id: str
    caller: str
    step: Step | None
    result: str | None
    """One of the four results, AUTH_METHOD_CHOSEN or AUTH_METHOD_DOWNGRADE."""
    target: Step | None = None
    description: str | None = None
    """The reason of a CANCELED."""
    instruments: tuple[Instrument, ...] = ()
    user_id: str | None = None
    organization_id: str | None = None
    application: Mapping[str, object] | None = None
    context: Mapping[str, object] | None = None


@dataclass(frozen=True)
class Binding:
    """Who opens an operation, and where its browser goes when it is over."""

    client_id: str
    client_name: str
    scopes: Sequence[str]
    browser: str
    language: str
    return_to: str
    """Address of ours; opaque to everyone but the provider."""
    return_origin: str
    """Origin of the third party, for the policy of the pages."""
    login_hint: str = ""
    """Who the third party believes the customer is; fills in the first page, proves nothing."""


@dataclass(frozen=True)
class Record:
    """One entry of the history."""

    step: str
    step_result: str
    instruments: Sequence[str]
    result: str
    reason: str
    context: Mapping[str, object] | None
    created_at: datetime


@dataclass(frozen=True)
class Operation:
    """An operation as a back end sees it."""

    id: str
    name: str
    data: str
    kind: str
    form_data: Mapping[str, object]
    """The creator's form, localised."""
    params: Sequence[object]
    application: Mapping[str, object] | None
    user_id: str | None
    organization_id: str | None
    account_status: str | None
    external_operation_name: str | None
    external_transaction_id: str | None
    result: str
    reason: str
    steps: Sequence[str]
    chosen_step: str | None
    remaining_attempts: int | None
    phone_operation_id: str | None
    """What a phone is asked now."""
    created_at: datetime
    expires_at: datetime
    authenticated_at: datetime | None
    """When its customer last proved something; None: not yet."""
    history: Sequence[Record]


@dataclass(frozen=True)
class Problem:
    """Why the last answer was not taken."""

    code: str
    field: str | None = None
    values: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """The page of a running flow."""

    template: str
    kind: str
    operation_kind: str
    request_id: str
    nonce: str
    deadline: datetime
    progress: Sequence[tuple[str, str]]
    application: Mapping[str, object]
    payment: Payment | None
    form: Mapping[str, object]
    problem: Problem | None
    remaining: int | None
    return_origin: str
    return_host: str
    data: Mapping[str, object]


@dataclass(frozen=True)
class Signal:
    """What a page asks for between two answers; asking extends nothing."""

    text: str
    """Changes when the page has something new to show; `ended`: the last page."""
    seconds_left: int
    """Until the end, by the server's clock; 0: it is over."""
    may_extend: bool
    """Whether the customer can have more time; not close to the absolute end."""


@dataclass(frozen=True)
class Ended:
    """The last page of a flow."""

    outcome: str
    """`done`, `canceled`, `timeout`, `interrupted` or `failed`."""
    code: str
    operation_kind: str
    application: Mapping[str, object]
    payment: Payment | None
    account: Mapping[str, object] | None
    ended_at: datetime
    request_id: str
    return_url: str
    """Empty: the application has got the result already."""
    return_origin: str


@dataclass(frozen=True)
class Outcome:
    """How a flow ended, for the provider."""

    result: str
    reason: str
    canceled: bool
    user_id: str | None
    organization_id: str | None
    language: str
    authenticated_at: datetime | None
    instruments: tuple[Instrument, ...]
    sca: bool
    """Whether every strong step was confirmed by two independent instruments."""
    is_proved: bool
    """Whether a strong step was confirmed so, or by a back end, if the operation has any."""
    operation_name: str


STAGES: Mapping[Step, str] = {
    Step.LOGIN_SCA: "login",
    Step.USERNAME_PASSWORD_AUTH: "login",
    Step.APPROVAL_SCA: "approval",
    Step.SMS_KEY: "approval",
    Step.POWERAUTH_TOKEN: "approval",
    Step.OTP_CODE: "approval",
    Step.CONSENT: "consent",
}
"""What a step is called in the list of steps on a page."""
