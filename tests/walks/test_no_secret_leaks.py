"""Whatever was secret on a walk is nowhere afterwards: not in a log, not in a row, not in a URL."""

import base64
import hashlib
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from sqlalchemy import create_engine, inspect, text

from tests.support.databases import postgres_database
from tests.support.portal import ROOT, Portal, running_portal
from tests.support.redis import running_redis
from tests.support.tiers import TIERS
from tests.support.walk import Walk

CLIENT = "leaktest"
TOKEN = re.compile(r"\bwf_at_[\w-]+")
REFRESH = re.compile(r"\bwf_rt_[\w-]+")
JWT = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")
CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')

ALLOWED: Mapping[str, frozenset[str]] = {
    "SMS code": frozenset(
        {"da_sms_authorization.authorization_code", "da_sms_authorization.message_text"}
        | {"demo_sms.text"}
    ),
    "phone number": frozenset({"demo_sms.recipient"}),
}
"""Columns of the demo profile where testers read what they need."""


@dataclass
class House:
    """A portal that says everything it has to say, and what was secret on the walks through it."""

    portal: Portal
    database: str
    folder: Path
    environment: dict[str, str]
    secrets: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    urls: list[str] = field(default_factory=list)

    def remember(self, kind: str, *values: str) -> None:
        for value in values:
            assert len(value) >= 8, (kind, value)
            self.secrets[kind].add(value)

    def flask(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - ours
            (sys.executable, "-m", "flask", "--app", "wsgi", *arguments),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        self.portal.lines += done.stderr.splitlines()
        return done.stdout


@pytest.fixture(scope="module", params=TIERS)
def house(request, tmp_path_factory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp(f"leaks-{request.param}")
    settings = {
        "WEBFLOW_LOG_LEVEL": "DEBUG",
        "WEBFLOW_SMS__RESEND_AFTER": "PT1S",
        "WEBFLOW_SERVER__ACCESS_LOG": "true",
        "WEBFLOW_SECRET_KEY": secrets.token_urlsafe(32),
    }
    with ExitStack() as stack:
        database = f"sqlite:///{folder / 'webflow.db'}"
        if request.param == "one-machine":
            server = request.getfixturevalue("postgres")
            database = stack.enter_context(postgres_database(server))
            settings |= {
                "WEBFLOW_DATABASE_URL": database,
                "WEBFLOW_REDIS_URL": stack.enter_context(running_redis()),
                "WEBFLOW_SERVER__PROCESSES": "2",
            }
        portal = stack.enter_context(running_portal(folder, settings))
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WEBFLOW")},
            "WEBFLOW_VAR_DIR": str(folder),
            **settings,
        }
        house = House(portal, database, folder, environment)
        house.remember("root secret", settings["WEBFLOW_SECRET_KEY"])
        yield house


@pytest.fixture(scope="module")
def walked(house) -> House:
    """The house after everything that customers and third parties do, right and wrong."""
    _register(house)
    _log_in_by_the_demo_client(house)
    _cancel(house)
    _exhaust_attempts(house)
    code, verifier = _pay_as_a_third_party(house)
    _exchange(house, code, verifier)
    _refresh(house, *_log_in_as_a_third_party(house))
    _fail_on_purpose(house)
    time.sleep(1)  # the last lines of the worker
    return house


# --- the walks --------------------------------------------------------------------------------


def _register(house: House) -> None:
    callback = f"{house.portal.demo}/connect/demo"
    scopes = [f"--scope={each}" for each in ("openid", "profile", "aisp", "pisp", "offline_access")]
    facts = ("--name", "Leaks", "--redirect-uri", callback, *scopes)
    said = house.flask("clients", "create", CLIENT, *facts)
    found = re.search(r"client_secret +(\S+)", said)
    assert found
    house.remember("client secret", found[1], _basic(CLIENT, found[1]))
    said = house.flask("users", "create", "leakrobot")
    found = re.search(r"password +(\S+)", said)
    assert found
    house.remember("password of a back end", found[1])


def _walk(house: House) -> Walk:
    """A visitor whose cookies, tokens of forms and addresses are remembered."""
    walk = Walk(house.portal, user=f"leak{os.urandom(4).hex()}")

    def look(response: httpx2.Response) -> None:
        response.read()
        house.urls.append(str(response.request.url))
        for header in response.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            if len(value) >= 8:
                house.remember(f"cookie {name}", value)
                house.remember(f"cookie {name}", *_inside(value))
        for token in CSRF.findall(response.text):
            house.remember("CSRF token", token)
        house.remember("access token", *TOKEN.findall(response.text))
        house.remember("refresh token", *REFRESH.findall(response.text))
        house.remember("ID token", *JWT.findall(response.text))

    walk.browser._http.event_hooks["response"].append(look)  # noqa: SLF001 - to see everything
    return walk


def _inside(cookie: str) -> list[str]:
    """The CSRF value in Flask's session, which is signed and not encrypted."""
    try:
        body = json.loads(base64.urlsafe_b64decode(cookie.split(".", maxsplit=1)[0] + "==="))
    except ValueError:
        return []
    found = body.get("csrf_token", "") if isinstance(body, dict) else ""
    return [found] if found else []


def _code(house: House, walk: Walk) -> str:
    code = walk.code(within=20)
    house.remember("SMS code", code)
    for message in walk.messages():
        house.remember("phone number", message["to"], message["to"].lstrip("+"))
        house.remember("SMS code", *re.findall(r"\b\d{8}\b", message["text"]))
    return code


def _typed(house: House) -> str:
    wrong = f"wrong-{secrets.token_hex(8)}"
    house.remember("password", wrong)
    return wrong


def _log_in_by_the_demo_client(house: House) -> None:
    walk = _walk(house)
    walk.start("login_sca")
    walk.say_who()
    code = _code(house, walk)
    walk.confirm(code, password=_typed(house))
    time.sleep(1.1)
    walk.resend()
    walk.confirm(_code(house, walk))
    walk.consent()
    assert "wf_at_" in walk.browser.wait_for_refresh().html
    walk.browser._http.close()  # noqa: SLF001


def _cancel(house: House) -> None:
    walk = _walk(house)
    walk.start("payment_sca")
    walk.say_who()
    walk.confirm(_code(house, walk))
    walk.review()
    _code(house, walk)
    walk.browser.press("cancel")
    assert "access_denied" in walk.browser.wait_for_refresh().text
    walk.browser._http.close()  # noqa: SLF001


def _exhaust_attempts(house: House) -> None:
    walk = _walk(house)
    walk.start("payment_sca")
    walk.say_who()
    code = _code(house, walk)
    for _ in range(5):
        walk.confirm(code, password=_typed(house))
    assert (walk.page.content.refresh or (0, ""))[1]
    walk.browser._http.close()  # noqa: SLF001


def _pay_as_a_third_party(house: House) -> tuple[str, str]:
    """Walk a payment for a client of our own; return its code and the verifier."""
    operation = httpx2.post(
        f"{house.portal.address}/powerauth-nextstep/operation",
        json={
            "requestObject": {
                "operationName": "authorize_payment_sca",
                "operationData": "A1*A100CZK*Q238400856/0300**D20170629*NLeaks",
                "params": [],
                "applicationContext": {"id": CLIENT, "name": "Leaks", "originalScopes": ["pisp"]},
            }
        },
        trust_env=False,
    ).json()["responseObject"]["operationId"]
    walk, verifier = _asked(house, scope="openid profile pisp", operation_id=operation)
    walk.say_who()
    walk.confirm("00000000")
    walk.confirm(_code(house, walk))
    walk.review()
    walk.confirm(_code(house, walk))
    walk.consent()
    return _came_back(house, walk), verifier


def _log_in_as_a_third_party(house: House) -> tuple[str, str]:
    """Walk a login whose access can be refreshed; return its code and the verifier."""
    walk, verifier = _asked(house, scope="openid profile aisp offline_access")
    walk.say_who()
    walk.confirm(_code(house, walk))
    walk.consent()
    return _came_back(house, walk), verifier


def _asked(house: House, **more: str) -> tuple[Walk, str]:
    """Send a visitor to the portal; return them with the verifier."""
    verifier = secrets.token_urlsafe(48)
    house.remember("code verifier", verifier)
    digest = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": f"{house.portal.demo}/connect/demo",
        "state": secrets.token_urlsafe(8),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        **more,
    }
    walk = _walk(house)
    walk.browser.open(f"{house.portal.address}/oauth2/authorize?{urlencode(query)}")
    return walk, verifier


