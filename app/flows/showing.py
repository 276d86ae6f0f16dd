"""Turn a flow into what doors see."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

from app import clock
from app.flows.catalogue import Rules
from app.flows.views import STAGES, Ended, Operation, Outcome, Page, Problem, Record
from app.methods.base import View
from app.methods.passkey_page import PHASE as PASSKEY
from app.nextstep.form_data import Words, localise, parse_form
from app.nextstep.operation_data import Payment, parse, payment_of
from app.nextstep.vocabulary import (
    NEVER_SHOWN,
    STRONG,
    Instrument,
    OperationKind,
    Result,
    Step,
    Table,
    Target,
    To,
)
from app.store.flows import Flow, FlowRecord

TIMEOUT = "operation.timeout"

ENDED_CODES: Mapping[str, tuple[str, str]] = {
    TIMEOUT: ("timeout", "timeout"),
    "authentication.maxAttemptsExceeded": ("failed", "attempts_exceeded"),
    "canceled.interrupted_operation": ("interrupted", "interrupted"),
    "canceled.page_left": ("interrupted", "page_left"),
    "operation.canceled": ("canceled", "rejected"),
    "operation.methodNotAvailable": ("failed", "phone_unusable"),
}
"""Reason of the end → outcome and code of the words for people."""


def page(
    flow: Flow,
    view: View,
    *,
    words: Words,
    rules: Rules,
    available: AbstractSet[Step],
) -> Page:
    """Return the present page of a running flow."""
    problem, step = flow.problem, Step(str(flow.step))
    limit = rules.attempts(step)
    return Page(
        template=view.template,
        kind=view.kind,
        operation_kind=kind_of(flow).value,
        request_id=flow.id,
        nonce=flow.nonce,
        deadline=flow.expires_at,
        progress=list(_progress(rules.table, step, available)),
        application=_application(flow),
        payment=_payment(flow),
        form=_form(flow, words),
        problem=Problem(**problem) if problem else None,
        remaining=None if limit is None else limit - flow.attempts,
        return_origin=flow.return_origin or "",
        return_host=urlsplit(flow.return_origin or "").netloc,
        data=view.data,
    )


def ended(flow: Flow, *, timed_out: bool) -> Ended:
    """Return the last page of a flow."""
    kind = kind_of(flow).value
    if flow.result == "DONE":
        outcome, code = "done", f"done_{kind}"
    elif timed_out:
        outcome, code = "timeout", "timeout"
    elif flow.result_reason in ENDED_CODES:
        outcome, code = ENDED_CODES[flow.result_reason]
    else:
        outcome = code = "canceled" if flow.canceled else "failed"
    return Ended(
        outcome=outcome,
        code=code,
        operation_kind=kind,
        application=_application(flow),
        # Whoever has proved nothing has not seen it before, and does not see it now.
        payment=_payment(flow) if flow.authenticated_at else None,
        account=flow.debit_account,
        ended_at=flow.finished_at or min(flow.expires_at, clock.now()),
        request_id=flow.id,
        return_url=flow.return_to or "",
        return_origin=flow.return_origin or "",
    )


def operation(
    flow: Flow, history: Sequence[FlowRecord], *, words: Words, rules: Rules
) -> Operation:
    """Return an operation as back ends see it; one whose time is over has failed."""
    late = is_late(flow)
    return Operation(
        id=flow.id,
        name=flow.operation_name,
        data=flow.operation_data,
        kind=kind_of(flow).value,
        form_data=_form(flow, words),
        params=flow.params,
        application=flow.application,
        user_id=flow.user_id,
        organization_id=flow.organization_id,
        account_status=flow.account_status,
        external_operation_name=flow.external_operation_name,
        external_transaction_id=flow.external_transaction_id,
        result="FAILED" if late else flow.result,
        reason=TIMEOUT if late else flow.result_reason,
        steps=[] if late else flow.offered,
        chosen_step=history[-1].chosen if history else None,
        remaining_attempts=0 if late else _remaining(flow, history, rules),
        phone_operation_id=None if late or flow.phase == PASSKEY else flow.mtoken_operation_id,
        created_at=flow.created_at,
        expires_at=flow.expires_at,
        authenticated_at=flow.authenticated_at,
        history=[
            Record(
                e.step, e.step_result, e.instruments, e.result, e.reason, e.context, e.created_at
            )
            for e in history
        ],
    )


def is_late(flow: Flow) -> bool:
    """Tell whether the time of a flow is over, though nobody has ended it yet."""
    return flow.result == "CONTINUE" and clock.now() >= flow.expires_at


def outcome(flow: Flow, history: Sequence[FlowRecord], table: Table) -> Outcome:
    """Return how a flow stands, with everything that was proved in it."""
    confirmed = [entry for entry in history if entry.step_result == Result.CONFIRMED.value]
    proved = [Instrument(name) for entry in confirmed for name in entry.instruments]
    needed = _needed(table)
    strong = [entry for entry in confirmed if entry.step in STRONG]
    was_taken = any(entry.step == needed for entry in strong)
    late = is_late(flow)
    return Outcome(
        result="FAILED" if late else flow.result,
        reason=TIMEOUT if late else flow.result_reason,
        canceled=flow.canceled,
        user_id=flow.user_id,
        organization_id=flow.organization_id,
        language=flow.language,
        authenticated_at=flow.authenticated_at,
        instruments=tuple(dict.fromkeys(proved)),
        sca=was_taken and all(map(_is_strong, strong)),
        is_proved=needed is None
        or (was_taken and all(_is_strong(e) or e.caller is not None for e in strong)),
        operation_name=flow.operation_name,
    )


def kind_of(flow: Flow) -> OperationKind:
    """Tell what a flow is about, whatever became of its configuration."""
    return OperationKind.LOGIN if _payment(flow) is None else OperationKind.PAYMENT


def _is_strong(entry: FlowRecord) -> bool:
    """Two independent elements: something known and something held, or what is both.

    That is a phone; or a passkey that has verified its owner, which only we can know: a hardware
    token that a back end has seen may be one factor.
    """
    proved = set(entry.instruments)
    if "HW_TOKEN" in proved and entry.caller is None:
        return True
    return "POWERAUTH_TOKEN" in proved or {"CREDENTIAL", "OTP_KEY"} <= proved


def _needed(table: Table) -> Step | None:
    """Return the strong step without which an operation is not approved, if it has any.

    A login never stands for the approval of a payment. Of an operation that operators have taken
    away meanwhile nobody knows what it needed: then no step is enough.
    """
    if not table.rows:
        return Step.INIT
    steps = {row.step for row in table.rows}
    return next((step for step in STRONG if step in steps), None)


def _progress(
    table: Table, present: Step, available: AbstractSet[Step]
) -> Iterator[tuple[str, str]]:
    """Follow the confirmed way through the table, as stages of done, now and todo."""
    steps: list[Step] = []
    target: Target = table.start
    while isinstance(target, To):
        shown = [s for s in target.steps if s in available and s not in NEVER_SHOWN]
        step = present if present in target.steps else next(iter(shown), None)
        if step is None or step in steps:
            break
        steps.append(step)
        try:
            target = table.row(step).confirmed
        except LookupError:  # an operator took it out while the flow was running
            break
    position = steps.index(present) if present in steps else 0
    for index, step in enumerate(steps):
        state = "done" if index < position else "now" if index == position else "todo"
        yield STAGES.get(step, "login"), state


def _payment(flow: Flow) -> Payment | None:
    return payment_of(parse(flow.operation_data))


def _form(flow: Flow, words: Words) -> Mapping[str, object]:
    return localise(parse_form(flow.form_data), words)


def _application(flow: Flow) -> Mapping[str, object]:
    given = flow.application or {}
    return {
        "name": given.get("name") or flow.client_id or "",
        "description": given.get("description"),
        "scopes": flow.scopes or given.get("originalScopes") or [],
    }


def _remaining(flow: Flow, history: Sequence[FlowRecord], rules: Rules) -> int | None:
    last = history[-1] if history else None
    if flow.result != "CONTINUE":
        return 0 if last and last.step_result == Result.AUTH_METHOD_FAILED.value else None
    step, failures = str(flow.step), flow.attempts
    if last and last.step_result == Result.AUTH_FAILED.value and last.step != step:
        step = last.step  # a back end failed at a step that has no page now
        failures = sum((e.step, e.step_result) == (step, last.step_result) for e in history)
    limit = rules.attempts(Step(step))
    return None if limit is None else limit - failures
