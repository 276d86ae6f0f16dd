"""LOGIN_SCA: who are you? First the user name, then the phone, or password and SMS code."""

from typing import ClassVar

from app.bank.base import Bank, User
from app.methods import token_page
from app.methods.base import Again, Answer, Form, View, Work
from app.methods.sms_page import PHASES, SmsPage
from app.methods.token_page import TokenPage
from app.methods.user_name import Identity, UserName
from app.nextstep.vocabulary import Step
from app.store.flows import Flow


class LoginSca:
    """The strong login; whoever has no phone that signs gets a code."""

    step: ClassVar[Step] = Step.LOGIN_SCA

    def __init__(self, bank: Bank, user_name: UserName, sms: SmsPage, token: TokenPage) -> None:
        self._bank = bank
        self._user_name = user_name
        self._sms = sms
        self._token = token

    def begin(self, flow: Flow) -> Work[User | None] | None:
        """Start with the user name, unless a back end has named the user before."""
        flow.phase = ""
        if flow.user_id is None:
            return None
        user_id, organization_id = flow.user_id, flow.organization_id
        return Work(
            lambda: self._sms.owner_of(user_id, organization_id),
            lambda flow, user: self._token.start(flow, user=user, payment=None),
        )

    def view(self, flow: Flow, language: str) -> View:
        """Ask for the user name, or for both factors."""
        if flow.phase in PHASES:
            data = {**self._sms.data(flow, language), **self._token.ways_back(flow)}
            return View("methods/login_sca_sms.html", "login", data)
        if flow.phase in token_page.PHASES:
            return self._token.view(flow, "login", language)
        return View("methods/login_sca.html", "login", self._user_name.data(flow, language))

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take the user name; then send another code, or judge both factors."""
        if flow.phase in PHASES | token_page.PHASES:
            return self._token.answer(flow, action, form, payment=None)
        if action == "continue":
            return self.begin(flow) or self._identify(form)  # a named user is never asked for
        return Again("out_of_date")

    def leave(self, flow: Flow) -> None:
        """No code of this step counts in the next one, and no phone is asked for it."""
        self._token.leave(flow)

    def _identify(self, form: Form) -> Answer:
        identity = self._user_name.read(form)
        if isinstance(identity, Again):
            return identity

        def find() -> User | None:
            return self._bank.find_user(identity.username, identity.organization_id)

        def then(flow: Flow, user: User | None) -> Answer:
            return self._ask(flow, identity, user if user and user.active else None)

        return Work(find, then)

    def _ask(self, flow: Flow, identity: Identity, user: User | None) -> Answer:
        flow.username = identity.username
        flow.user_id = user.id if user else None
        flow.organization_id = user.organization_id if user else identity.organization_id
        return self._token.start(flow, user=user, payment=None)