def _came_back(house: House, walk: Walk) -> str:
    """Return the code that a visitor brings back."""
    walk.browser.wait_for_refresh()
    (code,) = parse_qs(urlsplit(walk.page.url).query)["code"]
    house.remember("authorization code", code)
    walk.browser._http.close()  # noqa: SLF001
    return code


def _secret(house: House) -> str:
    own = [s for s in house.secrets["client secret"] if not s.endswith("=")]
    return next(s for s in own if not s.startswith("wrong-"))


def _post(house: House, path: str, given: Mapping[str, str], key: str) -> httpx2.Response:
    return httpx2.post(
        f"{house.portal.address}{path}", data=given, auth=(CLIENT, key), trust_env=False
    )


def _form(house: House, code: str, verifier: str) -> Mapping[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": f"{house.portal.demo}/connect/demo",
        "code_verifier": verifier,
    }


def _refresh(house: House, code: str, verifier: str) -> None:
    """Refresh, revoke, and bring a used and a revoked token back."""
    secret = _secret(house)
    tokens = [_post(house, "/oauth2/token", _form(house, code, verifier), secret).json()]
    form = {"grant_type": "refresh_token"}
    for _ in range(2):
        given = form | {"refresh_token": tokens[-1]["refresh_token"]}
        tokens.append(_post(house, "/oauth2/token", given, secret).json())
    for each in tokens:
        house.remember("access token", each["access_token"])
        house.remember("refresh token", each["refresh_token"])
        house.remember("ID token", each["id_token"])
    last = {"token": tokens[-1]["refresh_token"]}
    assert _post(house, "/oauth2/introspect", last, secret).json()["active"]
    assert _post(house, "/oauth2/revoke", last, secret).status_code == 200
    for each in tokens:
        refused = form | {"refresh_token": each["refresh_token"]}
        assert _post(house, "/oauth2/token", refused, secret).status_code == 400
        asked = {"token": each["access_token"]}
        assert _post(house, "/oauth2/introspect", asked, secret).json() == {"active": False}


