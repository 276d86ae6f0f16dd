"""How a flow moves: one answer to a page, one version, one entry of the history for each step."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeAlias

from app import clock
from app.events import Journal, Name
from app.flows.configuration import Configuration
from app.flows.history import BROWSER, History, Stamp
from app.flows.lockout import Lockout
from app.flows.versions import Versions
from app.methods.base import (
    CODE,
    PASSWORD,
    Again,
    Answer,
    Chosen,
    Confirmed,
    Left,
    Method,
    Rejected,
    Work,
)
from app.nextstep import engine
from app.nextstep.vocabulary import NEVER_SHOWN, Ending, Instrument, Result, Step, Table, To
from app.store.flows import Flow

ATTEMPTS_EXCEEDED = "authentication.maxAttemptsExceeded"
INTERRUPTED = "canceled.interrupted_operation"
PAGE_LEFT = "canceled.page_left"
CANCELED = "canceled.unknown"
UNKNOWN = "error.unknown"
NOT_ACTIVE = "NOT_ACTIVE"


Available: TypeAlias = Callable[[Flow, Table], AbstractSet[Step]]
"""Returns the steps of a table that this flow's person can take."""


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

    def __init__(  # noqa: PLR0913 - what one transaction consists of
        self,
        *,
        configuration: Configuration,
        history: History,
        versions: Versions,
        lockout: Lockout,
        journal: Journal,
        methods: Mapping[Step, Method],
        available: Available,
    ) -> None:
        self.has_proved = False
        """Whether somebody proved something in this transaction: their cookie must change."""
        self._lockout = lockout
        self._history = history
        self._versions = versions
        self._configuration = configuration
        self._journal = journal
        self._methods = methods
        self._available = available

    def take(self, flow: Flow, answer: Answer | None, *, counted: bool = False) -> Ticket | None:
        """Follow what a step says of an answer; a ticket is work to do first."""
        step = Step(str(flow.step))
        match answer:
            case Work():
                return self._plan(flow, step, answer)
            case Again(problem, field, values):
                if problem:
                    flow.problem = {"code": problem, "field": field, "values": dict(values)}
            case Chosen(chosen, start):
                return self._turn(flow, chosen, start)
            case Left(result, reason):
                return self.resolve(flow, step, result, stamp=Stamp(reason=reason))
            case Rejected(code):
                return self.reject(flow, step, code, counted=counted)
            case Confirmed(instruments):
                return self._confirm(flow, step, instruments, counted=counted)
            case None:
                pass
        return None

    def _confirm(
        self, flow: Flow, step: Step, instruments: Sequence[Instrument], *, counted: bool
    ) -> Ticket | None:
        if flow.account_status == NOT_ACTIVE:
            return self.reject(flow, step, "authentication_failed", counted=counted)
        if instruments:
            flow.authenticated_at, self.has_proved = clock.now(), True
        return self.resolve(flow, step, Result.CONFIRMED, instruments)

    def _plan(self, flow: Flow, step: Step, work: Work[Any]) -> Ticket | None:
        is_refused = False
        if work.refusal is not None:
            if not self._reserve(flow):
                return self.resolve(flow, step, Result.AUTH_METHOD_FAILED)
            is_refused = not self._lockout.reserve(flow, work.counter)
        return Ticket(flow.id, flow.version, work, is_refused=is_refused)

    def conclude(self, flow: Flow, ticket: Ticket, outcome: object) -> Ticket | None:
        """Follow what the work of a ticket came to."""
        judged, user_id = ticket.work.refusal is not None, flow.user_id
        answer = ticket.work.refusal if ticket.is_refused else ticket.work.then(flow, outcome)
        if flow.user_id != user_id:
            flow.account_status = None  # that was said of somebody else
        if judged and isinstance(answer, Confirmed) and flow.account_status != NOT_ACTIVE:
            self._forgive(flow, ticket.work.counter)
        elif judged:
            self._lockout.tell(flow, ticket.work.counter, is_old=ticket.is_refused)
        return self.take(flow, answer, counted=judged)

    def _forgive(self, flow: Flow, counter: str) -> None:
        self._lockout.forgive(flow, *((CODE, PASSWORD) if counter == CODE else (counter,)))

    def undo(self, flow: Flow, ticket: Ticket) -> None:
        """Give back what was reserved for work that was not done."""
        if ticket.work.refusal is not None:
            flow.attempts -= 1
            if not ticket.is_refused:
                self._lockout.give_back(flow, ticket.work.counter)

    def _reserve(self, flow: Flow) -> bool:
        """Spend one attempt before anything is judged; False when none is left."""
        limit = self._limit(flow, Step(str(flow.step)))
        if limit is not None and flow.attempts >= limit:
            return False
        flow.attempts += 1
        return True

    def reject(
        self, flow: Flow, step: Step, code: str, *, counted: bool = False, stamp: Stamp = BROWSER
    ) -> Ticket | None:
        """Count a wrong answer to a step on offer; the last one ends the step."""
        is_shown, limit = flow.step == step.value, self._limit(flow, step)
        if is_shown and not counted:
            flow.attempts += 1
        failures = flow.attempts if is_shown else self._history.failures(flow, step) + 1
        if limit is not None and failures >= limit:
            return self.resolve(flow, step, Result.AUTH_METHOD_FAILED, stamp=stamp)
        if not self._may_try_again(flow, step):
            return self.resolve(flow, step, Result.AUTH_FAILED, stamp=stamp)
        if is_shown:
            flow.problem = {"code": code, "field": None, "values": {}}
        self._history.note(flow, step, Result.AUTH_FAILED.value, stamp=stamp)
        self._journal.record(Name.STEP_REJECTED, flow.id, step=step.value)
        return None

    def begin(self, flow: Flow) -> Ticket | None:
        """Prepare the step that a flow stands at, once a browser walks it."""
        if flow.handle is None:
            return None
        return self.take(flow, self._methods[Step(str(flow.step))].begin(flow))

    def choose(self, flow: Flow, step: Step) -> Ticket | None:
        """Show another of the steps on offer; one that has no page changes nothing."""
        return None if step in NEVER_SHOWN or flow.step == step.value else self._go(flow, step)

    def _turn(self, flow: Flow, step: Step, start: Callable[[Flow], Answer]) -> Ticket | None:
        """Go on with another of the steps on offer where the present one was left."""
        self._methods[Step(str(flow.step))].leave(flow)
        self._history.choose(flow, step)
        flow.step, flow.attempts = step.value, self._history.failures(flow, step)
        return self.take(flow, start(flow))

    def restart(self, flow: Flow) -> Ticket | None:
        """Show the present step from its beginning; what was begun was for somebody else."""
        return self._go(flow, Step(str(flow.step)))

    def resolve(
        self,
        flow: Flow,
        step: Step,
        result: Result,
        instruments: Sequence[Instrument] = (),
        *,
        stamp: Stamp = BROWSER,
    ) -> Ticket | None:
        """Leave a step with a result, for the next step or the end."""
        decision = self._decide(flow, step, result)
        if isinstance(decision, engine.Finish):
            reason = _reason(result, decision, stamp)
            self.stop(
                flow, step, result, reason, ending=decision.ending, proved=instruments, stamp=stamp
            )
            return None
        flow.offered = [offered.value for offered in decision.steps]
        self._history.note(flow, step, result.value, instruments, stamp=stamp)
        confirmed = result is Result.CONFIRMED
        name = Name.STEP_CONFIRMED if confirmed else Name.STEP_REJECTED
        self._journal.record(name, flow.id, step=step.value)
        return self._go(flow, decision.shown)

    def end(self, flow: Flow, result: Result, reason: str) -> bool:
        """Fail a flow from outside of its pages; False when it has moved on meanwhile."""
        if not self._versions.grow(flow):
            return False
        self.stop(flow, Step(str(flow.step)), result, reason)
        return True

    def stop(  # noqa: PLR0913 - what the last entry consists of
        self,
        flow: Flow,
        step: Step,
        result: Result,
        reason: str,
        *,
        ending: Ending = Ending.FAILED,
        proved: Sequence[Instrument] = (),
        stamp: Stamp = BROWSER,
    ) -> None:
        """End a flow whose version is taken, with this as its last entry."""
        self._methods[Step(str(flow.step))].leave(flow)
        flow.result, flow.result_reason = ending.value, reason
        flow.canceled = result is Result.CANCELED
        flow.step, flow.phase, flow.offered, flow.problem = None, "", [], None
        flow.finished_at, flow.version = clock.now(), flow.version + 1
        self._history.note(flow, step, result.value, proved, stamp=stamp)
        name = Name.FLOW_DONE if ending is Ending.DONE else Name.FLOW_FAILED
        self._journal.record(name, flow.id, step=step.value, reason=reason)

    def _go(self, flow: Flow, step: Step) -> Ticket | None:
        self._methods[Step(str(flow.step))].leave(flow)
        flow.step, flow.phase, flow.problem = step.value, "", None
        # Whoever comes back to a step finds the attempts that are left there.
        flow.attempts = self._history.failures(flow, step)
        return self.begin(flow)

    def _decide(self, flow: Flow, step: Step, result: Result) -> engine.Decision:
        table = self._configuration.rules(flow.operation_name).table
        try:
            return engine.resolve(table, step, result, self._available(flow, table))
        except LookupError:  # an operator took the step out while the flow was running
            return engine.Finish(Ending.FAILED, engine.NO_AUTH_METHOD)

    def _may_try_again(self, flow: Flow, step: Step) -> bool:
        try:
            target = self._configuration.rules(flow.operation_name).table.row(step).auth_failed
        except LookupError:
            return False
        return isinstance(target, To) and step in target.steps

    def _limit(self, flow: Flow, step: Step) -> int | None:
        return self._configuration.rules(flow.operation_name).attempts(step)


def _reason(result: Result, decision: engine.Finish, stamp: Stamp) -> str:
    if result is Result.CANCELED:
        return stamp.reason or CANCELED
    if decision.ending is Ending.DONE:
        return ""
    if decision.reason == engine.NO_AUTH_METHOD:
        return engine.NO_AUTH_METHOD
    if result is Result.AUTH_METHOD_FAILED:
        return (stamp.reason if stamp.caller is None else "") or ATTEMPTS_EXCEEDED
    return UNKNOWN
