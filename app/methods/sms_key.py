"""SMS_KEY: approve a payment with one factor, the code; for payments that are not regulated."""

from typing import ClassVar

from app.methods.base import Again, Answer, Form, View
from app.methods.review import Review, payment
from app.methods.sms_page import PHASE, SmsPage
from app.nextstep.vocabulary import Step
from app.store.flows import Flow


class SmsKey:
    """The review with its choice of method, then the code."""

    step: ClassVar[Step] = Step.SMS_KEY

    def __init__(self, review: Review, sms: SmsPage) -> None:
        self._review = review
        self._sms = sms

    def begin(self, flow: Flow) -> None:
        """Start with the review."""
        flow.phase, flow.debit_account = "", None

    def view(self, flow: Flow, language: str) -> View:
        """Show the payment, the accounts and the methods, or ask for the code."""
        if flow.phase == PHASE:
            data = {**self._sms.data(flow), "account": flow.debit_account}
            return View("methods/sms_key.html", "payment", data)
        data = {**self._review.data(flow, language), "methods": [self.step.value]}
        return View("methods/operation_review.html", "payment", data)

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take account and method and start; then send another code, or judge the code."""
        if flow.phase == PHASE:
            return self._sms.answer(flow, action, form, payment(flow))
        if action != "continue":
            return Again("out_of_date")
        if form.get("method", self.step.value) != self.step.value:
            return Again("method_missing", "method")
        return self._review.choose(flow, form, self._start)

    def leave(self, flow: Flow) -> None:
        """No code of this step counts in the next one."""
        self._sms.sms.forget(flow)

    def _start(self, flow: Flow, phone: str | None) -> Answer:
        return self._sms.start(flow, phone=phone, payment=payment(flow))
