"""The page that waits for the phone; everything works by its buttons, scripts only press them."""

from dataclasses import dataclass

from app.instruments.mobile_token import MobileToken
from app.methods.base import Again, Answer, Confirmed, Left, View, Work
from app.methods.sms_page import SmsPage
from app.nextstep.operation_data import Payment
from app.nextstep.vocabulary import Instrument, Result
from app.store.flows import Flow

PHASE = "token"


@dataclass(frozen=True)
class TokenPage:
    """Asks the phone, and follows what it said; the SMS code is the way around it."""

    token: MobileToken
    sms: SmsPage

    def start(self, flow: Flow, *, phone: str | None, payment: Payment | None) -> Answer:
        """Ask the user's phones; send a code instead, if there is none that could answer.

        Without a number for codes the bank knows nobody, or has blocked them: then as with a code.
        """
        if not self.token.ask(flow, payment, is_active=phone is not None):
            return self.sms.start(flow, phone=phone, payment=payment)
        flow.phase = PHASE
        return Again()

    def view(self, flow: Flow, kind: str) -> View:
        """Show what the phone is asked, and how that stands."""
        data = {
            "username": flow.username or flow.user_id or "",
            "asked": self.token.asked(flow),
            "signal": self.token.signal(flow),
            "account": flow.debit_account,
        }
        return View("methods/mobile_token.html", kind, data)

    def answer(self, flow: Flow, action: str, payment: Payment | None) -> Answer:
        """Look at what the phone said; ask it again; or send a code instead."""
        match action:
            case "continue":
                return self._judge(flow, payment)
            case "ask":
                return self._ask_again(flow, payment)
            case "sms":
                return self._fall_back(flow, payment)
            case _:
                return Again("out_of_date")

    def leave(self, flow: Flow) -> None:
        """Nothing of this step is asked any more."""
        self.token.withdraw(flow)
        self.sms.sms.forget(flow)

    def _judge(self, flow: Flow, payment: Payment | None) -> Answer:
        match self.token.status(flow):
            case "APPROVED" if self.token.is_approved(flow, payment):
                return Confirmed((Instrument.POWERAUTH_TOKEN,))
            case "REJECTED":
                return Left(Result.CANCELED)
            case "FAILED":
                return Left(Result.AUTH_METHOD_FAILED)
            case "PENDING":
                return Again("token_waiting")
            case _:
                return Again("token_over")

    def _ask_again(self, flow: Flow, payment: Payment | None) -> Answer:
        if self.token.status(flow) in {"APPROVED", "REJECTED", "FAILED"}:
            return self._judge(flow, payment)
        return Again() if self.token.ask(flow, payment) else self._fall_back(flow, payment)

    def _fall_back(self, flow: Flow, payment: Payment | None) -> Answer:
        """Send the code now, and not earlier."""
        user_id, organization_id = flow.user_id, flow.organization_id

        def start(flow: Flow, phone: str | None) -> Answer:
            self.token.withdraw(flow)
            return self.sms.start(flow, phone=phone, payment=payment)

        return Work(lambda: self.sms.phone_of(user_id, organization_id), start)
