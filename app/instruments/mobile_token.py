"""The Mobile Token, online: an operation that one of the user's phones approves."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from app import clock
from app.crypto.totp import seconds_left
from app.mtoken.operation_views import NewOperation, Operation
from app.mtoken.operations import Operations
from app.mtoken.registrations import Registrations
from app.nextstep.operation_data import Payment
from app.settings import MtokenSettings
from app.store.flows import Flow

LOGIN_DATA = "A2"
NOBODY = "nobody"
LIFETIME = timedelta(minutes=5)


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


class MobileToken:
    """Opens operations for a flow and looks at their end; whatever else happens is the phone's."""

    def __init__(
        self, operations: Operations, registrations: Registrations, settings: MtokenSettings
    ) -> None:
        self._operations = operations
        self._registrations = registrations
        self._settings = settings

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
        if not self.phones(flow.user_id if is_active else None):
            return False
        self.withdraw(flow)
        login = payment is None  # also inside of a payment: then the phone shows a login
        opened = self._operations.create(
            NewOperation(
                template="login" if login else "payment",
                applications=(self._settings.application,),
                user_id=flow.user_id,
                data=LOGIN_DATA if login else flow.operation_data,
                form_data=None if login else flow.form_data,
                language=flow.language,
                expires_at=min(clock.now() + LIFETIME, flow.expires_at),
                external_id=flow.id,
                silent=silent,
                proximity_check=self._settings.proximity_check or None,
            )
        )
        flow.mtoken_operation_id = opened.id
        return True

    def asked(self, flow: Flow) -> Asked:
        """Return what the phone is asked."""
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
