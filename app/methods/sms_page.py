"""The page with a code field: alone (SMS_KEY), or with a password that is judged together."""

from dataclasses import dataclass

from app import clock
from app.bank.base import Bank, User
from app.instruments.password import MAX_LENGTH, Password
from app.instruments.sms_code import Challenge, SmsCode
from app.methods import review
from app.methods.base import Again, Answer, Confirmed, Form, Rejected, Work
from app.nextstep.operation_data import Payment
from app.nextstep.vocabulary import Instrument
from app.store.flows import Flow

PHASE, INSTEAD = "sms", "sms_instead"
PHASES = frozenset({PHASE, INSTEAD})
"""The code that comes first, and the one that was chosen instead of a phone or a passkey."""
NOBODY = "nobody"
FAILED = Rejected("authentication_failed")
"""The only reason there is: nobody may learn which part was wrong (RTS art. 4(3)(a))."""


@dataclass(frozen=True)
class SmsPage:
    """Sends the code, judges the factors at once, and spends the code when all are right."""

    bank: Bank
    sms: SmsCode
    password: Password | None = None
    """None: the code is the only factor."""

    def start(self, flow: Flow, *, user: User | None, payment: Payment | None) -> Again:
        """Show the page; its first message goes out now, once. `user`: if they may go on."""
        flow.phase = PHASE
        return self._send(flow, phone=user.phone if user else None, payment=payment)

    def come(self, flow: Flow, *, user: User | None, payment: Payment | None) -> Answer:
        """Show the page instead of another one; a code that is good still is not followed by one.

        Whom the bank has blocked sees what others see for whom nothing else was asked.
        """
        sent_before = flow.sms_id is not None
        if user and sent_before and clock.now() < self.sms.valid_until(flow):
            flow.phase, flow.sms_resent = INSTEAD, False
            return Again()
        answer = self.start(flow, user=user, payment=payment)
        flow.phase = INSTEAD if user else PHASE
        flow.sms_resent = sent_before and answer.problem is None
        return answer

    def approve(self, flow: Flow, user: User | None) -> Answer:
        """Begin the approval of a payment that was reviewed."""
        return self.start(flow, user=user, payment=review.payment(flow))

    def data(self, flow: Flow, language: str, payment: Payment | None = None) -> dict[str, object]:
        """Return what the page shows; the same for users who do not exist."""
        return {
            "username": flow.username or flow.user_id or "",
            "sent_at": flow.sms_sent_at if flow.sms_id else None,
            "valid_until": self.sms.valid_until(flow),
            "code_ended": clock.now() >= self.sms.valid_until(flow),
            "resend_at": self.sms.resend_at(flow),
            "code_digits": self.sms.digits,
            "resent": flow.sms_resent,
            "purpose": self.sms.purpose(flow, payment, language),
            **dict.fromkeys(("has_phone", "has_offline", "has_passkey"), False),
        }

    def answer(self, flow: Flow, action: str, form: Form, payment: Payment | None) -> Answer:
        """Send another code, or judge what was typed."""
        match action:
            case "resend":
                return self._resend(flow, payment)
            case "continue":
                return self._judge(flow, form)
            case _:
                return Again("out_of_date")

    def owner_of(self, user_id: str | None, organization_id: str | None) -> User | None:
        """Return whose flow it is; None for nobody, and for a user who is blocked.

        The bank is asked about nobody as well: its answer takes a time that can be measured.
        """
        user = self.bank.user(user_id or NOBODY, organization_id or "")
        return user if user_id and user and user.active else None

    def _resend(self, flow: Flow, payment: Payment | None) -> Answer:
        if not self.sms.may_resend(flow):
            return Again("resend_too_early")
        user_id, organization_id = flow.user_id, flow.organization_id

        def find() -> User | None:
            return self.owner_of(user_id, organization_id)

        def send(flow: Flow, user: User | None) -> Answer:
            answer = self._send(flow, phone=user.phone if user else None, payment=payment)
            flow.sms_resent = answer.problem is None
            return answer

        return Work(find, send)

    def _send(self, flow: Flow, *, phone: str | None, payment: Payment | None) -> Again:
        if self.sms.send(flow, phone=phone, payment=payment):
            return Again()
        return Again("too_many_messages" if flow.sms_id else "no_message")

    def _judge(self, flow: Flow, form: Form) -> Answer:
        code = "".join(form.get("code").split()).replace("-", "")
        password = form.get("password")[: MAX_LENGTH + 1]
        if self.password is not None and not password:
            return Again("password_empty")  # not an attempt: nothing secret was tried
        if not (code.isascii() and code.isdigit() and len(code) == self.sms.digits):
            return Again("code_invalid")
        challenge = self.sms.challenge(flow)
        user_id, organization_id = flow.user_id, flow.organization_id or ""

        def run() -> bool:
            known = self.password is None or self.password.is_right(
                password, user_id=user_id, organization_id=organization_id
            )
            return self.sms.is_right(code, challenge) & known

        def then(flow: Flow, right: bool) -> Answer:  # noqa: FBT001 - the verdict
            return self._settle(flow, challenge, right=right)

        return Work(run, then, refusal=FAILED)

    def _settle(self, flow: Flow, challenge: Challenge, *, right: bool) -> Answer:
        if right and self.sms.use(flow, challenge):
            password = () if self.password is None else (Instrument.CREDENTIAL,)
            return Confirmed((*password, Instrument.OTP_KEY))
        flow.sms_resent = False
        return FAILED
