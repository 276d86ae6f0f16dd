"""A customer with a browser inside the process, from the third party's link to the way back."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.store.flows import Flow, FlowRecord
from app.store.otps import SmsAuthorization
from tests.support.browser import Page
from tests.support.forms import Form
from tests.support.store import reading

CALLBACK: Final = "http://localhost:8888/connect/demo"
OPERATION: Final = "/powerauth-nextstep/operation"
USER: Final = "10045678"
PASSWORD: Final = "test"

Fields = MultiDict[str, str]

APPLICATION: Final[Mapping[str, object]] = {
    "id": "democlient",
    "name": "Demo application",
    "description": "Web Flow demo application",
    "originalScopes": ["pisp"],
    "extras": {"applicationOwner": "Owner"},
}
PAYMENT: Final[Mapping[str, object]] = {
    "operationName": "authorize_payment_sca",
    "operationData": "A1*A100CZK*Q238400856/0300**D20170629*NUtility Bill Payment - 05/2017",
    "params": [],
    "applicationContext": APPLICATION,
}


class _Compiled(BytecodeCache):
    """Templates that were compiled before, for all applications of a test run."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take a template out."""
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Put a template in."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED: Final = _Compiled()


def next_step(app: Flask, wanted: object, path: str = OPERATION) -> TestResponse:
    """Ask Next Step for something, as a back end does."""
    return app.test_client().post(path, json={"requestObject": wanted})


def prepared(app: Flask, **changes: object) -> str:
    """Prepare an operation, by default a payment; return its id."""
    answer = next_step(app, {**PAYMENT, **changes})
    assert answer.status_code == 200, answer.text
    return str(answer.json["responseObject"]["operationId"]) if answer.json else ""


