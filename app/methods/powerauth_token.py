"""POWERAUTH_TOKEN: approve a payment in the mobile app, after the choice of method."""

from typing import ClassVar

from app.methods import token_page
from app.methods.base import Again, Answer, Form, View
from app.methods.method_choice import MethodChoice
from app.methods.review import payment
from app.methods.token_page import TokenPage
from app.nextstep.vocabulary import Step
from app.store.flows import Flow


class PowerauthToken:
    """The review with its choice of method, then the phone."""

    step: ClassVar[Step] = Step.POWERAUTH_TOKEN

    def __init__(self, choice: MethodChoice, token: TokenPage) -> None:
        self._choice = choice
        self._token = token

    def begin(self, flow: Flow) -> None:
        """Start with the review."""
        flow.phase, flow.debit_account = "", None

    def view(self, flow: Flow, language: str) -> View:
        """Show the payment, the accounts and the methods, or wait for the phone."""
        if flow.phase not in token_page.PHASES:
            return self._choice.view(flow, language)
        return self._token.view(flow, "payment", language)

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take account and method and start; then follow what the phone says."""
        if flow.phase in token_page.PHASES:
            return self._token.answer(flow, action, form, payment(flow))
        return self._choice.answer(flow, form) if action == "continue" else Again("out_of_date")

    def leave(self, flow: Flow) -> None:
        """No phone is asked for this step any more."""
        self._token.leave(flow)
