"""The page that LOGIN_SCA and APPROVAL_SCA share: a password and an SMS code, judged together."""

from dataclasses import dataclass

from app.bank.base import Bank
from app.instruments.password import MAX_LENGTH, Password
from app.instruments.sms_code import Challenge, SmsCode
from app.methods.base import Again, Answer, Confirmed, Form, Rejected, Work
from app.nextstep.operation_data import Payment
from app.nextstep.vocabulary import Instrument
from app.store.flows import Flow

FAILED = "authentication_failed"
"""The only reason there is: nobody may learn which part was wrong (RTS art. 4(3)(a))."""


@dataclass(frozen=True)
class SmsAndPassword:
    """Sends the code, judges both factors, and spends the code when both are right."""

    sms: SmsCode
    password: Password
    bank: Bank

    def phone_of(self, user_id: str | None, organization_id: str | None) -> str | None:
        """Return where the user's codes go; None for nobody, and for a user who is blocked."""
        user = self.bank.user(user_id, organization_id or "") if user_id else None
        return user.phone if user and user.active else None

    def data(self, flow: Flow) -> dict[str, object]:
        """Return what the page shows; the same for users who do not exist."""
        return {
            "username": flow.username or "",
            "sent_at": flow.sms_sent_at,
            "valid_until": self.sms.valid_until(flow),
            "resend_at": self.sms.resend_at(flow),
            "code_digits": self.sms.digits,
            "resent": flow.sms_resent,
        }

    def resend(self, flow: Flow, payment: Payment | None) -> Answer:
        """Send a new code, unless the last one is too young."""
        if not self.sms.may_resend(flow):
            return Again("resend_too_early")
        user_id, organization_id = flow.user_id, flow.organization_id

        def find() -> str | None:
            return self.phone_of(user_id, organization_id)

        def send(flow: Flow, phone: str | None) -> Answer:
            self.sms.send(flow, phone=phone, payment=payment)
            flow.sms_resent = True
            return Again()

        return Work(find, send)

    def judge(self, flow: Flow, form: Form) -> Answer:
        """Judge both factors at once, outside a transaction; one attempt is spent on it."""
        challenge = self.sms.challenge(flow)
        given = "".join(form.get("code").split()).replace("-", "")
        password = form.get("password")
        user_id, organization_id = flow.user_id, flow.organization_id or ""

        def run() -> bool:
            right = self.password.is_right(
                password[: MAX_LENGTH + 1], user_id=user_id, organization_id=organization_id
            )
            return self.sms.is_right(given, challenge) & right

        def then(flow: Flow, both: bool) -> Answer:  # noqa: FBT001 - the verdict
            return self._settle(flow, challenge, both=both)

        return Work(run, then, counts=True)

    def _settle(self, flow: Flow, challenge: Challenge, *, both: bool) -> Answer:
        if both and self.sms.use(flow, challenge):
            return Confirmed((Instrument.CREDENTIAL, Instrument.OTP_KEY))
        flow.sms_resent = False
        return Rejected(FAILED)
