"""Everything that a door may do with flows. Rooms never commit: `Services` does."""

import secrets
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.bank.base import Bank
from app.errors import NotFound, OperationNotAvailable, OperationNotFound
from app.events import Journal, Name
from app.flows import showing
from app.flows.lockout import Lockout
from app.flows.preparing import Preparing, deadline_of
from app.flows.transitions import INTERRUPTED, TIMEOUT, Ticket, Transitions
from app.flows.views import Binding, Ended, NewOperation, Operation, Outcome, Page
from app.methods.base import Form, Method
from app.nextstep.vocabulary import Result, Step
from app.settings import FlowSettings
from app.store.flows import Flow, FlowRecord
from app.texts import Texts

HANDLE_BYTES = 24


class Flows:
    """One transaction's view of all flows."""

    def __init__(  # noqa: PLR0913 - one transaction and the parts of boot
        self,
        session: Session,
        settings: FlowSettings,
        *,
        bank: Bank,
        texts: Texts,
        lockout: Lockout,
        journal: Journal,
        methods: Mapping[Step, Method],
    ) -> None:
        self._session = session
        self._settings = settings
        self._texts = texts
        self._journal = journal
        self._methods = methods
        self._transitions = Transitions(
            session, settings, lockout=lockout, journal=journal, methods=methods
        )
        self._preparing = Preparing(session, settings, bank=bank, journal=journal, methods=methods)

    @property
    def has_proved(self) -> bool:
        """Whether somebody proved something in this request: their cookie must change."""
        return self._transitions.has_proved

    # --- for back ends and the provider ---------------------------------------------------

    def create(self, wanted: NewOperation) -> Operation:
        """Prepare an operation; it waits for a browser until it expires."""
        return self._operation(self._preparing.create(wanted))

    def operation(self, operation_id: str) -> Operation:
        """Return an operation with its history. Raises OperationNotFound."""
        return self._operation(self._by_id(operation_id))

    def open(self, operation_id: str, binding: Binding) -> tuple[str, Ticket | None]:
        """Bind an operation to the one browser that may walk it; return the handle for its URL.

        The same browser may open it again (the way back changes); everybody else is refused.
        An operation that names no application belongs to the first client that presents it.
        """
        flow = self._by_id(operation_id)
        self._check_available(flow, binding)
        self._interrupt_others(flow, binding.browser)
        is_new = flow.browser_id is None
        self._transitions.bind(flow, binding.browser)
        flow.client_id, flow.language = binding.client_id, binding.language
        flow.return_to, flow.return_origin = binding.return_to, binding.return_origin
        if flow.application is None:
            flow.application = {
                "id": binding.client_id,
                "name": binding.client_name,
                "originalScopes": list(binding.scopes),
            }
        self._journal.record(Name.FLOW_OPENED, flow.id, client=binding.client_id)
        deadline_of(flow, self._settings.timeout)
        if not is_new:
            return str(flow.handle), None
        flow.handle, flow.opened_at = secrets.token_urlsafe(HANDLE_BYTES), clock.now()
        flow.ends_at = flow.opened_at + self._settings.lifetime
        deadline_of(flow, self._settings.timeout)
        return flow.handle, self._transitions.begin(flow)

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
            self._transitions.end(flow, Result.AUTH_METHOD_FAILED, TIMEOUT)
            return None
        self._transitions.claim(flow, nonce)
        flow.language, flow.problem = language, None
        deadline_of(flow, self._settings.timeout)
        step = Step(str(flow.step))
        if action in ("cancel", "reject"):
            self._transitions.resolve(flow, step, Result.CANCELED)
            return None
        return self._transitions.take(flow, self._methods[step].answer(flow, action, form))

    def resume(self, ticket: Ticket, outcome: object) -> Ticket | None:
        """Apply the result of a ticket's work, if its flow has not changed meanwhile."""
        flow = self._session.get(Flow, ticket.flow_id, populate_existing=True)
        if flow is None or flow.version != ticket.version or flow.result != "CONTINUE":
            return None
        if not self._transitions.grow(flow):
            return None
        return self._transitions.conclude(flow, ticket, outcome)

    def abandon(self, ticket: Ticket, *, problem: str | None) -> None:
        """Give the attempt back and say why, if work could not be done for no fault of theirs."""
        flow = self._session.get(Flow, ticket.flow_id, populate_existing=True)
        if flow is None or flow.version != ticket.version or flow.result != "CONTINUE":
            return
        if self._transitions.grow(flow):
            self._transitions.undo(flow, ticket)
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
        ended = [self._transitions.end(f, Result.AUTH_METHOD_FAILED, TIMEOUT) for f in flows]
        return sum(ended)

    def _check_available(self, flow: Flow, binding: Binding) -> None:
        if flow.client_id not in (None, binding.client_id):
            raise OperationNotAvailable("another client's", operation=flow.id)
        if flow.result != "CONTINUE" or self._is_over(flow):
            raise OperationNotAvailable("ended", operation=flow.id)
        if flow.browser_id not in (None, binding.browser):
            raise OperationNotAvailable("another browser's", operation=flow.id)

    def _interrupt_others(self, flow: Flow, browser: str) -> None:
        """End the older flows of a browser that opens a newer one."""
        others = select(Flow).where(
            Flow.browser_id == browser, Flow.result == "CONTINUE", Flow.id != flow.id
        )
        for other in self._session.scalars(others).all():
            self._transitions.end(other, Result.CANCELED, INTERRUPTED)

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
