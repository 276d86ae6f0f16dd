"""LOGIN_SCA: who are you? First the user name, then a password and an SMS code together."""

from typing import ClassVar

from app.bank.base import USERNAME, Bank, User
from app.methods.base import Again, Answer, Form, View, Work
from app.methods.sms_and_password import SmsAndPassword
from app.nextstep.vocabulary import Step
from app.store.flows import Flow
from app.texts import Texts

PHASE_SMS = "sms"
MAX_KEPT = 256


class LoginSca:
    """The strong login. The Mobile Token takes its place between the two pages."""

    step: ClassVar[Step] = Step.LOGIN_SCA

    def __init__(self, bank: Bank, texts: Texts, factors: SmsAndPassword) -> None:
        self._bank = bank
        self._texts = texts
        self._factors = factors

    def begin(self, flow: Flow) -> None:
        """Start with the user name."""
        flow.phase = ""

    def view(self, flow: Flow, language: str) -> View:
        """Ask for the user name, or for both factors."""
        if flow.phase == PHASE_SMS:
            return View("methods/login_sca_sms.html", "login", self._factors.data(flow))
        words = self._texts.words(language)
        wanted = (flow.problem or {}).get("values", {}).get("organization") or flow.organization_id
        known = sorted(self._bank.organizations(), key=lambda organization: organization.order)
        chosen = wanted if any(o.id == wanted for o in known) else None
        organizations = [
            {
                "id": o.id,
                "name": words.text(o.name_key) or o.id,
                "default": o.default,
                "selected": o.id == chosen if chosen else o.default,
            }
            for o in known
        ]
        return View("methods/login_sca.html", "login", {"organizations": organizations})

    def answer(self, flow: Flow, action: str, form: Form) -> Answer:
        """Take the user name, ask for another code, or judge both factors."""
        match flow.phase, action:
            case "", "continue":
                return self._identify(form)
            case "sms", "resend":
                return self._factors.resend(flow, payment=None)
            case "sms", "confirm":
                return self._factors.judge(flow, form)
            case _:
                return Again("out_of_date")

    def leave(self, flow: Flow) -> None:
        """No code of this step counts in the next one."""
        self._factors.sms.forget(flow)

    def _identify(self, form: Form) -> Answer:
        username, organization = form.get("username").strip(), form.get("organization")
        known = {o.id: o for o in self._bank.organizations()}
        if not organization:
            organization = next((o.id for o in known.values() if o.default), "")
        values = {"username": username[:MAX_KEPT], "organization": organization}
        if organization not in known:
            return Again("organization_invalid", "organization", {"username": username[:MAX_KEPT]})
        if not username:
            return Again("username_empty", "username", values)
        if USERNAME.fullmatch(username) is None:
            return Again("username_invalid", "username", values)

        def find() -> User | None:
            return self._bank.find_user(username, organization)

        def then(flow: Flow, user: User | None) -> Answer:
            found = user if user and user.active else None
            return self._ask_for_factors(flow, username, organization, found)

        return Work(find, then)

    def _ask_for_factors(
        self, flow: Flow, username: str, organization: str, user: User | None
    ) -> Answer:
        flow.username, flow.phase = username, PHASE_SMS
        flow.user_id = user.id if user else None
        flow.organization_id = user.organization_id if user else organization
        self._factors.sms.send(flow, phone=user.phone if user else None, payment=None)
        return Again()
