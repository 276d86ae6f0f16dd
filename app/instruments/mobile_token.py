"""The Mobile Token, online: an operation that one of the user's phones approves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from app import clock
from app.crypto.signatures import SignatureType
from app.crypto.totp import seconds_left
from app.mtoken.operation_views import NewOperation, Operation
from app.mtoken.operations import Operations
from app.mtoken.registrations import Registrations
from app.nextstep.form_data import FormData, KeyValue, ValueFormat, parse_form
from app.nextstep.operation_data import Payment
from app.nextstep.values import normalise
from app.nextstep.vocabulary import Step
from app.settings import MtokenSettings
from app.store.flows import Flow

SHORT = 256
LOGIN_DATA = "A2"
NOBODY = "nobody"
LIFETIME = timedelta(minutes=5)
HOUR = timedelta(hours=1)
TOO_OFTEN = 3
"""How many times the requests that ring may be opened at all."""


@dataclass(frozen=True)
class Asked:
    """What the phone is asked now, as the page tells it."""

    status: str
    sent_at: datetime
    ends_at: datetime
    phones: tuple[str, ...]
    """What their owner calls them; any of them may approve."""
    nearness: "Nearness | None" = None
    """Given where the phone has to prove that it is near the page."""


@dataclass(frozen=True)
class Nearness:
    """What only a phone near the page can know."""

    number: str
    """Eight digits, good for this half minute and the next."""
    link: str
    """What the QR code says, and what opens the app on the same phone."""
    seconds_left: int
    """When there is another number."""


Allowed = Callable[[str, Step], Sequence[SignatureType]]
"""Returns how a phone signs at a step of an operation; nothing: it is not asked."""


class MobileToken:
    """Opens operations for a flow and looks at their end; whatever else happens is the phone's."""

    def __init__(
        self,
        operations: Operations,
        registrations: Registrations,
        settings: MtokenSettings,
        *,
        allowed: Allowed,
    ) -> None:
        self._operations = operations
        self._registrations = registrations
        self._settings = settings
        self._allowed = allowed

    def can_ask(self, flow: Flow, step: Step) -> bool:
        """Tell whether a phone of this flow's person could confirm a step."""
        return bool(self._allowed(flow.operation_name, step) and self.phones(flow.user_id))

    def phones(self, user_id: str | None) -> tuple[str, ...]:
        """Return the names of the user's active phones; nobody is asked about like anybody."""
        found = self._registrations.active(user_id or NOBODY, self._settings.application)
        return tuple(each.name for each in found) if user_id else ()

    def ask(
        self,
        flow: Flow,
        payment: Payment | None,
        *,
        is_active: bool = True,
        silent: bool = False,
    ) -> bool:
        """Ask the user's phones, anew if they were asked before; False: there is none.

        Whom the bank has blocked has none either, whatever a back end says of them. `silent`:
        no phone rings.
        """
        factors = self._allowed(flow.operation_name, Step(str(flow.step)))
        if not self.phones(flow.user_id if is_active else None) or not factors:
            return False
        heard = self._heard(flow)
        if heard >= TOO_OFTEN * self._settings.requests_per_hour:
            return False
        self.withdraw(flow)
        login = payment is None  # also inside of a payment: then the phone shows a login
        opened = self._operations.create(
            NewOperation(
                template="login" if login else "payment",
                applications=(self._settings.application,),
                user_id=flow.user_id,
                data=LOGIN_DATA if login else flow.operation_data,
                form_data=_login_form(flow) if login else _payment_form(flow),
                language=flow.language,
                expires_at=min(clock.now() + LIFETIME, flow.expires_at),
                external_id=flow.id,
                silent=silent or heard >= self._settings.requests_per_hour,
                factors=tuple(factors),
                proximity_check=self._settings.proximity_check or None,
            )
        )
        flow.mtoken_operation_id = opened.id
        return True

    def may_ask_again(self, flow: Flow) -> bool:
        """Tell whether the phone has had its time to answer."""
        if not flow.mtoken_operation_id:
            return True
        return clock.now() >= self._operation(flow).created_at + self._settings.ask_again_after

    def _heard(self, flow: Flow) -> int:
        """Count what a user's phones were asked in the last hour by people who proved nothing.

        Whoever has signed in is asked for more without a limit but the flow's own.
        """
        if flow.authenticated_at is not None:
            return 0
        return self._operations.opened_for(flow.user_id or NOBODY, clock.now() - HOUR)

    def asked(self, flow: Flow) -> Asked:
        """Return what the phone is asked; a back end may have withdrawn it."""
        if not flow.mtoken_operation_id:
            return Asked("CANCELED", clock.now(), clock.now(), self.phones(flow.user_id))
        operation = self._operation(flow)
        return Asked(
            operation.status,
            operation.created_at,
            operation.expires_at,
            self.phones(flow.user_id),
            self._nearness(operation),
        )

    def status(self, flow: Flow) -> str:
        """Return how the operation stands; empty where the phone is not asked."""
        return self._operation(flow).status if flow.mtoken_operation_id else ""

    def signal(self, flow: Flow) -> str:
        """Return a text that changes when the page of this flow has something new to show."""
        return f"{flow.version} {self.status(flow)}"

    def is_approved(self, flow: Flow, payment: Payment | None) -> bool:
        """Tell whether a phone has signed just what this flow is about (decision 10)."""
        operation = self._operation(flow)
        wanted = LOGIN_DATA if payment is None else flow.operation_data
        return (
            operation.status == "APPROVED"
            and operation.data == wanted
            and operation.user_id == flow.user_id
            and operation.external_id == flow.id
        )

    def withdraw(self, flow: Flow) -> None:
        """Ask no more; what has ended stays as it is."""
        if flow.mtoken_operation_id:
            self._operations.cancel(flow.mtoken_operation_id)
        flow.mtoken_operation_id = None

    def _nearness(self, operation: Operation) -> Nearness | None:
        number = self._operations.proximity_otp(operation.id) if operation.needs_proximity else None
        if number is None:
            return None
        asked = urlencode({"oid": operation.id, "potp": number})
        left = seconds_left(int(clock.now().timestamp()))
        return Nearness(number, f"{self._settings.deep_link}?{asked}", left)

    def _operation(self, flow: Flow) -> Operation:
        return self._operations.get(flow.mtoken_operation_id or "")


def _login_form(flow: Flow) -> dict[str, object]:
    """Return what the phone shows of a login: who sent the customer here."""
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
