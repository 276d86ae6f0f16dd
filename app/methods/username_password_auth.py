"""USERNAME_PASSWORD_AUTH: user name and password in one form; one factor, not strong."""

from typing import ClassVar

from app.bank.base import Bank, User
from app.instruments.password import MAX_LENGTH, Password
from app.methods.base import PASSWORD, Again, Answer, Confirmed, Form, Rejected, View, Work
from app.methods.user_name import Identity, UserName
from app.nextstep.vocabulary import Instrument, Step
from app.store.flows import Flow

FAILED = Rejected("authentication_failed")


class UsernamePasswordAuth:
    """The plain login. Failures of users who do not exist count like all others."""

    step: ClassVar[Step] = Step.USERNAME_PASSWORD_AUTH

    def __init__(self, bank: Bank, user_name: UserName, password: Password) -> None:
        self._bank = bank
        self._user_name = user_name
        self._password = password

    def begin(self, flow: Flow) -> None:
        """Start with the one page there is."""
        flow.phase = ""

    def view(self, flow: Flow, language: str) -> View:
        """Ask for user name and password; a user whom a back end has named is not asked for."""
        data = {
            **self._user_name.data(flow, language),
            "username": flow.username or flow.user_id or "",
            "is_known": flow.user_id is not None,
        }
        return View("methods/username_password_auth.html", "login", data)

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Judge the password of whoever was named."""
        if action != "continue":
            return Again("out_of_date")
        identity = self._identity(flow, form)
        if isinstance(identity, Again):
            return identity
        password = form.get("password")[: MAX_LENGTH + 1]
        if not password:
            return Again("password_empty", "password", {"username": identity.username})
        return self._judge(flow, identity, password)

    def leave(self, flow: Flow) -> None:
        """There is nothing to clean up."""

    def _identity(self, flow: Flow, form: Form) -> Identity | Again:
        if flow.user_id is not None:
            return Identity(flow.username or flow.user_id, flow.organization_id or "")
        return self._user_name.read(form)

    def _judge(self, flow: Flow, identity: Identity, password: str) -> Answer:
        known, organization_id = flow.user_id, identity.organization_id
        flow.username, flow.organization_id = identity.username, organization_id

        def run() -> User | None:
            user = (
                self._bank.user(known, organization_id)
                if known
                else self._bank.find_user(identity.username, organization_id)
            )
            user_id = user.id if user and user.active else None
            right = self._password.is_right(
                password, user_id=user_id, organization_id=organization_id
            )
            return user if right else None

        def then(flow: Flow, user: User | None) -> Answer:
            if user is None:
                return FAILED
            flow.user_id, flow.organization_id = user.id, user.organization_id
            return Confirmed((Instrument.CREDENTIAL,))

        return Work(run, then, refusal=FAILED, counter=PASSWORD)
