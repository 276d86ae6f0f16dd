"""How a flow moves: one answer to a page, one version, one entry of the history for each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import clock
from app.errors import OperationNotAvailable, StepNotExpected
from app.events import Journal, Name
from app.flows.lockout import Lockout
from app.flows.preparing import next_nonce
from app.methods.base import Again, Answer, Confirmed, Method, Rejected, Work
from app.nextstep import engine
from app.nextstep.tables import TABLES
from app.nextstep.vocabulary import Ending, Instrument, Result, Step
from app.settings import FlowSettings
from app.store.db import changed_one
from app.store.flows import Flow, FlowRecord

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
    is_refused: bool = False
    """The user is blocked: the work is done, for the time it takes, and comes to nothing."""


class Transitions:
    """The only place that changes a flow's step, attempts and result."""

    def __init__(
        self,
        session: Session,
        settings: FlowSettings,
        *,
        lockout: Lockout,
        journal: Journal,
        methods: Mapping[Step, Method],
    ) -> None:
        self.has_proved = False
        """Whether somebody proved something in this transaction: their cookie must change."""
        self._lockout = lockout
        self._session = session
        self._settings = settings
        self._journal = journal
        self._methods = methods

    def take(self, flow: Flow, answer: Answer | None, *, counted: bool = False) -> Ticket | None:
        """Follow what a step says of an answer; a ticket is work to do first."""
        step = Step(str(flow.step))
        match answer:
            case None:
                return None
            case Work():
                return self._plan(flow, step, answer)
            case Again(problem, field, values):
                if problem:
                    flow.problem = {"code": problem, "field": field, "values": dict(values)}
                return None
            case Rejected(code):
                return self._reject(flow, step, code, counted=counted)
            case Confirmed(instruments):
                if instruments:
                    flow.authenticated_at, self.has_proved = clock.now(), True
                return self.resolve(flow, step, Result.CONFIRMED, instruments)

    def _plan(self, flow: Flow, step: Step, work: Work[Any]) -> Ticket | None:
        is_refused = False
        if work.refusal is not None:
            if not self._reserve(flow):
                return self.resolve(flow, step, Result.AUTH_METHOD_FAILED)
            is_refused = not self._lockout.reserve(flow)
        self._session.flush()
        return Ticket(flow.id, flow.version, work, is_refused=is_refused)

    def conclude(self, flow: Flow, ticket: Ticket, outcome: object) -> Ticket | None:
        """Follow what the work of a ticket came to."""
        judged = ticket.work.refusal is not None
        answer = ticket.work.refusal if ticket.is_refused else ticket.work.then(flow, outcome)
        if judged and isinstance(answer, Confirmed):
            self._lockout.forgive(flow)
        return self.take(flow, answer, counted=judged)

    def undo(self, flow: Flow, ticket: Ticket) -> None:
        """Give back what was reserved for work that was not done."""
        if ticket.work.refusal is not None:
            flow.attempts -= 1
            if not ticket.is_refused:
                self._lockout.give_back(flow)

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
            return self.resolve(flow, step, Result.AUTH_METHOD_FAILED)
        flow.problem = {"code": code, "field": None, "values": {}}
        self._record(flow, step, Result.AUTH_FAILED)
        self._journal.record(Name.STEP_REJECTED, flow.id, step=step.value)
        return None

    def begin(self, flow: Flow) -> Ticket | None:
        """Prepare the step that a flow stands at."""
        return self.take(flow, self._methods[Step(str(flow.step))].begin(flow))

    def resolve(
        self, flow: Flow, step: Step, result: Result, instruments: Sequence[Instrument] = ()
    ) -> Ticket | None:
        """Leave a step with a result, for the next step or the end."""
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
        return self.begin(flow)

    def end(self, flow: Flow, result: Result, reason: str) -> bool:
        """Fail a flow from outside of its pages; False when it has moved on meanwhile."""
        if not self.grow(flow):
            return False
        self._finish(flow, result, Ending.FAILED, reason)
        return True

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

    def claim(self, flow: Flow, nonce: str) -> None:
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

    def grow(self, flow: Flow) -> bool:
        """Take the flow's next version; False when somebody else was faster."""
        taken = (
            update(Flow)
            .where(Flow.id == flow.id, Flow.version == flow.version, Flow.result == "CONTINUE")
            .values(version=flow.version + 1)
        )
        if not changed_one(self._session, taken):
            return False
        self._session.refresh(flow)
        return True

    def bind(self, flow: Flow, browser: str) -> None:
        """Give a flow to one browser. Raises OperationNotAvailable when another has it."""
        bound = (
            update(Flow)
            .where(Flow.id == flow.id, Flow.version == flow.version, Flow.result == "CONTINUE")
            .where((Flow.browser_id == browser) | Flow.browser_id.is_(None))
            .values(browser_id=browser, version=flow.version + 1)
        )
        if not changed_one(self._session, bound):
            raise OperationNotAvailable("another browser was faster", operation=flow.id)
        flow.browser_id, flow.version = browser, flow.version + 1


def _reason(result: Result, decision: engine.Finish) -> str:
    match result:
        case Result.CANCELED:
            return CANCELED
        case Result.AUTH_METHOD_FAILED:
            return ATTEMPTS_EXCEEDED
        case _:
            return "" if decision.ending is Ending.DONE else decision.reason
