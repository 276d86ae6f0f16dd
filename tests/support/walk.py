"""The way of one visitor from the demo client's form to the page that shows the tokens."""

import re
import time
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from tests.support.browser import Browser, Page
from tests.support.patience import BEFORE_THE_SWEEP
from tests.support.portal import Portal

PASSWORD = "test"
CODE = re.compile(r"\b\d{8}\b")
LOCKED = re.compile(r"\blocked\b", re.IGNORECASE)
BUTTONS = {
    "login_sca": ("login", "login_sca"),
    "login": ("login", "login"),
    "payment_sca": ("payment", "authorize_payment_sca"),
    "payment_single_sca": ("payment", "authorize_payment_single_sca"),
    "payment": ("payment", "authorize_payment"),
    "authorize": ("authorize", None),
}
"""The variants of the demo client: the form, and the button on it."""


class Walk:
    """One browser in front of one portal, with the phone that its codes reach."""

    def __init__(self, portal: Portal, *, user: str, language: str = "en") -> None:
        self.portal = portal
        self.user = user
        self.browser = Browser(language=language)
        self._asked = 0.0

    @property
    def page(self) -> Page:
        """The page that is open."""
        return self.browser.page

    def start(self, kind: str = "payment_sca", **fields: str) -> Page:
        """Press the button of one variant of the demo client; arrive at the portal."""
        name, button = BUTTONS[kind]
        self.browser.open(f"{self.portal.demo}/")
        form = next(f for f in self.page.forms if f.action.endswith(f"/start/{name}"))
        return self.browser.press(button, form=form, **fields)

    def say_who(self) -> Page:
        """Give the user name; a code is on its way then."""
        self._asked = time.time()
        self.browser.fill_in(username=self.user)
        return self.page

    def sign_in(self, *, password: str = PASSWORD) -> Page:
        """Give user name and password in one form; nothing is sent for that."""
        return self.browser.fill_in(username=self.user, current_password=password)

    def review(self, account: str = "1") -> Page:
        """Agree to the payment from one account; a fresh code is on its way then."""
        self._asked = time.time()
        self.browser.press("continue", account=account)
        return self.page

    def resend(self) -> Page:
        """Ask for another code."""
        self._asked = time.time()
        form = next(f for f in self.page.forms if f.id == "resend")
        self.browser.press(form=form)
        return self.page

    def confirm(self, code: str, *, password: str = PASSWORD) -> Page:
        """Give password and code together."""
        return self.browser.fill_in(current_password=password, one_time_code=code)

    def confirm_alone(self, code: str) -> Page:
        """Give the code where it is the only factor."""
        return self.browser.fill_in(one_time_code=code)

    def consent(self) -> Page:
        """Agree to everything that is asked."""
        form = self.page.form_with(action="confirm")
        for option in form.fields("option"):
            option.checked = True
        return self.browser.press("confirm", form=form)

    def code(self, *, within: float = BEFORE_THE_SWEEP) -> str:
        """Wait for the text message that the last press asked for; return its code."""
        until = time.monotonic() + within
        while not (found := self.messages(since=self._asked)):
            if time.monotonic() > until:
                raise RuntimeError(f"no message for {self.operation_id}:\n{self.portal.output}")
            time.sleep(0.1)
        match = CODE.search(found[0]["text"])
        assert match is not None, found[0]["text"]
        return match[0]

    def messages(self, *, since: float = 0) -> list[dict[str, str]]:
        """Return the messages of this visitor, newest first."""
        return [
            message
            for message in self.portal.messages()
            if self.operation_id in ("", message["operationId"]) and _moment(message) >= since
        ]

    @property
    def operation_id(self) -> str:
        """The operation that the browser was sent with; empty where the scope started it."""
        for page in self.browser.visited:
            if asked := parse_qs(urlsplit(page.url).query).get("operation_id"):
                return asked[0]
        return ""

    def pay(self, **fields: str) -> Page:
        """Walk a payment to its end and back to the demo client."""
        self.start("payment_sca", **fields)
        self.say_who()
        self.confirm(self.code())
        self.review()
        self.confirm(self.code())
        self.consent()
        return self.browser.wait_for_refresh()

    def log_in(self) -> Page:
        """Walk a login to its end and back to the demo client."""
        self.start("login_sca")
        self.say_who()
        self.confirm(self.code())
        self.consent()
        return self.browser.wait_for_refresh()

    def faults(self) -> list[str]:
        """Return what no visitor may ever see."""
        return [
            f"{page.status} {page.url}: {page.text[:200]}"
            for page in self.browser.visited
            if page.status >= 500 or LOCKED.search(page.text)
        ]


def _moment(message: dict[str, str]) -> float:
    return datetime.fromisoformat(message["timestamp"]).timestamp()
