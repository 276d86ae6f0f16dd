"""A security key or a passkey: it signs in the browser what the page shows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.instruments.flow_operation import NOBODY, TOO_OFTEN, FlowOperations
from app.mtoken.operation_views import Origin
from app.mtoken.operations import Operations
from app.mtoken.passkeys import Passkeys
from app.nextstep.operation_data import Payment
from app.store.flows import Flow
from app.store.registrations import FIDO2

MOST_OF_AN_ANSWER = 16_384
"""Characters of an answer that are looked at; real ones have some 2,000."""


@dataclass(frozen=True)
class Challenged:
    """What the page hands to the browser."""

    options: Mapping[str, Any]
    remaining: int
    """Wrong answers that the operation still takes."""


class Passkey:
    """Opens an operation for a flow, and takes what a passkey signed of it."""

    def __init__(
        self,
        operations: Operations,
        passkeys: Passkeys,
        *,
        application_id: str,
        is_offered: bool,
        per_hour: int,
    ) -> None:
        self._asked = FlowOperations(operations, kind=FIDO2, application_id=application_id)
        self._passkeys = passkeys
        self._application = application_id
        self._is_offered = is_offered
        self._per_hour = per_hour

    def can_ask(self, flow: Flow) -> bool:
        """Tell whether this flow's person has a passkey, and may use it here."""
        return self._has(flow.user_id)

    def ask(self, flow: Flow, payment: Payment | None, *, is_active: bool = True) -> bool:
        """Ask for a passkey, anew if one was asked before; False: there is none.

        Whom the bank has blocked has none either; who is asked too often gets a code.
        """
        if not self._has(flow.user_id if is_active else None):
            return False
        if self._asked.heard(flow) >= TOO_OFTEN * self._per_hour:
            return False
        self._asked.open(flow, payment, silent=True)
        return True

    def _has(self, user_id: str | None) -> bool:
        """Tell whether somebody has a passkey; nobody is asked about like anybody."""
        if not self._is_offered:
            return False
        return self._passkeys.has(user_id or NOBODY, self._application) and user_id is not None

    def challenged(self, flow: Flow) -> Challenged | None:
        """Return what the page shows; None: what was asked is over, or nothing may sign it."""
        if self.status(flow) != "PENDING" or not self.can_ask(flow):
            return None
        operation = self._asked.get(flow)
        left = operation.max_failures - operation.failures
        return Challenged(self._passkeys.request_options(operation), left)

    def read(self, posted: str) -> object:
        """Return the answer that a page's script has posted; None: there is none."""
        try:
            return json.loads(posted[:MOST_OF_AN_ANSWER])
        except (ValueError, RecursionError):
            return None

    def judge(self, flow: Flow, answer: object) -> None:
        """Approve what was asked by an answer, or count it as wrong."""
        self._passkeys.answer(flow.mtoken_operation_id or "", answer, origin=Origin())

    def status(self, flow: Flow) -> str:
        """Return how the operation stands; empty where nothing is asked."""
        return self._asked.status(flow)

    def is_approved(self, flow: Flow, payment: Payment | None) -> bool:
        """Tell whether a passkey has signed just what this flow is about (decision 10)."""
        return self._asked.is_approved(flow, payment)