def _exchange(house: House, code: str, verifier: str) -> None:
    secret, form = _secret(house), _form(house, code, verifier)
    wrong = f"wrong-{secrets.token_hex(16)}"
    house.remember("client secret", wrong)

    def post(path: str, given: Mapping[str, str], key: str) -> httpx2.Response:
        return _post(house, path, given, key)

    assert post("/oauth2/token", form, wrong).status_code == 401
    tokens = post("/oauth2/token", form, secret).json()
    house.remember("access token", tokens["access_token"])
    house.remember("ID token", tokens["id_token"])
    asked = {"token": tokens["access_token"]}
    assert post("/oauth2/introspect", asked, secret).json()["active"]
    assert post("/oauth2/introspect", asked, wrong).status_code == 401
    for path in ("/oauth2/userinfo", "/api/secure/profile/me", "/api/secure/profile/me/info"):
        for token in (tokens["access_token"], tokens["access_token"][:-1]):
            httpx2.get(
                f"{house.portal.address}{path}",
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
            )
    assert post("/oauth2/token", form, secret).status_code == 400  # a replay
    assert post("/oauth2/introspect", asked, secret).json() == {"active": False}


def _fail_on_purpose(house: House) -> None:
    """Send secrets where they do not belong: what cannot be read is not repeated either."""
    stray = f"stray{secrets.token_hex(12)}"
    house.remember("stray secret", stray)
    for method, path in (
        ("GET", f"/oauth2/authorize?client_id={stray}&code={stray}"),
        ("GET", f"/flow/x?password={stray}"),
        ("POST", f"/oauth2/token?client_secret={stray}"),
    ):
        httpx2.request(method, f"{house.portal.address}{path}", trust_env=False)
    httpx2.post(
        f"{house.portal.address}/powerauth-nextstep/operation",
        content=f'{{"requestObject": {{"operationName": "{stray}", "operationData": 7}}}}',
        headers={"Content-Type": "application/json", "Authorization": f"Basic {stray}"},
        trust_env=False,
    )
    host, _, port = house.portal.address.removeprefix("http://").partition(":")

    for raw in (f"GET /?code={stray} HTTP/9.9\r\n\r\n", f"GET / HTTP/1.1\r\nA b: {stray}\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(raw.encode())
            connection.recv(1000)


def _basic(client_id: str, secret: str) -> str:
    return base64.b64encode(f"{client_id}:{secret}".encode()).decode()


# --- the search ---------------------------------------------------------------------------------


def found_in(place: str, secret: str) -> bool:
    """Whether a text holds a secret; digits must not be part of a longer number."""
    if secret.isdigit():
        return re.search(rf"(?<![\w.]){secret}(?![\w.])", place) is not None
    return secret in place


def columns(database: str) -> Iterator[tuple[str, str]]:
    """Yield every column of every table, with everything that stands in it."""
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            for table in inspect(engine).get_table_names():
                kept: dict[str, list[str]] = defaultdict(list)
                for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings():  # noqa: S608
                    for name, value in row.items():
                        kept[name].append(_written(value))
                for name, values in kept.items():
                    yield f"{table}.{name}", "\n".join(values)
    finally:
        engine.dispose()


def _written(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def test_the_walks_have_met_every_kind_of_secret(walked):
    assert {
        "SMS code",
        "CSRF token",
        "ID token",
        "access token",
        "authorization code",
        "client secret",
        "code verifier",
        "cookie wf_browser",
        "cookie wf_session",
        "cookie wfdemo_session",
        "password",
        "phone number",
        "refresh token",
        "root secret",
    } <= set(walked.secrets)
    assert len(walked.secrets["SMS code"]) >= 7
    assert len(walked.secrets["cookie wf_browser"]) >= 7  # rotated after each proof
    assert len(walked.urls) > 50


def test_no_secret_is_in_anything_that_a_process_has_written(walked):
    written = walked.portal.output
    assert '"event": "request.answered"' in written
    assert '"level": "debug"' in written
    leaks = [
        (kind, line)
        for kind, values in walked.secrets.items()
        for value in values
        if found_in(written, value)
        for line in walked.portal.lines
        if found_in(line, value)
    ]
    assert leaks == []
    assert "Traceback" not in written


def test_no_secret_is_in_a_row_but_where_testers_read_it(walked):
    kept = dict(columns(walked.database))
    assert kept["audit.name"].count("flow.step.rejected") >= 4
    leaks = [
        (kind, place)
        for kind, values in walked.secrets.items()
        for value in values
        for place, held in kept.items()
        if place not in ALLOWED.get(kind, ()) and found_in(held, value)
    ]
    assert leaks == []
    for kind, places in ALLOWED.items():  # the search does find what is there
        for place in places:
            assert any(found_in(kept[place], value) for value in walked.secrets[kind]), place


def test_no_secret_is_in_a_file_beside_the_database(walked):
    for path in walked.folder.rglob("*"):
        if not path.is_file() or path.name.startswith("webflow.db"):
            continue
        held = path.read_bytes().decode("latin-1")
        for kind, values in walked.secrets.items():
            assert not any(found_in(held, value) for value in values), (kind, path)


def test_no_secret_is_in_a_url_but_the_code_in_that_of_the_callback(walked):
    callback = f"{walked.portal.demo}/connect/demo?"
    leaks = [
        (kind, url)
        for kind, values in walked.secrets.items()
        for value in values
        for url in walked.urls
        if found_in(url, value) and not (kind == "authorization code" and url.startswith(callback))
    ]
    assert leaks == []
    for code in walked.secrets["authorization code"]:
        assert any(code in url for url in walked.urls)


def test_no_secret_and_no_id_is_in_the_numbers_and_all_processes_count_together(walked):
    for _ in range(3):  # whichever process answers
        written = httpx2.get(f"{walked.portal.address}/metrics", trust_env=False).text
        for kind, values in walked.secrets.items():
            assert not any(found_in(written, value) for value in values), kind
        assert not re.search(r'"[0-9a-f]{8}-[0-9a-f]{4}-', written)
        done = 'webflow_flows_ended_total{operation="authorize_payment_sca",result="done"} 1.0'
        failed = 'webflow_flows_ended_total{operation="authorize_payment_sca",result="failed"} 1.0'
        assert done in written
        assert failed in written
        assert 'webflow_sms_total{state="asked"} 8.0' in written


def test_the_trail_of_the_walks_is_sound(walked):
    walked.flask("audit", "seal")
    assert walked.flask("audit", "verify").startswith("Sound: ")