def detail(app: Flask, operation_id: str) -> dict[str, object]:
    """Return an operation as a back end sees it."""
    answer = app.test_client().get(
        f"{OPERATION}/detail", query_string={"operationId": operation_id}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return dict(answer.json["responseObject"])


class Walker:
    """One customer; every step of a walk returns the page that is shown then."""

    def __init__(self, app: Flask, *, language: str = "en") -> None:
        self.app = app
        self.client = app.test_client()
        self.headers = {"Accept-Language": language}
        self.address = ""
        self.page = Page("", 0, "")
        self.response: TestResponse | None = None
        self.state = secrets.token_urlsafe(8)
        app.jinja_env.bytecode_cache = COMPILED

    # --- the beginning ----------------------------------------------------------------------

    def authorize(self, **changes: str | None) -> TestResponse:
        """Follow the third party's link, with some parameters changed or (None) left out."""
        challenge = hashlib.sha256(secrets.token_bytes(32)).digest()
        wanted: dict[str, str | None] = {
            "response_type": "code",
            "client_id": "democlient",
            "redirect_uri": CALLBACK,
            "scope": "openid profile aisp",
            "state": self.state,
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
            **changes,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        return self.client.get("/oauth2/authorize", query_string=given, headers=self.headers)

    def start_login(self, **changes: str | None) -> Page:
        """Begin a login."""
        answer = self.authorize(**changes)
        assert answer.status_code == 303, answer.text
        self.address = answer.location
        return self.reload()

    def start(self, operation_id: str) -> Page:
        """Begin a prepared operation."""
        return self.start_login(scope="openid pisp", operation_id=operation_id)

    def start_payment(self, **changes: object) -> Page:
        """Have a payment prepared and begin it."""
        return self.start(prepared(self.app, **changes))

    # --- one page ---------------------------------------------------------------------------

    def get(self, query: str = "") -> TestResponse:
        """Ask for the page of the flow."""
        return self.client.get(self.address + query, headers=self.headers)

    def reload(self, query: str = "") -> Page:
        """Show the page of the flow."""
        self.response = self.get(query)
        assert self.response.status_code == 200, self.response.text
        self.page = Page(self.address, self.response.status_code, self.response.text)
        return self.page

    def filled(self, action: str | None = None, **values: str | Sequence[str]) -> Fields:
        """Return what pressing a button sends when these fields are filled in.

        Without an action it is the first button of the page's first form, as Enter does it.
        """
        form = self._form(action)
        named = (b for b in form.submits if action in (None, b.value))
        button = next(named, None)  # the button of the form that asks for a code has no name
        fields: Fields = MultiDict(form.sent_by(button))
        if action is not None:
            fields["action"] = action
        for name, value in values.items():
            fields.setlist(name, [value] if isinstance(value, str) else list(value))
        return fields

    def post(self, fields: Mapping[str, str], **headers: str) -> TestResponse:
        """Send an answer to the page of the flow, whatever it is."""
        return self.client.post(self.address, data=fields, headers={**self.headers, **headers})

    def press(self, action: str | None = None, **values: str | Sequence[str]) -> Page:
        """Fill in, press a button, and follow to the page that is shown then."""
        return self.send(self.filled(action, **values))

    def send(self, fields: Fields) -> Page:
        """Send an answer and follow to the page that is shown then."""
        answer = self.post(fields)
        assert answer.status_code == 303, answer.text
        path, _, query = answer.location.partition("?")
        assert path == self.address
        return self.reload(f"?{query}" if query else "")

    def _form(self, action: str | None) -> Form:
        usable = [form for form in self.page.forms if form.method == "post"]
        for form in usable:
            for control in form.controls:
                if control.name == "action" and action in (None, control.value):
                    return form
        raise LookupError(f"no button {action!r} on: {self.page.text}")

    # --- the steps of the flows ---------------------------------------------------------------

    def name(self, username: str = USER, **more: str) -> Page:
        """Say who it is."""
        return self.press("continue", username=username, **more)

    def prove(self, code: str | None = None, password: str = PASSWORD) -> Page:
        """Give password and code; by default the right ones."""
        return self.press("confirm", code=self.code() if code is None else code, password=password)

    def choose(self, account: str = "1") -> Page:
        """Go on from the review of the payment with an account."""
        return self.press("continue", account=account)

    def start_plain(self, operation_name: str) -> Page:
        """Have an operation whose login is not strong prepared, and begin it."""
        if operation_name == "login":
            application = {**APPLICATION, "originalScopes": ["aisp"]}
            operation = prepared(
                self.app,
                operationName="login",
                operationData="A2",
                applicationContext=application,
            )
            return self.start_login(scope="openid aisp", operation_id=operation)
        return self.start_payment(operationName=operation_name)

    def sign_in(self, username: str = USER, password: str = PASSWORD, **more: str) -> Page:
        """Give user name and password in one form."""
        return self.press("continue", username=username, password=password, **more)

    def prove_alone(self, code: str | None = None) -> Page:
        """Give the code where it is the only factor; by default the right one."""
        return self.press("confirm", code=self.code() if code is None else code)

    def agree(self) -> Page:
        """Tick every option of the consent and confirm."""
        return self.press("confirm", option=self.options())

    def options(self) -> list[str]:
        """Return the options of the consent that the page shows."""
        return [option.value for option in self._form("confirm").fields("option")]

    def log_in(self, username: str = USER) -> Page:
        """Do the whole LOGIN_SCA."""
        self.name(username)
        return self.prove()

    def approve(self, account: str = "1") -> Page:
        """Do the whole APPROVAL_SCA."""
        self.choose(account)
        return self.prove()

    def leave(self) -> dict[str, str]:
        """Go back to the third party; return what it is told."""
        answer = self.client.get(self.way_back, headers=self.headers)
        assert answer.status_code in (302, 303), answer.text
        assert answer.location.startswith(f"{CALLBACK}?"), answer.location
        return dict(parse_qsl(urlsplit(answer.location).query, keep_blank_values=True))

    @property
    def way_back(self) -> str:
        """The link of the last page."""
        found = re.search(r'href="(/oauth2/resume/[^"]+)"', self.page.html)
        assert found, self.page.text
        return found[1]

    # --- what only a test can see -------------------------------------------------------------

    @property
    def nonce(self) -> str:
        """The one-time number of the page that is open."""
        return next(c.value for form in self.page.forms for c in form.fields("step"))

    def flow(self) -> Flow:
        """Return the flow as it is kept."""
        with reading(self.app) as session:
            wanted = select(Flow).where(Flow.handle == self.address.rpartition("/")[2])
            return session.scalars(wanted).one()

    def history(self) -> list[tuple[str, str, str]]:
        """Return step, result of the step and result of the flow, in order."""
        wanted = select(FlowRecord).where(FlowRecord.flow_id == self.flow().id)
        with reading(self.app) as session:
            rows = session.scalars(wanted.order_by(FlowRecord.number))
            return [(row.step, row.step_result, row.result) for row in rows]

    def messages(self) -> list[SmsAuthorization]:
        """Return the codes that were made for this flow, oldest first."""
        wanted = select(SmsAuthorization).where(SmsAuthorization.operation_id == self.flow().id)
        with reading(self.app) as session:
            return list(session.scalars(wanted.order_by(SmsAuthorization.timestamp_created)))

    def code(self) -> str:
        """Return the newest code as the table of the demo shows it."""
        return self.messages()[-1].authorization_code

    def wrong_code(self) -> str:
        """Return a code that was never sent."""
        sent = {message.authorization_code for message in self.messages()}
        return next(code for code in ("00000000", "11111111", "22222222") if code not in sent)

    def tab(self) -> Self:
        """Return a second tab: the same browser with the same cookies, on the same page."""
        other = copy(self)
        other.client = self.app.test_client()
        other.client._cookies = self.client._cookies  # noqa: SLF001 - one jar, as in a browser
        return other

    def double(self) -> Self:
        """Return the browser as it is now, with a copy of its cookies."""
        other = self.tab()
        other.client._cookies = dict(self.client._cookies or {})  # noqa: SLF001 - see above
        return other

    def state_of_things(self) -> tuple[object, ...]:
        """Return all of the flow that an answer could have changed, and what was sent for it."""
        flow = self.flow()
        columns = {column.key: getattr(flow, column.key) for column in Flow.__table__.columns}
        return columns, self.history(), [vars_of(message) for message in self.messages()]


def vars_of(row: SmsAuthorization) -> dict[str, object]:
    """Return the values of a row by their names."""
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def normalised(page: Page, **names: str) -> str:
    """Return a page without what differs for everybody: tokens, one-time numbers, addresses.

    Each of `names` is a text of this page, e.g. the user name, that gives way to its name.
    """
    html = re.sub(r'(name="csrf_token" value=")[^"]+', r"\1", page.html)
    html = re.sub(r'(name="step" value=")[^"]+', r"\1", html)
    html = re.sub(r"/oauth2/resume/[\w-]+", "/oauth2/resume/", html)
    html = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "operation", html)
    html = html.replace(page.url, "/flow/")
    for name, text in names.items():
        html = html.replace(text, name)
    return html
