"""A bank's customers and their passkeys, each thing in a transaction of its own."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from flask import Flask

from app.mtoken.operation_views import NewOperation, Operation, Origin
from app.mtoken.passkeys import Verdict
from app.services import Services
from app.store.operations import OperationRow
from app.store.registrations import FIDO2, Registration
from tests.support.authenticator import Authenticator
from tests.support.store import reading, serving

T = TypeVar("T")
USER: Final = "10045678"
PAYMENT: Final = "A1*A100CZK*Q238400856/0300**D20170629*NUtility Bill Payment - 05/2017"
HERE: Final = Origin("192.0.2.7", "Mozilla/5.0")


class Passkeys:
    """Enrols passkeys and lets them answer, as doors do it."""

    def __init__(self, app: Flask, application_id: str = "demo") -> None:
        self.app = app
        self.application_id = application_id

    def do(self, act: Callable[[Services], T]) -> T:
        """Do something in a transaction of its own."""
        with serving(self.app) as services:
            result = act(services)
            services.commit()
            return result

    def begin(self, user: str = USER) -> Operation:
        """Let a registration wait for its passkey; return the operation of it."""

        def act(services: Services) -> Operation:
            customer = services.customers.within(self.application_id).ensure(user)
            transactions = services.transactions.within(self.application_id)
            return transactions.enroll(customer, FIDO2)

        return self.do(act)

    def handle(self, user: str = USER) -> str:
        """Return what the second façade calls a user: the user handle."""
        return self.do(lambda s: s.customers.within(self.application_id).ensure(user).id)

    def creation_options(
        self, operation: Operation, selection: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return what a browser is handed to make a passkey."""
        handle = self.handle(operation.user_id or "")
        return self.do(
            lambda s: s.passkeys.creation_options(
                operation,
                user_handle=handle,
                user_name=operation.user_id or "",
                display_name="Jana Nová",
                selection=selection or {},
            )
        )

    def register(self, operation: Operation, response: object) -> Verdict:
        """Take what an authenticator has made."""
        return self.do(
            lambda s: s.passkeys.register(operation.id, response, name="My key", origin=HERE)
        )

    def enrol(
        self, authenticator: Authenticator, user: str = USER, *, attestation: str = "none"
    ) -> str:
        """Do all of it; return the id of the registration."""
        operation = self.begin(user)
        made = authenticator.make(self.creation_options(operation), attestation=attestation)
        verdict = self.register(operation, made)
        assert verdict.refusal is None, verdict
        assert verdict.registration_id is not None
        return verdict.registration_id

    def open(self, user: str | None = USER, **wanted: Any) -> Operation:
        """Open a payment that a passkey has to approve."""
        usual: dict[str, Any] = {
            "template": "payment",
            "applications": (self.application_id,),
            "user_id": user,
            "data": PAYMENT,
            "kind": FIDO2,
            "silent": True,
        }
        return self.do(lambda s: s.operations.create(NewOperation(**usual | wanted)))

    def options(self, operation: Operation) -> dict[str, Any]:
        """Return what a browser is handed to ask a passkey."""
        return self.do(lambda s: s.passkeys.request_options(operation))

    def answer(self, operation: Operation, response: object) -> Verdict:
        """Take what an authenticator has signed."""
        return self.do(lambda s: s.passkeys.answer(operation.id, response, origin=HERE))

    def of(self, operation: Operation) -> OperationRow:
        """Return an operation as it is committed."""
        with reading(self.app) as session:
            return session.get_one(OperationRow, operation.id)

    def registration(self, registration_id: str) -> Registration:
        """Return a registration as it is committed."""
        with reading(self.app) as session:
            return session.get_one(Registration, registration_id)

    def allow(self, **lists: list[str]) -> None:
        """Set what the application takes, e.g. `aaguids_allowed`."""
        for name, values in lists.items():
            self.do(
                lambda s, n=name, v=values: s.mtoken.configuration.put(  # type: ignore[misc]  # a loop
                    self.application_id, f"fido2_{n}", v
                )
            )
