"""Prepare an operation: read its data, complete its form, choose its first step."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock
from app.errors import InvalidConfiguration, InvalidOperationData, OperationAlreadyExists
from app.events import Journal, Name
from app.flows.configuration import Configuration
from app.flows.views import NewOperation
from app.methods.base import Method
from app.nextstep import engine
from app.nextstep.form_data import (
    FormData,
    MalformedFormData,
    complete,
    form_of,
    mismatches,
    parse_form,
)
from app.nextstep.operation_data import MalformedOperationData, OperationData, parse, payment_of
from app.nextstep.vocabulary import OperationKind, Step
from app.settings import FlowSettings
from app.store.flows import Flow, FlowRecord

NONCE_BYTES = 16


class Preparing:
    """Makes flows that wait for a browser."""

    def __init__(
        self,
        session: Session,
        settings: FlowSettings,
        *,
        configuration: Configuration,
        journal: Journal,
        methods: Mapping[Step, Method],
    ) -> None:
        self._session = session
        self._settings = settings
        self._configuration = configuration
        self._journal = journal
        self._methods = methods

    def create(self, wanted: NewOperation) -> Flow:
        """Make a flow, or raise a Problem that says which part of the wish is wrong."""
        rules = self._configuration.rules(wanted.operation_name)
        data, form = _read(wanted, rules.usable_kind)
        decision = engine.begin(rules.table, self._methods.keys())
        if isinstance(decision, engine.Finish):
            raise InvalidConfiguration("no step of this operation can be taken here")
        self._configuration.check_organization(wanted.organization_id)
        if self._is_taken(wanted.operation_id):
            raise OperationAlreadyExists(operation=wanted.operation_id)
        flow = self._row(wanted, data, form, rules.timeout)
        flow.offered = [step.value for step in decision.steps]
        flow.step = decision.shown.value
        try:
            with self._session.begin_nested():
                self._session.add(flow)
        except IntegrityError:  # somebody else took the id a moment ago
            raise OperationAlreadyExists(operation=wanted.operation_id) from None
        self._session.add(_first_record(flow))
        self._session.flush()
        self._journal.record(Name.FLOW_CREATED, flow.id, operation=flow.operation_name)
        return flow

    def _row(
        self, wanted: NewOperation, data: OperationData, form: FormData, timeout: timedelta
    ) -> Flow:
        moment, application = clock.now(), wanted.application
        return Flow(
            id=wanted.operation_id or str(uuid4()),
            operation_name=wanted.operation_name,
            operation_data=str(data),
            form_data=form.to_json(),
            params=list(wanted.params),
            scopes=[],
            application=dict(application) if application else None,
            client_id=str(application["id"]) if application else None,
            external_operation_name=wanted.external_operation_name,
            external_transaction_id=wanted.external_transaction_id,
            user_id=wanted.user_id,
            organization_id=self._organization(wanted),
            nonce=secrets.token_urlsafe(NONCE_BYTES),
            created_at=moment,
            expires_at=moment + timeout,
            ends_at=moment + max(self._settings.lifetime, timeout),
        )

    def _organization(self, wanted: NewOperation) -> str | None:
        if wanted.organization_id is None and wanted.user_id is not None:
            return self._configuration.default_organization
        return wanted.organization_id

    def _is_taken(self, operation_id: str | None) -> bool:
        return operation_id is not None and self._session.get(Flow, operation_id) is not None


def next_nonce() -> str:
    """Return the one-time number of the next page."""
    return secrets.token_urlsafe(NONCE_BYTES)


def deadline_of(flow: Flow, timeout: timedelta) -> None:
    """Move the end of a flow after an activity of its customer; never past its lifetime."""
    flow.expires_at = min(clock.now() + timeout, flow.ends_at)


def _read(wanted: NewOperation, kind: OperationKind) -> tuple[OperationData, FormData]:
    """Read both records, and refuse them where they do not say the same (decision 10)."""
    try:
        data = parse(wanted.operation_data)
        if (payment_of(data) is None) == (kind is OperationKind.PAYMENT):
            raise InvalidOperationData(f"expected the data of a {kind.value}")
    except MalformedOperationData as error:
        raise InvalidOperationData(str(error)) from None
    if not wanted.form_data:
        return data, form_of(data)
    try:
        form = parse_form(wanted.form_data)
    except MalformedFormData as error:
        raise InvalidOperationData("form data", violations=in_form(error)) from None
    if differences := mismatches(data, form):
        raise InvalidOperationData(
            "form data and operation data differ",
            violations=tuple(
                (f"formData.{name}", "differs from operationData") for name in differences
            ),
        )
    return data, complete(data, form)


def in_form(error: MalformedFormData) -> tuple[tuple[str, str], ...]:
    """Return what is wrong with a form, each with its place in the request."""
    return tuple((f"formData.{name}", hint) for name, hint in error.violations)


def _first_record(flow: Flow) -> FlowRecord:
    return FlowRecord(
        flow_id=flow.id,
        number=1,
        step=Step.INIT.value,
        step_result="CONFIRMED",
        instruments=[],
        result="CONTINUE",
        created_at=flow.created_at,
    )
