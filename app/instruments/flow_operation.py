"""The operation that a flow waits for: what is asked now of a phone, or of a passkey."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app import clock
from app.crypto.signatures import SignatureType
from app.mtoken.operation_views import NewOperation, Operation
from app.mtoken.operations import Operations
from app.nextstep.form_data import FormData, KeyValue, ValueFormat, parse_form
from app.nextstep.operation_data import Payment
from app.nextstep.values import normalise
from app.store.flows import Flow

SHORT = 256
LOGIN_DATA = "A2"
LIFETIME = timedelta(minutes=5)
NOBODY = "nobody"
HOUR = timedelta(hours=1)
TOO_OFTEN = 3
"""How many times the requests that ring may be opened at all."""


class FlowOperations:
    """Opens operations of one kind for flows; a flow has one at a time."""

    def __init__(self, operations: Operations, *, kind: str, application_id: str) -> None:
        self._operations = operations
        self._kind = kind
        self._application = application_id

    def open(
        self,
        flow: Flow,
        payment: Payment | None,
        *,
        silent: bool,
        factors: Sequence[SignatureType] | None = None,
        proximity_check: bool | None = None,
    ) -> None:
        """Ask for what this flow is about; what was asked before is withdrawn."""
        self.withdraw(flow)
        login = payment is None  # also inside of a payment: then a login is shown
        opened = self._operations.create(
            NewOperation(
                template="login" if login else "payment",
                applications=(self._application,),
                user_id=flow.user_id,
                data=LOGIN_DATA if login else flow.operation_data,
                form_data=_login_form(flow) if login else _payment_form(flow),
                language=flow.language,
                expires_at=min(clock.now() + LIFETIME, flow.expires_at),
                external_id=flow.id,
                kind=self._kind,
                silent=silent,
                factors=None if factors is None else tuple(factors),
                proximity_check=proximity_check,
            )
        )
        flow.mtoken_operation_id = opened.id

    def heard(self, flow: Flow) -> int:
        """Count what a user was asked so in the last hour by people who proved nothing.

        Whoever has signed in is asked for more without a limit but the flow's own.
        """
        if flow.authenticated_at is not None:
            return 0
        since = clock.now() - HOUR
        return self._operations.opened_for(flow.user_id or NOBODY, since, kind=self._kind)

    def last_asked(self, flow: Flow) -> datetime | None:
        """Return when this flow asked so last; what was asked otherwise since then is no matter."""
        return self._operations.last_opened(flow.id, kind=self._kind)

    def get(self, flow: Flow) -> Operation:
        """Return what is asked."""
        return self._operations.get(flow.mtoken_operation_id or "")

    def status(self, flow: Flow) -> str:
        """Return how the operation stands; empty where nothing is asked."""
        return self.get(flow).status if flow.mtoken_operation_id else ""

    def is_approved(self, flow: Flow, payment: Payment | None) -> bool:
        """Tell whether just what this flow is about was signed (decision 10)."""
        operation = self.get(flow)
        wanted = LOGIN_DATA if payment is None else flow.operation_data
        return (
            operation.status == "APPROVED"
            and operation.kind == self._kind
            and operation.data == wanted
            and operation.user_id == flow.user_id
            and operation.external_id == flow.id
        )

    def withdraw(self, flow: Flow) -> None:
        """Ask no more; what has ended stays as it is."""
        if flow.mtoken_operation_id:
            self._operations.cancel(flow.mtoken_operation_id)
        flow.mtoken_operation_id = None


def _login_form(flow: Flow) -> dict[str, object]:
    """Return what is shown of a login: who sent the customer here."""
    form = FormData("login.title", "login.greeting", "login.summary")
    name = normalise(str((flow.application or {}).get("name") or ""))[:SHORT]
    shown = (KeyValue("login.application", name),) if name else ()
    return replace(form, parameters=shown).to_json()


def _payment_form(flow: Flow) -> dict[str, object]:
    """Return the form of the payment, with the account that was chosen for it."""
    account = flow.debit_account
    if not account:
        return flow.form_data
    form, number = parse_form(flow.form_data), str(account["number"])
    chosen = KeyValue("operation.debitAccount", number, ValueFormat.ACCOUNT)
    return replace(form, parameters=(*form.parameters, chosen)).to_json()
