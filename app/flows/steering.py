"""What back ends do to running operations. A page that shows the operation is out of date then."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from app import clock
from app.errors import (
    BadRequest,
    InvalidConfiguration,
    InvalidOperationData,
    NotConfigured,
    NotTrusted,
    OperationNotFound,
    OperationNotValid,
    OperationOver,
)
from app.flows.configuration import Configuration
from app.flows.configuring import FACTORS
from app.flows.history import History, Stamp
from app.flows.preparing import deadline_of, in_form
from app.flows.showing import TIMEOUT
from app.flows.transitions import CANCELED, NOT_ACTIVE, Ticket, Transitions
from app.flows.versions import Versions
from app.flows.views import Update
from app.instruments.mobile_token import MobileToken
from app.methods.passkey_page import PHASE as PASSKEY
from app.nextstep.engine import NO_AUTH_METHOD
from app.nextstep.form_data import MalformedFormData, parse_form
from app.nextstep.json_part import MOST_ITEMS
from app.nextstep.vocabulary import NEVER_SHOWN, Result, Step
from app.store.flows import Flow, FlowRecord

CHOSEN, DOWNGRADE = "AUTH_METHOD_CHOSEN", "AUTH_METHOD_DOWNGRADE"
"""Requests, not results: they choose among the steps on offer."""

INVALID_REQUEST = "error.invalidRequest"
"""Why a flow failed whose back end asked for a downgrade to nothing."""

CANCEL_REASONS = frozenset(
    {
        "UNKNOWN",
        "INCORRECT_DATA",
        "UNEXPECTED_OPERATION",
        "AUTH_METHOD_NOT_AVAILABLE",
        "INTERRUPTED_OPERATION",
        "UNEXPECTED_ERROR",
        "TIMED_OUT_OPERATION",
    }
)
SHOWS_DETAIL_OF = frozenset({Step.SMS_KEY.value, Step.POWERAUTH_TOKEN.value})
"""Steps whose page shows the operation, so that showing it may be reported while they wait."""


class Steering:
    """Every act locks its operation first, so that what is checked is what is changed."""

    def __init__(  # noqa: PLR0913 - one transaction and the parts of boot
        self,
        session: Session,
        transitions: Transitions,
        *,
        configuration: Configuration,
        history: History,
        versions: Versions,
        trusting: bool,
        token: MobileToken,
    ) -> None:
        self._session = session
        self._transitions = transitions
        self._configuration = configuration
        self._history = history
        self._versions = versions
        self._trusting = trusting
        self._token = token

    def update(self, wanted: Update) -> Ticket | None:
        """Take the result of a step, as a browser would have given it."""
        flow = self._locked(wanted.operation_id)
        entries = self._history.of(flow)[flow.id]
        step, result = self._legitimate(wanted, entries)
        if flow.result == "CONTINUE" and result != Result.CANCELED.value:
            _check_continuity(flow, entries[-1], step, wanted)
        _check_finality(flow, result)
        self._check_trust(step, result, wanted)
        self._configuration.check_organization(wanted.organization_id)
        if flow.result != "CONTINUE":
            return None  # a cancellation may come from several sides
        stamp = Stamp(wanted.caller, wanted.description or "", None, wanted.context)
        self._versions.grow(flow)
        if clock.now() >= flow.expires_at:
            self._transitions.stop(flow, step, Result.AUTH_METHOD_FAILED, TIMEOUT, stamp=stamp)
            return None
        is_other = self._assign(flow, wanted.user_id, wanted.organization_id)
        if result == Result.CONFIRMED.value:
            _check_person(flow, step)
        if wanted.application is not None:
            _put_application(flow, wanted.application)
        deadline_of(flow, self._configuration.rules(flow.operation_name).timeout)
        before = flow.step
        ticket = self._apply(flow, step, result, wanted, stamp)
        if is_other and ticket is None and flow.step == before:
            return self._transitions.restart(flow)
        return ticket

    def set_user(
        self, operation_id: str, user_id: str, organization_id: str | None, status: str | None
    ) -> Ticket | None:
        """Say whose operation it is, and whether that user may do anything."""
        flow = self._running(operation_id)
        self._configuration.check_organization(organization_id)
        self._versions.grow(flow)
        is_other = self._assign(flow, user_id, organization_id)
        flow.account_status = status
        return self._transitions.restart(flow) if is_other else None

    def put_input(self, operation_id: str, values: Mapping[str, object]) -> None:
        """Add to what the user put in; nothing else of the form can change."""
        flow = self._running(operation_id)
        try:
            given = parse_form({"userInput": values}).user_input
        except MalformedFormData as error:
            raise InvalidOperationData("user input", violations=in_form(error)) from None
        merged = {**flow.form_data.get("userInput", {}), **given}
        if len(merged) > MOST_ITEMS:
            fault = (("formData.userInput", f"must be at most {MOST_ITEMS}"),)
            raise InvalidOperationData("user input", violations=fault)
        flow.form_data = {**flow.form_data, "userInput": merged}

    def choose(self, operation_id: str, step: Step) -> Ticket | None:
        """Show another of the steps on offer, and remember the choice."""
        flow = self._locked(operation_id)
        last = _last(self._history.of(flow)[flow.id])
        if step.value not in flow.offered or clock.now() >= flow.expires_at:
            raise BadRequest(f"{step} is not on offer", operation=operation_id)
        self._versions.grow(flow)
        last.chosen = step.value
        return self._transitions.choose(flow, step)

    def set_application(self, operation_id: str, application: Mapping[str, object]) -> None:
        """Say anew who the operation is for."""
        flow = self._running(operation_id)
        self._versions.grow(flow)
        _put_application(flow, application)

    def set_phone(self, operation_id: str, *, active: bool) -> None:
        """Let the page ask a phone when it comes to that, or stop asking it.

        Raises InvalidConfiguration: there is none to ask.
        """
        flow = self._running(operation_id)
        _last(self._history.of(flow)[flow.id])
        if not active:
            if flow.phase != PASSKEY:  # that is no phone's business
                self._token.withdraw(flow)
        elif not self._token.can_ask(flow, Step(str(flow.step))):
            raise InvalidConfiguration("no mobile token", operation=flow.id)

    # --- rules of an update ------------------------------------------------------------------

    def _legitimate(self, wanted: Update, entries: Sequence[FlowRecord]) -> tuple[Step, str]:
        if wanted.step is None or wanted.result is None:
            raise BadRequest("authMethod and authStepResult are needed")
        if wanted.step is Step.INIT and wanted.result not in (Result.CANCELED.value, CHOSEN):
            raise BadRequest("INIT can only be cancelled, or a step chosen after it")
        _last(entries)
        if wanted.step not in self._configuration.catalogue.methods:
            raise NotConfigured("auth_method", step=wanted.step)
        return wanted.step, wanted.result

    def _check_trust(self, step: Step, result: str, wanted: Update) -> None:
        """Leave to the customer what a customer proves, unless settings say otherwise."""
        proves = step in FACTORS or wanted.instruments
        if result == Result.CONFIRMED.value and proves and not self._trusting:
            raise NotTrusted(f"{step} by {wanted.caller}", operation=wanted.operation_id)

    def _apply(
        self, flow: Flow, step: Step, result: str, wanted: Update, stamp: Stamp
    ) -> Ticket | None:
        match result:
            case "AUTH_METHOD_CHOSEN" | "AUTH_METHOD_DOWNGRADE":
                return self._turn(flow, step, result, wanted, stamp)
            case Result.AUTH_FAILED.value:
                return self._transitions.reject(flow, step, "authentication_failed", stamp=stamp)
            case Result.CANCELED.value:
                return self._cancel(flow, step, wanted)
            case _:
                if wanted.instruments and result == Result.CONFIRMED.value:
                    flow.authenticated_at = clock.now()
                return self._transitions.resolve(
                    flow, step, Result(result), wanted.instruments, stamp=stamp
                )

    def _cancel(self, flow: Flow, step: Step, wanted: Update) -> Ticket | None:
        known = wanted.description in CANCEL_REASONS
        reason = f"canceled.{wanted.description}".lower() if known else CANCELED
        stamp = Stamp(wanted.caller, reason, None, wanted.context)
        if step.value in flow.offered:
            return self._transitions.resolve(flow, step, Result.CANCELED, stamp=stamp)
        # What was not on offer has no way on: the whole operation is cancelled.
        self._transitions.stop(flow, step, Result.CANCELED, reason, stamp=stamp)
        return None

    def _turn(
        self, flow: Flow, step: Step, request: str, wanted: Update, stamp: Stamp
    ) -> Ticket | None:
        target = wanted.target
        if request == DOWNGRADE:
            hidden = target is None or target in NEVER_SHOWN
            if target is None or hidden or target.value not in flow.offered:
                reason = INVALID_REQUEST if target is None else NO_AUTH_METHOD
                self._transitions.stop(flow, step, Result.AUTH_METHOD_FAILED, reason, stamp=stamp)
                return None
            flow.offered = [target.value]
        chosen = Step(str(target))
        entry = Stamp(stamp.caller, stamp.reason, chosen.value, stamp.context)
        self._history.note(flow, step, request, stamp=entry)
        return self._transitions.choose(flow, chosen)

    # --- what all acts have in common --------------------------------------------------------

    def _locked(self, operation_id: str) -> Flow:
        flow = self._session.get(Flow, operation_id, with_for_update=True, populate_existing=True)
        if flow is None:
            raise OperationNotFound(operation=operation_id)
        return flow

    def _running(self, operation_id: str) -> Flow:
        flow = self._locked(operation_id)
        _check_finality(flow, None)
        if clock.now() >= flow.expires_at:
            raise OperationOver("failed", operation=operation_id)
        return flow

    def _assign(self, flow: Flow, user_id: str | None, organization_id: str | None) -> bool:
        """Name the user; whether that is somebody else than before."""
        is_other = user_id is not None and user_id != flow.user_id
        moves = organization_id is not None and organization_id != flow.organization_id
        if flow.authenticated_at is not None and flow.user_id is not None and (is_other or moves):
            raise BadRequest("the user has proved who they are", operation=flow.id)
        if is_other:
            flow.user_id, flow.username, flow.account_status = user_id, None, None
        if organization_id is not None:
            flow.organization_id = organization_id
        elif user_id is not None and flow.organization_id is None:
            flow.organization_id = self._configuration.default_organization
        return is_other or moves


def _check_continuity(flow: Flow, last: FlowRecord, step: Step, wanted: Update) -> None:
    """Refuse an update that answers none of the steps on offer."""
    if wanted.result == CHOSEN:
        is_next = last.step == step.value and wanted.target in flow.offered
    else:
        shows = step is Step.SHOW_OPERATION_DETAIL and SHOWS_DETAIL_OF & set(flow.offered)
        is_next = step.value in flow.offered or bool(shows)
    if not is_next:
        raise BadRequest(f"{step} is not on offer", operation=flow.id)


def _check_finality(flow: Flow, result: str | None) -> None:
    """Leave alone what has ended; only a cancellation may come again."""
    if flow.result == "DONE":
        raise OperationOver("finished", operation=flow.id)
    if flow.result == "FAILED" and result != Result.CANCELED.value:
        raise OperationOver("canceled" if flow.canceled else "failed", operation=flow.id)


def _check_person(flow: Flow, step: Step) -> None:
    if step is Step.USER_ID_ASSIGN and flow.user_id is None:
        raise BadRequest("USER_ID_ASSIGN needs a userId", operation=flow.id)
    if flow.account_status == NOT_ACTIVE:
        raise BadRequest("the user's account is not active", operation=flow.id)


def _put_application(flow: Flow, application: Mapping[str, object]) -> None:
    if flow.browser_id is not None and application["id"] != flow.client_id:
        raise BadRequest("another application has opened the operation", operation=flow.id)
    flow.application, flow.client_id = dict(application), str(application["id"])


def _last(entries: Sequence[FlowRecord]) -> FlowRecord:
    """Return the last entry of a history that begins as it must."""
    if not entries or (entries[0].step, entries[0].step_result) != ("INIT", "CONFIRMED"):
        raise OperationNotValid("the history does not begin with INIT")
    return entries[-1]
