"""A third party, its customer's browser, and everything between them over HTTP."""

import base64
import hashlib
import html
import re
import secrets
import shutil
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from tests.support.databases import built, engine_of, settings_for
from tests.support.forms import read_page

CALLBACK = "http://localhost:8888/connect/demo"
STATE = "a state/with+signs&more=1%20"
USER, PASSWORD = "10045678", "test"
RESUME = re.compile(r'href="(/oauth2/resume/[^"]+)"')
PAYMENT = {
    "operationName": "authorize_payment_sca",
    "operationData": "A1*A100CZK*Q238400856/0300**D20170629*NUtility Bill Payment - 05/2017",
    "params": [],
}


class ThirdParty:
    """What a third party does, and what its customer does for it."""

    client_id, secret = "democlient", "changeme"

    def __init__(self, app):
        self.app = app
        self.browser = app.test_client()
        self.verifier = secrets.token_urlsafe(48)

    # --- the browser -----------------------------------------------------------------------

    def request(self, **changes):
        """Return a good authorization request with some changes; None leaves one out."""
        good = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid profile aisp",
            "state": STATE,
            "nonce": "n-0S6_WzA2Mj",
            "code_challenge": challenge(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (good | changes).items() if value is not None}

    def authorize(self, **changes):
        return self.browser.get("/oauth2/authorize", query_string=self.request(**changes))

    def start(self, **changes):
        """Start a flow and return the address of its page."""
        answer = self.authorize(**changes)
        assert answer.status_code == 303, answer.text
        assert answer.location.startswith("/flow/"), answer.location
        return answer.location

    def walk(self, page, *, password=PASSWORD, action=None):
        """Go through a flow's pages like a customer; return the address that leads back."""
        for _ in range(12):
            shown = self.browser.get(page)
            assert shown.status_code == 200, shown.text
            if back := RESUME.search(shown.text):
                return html.unescape(back[1])
            answer = self.browser.post(page, data=self._filled_in(shown.text, password, action))
            assert answer.status_code == 303, answer.text
        raise AssertionError("the flow does not end")

    def _filled_in(self, page, password, action):
        values = {
            "username": USER,
            "current-password": password,
            "one-time-code": self.sms_code,
        }
        forms = [form for form in read_page(page).forms if form.submits]
        form = next((f for f in forms if action in [b.value for b in f.submits]), forms[0])
        for control in form.controls:
            for token, value in values.items():
                if token in control.autocomplete.split():
                    control.value = value() if callable(value) else value
            control.checked = control.checked or control.kind == "checkbox"
        buttons = [b for b in form.submits if action in (None, b.value)] or form.submits
        return MultiDict(form.sent_by(buttons[0]))

    def sms_code(self):
        """Return the code of the newest text message."""
        from app.store.otps import SmsAuthorization  # noqa: PLC0415

        newest = SmsAuthorization.timestamp_created.desc()
        with Session(engine_of(self.app)) as session:
            return session.scalar(select(SmsAuthorization.authorization_code).order_by(newest))

    def finish(self, **changes):
        """Walk a whole flow and return the answer that leads back to the third party."""
        return self.browser.get(self.walk(self.start(**changes)))

    def code(self, **changes):
        return sent_back(self.finish(**changes))["code"]

    def prepare(self, **changes):
        """Prepare an operation, as the bank's back end does; return its id."""
        wanted = PAYMENT | {"applicationContext": application(self.client_id)} | changes
        answer = self.app.test_client().post(
            "/powerauth-nextstep/operation", json={"requestObject": wanted}
        )
        assert answer.status_code == 200, answer.text
        return answer.json["responseObject"]["operationId"]

    # --- the back channel ------------------------------------------------------------------

    def exchange(self, code, /, *, headers=None, **changes):
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
        }
        return self.post("/oauth2/token", headers=headers, **(form | changes))

    def post(self, path, *, headers=None, **form):
        headers = basic(self.client_id, self.secret) if headers is None else headers
        form = {name: value for name, value in form.items() if value is not None}
        return self.app.test_client().post(path, data=form, headers=headers)

    def tokens(self, **changes):
        answer = self.exchange(self.code(**changes))
        assert answer.status_code == 200, answer.text
        return answer.json

    def refresh(self, refresh_token, **changes):
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return self.post("/oauth2/token", **(form | changes))

    def revoke(self, token, **changes):
        return self.post("/oauth2/revoke", token=token, **changes)

    def introspect(self, token, **changes):
        return self.post("/oauth2/introspect", token=token, **changes)

    def get(self, path, token=None, **more):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.app.test_client().get(path, headers=headers, **more)


def challenge(verifier):
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def basic(name, secret):
    both = f"{name}:{secret}"
    raw = both if isinstance(both, bytes) else both.encode()
    return {"Authorization": "Basic " + base64.b64encode(raw).decode()}


def application(client_id, **more):
    return {"id": client_id, "name": "Demo application", "originalScopes": ["pisp"], **more}


def sent_back(answer):
    """Return the parameters that a redirect brings to the third party, each once."""
    assert answer.status_code in (302, 303), answer.text
    assert answer.location.startswith(CALLBACK + "?"), answer.location
    pairs = parse_qsl(urlsplit(answer.location).query, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs), pairs
    return dict(pairs)


@pytest.fixture
def tpp(app) -> ThirdParty:
    return ThirdParty(app)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def lasting_app(request, tmp_path_factory):
    """An application for all tests of a module that change nothing, once on each database."""
    folder = tmp_path_factory.mktemp("lasting")
    with ExitStack() as stack:
        if request.param == "sqlite":
            path = folder / "webflow.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            url = stack.enter_context(request.getfixturevalue("postgres_copies").one())
        yield stack.enter_context(built(settings_for(url, folder)))


@pytest.fixture
def asking(lasting_app) -> ThirdParty:
    """A third party whose requests change nothing."""
    return ThirdParty(lasting_app)


@pytest.fixture(scope="module")
def issued(lasting_app):
    """Tokens that were issued once for all tests of a module."""
    return ThirdParty(lasting_app).tokens()


@pytest.fixture
def another_tpp(app, register) -> ThirdParty:
    register("othertpp", secret="another secret")
    other = ThirdParty(app)
    other.client_id, other.secret = "othertpp", "another secret"
    return other


@pytest.fixture
def register(app) -> Callable:
    """Register a client, or change one."""

    def run(client_id, **changes):
        from app.oauth.clients import ensure_client  # noqa: PLC0415

        wanted = {"secret": "a secret", "name": client_id, "redirect_uris": [CALLBACK]}
        vault = app.extensions["webflow"].vault
        with writing(app) as session:
            ensure_client(session, vault=vault, client_id=client_id, **(wanted | changes))

    return run


@contextmanager
def writing(app):
    with Session(engine_of(app).execution_options(writing=True)) as session, session.begin():
        yield session


@contextmanager
def reading(app):
    with Session(engine_of(app)) as session:
        yield session
