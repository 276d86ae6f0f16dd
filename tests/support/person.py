"""A visitor who behaves like people when the connection breaks: reloads, and goes on from there."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from sqlalchemy import Engine, text

from tests.support.browser import Page
from tests.support.forms import Form
from tests.support.portal import Portal
from tests.support.walk import BUTTONS, CODE, PASSWORD, Walk

PATIENCE = 60.0
PAUSE = 0.3
WAIT_FOR_CODE = 4.0

NEWEST = text(
    "SELECT s.message_text FROM demo_sms d"
    " JOIN da_sms_authorization s ON s.message_id = d.message_id"
    " JOIN flows f ON f.id = s.operation_id"
    " WHERE f.handle = :handle AND NOT s.verified AND s.timestamp_replaced IS NULL"
)


@dataclass
class Lost:
    """A request whose answer never came."""

    method: str
    path: str


class Person:
    """Walks one flow to wherever its pages lead; never starts over by himself."""

    def __init__(self, portal: Portal, engine: Engine, *, user: str, kind: str) -> None:
        self.walk = Walk(portal, user=user)
        self.lost: list[Lost] = []
        self.handle = ""
        """Name of the flow, as the address bar shows it."""
        self.end = ""
        """What the last page was: `back` at the third party, or why it was not."""
        self.cookie = ""
        self._portal, self._engine, self._kind = portal, engine, kind
        self._until = time.monotonic() + PATIENCE

    def go(self) -> "Person":
        """Walk until a page says that it is over."""
        with self.walk.browser:
            self._start()
            while not self.end:
                if time.monotonic() > self._until:
                    self.end = f"lost patience at {self._page.url}: {self._page.text[:300]}"
                    break
                self._look()
            self.cookie = self.walk.browser.cookie("wf_browser")
        return self

    # --- what is shown, and what a person does then ---------------------------------------------

    @property
    def _page(self) -> Page:
        return self.walk.page

    def _start(self) -> None:
        while not self.end:
            self._open(f"{self._portal.demo}/")
            name, button = BUTTONS[self._kind]
            form = next(f for f in self._page.forms if f.action.endswith(f"/start/{name}"))
            self._press(form, button)
            if not self._page.url.startswith(self._portal.demo):
                return
            time.sleep(PAUSE)  # the third party could not reach the bank, and says so
            if time.monotonic() > self._until:
                self.end = f"never left: {self._page.text[:300]}"

    def _look(self) -> None:
        page, path = self._page, urlsplit(self._page.url).path
        if page.url.startswith(self._portal.demo):
            self.end = "back"
        elif page.status >= 500:
            self._reload()
        elif page.status >= 400:
            self.end = f"{page.status} {path.split('/')[1]}"
        else:
            self.handle = path.rpartition("/")[2]
            self._answer(page)

    def _answer(self, page: Page) -> None:
        if page.content.refresh is not None and page.content.refresh[1]:
            self._open(page.content.refresh[1])
            return
        form = page.form
        if code := form.with_autocomplete("one-time-code"):
            self._prove(form, code.name)
        elif name := form.with_autocomplete("username"):
            name.value = self.walk.user
            self._press(form)
        elif form.fields("account"):
            form.fields("account")[0].checked = True
            self._press(form, "continue")
        else:
            for option in form.fields("option"):
                option.checked = True
            self._press(form, "confirm")

    def _prove(self, form: Form, field: str) -> None:
        if not (code := self._code()):
            resend = next((f for f in self._page.forms if f.id == "resend"), None)
            if resend is None:
                self._reload()
            else:
                self._press(resend)
            return
        form.fields(field)[0].value = code
        password = form.with_autocomplete("current-password")
        if password is not None:
            password.value = PASSWORD
        self._press(form)

    def _code(self) -> str:
        """Look at the phone for a while."""
        until = time.monotonic() + WAIT_FOR_CODE
        while time.monotonic() < until:
            with self._engine.connect() as connection:
                found = connection.execute(NEWEST, {"handle": self.handle}).scalar()
            if found and (match := CODE.search(found)):
                return match[0]
            time.sleep(PAUSE)
        return ""

    # --- a connection that breaks ---------------------------------------------------------------

    def _open(self, url: str) -> None:
        for _ in self._tries():
            try:
                self.walk.browser.open(url)
            except httpx2.TransportError as error:
                url = self._note(error)
            else:
                return

    def _press(self, form: Form, action: str | None = None) -> None:
        try:
            self.walk.browser.press(action, form=form)
        except httpx2.TransportError as error:
            self._open(self._note(error))

    def _reload(self) -> None:
        time.sleep(PAUSE)
        self._open(self._page.url)

    def _tries(self) -> Iterator[None]:
        while time.monotonic() < self._until:
            yield
            time.sleep(PAUSE)
        self.end = "lost patience: nobody answers"

    def _note(self, error: httpx2.TransportError) -> str:
        """Remember what was lost; return what the address bar shows."""
        request = error.request
        if not isinstance(error, httpx2.ConnectError):  # that one never arrived
            self.lost.append(Lost(request.method, request.url.path))
        return str(request.url)
