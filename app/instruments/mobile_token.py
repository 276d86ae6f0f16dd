"""The Mobile Token, online: an operation that one of the user's phones approves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from app import clock
from app.crypto.signatures import SignatureType
from app.crypto.totp import seconds_left
from app.instruments.flow_operation import NOBODY, TOO_OFTEN, FlowOperations
from app.mtoken.operation_views import Operation
from app.mtoken.operations import Operations
from app.mtoken.registrations import Registrations
from app.nextstep.operation_data import Payment
from app.nextstep.vocabulary import Step
from app.settings import MtokenSettings
from app.store.flows import Flow
from app.store.registrations import POWERAUTH


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
        self._asked = FlowOperations(
            operations, kind=POWERAUTH, application_id=settings.application
        )
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
        heard = self._asked.heard(flow)
        if heard >= TOO_OFTEN * self._settings.requests_per_hour:
            return False
        self._asked.open(
            flow,
            payment,
            silent=silent or heard >= self._settings.requests_per_hour,
            factors=factors,
            proximity_check=self._settings.proximity_check or None,
        )
        return True

    def may_ask_again(self, flow: Flow) -> bool:
        """Tell whether the phone has had its time to answer."""
        asked_at = self._asked.last_asked(flow)
        return asked_at is None or clock.now() >= asked_at + self._settings.ask_again_after

    def asked(self, flow: Flow) -> Asked:
        """Return what the phone is asked; a back end may have withdrawn it."""
        if not flow.mtoken_operation_id:
            return Asked("CANCELED", clock.now(), clock.now(), self.phones(flow.user_id))
        operation = self._asked.get(flow)
        return Asked(
            operation.status,
            operation.created_at,
            operation.expires_at,
            self.phones(flow.user_id),
            self._nearness(operation),
        )

    def status(self, flow: Flow) -> str:
        """Return how the operation stands; empty where the phone is not asked."""
        return self._asked.status(flow)

    def signal(self, flow: Flow) -> str:
        """Return a text that changes when the page of this flow has something new to show."""
        return f"{flow.version} {self.status(flow)}"

    def is_approved(self, flow: Flow, payment: Payment | None) -> bool:
        """Tell whether a phone has signed just what this flow is about (decision 10)."""
        return self._asked.is_approved(flow, payment)

    def withdraw(self, flow: Flow) -> None:
        """Ask no more; what has ended stays as it is."""
        self._asked.withdraw(flow)

    def _nearness(self, operation: Operation) -> Nearness | None:
        number = self._operations.proximity_otp(operation.id) if operation.needs_proximity else None
        if number is None:
            return None
        asked = urlencode({"oid": operation.id, "potp": number})
        left = seconds_left(int(clock.now().timestamp()))
        return Nearness(number, f"{self._settings.deep_link}?{asked}", left)
