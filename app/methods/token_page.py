"""The pages of the phone; everything works by their buttons, scripts only press them."""

from dataclasses import dataclass

from app.bank.base import Bank, User
from app.instruments.mobile_token import MobileToken
from app.instruments.offline_code import OfflineCode
from app.methods import passkey_page, review, sms_page
from app.methods.base import Again, Answer, Confirmed, Form, Left, Rejected, View, Work
from app.methods.passkey_page import PasskeyPage, owner
from app.methods.sms_page import SmsPage
from app.nextstep.operation_data import Payment
from app.nextstep.vocabulary import Instrument, Result, Step
from app.store.flows import Flow

PHASE, OFFLINE, PASSKEY = "token", "offline", passkey_page.PHASE
PHASES = frozenset({PHASE, OFFLINE, PASSKEY})
BACK = {"ask": "has_phone", "offline": "has_offline", "passkey": "has_passkey"}
"""What leads from the code to the phone or the passkey, and what the page knows of it."""
WRONG_DIGITS = Rejected("offline_code_wrong")
NO_PHONE = Left(Result.AUTH_METHOD_FAILED, "operation.methodNotAvailable")
"""The phone that was to sign may not any more."""
REJECTED = "operation.canceled"
ENDED = frozenset({"APPROVED", "REJECTED", "FAILED"})
"""What a phone has said, once and for all."""


