"""Everything that a door may do with flows. Rooms never commit: `Services` does."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from hmac import compare_digest
from math import ceil

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app import clock
from app.bank.base import USERNAME
from app.errors import NotFound, OperationNotAvailable, OperationNotFound, StepNotExpected
from app.events import Journal, Name
from app.flows import showing
from app.flows.configuration import Configuration
from app.flows.history import History
from app.flows.lockout import Lockout
from app.flows.preparing import Preparing, deadline_of
from app.flows.showing import TIMEOUT
from app.flows.steering import Steering
from app.flows.transitions import INTERRUPTED, PAGE_LEFT, Available, Ticket, Transitions
from app.flows.versions import Versions
from app.flows.views import Binding, Ended, NewOperation, Operation, Outcome, Page, Signal
from app.instruments.mobile_token import MobileToken
from app.methods.base import Form, Method, View
from app.methods.passkey_page import PHASE as PASSKEY
from app.nextstep.vocabulary import Result, Step
from app.settings import FlowSettings
from app.store.flows import Flow
from app.texts import Texts

HANDLE_BYTES = 24
BY_HANDLE = select(Flow).where(Flow.handle == bindparam("handle"))
"""Asked by every page; as a constant it is put together once."""
ANDROID = View("android_warning.html", "notice", {})
MOST_LISTED = 1000
"""Operations that a list holds."""


class Flows:
    """One transaction's view of all flows."""

    def __init__(  # noqa: PLR0913 - one transaction and the parts of boot
        self,
        session: Session,
        settings: FlowSettings,
        *,
        configuration: Configuration,
        trusting: bool,
        texts: Texts,
        lockout: Lockout,
        journal: Journal,
        methods: Mapping[Step, Method],
        available: Available,
        token: MobileToken,
    ) -> None:
        self._token = token
        self._session = session
        self._settings = settings
        self._configuration = configuration
        self._texts = texts
        self._journal = journal
        self._methods = methods
        self._history, self._versions = History(session), Versions(session)
        self._transitions = Transitions(
            configuration=configuration,
            history=self._history,
            versions=self._versions,
            lockout=lockout,
            journal=journal,
            methods=methods,
            available=available,
        )
        self._preparing = Preparing(
            session, settings, configuration=configuration, journal=journal, methods=methods
        )
        self.steering = Steering(
            session,
            self._transitions,
            configuration=configuration,
            history=self._history,
            versions=self._versions,
            trusting=trusting,
            token=token,
        )

    @property
    def has_proved(self) -> bool:
        """Whether somebody proved something in this request: their cookie must change."""
        return self._transitions.has_proved

    # --- for back ends and the provider ---------------------------------------------------

    def create(self, wanted: NewOperation) -> Operation:
        """Prepare an operation; it waits for a browser until it expires."""
        return self._seen(self._preparing.create(wanted))[0]

    def operation(self, operation_id: str) -> Operation:
        """Return an operation with its history. Raises OperationNotFound."""
        return self._seen(self._by_id(operation_id))[0]

    def pending(self, user_id: str, *, on_phone: bool = False) -> Sequence[Operation]:
        """Return the running operations of a user, those that end first first.

        With `on_phone`, only those that wait for a phone.
        """
        running = select(Flow).where(
            Flow.user_id == user_id, Flow.result == "CONTINUE", Flow.expires_at > clock.now()
        )
        if on_phone:
            on_phone_now = Flow.mtoken_operation_id.is_not(None), Flow.phase != PASSKEY
            running = running.where(*on_phone_now)
        by_end = running.order_by(Flow.expires_at, Flow.id).limit(MOST_LISTED)
        return self._seen(*self._session.scalars(by_end))

    def of_transaction(self, external_transaction_id: str) -> Sequence[Operation]:
        """Return all operations with this id of a back end's own, oldest first."""
        found = select(Flow).where(Flow.external_transaction_id == external_transaction_id)
        by_age = found.order_by(Flow.created_at, Flow.id).limit(MOST_LISTED)
        return self._seen(*self._session.scalars(by_age))

    def open(self, operation_id: str, binding: Binding) -> tuple[str, Ticket | None]:
        """Bind an operation to the one browser that may walk it; return the handle for its URL.

        The same browser may open it again (the way back changes); everybody else is refused.
        An operation that names no application belongs to the first client that presents it.
        """
        flow = self._by_id(operation_id)
        others = self._locked_with(flow, binding.browser)
        self._check_available(flow, binding)
        self._interrupt(others)
        is_new = flow.browser_id is None
        self._versions.bind(flow, binding.browser)
        flow.client_id, flow.language = binding.client_id, binding.language
        flow.scopes = list(binding.scopes)
        flow.return_to, flow.return_origin = binding.return_to, binding.return_origin
        if flow.application is None:
            flow.application = {
                "id": binding.client_id,
                "name": binding.client_name,
                "originalScopes": list(binding.scopes),
            }
        self._journal.record(Name.FLOW_OPENED, flow.id, client=binding.client_id)
        deadline_of(flow, self._timeout(flow))
        if not is_new:
            return str(flow.handle), None
        flow.handle, flow.opened_at = secrets.token_urlsafe(HANDLE_BYTES), clock.now()
        flow.ends_at = flow.opened_at + self._settings.lifetime
        if flow.user_id is None and USERNAME.fullmatch(binding.login_hint):
            flow.username = binding.login_hint
        deadline_of(flow, self._timeout(flow))
        return flow.handle, self._transitions.begin(flow)

    def outcome(self, operation_id: str, browser: str) -> Outcome:
        """Tell the provider how a flow of this browser stands."""
        flow = self._by_id(operation_id)
        if flow.browser_id != browser:
            raise OperationNotAvailable("another browser's", operation=operation_id)
        table = self._configuration.rules(flow.operation_name).table
        return showing.outcome(flow, self._history.of(flow)[flow.id], table)

    def note_return(self, operation_id: str, return_to: str) -> None:
        """Note that a browser took this way back: whoever looks at the last page again stays."""
        taken = update(Flow).where(Flow.id == operation_id, Flow.return_to == return_to)
        self._session.execute(taken.values(return_to=None))

    def has_phone(self, user_id: str, operation_name: str, step: Step) -> bool:
        """Tell whether a phone of a user could confirm a step. Raises InvalidConfiguration."""
        rules = self._configuration.rules(operation_name)
        return bool(rules.token_factors(step) and self._token.phones(user_id))

    # --- for the browser ------------------------------------------------------------------

    def show(
        self, handle: str, browser: str | None, language: str, *, on_android: bool = False
    ) -> Page | Ended:
        """Return the present page; showing it twice changes nothing.

        On an Android device a warning stands before everything else, once in a flow.
        """
        flow = self._mine(handle, browser)
        if not _is_running(flow):
            return showing.ended(flow, timed_out=showing.is_late(flow))
        warned = not on_android or flow.device_accepted_at or not self._settings.android_warning
        method = self._methods[Step(str(flow.step))]
        return showing.page(
            flow,
            method.view(flow, language) if warned else ANDROID,
            words=self._texts.words(language),
            rules=self._configuration.rules(flow.operation_name),
            available=self._methods.keys(),
        )

    def signal(self, handle: str, browser: str | None) -> Signal:
        """Return whether the page has something new to show; extends nothing."""
        flow = self._mine(handle, browser)
        if not _is_running(flow):
            return Signal("ended", 0, may_extend=False)
        left = ceil((flow.expires_at - clock.now()).total_seconds())
        return Signal(self._token.signal(flow), left, may_extend=flow.expires_at < flow.ends_at)

    def extend(self, handle: str, browser: str | None, nonce: str) -> None:
        """Give the customer who asks for it more time; never past the flow's lifetime.

        What was typed, or is being judged, stays as it is: the version does not change.
        Raises StepNotExpected for a page that is out of date.
        """
        flow = self._mine(handle, browser)
        if _is_running(flow):
            _check_page(flow, nonce)
            deadline_of(flow, self._timeout(flow))

    def leave(self, handle: str, browser: str | None, nonce: str) -> None:
        """End a flow whose page was closed or loaded anew (product decision 4).

        Raises StepNotExpected for a page that is out of date: its closing means nothing.
        """
        flow = self._mine(handle, browser)
        if _is_running(flow):
            _check_page(flow, nonce)
            self._transitions.end(flow, Result.CANCELED, PAGE_LEFT)

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
        if showing.is_late(flow):
            self._transitions.end(flow, Result.AUTH_METHOD_FAILED, TIMEOUT)
            return None
        self._versions.claim(flow, nonce)
        deadline_of(flow, self._timeout(flow))
        if action == "override":
            flow.device_accepted_at = clock.now()
            self._journal.record(Name.FLOW_DEVICE_ACCEPTED, flow.id)
            return None
        flow.language, flow.problem = language, None
        step = Step(str(flow.step))
        if action in ("cancel", "reject"):
            self._transitions.resolve(flow, step, Result.CANCELED)
            return None
        return self._transitions.take(flow, self._methods[step].answer(flow, action, form))

    def resume(self, ticket: Ticket, outcome: object) -> Ticket | None:
        """Apply the result of a ticket's work, if its flow has not changed meanwhile."""
        flow = self._versions.resume(ticket.flow_id, ticket.version)
        return None if flow is None else self._transitions.conclude(flow, ticket, outcome)

    def abandon(self, ticket: Ticket, *, problem: str | None) -> None:
        """Give the attempt back and say why, if work could not be done for no fault of theirs."""
        flow = self._versions.resume(ticket.flow_id, ticket.version)
        if flow is not None:
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
        if not _is_running(flow):
            raise OperationNotAvailable("ended", operation=flow.id)
        if flow.browser_id not in (None, binding.browser):
            raise OperationNotAvailable("another browser's", operation=flow.id)

    def _locked_with(self, flow: Flow, browser: str) -> Sequence[Flow]:
        """Lock a flow and the running ones of a browser, in one order; return the others."""
        running = (Flow.browser_id == browser) & (Flow.result == "CONTINUE")
        wanted = select(Flow).where((Flow.id == flow.id) | running).order_by(Flow.id)
        locked = wanted.with_for_update().execution_options(populate_existing=True)
        return [each for each in self._session.scalars(locked) if each is not flow]

    def _interrupt(self, flows: Sequence[Flow]) -> None:
        """End the older flows of a browser that opens a newer one."""
        for flow in flows:
            self._transitions.end(flow, Result.CANCELED, INTERRUPTED)

    def _by_id(self, operation_id: str) -> Flow:
        flow = self._session.get(Flow, operation_id)
        if flow is None:
            raise OperationNotFound(operation=operation_id)
        return flow

    def _mine(self, handle: str, browser: str | None) -> Flow:
        flow = self._session.scalar(BY_HANDLE, {"handle": handle})
        if flow is None:
            raise NotFound("no such flow")
        if browser is None or flow.browser_id != browser:
            raise OperationNotAvailable("another browser's", flow=flow.id)
        return flow

    def _timeout(self, flow: Flow) -> timedelta:
        return self._configuration.rules(flow.operation_name).timeout

    def _seen(self, *flows: Flow) -> list[Operation]:
        words, entries = self._texts.words("en"), self._history.of(*flows)
        return [
            showing.operation(
                flow,
                entries[flow.id],
                words=words,
                rules=self._configuration.rules(flow.operation_name),
            )
            for flow in flows
        ]


def _is_running(flow: Flow) -> bool:
    return flow.result == "CONTINUE" and not showing.is_late(flow)


def _check_page(flow: Flow, nonce: str) -> None:
    if not compare_digest(flow.nonce.encode(), nonce.encode()):
        raise StepNotExpected("of another page", flow=flow.id)
