"""Everything that a door may do with flows. Rooms never commit: `Services` does."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.bank.base import Bank
from app.errors import NotFound, OperationNotAvailable, OperationNotFound, StepNotExpected
from app.events import Journal, Name
from app.flows import showing
from app.flows.preparing import Preparing, deadline_of, next_nonce
from app.flows.views import Ended, NewOperation, Operation, Outcome, Page
from app.methods.base import Again, Answer, Confirmed, Form, Method, Rejected, Work
from app.nextstep import engine
from app.nextstep.tables import TABLES
from app.nextstep.vocabulary import Ending, Instrument, Result, Step
from app.settings import FlowSettings
from app.store.db import changed_one
from app.store.flows import Flow, FlowRecord
from app.texts import Texts

HANDLE_BYTES = 24
ATTEMPTS_EXCEEDED = "authentication.maxAttemptsExceeded"
TIMEOUT = "operation.timeout"
INTERRUPTED = "canceled.interrupted_operation"
CANCELED = "canceled.unknown"


@dataclass(frozen=True)
class Ticket:
    """A piece of slow work, and the version of the flow that its result belongs to."""

    flow_id: str
    version: int
    work: Work[Any]


class Flows:
    """One transaction's view of all flows."""

    def __init__(  # noqa: PLR0913 - one transaction and the parts of boot
        self,
        session: Session,
        settings: FlowSettings,
        *,
        bank: Bank,
        texts: Texts,
        journal: Journal,
        methods: Mapping[Step, Method],
    ) -> None:
        self._session = session
        self._settings = settings
        self._texts = texts
        self._journal = journal
        self._methods = methods
        self._preparing = Preparing(session, settings, bank=bank, journal=journal, methods=methods)

    # --- for back ends and the provider ---------------------------------------------------

    def create(self, wanted: NewOperation) -> Operation:
        """Prepare an operation; it waits for a browser until it expires."""
        return self._operation(self._preparing.create(wanted))

    def operation(self, operation_id: str) -> Operation:
        """Return an operation with its history. Raises OperationNotFound."""
        return self._operation(self._by_id(operation_id))

    def open(  # noqa: PLR0913 - what binds a flow to its client and its browser
        self,
        operation_id: str,
        *,
        client_id: str,
        browser: str,
        return_to: str,
        language: str,
        client_name: str = "",
        return_origin: str = "",
        scopes: Sequence[str] = (),
    ) -> str:
        """Bind an operation to the one browser that may walk it; return the handle for its URL.

        The same browser may open it again (the way back changes); everybody else is refused.
        An operation that names no application belongs to the first client that presents it.
        """
        flow = self._by_id(operation_id)
        if flow.client_id not in (None, client_id):
            raise OperationNotAvailable("another client's", operation=operation_id)
        if flow.result != "CONTINUE" or self._is_over(flow):
            raise OperationNotAvailable("ended", operation=operation_id)
        if flow.browser_id not in (None, browser):
            raise OperationNotAvailable("another browser's", operation=operation_id)
        self._interrupt_others(flow, browser)
        is_new = flow.browser_id is None
        self._bind(flow, browser)
        flow.client_id, flow.language = client_id, language
        flow.return_to, flow.return_origin = return_to, return_origin
        if flow.application is None:
            name = client_name or client_id
            flow.application = {"id": client_id, "name": name, "originalScopes": list(scopes)}
        if is_new:
            flow.handle, flow.opened_at = secrets.token_urlsafe(HANDLE_BYTES), clock.now()
            flow.ends_at = flow.opened_at + self._settings.lifetime
            self._methods[Step(str(flow.step))].begin(flow)
        deadline_of(flow, self._settings.timeout)
        self._journal.record(Name.FLOW_OPENED, flow.id, client=client_id)
        return str(flow.handle)

    def outcome(self, operation_id: str, browser: str) -> Outcome:
        """Tell the provider how a flow of this browser stands."""
        flow = self._by_id(operation_id)
        if flow.browser_id != browser:
            raise OperationNotAvailable("another browser's", operation=operation_id)
        return showing.outcome(flow, self._history(flow))

    # --- for the browser ------------------------------------------------------------------

    def show(self, handle: str, browser: str | None, language: str) -> Page | Ended:
        """Return the present page; showing it twice changes nothing."""
        flow = self._mine(handle, browser)
        if flow.result != "CONTINUE" or self._is_over(flow):
            return showing.ended(flow, timed_out=self._is_over(flow))
        method = self._methods[Step(str(flow.step))]
        return showing.page(
            flow,
            method.view(flow, language),
            words=self._texts.words(language),
            remaining=self._settings.attempts - flow.attempts,
            available=self._methods.keys(),
        )

    def answer(  # noqa: PLR0913 - what one form post consists of
        self,
        handle: str,
        browser: str | None,
        *,
        nonce: str,
        action: str,
        form: Form,
        language: str,
    ) -> Ticket | None:
        """Take an answer to the present page. A ticket is work to do outside the transaction.

        Raises StepNotExpected for an answer to a page that is out of date.
        """
        flow = self._mine(handle, browser)
        if flow.result != "CONTINUE":
            return None
        if self._is_over(flow):
            self._finish(flow, Result.AUTH_METHOD_FAILED, Ending.FAILED, TIMEOUT)
            return None
        self._claim(flow, nonce)
        flow.language, flow.problem = language, None
        deadline_of(flow, self._settings.timeout)
        step = Step(str(flow.step))
        if action in ("cancel", "reject"):
            self._resolve(flow, step, Result.CANCELED)
            return None
        return self._take(flow, self._methods[step].answer(flow, action, form))

    def resume(self, ticket: Ticket, outcome: object) -> Ticket | None:
        """Apply the result of a ticket's work, if its flow has not changed meanwhile."""
        flow = self._session.get(Flow, ticket.flow_id, populate_existing=True)
        if flow is None or flow.version != ticket.version or flow.result != "CONTINUE":
            return None
        if not self._grow(flow):
            return None
        return self._take(flow, ticket.work.then(flow, outcome), counted=ticket.work.counts)

    def abandon(self, ticket: Ticket, *, problem: str | None) -> None:
        """Give the attempt back and say why, if work could not be done for no fault of theirs."""
        flow = self._session.get(Flow, ticket.flow_id, populate_existing=True)
        if flow is None or flow.version != ticket.version or flow.result != "CONTINUE":
            return
        if self._grow(flow):
            flow.attempts -= 1 if ticket.work.counts else 0
            flow.problem = {"code": problem, "field": None, "values": {}} if problem else None

    def expire(self, limit: int = 100) -> int:
        """End flows whose time is over; return how many."""
        over = (
            select(Flow)
            .where(Flow.result == "CONTINUE", Flow.expires_at <= clock.now())
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        flows = self._session.scalars(over).all()
        for flow in flows:
            self._finish(flow, Result.AUTH_METHOD_FAILED, Ending.FAILED, TIMEOUT)
        return len(flows)

    # --- inside ---------------------------------------------------------------------------

    def _take(self, flow: Flow, answer: Answer | None, *, counted: bool = False) -> Ticket | None:
        step = Step(str(flow.step))
        match answer:
            case None:
                return None
            case Work():
                if answer.counts and not self._reserve(flow):
                    self._resolve(flow, step, Result.AUTH_METHOD_FAILED)
                    return None
                self._session.flush()
                return Ticket(flow.id, flow.version, answer)
            case Again(problem, field, values):
                if problem:
                    flow.problem = {"code": problem, "field": field, "values": dict(values)}
                return None
            case Rejected(code):
                return self._reject(flow, step, code, counted=counted)
            case Confirmed(instruments):
                flow.authenticated_at = clock.now() if instruments else flow.authenticated_at
                return self._resolve(flow, step, Result.CONFIRMED, instruments)

    def _reserve(self, flow: Flow) -> bool:
        """Spend one attempt before anything is judged; False when none is left."""
        if flow.attempts >= self._settings.attempts:
            return False
        flow.attempts += 1
        return True

    def _reject(self, flow: Flow, step: Step, code: str, *, counted: bool) -> Ticket | None:
        if not counted:
            flow.attempts += 1
        if flow.attempts >= self._settings.attempts:
            return self._resolve(flow, step, Result.AUTH_METHOD_FAILED)
        flow.problem = {"code": code, "field": None, "values": {}}
        self._record(flow, step, Result.AUTH_FAILED)
        self._journal.record(Name.STEP_REJECTED, flow.id, step=step.value)
        return None

    def _resolve(
        self, flow: Flow, step: Step, result: Result, instruments: Sequence[Instrument] = ()
    ) -> Ticket | None:
        decision = engine.resolve(TABLES[flow.operation_name], step, result, self._methods.keys())
        if isinstance(decision, engine.Finish):
            reason = _reason(result, decision)
            self._finish(flow, result, decision.ending, reason, instruments=instruments)
            return None
        self._methods[step].leave(flow)
        flow.offered = [offered.value for offered in decision.steps]
        flow.step, flow.phase, flow.attempts = decision.shown.value, "", 0
        self._record(flow, step, result, instruments)
        self._journal.record(Name.STEP_CONFIRMED, flow.id, step=step.value)
        return self._take(flow, self._methods[decision.shown].begin(flow))

    def _finish(
        self,
        flow: Flow,
        result: Result,
        ending: Ending,
        reason: str,
        *,
        instruments: Sequence[Instrument] = (),
    ) -> None:
        step = Step(str(flow.step))
        self._methods[step].leave(flow)
        flow.result, flow.result_reason = ending.value, reason
        flow.canceled = result is Result.CANCELED
        flow.step, flow.phase, flow.offered, flow.problem = None, "", [], None
        flow.finished_at, flow.version = clock.now(), flow.version + 1
        self._record(flow, step, result, instruments)
        name = Name.FLOW_DONE if ending is Ending.DONE else Name.FLOW_FAILED
        self._journal.record(name, flow.id, step=step.value, reason=reason)

    def _record(
        self, flow: Flow, step: Step, result: Result, instruments: Sequence[Instrument] = ()
    ) -> None:
        counted = select(func.max(FlowRecord.number)).where(FlowRecord.flow_id == flow.id)
        last = self._session.scalar(counted) or 0
        self._session.add(
            FlowRecord(
                flow_id=flow.id,
                number=last + 1,
                step=step.value,
                step_result=result.value,
                instruments=[instrument.value for instrument in instruments],
                result=flow.result,
                reason=flow.result_reason,
                created_at=clock.now(),
            )
        )
        self._session.flush()

    def _claim(self, flow: Flow, nonce: str) -> None:
        """Let exactly one answer to each page through."""
        fresh = next_nonce()
        taken = (
            update(Flow)
            .where(Flow.id == flow.id, Flow.nonce == nonce, Flow.version == flow.version)
            .where(Flow.result == "CONTINUE")
            .values(nonce=fresh, version=flow.version + 1)
        )
        if not changed_one(self._session, taken):
            raise StepNotExpected("an answer to another page", flow=flow.id)
        self._session.refresh(flow)

    def _grow(self, flow: Flow) -> bool:
        """Take the next version for ourselves; False when somebody else was faster."""
        taken = (
            update(Flow)
            .where(Flow.id == flow.id, Flow.version == flow.version, Flow.result == "CONTINUE")
            .values(version=flow.version + 1)
        )
        if not changed_one(self._session, taken):
            return False
        self._session.refresh(flow)
        return True

    def _bind(self, flow: Flow, browser: str) -> None:
        bound = (
            update(Flow)
            .where(Flow.id == flow.id, Flow.version == flow.version, Flow.result == "CONTINUE")
            .where((Flow.browser_id == browser) | Flow.browser_id.is_(None))
            .values(browser_id=browser, version=flow.version + 1)
        )
        if not changed_one(self._session, bound):
            raise OperationNotAvailable("another browser was faster", operation=flow.id)
        flow.browser_id, flow.version = browser, flow.version + 1

    def _interrupt_others(self, flow: Flow, browser: str) -> None:
        """End the older flows of a browser that opens a newer one."""
        others = select(Flow).where(
            Flow.browser_id == browser, Flow.result == "CONTINUE", Flow.id != flow.id
        )
        for other in self._session.scalars(others).all():
            self._finish(other, Result.CANCELED, Ending.FAILED, INTERRUPTED)

    def _by_id(self, operation_id: str) -> Flow:
        flow = self._session.get(Flow, operation_id)
        if flow is None:
            raise OperationNotFound(operation=operation_id)
        return flow

    def _mine(self, handle: str, browser: str | None) -> Flow:
        flow = self._session.scalar(select(Flow).where(Flow.handle == handle))
        if flow is None:
            raise NotFound("no such flow")
        if browser is None or flow.browser_id != browser:
            raise OperationNotAvailable("another browser's", flow=flow.id)
        return flow

    def _is_over(self, flow: Flow) -> bool:
        return flow.result == "CONTINUE" and clock.now() >= flow.expires_at

    def _history(self, flow: Flow) -> Sequence[FlowRecord]:
        entries = select(FlowRecord).where(FlowRecord.flow_id == flow.id)
        return self._session.scalars(entries.order_by(FlowRecord.number)).all()

    def _operation(self, flow: Flow) -> Operation:
        words = self._texts.words("en")
        return showing.operation(
            flow, self._history(flow), words=words, attempts=self._settings.attempts
        )


def _reason(result: Result, decision: engine.Finish) -> str:
    match result:
        case Result.CANCELED:
            return CANCELED
        case Result.AUTH_METHOD_FAILED:
            return ATTEMPTS_EXCEEDED
        case _:
            return "" if decision.ending is Ending.DONE else decision.reason
