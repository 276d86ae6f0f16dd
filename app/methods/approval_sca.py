"""APPROVAL_SCA: look at the payment, choose the account, approve with two factors."""

from typing import ClassVar

from app.methods import token_page
from app.methods.base import Again, Answer, Form, View
from app.methods.review import Review, payment
from app.methods.sms_page import PHASES, SmsPage
from app.methods.token_page import TokenPage
from app.nextstep.vocabulary import Step
from app.store.flows import Flow


class ApprovalSca:
    """The strong approval. The account is fixed, and the code made, once the customer goes on."""

    step: ClassVar[Step] = Step.APPROVAL_SCA

    def __init__(self, review: Review, sms: SmsPage, token: TokenPage) -> None:
        self._review = review
        self._sms = sms
        self._token = token

    def begin(self, flow: Flow) -> None:
        """Start with the review."""
        flow.phase, flow.debit_account = "", None

    def view(self, flow: Flow, language: str) -> View:
        """Show the payment and the accounts, or ask for both factors."""
        if flow.phase in PHASES:
            code, ways = self._sms.data(flow, language, payment(flow)), self._token.ways_back(flow)
            data = {**code, **ways, "account": flow.debit_account}
            return View("methods/approval_sca_sms.html", "payment", data)
        if flow.phase in token_page.PHASES:
            return self._token.view(flow, "payment", language)
        return View("methods/approval_sca.html", "payment", self._review.data(flow, language))

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take the account and start; then send another code, or judge both factors."""
        if flow.phase in PHASES | token_page.PHASES:
            return self._token.answer(flow, action, form, payment(flow))
        if action == "continue":
            return self._review.choose(flow, form, self._token.approve)
        return Again("out_of_date")

    def leave(self, flow: Flow) -> None:
        """No code of this step counts in the next one, and no phone is asked for it."""
        self._token.leave(flow)