@dataclass(frozen=True)
class TokenPage:
    """Asks the phone, and follows what it said.

    Its digits, a passkey or the SMS code are the ways around it; a passkey or the code is what
    comes first for those who have no phone.
    """

    bank: Bank
    token: MobileToken
    offline: OfflineCode
    sms: SmsPage | None = None
    """None: no code is sent instead."""
    passkey: PasskeyPage | None = None
    """None: no passkey is asked instead."""

    def start(self, flow: Flow, *, user: User | None, payment: Payment | None) -> Answer:
        """Ask the user's phones; if there is none that could answer, a passkey; else send a code.

        `user`: whom the bank knows and has not blocked; for others it is as with a code.
        """
        if self.token.ask(flow, payment, is_active=user is not None):
            flow.phase = PHASE
            return Again()
        has_user = user is not None
        if self.passkey is not None and self.passkey.start(flow, payment, is_active=has_user):
            return Again()
        if self.sms is None:
            return NO_PHONE
        return self.sms.start(flow, user=user, payment=payment)

    def approve(self, flow: Flow, user: User | None) -> Answer:
        """Begin the approval of a payment that was reviewed."""
        return self.start(flow, user=user, payment=review.payment(flow))

    def view(self, flow: Flow, kind: str, language: str) -> View:
        """Show what the phone is asked, and how that stands."""
        if flow.phase == PASSKEY and self.passkey is not None:
            has_phone = self.token.can_ask(flow, Step(str(flow.step)))
            has_sms = self.sms is not None
            return self.passkey.view(flow, kind, has_phone=has_phone, has_sms=has_sms)
        data = {
            "username": flow.username or flow.user_id or "",
            "asked": self.token.asked(flow),
            "signal": self.token.signal(flow),
            "account": flow.debit_account,
            "has_offline": self.offline.is_offered,
            "has_passkey": self._has_passkey(flow),
            "has_sms": self.sms is not None,
        }
        if flow.phase == PHASE:
            return View("methods/mobile_token.html", kind, data)
        is_asked = flow.mtoken_operation_id is not None and flow.offline is not None
        data["scanned"] = self.offline.scanned(flow, language) if is_asked else None
        return View("methods/mobile_token_offline.html", kind, data)

    def ways_back(self, flow: Flow) -> dict[str, bool]:
        """Tell to which pages the one with the code leads: to those that stood before it."""
        leads_back = flow.phase == sms_page.INSTEAD
        has_phone = leads_back and self.token.can_ask(flow, Step(str(flow.step)))
        has_passkey = leads_back and self._has_passkey(flow)
        has_offline = has_phone and self.offline.is_offered
        return {"has_phone": has_phone, "has_offline": has_offline, "has_passkey": has_passkey}

    def answer(self, flow: Flow, action: str, form: Form, payment: Payment | None) -> Answer:
        """Look at what the phone or the passkey said, or judge the code; or go another way."""
        if flow.phase in sms_page.PHASES and self.sms is not None:
            if action in BACK and self.ways_back(flow)[BACK[action]]:
                return self._go_back(flow, action, form, payment)
            return self.sms.answer(flow, action, form, payment)
        if flow.phase == PASSKEY and self.passkey is not None and action in ("continue", PASSKEY):
            return self.passkey.answer(flow, action, form, payment)
        if action == "continue":
            judge = self._judge_digits if flow.phase == OFFLINE else self._judge
            return judge(flow, form, payment)
        return self._go_another_way(flow, action, form, payment)

    def _go_back(self, flow: Flow, action: str, form: Form, payment: Payment | None) -> Answer:
        """Leave the code; whom the bank has blocked meanwhile is asked nowhere."""
        if action != "passkey" and not self.token.may_ask_again(flow):
            return Again("ask_too_early")

        def go(flow: Flow, user: User | None) -> Answer:
            if user is None or not user.active:
                return self._without_phone(flow, payment)
            return self._go_another_way(flow, action, form, payment)

        return Work(owner(self.bank, flow), go)

    def _go_another_way(
        self, flow: Flow, action: str, form: Form, payment: Payment | None
    ) -> Answer:
        match action:
            case "ask":
                return self._ask_again(flow, form, payment)
            case "offline" if self.offline.is_offered and flow.phase != PASSKEY:
                return self._go_offline(flow, form, payment)
            case "passkey":
                return self._go_to_passkey(flow, form, payment)
            case "sms" if flow.phase != PASSKEY and self.token.status(flow) in ENDED:
                return self._judge(flow, form, payment)
            case "sms" if self.sms is not None:
                return self._fall_back(flow, payment, self.sms)
            case _:
                return Again("out_of_date")

    def leave(self, flow: Flow) -> None:
        """Nothing of this step is asked any more."""
        self.token.withdraw(flow)
        self.offline.forget(flow)
        if self.sms is not None:
            self.sms.sms.forget(flow)

    def _has_passkey(self, flow: Flow) -> bool:
        return self.passkey is not None and self.passkey.passkey.can_ask(flow)

    def _judge(self, flow: Flow, _form: Form, payment: Payment | None) -> Answer:
        match self.token.status(flow):
            case "APPROVED":
                return self._confirm(flow, payment)
            case "REJECTED":
                return Left(Result.CANCELED, REJECTED)
            case "FAILED":
                return Left(Result.AUTH_METHOD_FAILED)
            case "PENDING" if not self.token.phones(flow.user_id):
                return NO_PHONE  # somebody has blocked them meanwhile
            case "PENDING":
                return Again("token_waiting")
            case _:
                return Again("token_over")

    def _confirm(self, flow: Flow, payment: Payment | None) -> Answer:
        """Believe the phone, if it has signed this, and the bank still knows its owner."""

        def then(flow: Flow, user: User | None) -> Answer:
            if user is None or not user.active:
                return Left(Result.AUTH_METHOD_FAILED)
            if not self.token.is_approved(flow, payment):
                return Again("token_over")
            return Confirmed((Instrument.POWERAUTH_TOKEN,))

        return Work(owner(self.bank, flow), then)

    def _ask_again(self, flow: Flow, form: Form, payment: Payment | None) -> Answer:
        if self.token.status(flow) in ENDED:
            return self._judge(flow, form, payment)
        is_early = flow.mtoken_operation_id is not None and not self.token.may_ask_again(flow)
        if is_early and flow.phase != PASSKEY:
            return Again("ask_too_early")
        # Whoever comes back from the passkey waits for nothing; the phone has rung just now.
        if not self.token.ask(flow, payment, silent=is_early):
            return self._without_phone(flow, payment)
        self.offline.forget(flow)
        flow.phase = PHASE
        return Again()

    def _go_offline(self, flow: Flow, form: Form, payment: Payment | None) -> Answer:
        """Show a code for one of the phones; the request that rang stays as long as it lasts."""
        status = self.token.status(flow)
        if status in ENDED:
            return self._judge(flow, form, payment)
        if status != "PENDING" and not self.token.ask(flow, payment, silent=True):
            return self._without_phone(flow, payment)
        if not self.offline.choose(flow, form.get("device")):
            if flow.phase in sms_page.PHASES:
                self.token.withdraw(flow)
            return Again("offline_unavailable")
        flow.phase = OFFLINE
        return Again()

    def _go_to_passkey(self, flow: Flow, form: Form, payment: Payment | None) -> Answer:
        """Ask a passkey; the phone is asked no more, unless it has answered."""
        if self.token.status(flow) in ENDED:
            return self._judge(flow, form, payment)
        if self.passkey is None or not self.passkey.start(flow, payment):
            return Again("passkey_unavailable")
        self.offline.forget(flow)
        return Again()

    def _judge_digits(self, flow: Flow, form: Form, payment: Payment | None) -> Answer:
        if self.token.status(flow) != "PENDING":
            return self._judge(flow, form, payment)
        if not self.token.phones(flow.user_id):
            return NO_PHONE
        code = self.offline.read(form.get("code"))
        if code is None:
            return Again("offline_code_invalid", "code")

        def then(flow: Flow, user: User | None) -> Answer:
            # The bank first: whom it has blocked meanwhile uses up no digits.
            if user is None or not user.active:
                return Left(Result.AUTH_METHOD_FAILED)
            if not self.offline.judge(flow, code) and self.token.status(flow) == "PENDING":
                return NO_PHONE
            if self.token.is_approved(flow, payment):
                return Confirmed((Instrument.POWERAUTH_TOKEN,))
            if self.token.status(flow) == "FAILED":
                return Left(Result.AUTH_METHOD_FAILED)
            return WRONG_DIGITS

        return Work(owner(self.bank, flow), then, refusal=WRONG_DIGITS)

    def _without_phone(self, flow: Flow, payment: Payment | None) -> Answer:
        """Send a code instead, where there is one: no phone may be asked, or not so often."""
        if flow.phase in sms_page.PHASES:
            return Again("phone_unavailable" if flow.sms_id else "no_message")
        return NO_PHONE if self.sms is None else self._fall_back(flow, payment, self.sms)

    def _fall_back(self, flow: Flow, payment: Payment | None, sms: SmsPage) -> Answer:
        """Send the code now, and not earlier."""
        user_id, organization_id = flow.user_id, flow.organization_id

        def start(flow: Flow, user: User | None) -> Answer:
            self.token.withdraw(flow)
            self.offline.forget(flow)
            return sms.come(flow, user=user, payment=payment)

        return Work(lambda: sms.owner_of(user_id, organization_id), start)
