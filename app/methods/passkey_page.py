"""The page of a passkey: a script asks for its signature, the form brings it here."""

from collections.abc import Callable
from dataclasses import dataclass

from app.bank.base import Bank, User
from app.instruments.passkey import Passkey
from app.methods.base import Again, Answer, Confirmed, Form, Left, Rejected, View, Work
from app.nextstep.operation_data import Payment
from app.nextstep.vocabulary import Instrument, Result
from app.store.flows import Flow

PHASE = "passkey"
FIELD = "assertion"
WRONG = Rejected("passkey_wrong")
FAILED = Left(Result.AUTH_METHOD_FAILED)


@dataclass(frozen=True)
class PasskeyPage:
    """Asks a passkey of the customer's, and believes what it signed."""

    bank: Bank
    passkey: Passkey

    def start(self, flow: Flow, payment: Payment | None, *, is_active: bool = True) -> bool:
        """Show the page, with something to sign; False: there is no passkey."""
        if not self.passkey.ask(flow, payment, is_active=is_active):
            return False
        flow.phase = PHASE
        return True

    def view(self, flow: Flow, kind: str, *, has_phone: bool, has_sms: bool) -> View:
        """Show what is to be signed, and the other ways."""
        data = {
            "username": flow.username or flow.user_id or "",
            "challenged": self.passkey.challenged(flow),
            "account": flow.debit_account,
            "has_phone": has_phone,
            "has_sms": has_sms,
        }
        return View("methods/passkey.html", kind, data)

    def answer(self, flow: Flow, action: str, form: Form, payment: Payment | None) -> Answer:
        """Judge what was signed, or ask for it anew once the time of the question is over."""
        status = self.passkey.status(flow)
        if status == "FAILED":
            return FAILED
        if action == PHASE and self.passkey.challenged(flow) is None:
            return Again() if self.start(flow, payment) else Again("passkey_unavailable")
        if status != "PENDING":
            return Again("passkey_over")
        if not form.get(FIELD):
            return Again("passkey_missing")  # not an attempt: nothing was signed
        return self._judge(flow, form.get(FIELD), payment)

    def _judge(self, flow: Flow, posted: str, payment: Payment | None) -> Answer:
        answer = self.passkey.read(posted)

        def then(flow: Flow, user: User | None) -> Answer:
            # The bank first: whom it has blocked meanwhile approves nothing.
            if user is None or not user.active:
                return FAILED
            self.passkey.judge(flow, answer)
            if self.passkey.is_approved(flow, payment):
                return Confirmed((Instrument.HW_TOKEN,))
            return FAILED if self.passkey.status(flow) == "FAILED" else WRONG

        return Work(owner(self.bank, flow), then, refusal=WRONG)


def owner(bank: Bank, flow: Flow) -> Callable[[], User | None]:
    """Return what asks the bank whose flow it is."""
    user_id, organization_id = flow.user_id or "", flow.organization_id or ""
    return lambda: bank.user(user_id, organization_id)
