"""SMS_KEY: approve a payment with one factor, the code; for payments that are not regulated."""

from typing import ClassVar

from app.methods.base import Again, Answer, Form, View
from app.methods.method_choice import MethodChoice
from app.methods.review import payment
from app.methods.sms_page import PHASE, SmsPage
from app.nextstep.vocabulary import Step
from app.store.flows import Flow


class SmsKey:
    """The review with its choice of method, then the code."""

    step: ClassVar[Step] = Step.SMS_KEY

    def __init__(self, choice: MethodChoice, sms: SmsPage) -> None:
        self._choice = choice
        self._sms = sms

    def begin(self, flow: Flow) -> None:
        """Start with the review."""
        flow.phase, flow.debit_account = "", None

    def view(self, flow: Flow, language: str) -> View:
        """Show the payment, the accounts and the methods, or ask for the code."""
        if flow.phase != PHASE:
            return self._choice.view(flow, language)
        data = {**self._sms.data(flow, language, payment(flow)), "account": flow.debit_account}
        return View("methods/sms_key.html", "payment", data)

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take account and method and start; then send another code, or judge the code."""
        if flow.phase == PHASE:
            return self._sms.answer(flow, action, form, payment(flow))
        return self._choice.answer(flow, form) if action == "continue" else Again("out_of_date")

    def leave(self, flow: Flow) -> None:
        """No code of this step counts in the next one."""
        self._sms.sms.forget(flow)
