"""Who may call (decisions 14 and 18), and what a back end may confirm."""

import base64
import json
import time

import bcrypt
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import ValidationError
from sqlalchemy import delete, text
from werkzeug import Response

from app import clock
from app.mtoken.access import ADMIN, INTEGRATION, SystemUsers
from app.settings import NextStepSettings, Settings
from app.store.flows import FlowRecord
from app.store.system_users import SystemUser
from tests.support.backend import BackEnd
from tests.support.databases import built
from tests.support.store import on_sqlite, parts_of, reading, writing
from tests.support.threads import at_once

ISSUER, AUDIENCE = "https://idp.example.com", "next-step"
READ = ("GET", "/organization")
CHANGE = ("POST", "/application", {"applicationName": "NEW"})


@pytest.fixture
def with_nextstep(settings):
    """Build the application with other settings of this API."""
    opened = []

    def build(**changes):
        other = settings.model_copy(update={"nextstep": NextStepSettings(**changes)})
        context = built(other)
        opened.append(context)
        return context.__enter__()

    yield build
    for context in opened:
        context.__exit__(None, None, None)


def basic(name, password):
    both = base64.b64encode(f"{name}:{password}".encode()).decode()
    return {"Authorization": f"Basic {both}"}


def system_user(app, name, *authorities):
    with writing(app) as session:
        users = SystemUsers(session, parts_of(app).vault, parts_of(app).remembered)
        return users.add(name, *authorities)


def status(app, *call, headers=None):
    method, path, *wanted = call
    answer = BackEnd(app, headers=headers).ask(method, path, **(wanted[0] if wanted else {}))
    if answer.status_code in (401, 403):
        code = {401: "ERROR_UNAUTHORIZED", 403: "ERROR_FORBIDDEN"}[answer.status_code]
        assert answer.json["responseObject"]["code"] == code
    return answer.status_code


# --- settings --------------------------------------------------------------------------------


def test_production_does_not_let_everybody_in():
    with pytest.raises(ValidationError, match="WEBFLOW_NEXTSTEP__AUTH"):
        Settings(profile="production", bank={"name": "x"})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({}, "WEBFLOW_NEXTSTEP__OIDC_ISSUER, WEBFLOW_NEXTSTEP__OIDC_AUDIENCE"),
        ({"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE}, "OIDC_JWKS_URL"),
        (
            {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE, "oidc_jwks_url": "http://idp/keys"},
            "must be https",
        ),
    ],
)
def test_tokens_need_an_issuer_an_audience_and_keys(changes, named):
    with pytest.raises(ValidationError, match=named):
        NextStepSettings(auth="oidc", **changes)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_no_weak_signature_can_be_configured(algorithm):
    with pytest.raises(ValidationError):
        NextStepSettings(oidc_algorithms=(algorithm,))


@pytest.mark.parametrize(
    ("profile", "given", "trusted"),
    [
        ("demo", None, True),
        ("production", None, False),
        ("demo", False, False),
        ("production", True, True),
    ],
)
def test_back_ends_are_trusted_in_the_demo_only_unless_it_is_set(profile, given, trusted):
    assert NextStepSettings(trusted_updates=given).trusts(profile) is trusted


# --- system users ----------------------------------------------------------------------------


def test_a_system_user_calls_with_its_generated_password(with_nextstep):
    app = with_nextstep(auth="basic")
    password = system_user(app, "robot", INTEGRATION)
    assert status(app, *READ, headers=basic("robot", password)) == 200
    for headers in (
        None, {}, basic("robot", password + "x"), basic("nobody", password), basic("robot", ""),
        {"Authorization": f"Bearer {password}"}, {"Authorization": "Basic %%%"},
        {"Authorization": "Basic \x80"}, basic("a\x00b", "c\x00d"), basic("x" * 300, "y" * 5000),
    ):  # fmt: skip
        assert status(app, *READ, headers=headers) == 401
    answer = app.test_client().get("/powerauth-nextstep/organization")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@on_sqlite
def test_the_password_itself_is_kept_nowhere(with_nextstep):
    app = with_nextstep(auth="basic")
    password = system_user(app, "integration")
    with reading(app) as session:
        kept = session.query(SystemUser).filter_by(username="integration").one().password
    assert password not in kept
    assert kept.startswith("{hmac}")


@on_sqlite
def test_only_an_administrator_changes_the_configuration(with_nextstep):
    app = with_nextstep(auth="basic")
    admin = basic("admin", system_user(app, "admin", ADMIN))
    integration = basic("shop", system_user(app, "shop", INTEGRATION))
    assert status(app, *CHANGE, headers=integration) == 403
    assert status(app, "GET", "/application", headers=integration) == 200
    assert status(app, *CHANGE, headers=admin) == 200


def test_a_user_that_the_guides_sql_made_can_call(with_nextstep, database):  # seed 000
    app = with_nextstep(auth="basic")
    hashed = bcrypt.hashpw(b"a strong password", bcrypt.gensalt(4)).decode()
    user = (
        "INSERT INTO pa_cloud_user (id, username, password, enabled) "
        "VALUES (nextval('pa_cloud_user_seq'), 'system-admin', :hash, true)"
    )
    authority = (
        "INSERT INTO pa_cloud_user_authority (id, user_id, authority) "
        "VALUES (nextval('pa_cloud_user_seq'), "
        "(SELECT id FROM pa_cloud_user WHERE username = 'system-admin'), 'ROLE_ADMIN')"
    )
    if database.startswith("sqlite"):  # it has no sequences
        user, authority = (
            each.replace("nextval('pa_cloud_user_seq')", "7") for each in (user, authority)
        )
    with writing(app) as session:
        session.execute(delete(SystemUser))  # those of the demo
        session.execute(text(user), {"hash": hashed})
        session.execute(text(authority))
    headers = basic("system-admin", "a strong password")
    assert status(app, *CHANGE, headers=headers) == 200
    assert status(app, *READ, headers=basic("system-admin", "another password")) == 401
    assert status(app, *READ, headers=basic("system-admin", "a" * 73)) == 401
    system_user(app, "one-more")


@on_sqlite
def test_a_slow_hash_is_computed_once_and_a_change_counts_at_once(with_nextstep):  # decision 14
    app = with_nextstep(auth="basic")
    with writing(app) as session:
        hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(12)).decode()
        session.add(SystemUser(username="slow", password=hashed, enabled=True))
    headers = basic("slow", "secret")

    def cost():
        began = time.thread_time()
        assert status(app, *READ, headers=headers) == 200
        return time.thread_time() - began

    first = cost()
    assert min(cost() for _ in range(5)) < first / 5
    with writing(app) as session:
        session.query(SystemUser).filter_by(username="slow").one().enabled = False
    assert status(app, *READ, headers=headers) == 401
    with writing(app) as session:
        user = session.query(SystemUser).filter_by(username="slow").one()
        user.enabled, user.password = True, bcrypt.hashpw(b"other", bcrypt.gensalt(4)).decode()
    assert status(app, *READ, headers=headers) == 401
    assert status(app, *READ, headers=basic("slow", "other")) == 200


@on_sqlite
def test_a_flood_of_wrong_passwords_waits_or_is_turned_away(with_nextstep):  # decision 14
    app = with_nextstep(auth="basic")
    with writing(app) as session:
        hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(13)).decode()
        session.add(SystemUser(username="slow", password=hashed, enabled=True))
    wrong = [lambda n=n: status(app, *READ, headers=basic("slow", f"wrong{n}")) for n in range(12)]
    answers = at_once(*wrong)
    assert set(answers) <= {401, 503}
    assert 503 in answers


@on_sqlite
def test_what_is_stored_and_no_hash_lets_nobody_in(with_nextstep):
    app = with_nextstep(auth="basic")
    with writing(app) as session:
        session.add(SystemUser(username="odd", password="secret", enabled=True))
    assert status(app, *READ, headers=basic("odd", "secret")) == 401


@on_sqlite
def test_the_documentation_is_open_to_everybody(with_nextstep):
    client = with_nextstep(auth="basic").test_client()
    for path in ("v3/api-docs", "openapi.json", "swagger-ui/index.html"):
        with client.get(f"/powerauth-nextstep/{path}") as answer:
            assert answer.status_code == 200


# --- what they may confirm -----------------------------------------------------------------------


@pytest.mark.parametrize("step", ["LOGIN_SCA", "APPROVAL_SCA"])
@on_sqlite
def test_what_a_customer_proves_is_not_confirmed_by_a_program(with_nextstep, step):
    app = with_nextstep(auth="basic", trusted_updates=False)
    bank = BackEnd(app, headers=basic("shop", system_user(app, "shop")))
    operation = bank.payment()
    if step == "APPROVAL_SCA":
        bank.update(operation, "USER_ID_ASSIGN", "CONFIRMED", userId="10045678")
    before = bank.detail(operation)
    more = {"authInstruments": ["CREDENTIAL", "OTP_KEY"]}
    assert bank.update_refused(operation, step, "CONFIRMED") == "INVALID_REQUEST"
    assert bank.update_refused(operation, step, "CONFIRMED", **more) == "INVALID_REQUEST"
    assert bank.detail(operation) == before
    assert bank.update(operation, step, "AUTH_FAILED")["result"] == "CONTINUE"


@on_sqlite
def test_a_program_that_is_not_trusted_states_no_proof_anywhere(with_nextstep):
    app = with_nextstep(auth="basic", trusted_updates=False)
    bank = BackEnd(app, headers=basic("shop", system_user(app, "shop")))
    operation = bank.payment()
    more = {"userId": "10045678", "authInstruments": ["POWERAUTH_TOKEN"]}
    code = bank.update_refused(operation, "USER_ID_ASSIGN", "CONFIRMED", **more)
    assert code == "INVALID_REQUEST"
    more.pop("authInstruments")
    assert bank.update(operation, "USER_ID_ASSIGN", "CONFIRMED", **more)["result"] == "CONTINUE"


@on_sqlite
def test_the_history_names_the_system_user(with_nextstep):
    app = with_nextstep(auth="basic", trusted_updates=True)
    bank = BackEnd(app, headers=basic("shop", system_user(app, "shop")))
    bank.update(bank.login(), "LOGIN_SCA", "CONFIRMED")
    with reading(app) as session:
        assert [row.caller for row in session.query(FlowRecord)] == [None, "shop"]


# --- tokens ----------------------------------------------------------------------------------


class Issuer:
    """An identity provider: its keys, and tokens that it signs."""

    def __init__(self, server):
        self.server = server
        self.keys = {}
        self.fetched = 0
        self.failing = False
        server.expect_request("/keys").respond_with_handler(self._publish)

    def _publish(self, _request):
        self.fetched += 1
        if self.failing:
            return Response(status=500)
        keys = [key.as_dict(private=False) for key in self.keys.values()]
        return Response(json.dumps({"keys": keys}), mimetype="application/json")

    def add(self, kid, algorithm="ES256"):
        parameters = {"kid": kid, "alg": algorithm, "use": "sig"}
        kind = ECKey if algorithm == "ES256" else RSAKey
        size = "P-256" if algorithm == "ES256" else 2048
        self.keys[kid] = kind.generate_key(size, parameters)

    def token(self, kid="k1", algorithm="ES256", key=None, **changes):
        now = int(clock.now().timestamp())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "shop", "exp": now + 60, "iat": now}
        given = {name: value for name, value in (claims | changes).items() if value is not None}
        header = {"alg": algorithm, "kid": kid}
        signed = jwt.encode(header, given, key or self.keys[kid], algorithms=[algorithm])
        return {"Authorization": f"Bearer {signed}"}


@pytest.fixture
def issuer(httpserver):
    found = Issuer(httpserver)
    found.add("k1")
    return found


@pytest.fixture
def guarded(with_nextstep, issuer):
    return with_nextstep(
        auth="oidc",
        oidc_issuer=ISSUER,
        oidc_audience=AUDIENCE,
        oidc_jwks_url=issuer.server.url_for("/keys").replace("localhost", "127.0.0.1"),
    )


@on_sqlite
def test_a_bearer_of_a_good_token_calls(guarded, issuer):
    issuer.add("k2", "RS256")
    for headers in (issuer.token(), issuer.token("k2", "RS256"), issuer.token(aud=["x", AUDIENCE])):
        assert status(guarded, *READ, headers=headers) == 200
    assert issuer.fetched == 1


@on_sqlite
def test_the_scope_says_who_may_change_the_configuration(guarded, issuer):
    assert status(guarded, *CHANGE, headers=issuer.token(scope="openid")) == 403
    scope = "openid nextstep.admin"
    assert status(guarded, *CHANGE, headers=issuer.token(scope=scope)) == 200


@on_sqlite
def test_no_other_token_is_taken(guarded, issuer):
    now = int(clock.now().timestamp())
    stranger = ECKey.generate_key("P-256", {"kid": "k1"})
    secret = OctKey.import_key("x" * 32, {"kid": "k1"})
    good = issuer.token()["Authorization"].removeprefix("Bearer ")
    head, body, signature = good.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for headers in (
        issuer.token(iss="https://other"), issuer.token(iss=None), issuer.token(aud="other"),
        issuer.token(aud=None), issuer.token(exp=now - 60), issuer.token(exp=None),
        issuer.token(nbf=now + 3600), issuer.token(sub=None), issuer.token(key=stranger),
        issuer.token(algorithm="HS256", key=secret), {}, basic("shop", "secret"),
        {"Authorization": "Bearer "}, {"Authorization": "Bearer x"},
        {"Authorization": f"Bearer {none}.{body}."}, {"Authorization": f"Bearer {head}.{body}."},
        {"Authorization": f"Bearer {head}.{body}.{signature[:-4]}AAAA"},
        {"Authorization": "Bearer " + "x" * 9000},
    ):  # fmt: skip
        assert status(guarded, *READ, headers=headers) == 401


@on_sqlite
def test_keys_are_kept_and_a_new_one_is_found(guarded, issuer, monkeypatch):
    assert status(guarded, *READ, headers=issuer.token()) == 200
    issuer.add("k2")
    assert status(guarded, *READ, headers=issuer.token("k2")) == 401  # asked a moment ago
    moment = time.monotonic()
    monkeypatch.setattr("app.flows.bearers.time.monotonic", lambda: moment + 11)
    assert status(guarded, *READ, headers=issuer.token("k2")) == 200
    assert issuer.fetched == 2
    issuer.failing = True
    monkeypatch.setattr("app.flows.bearers.time.monotonic", lambda: moment + 700)
    assert (
        status(guarded, *READ, headers=issuer.token("k2")) == 200
    )  # old keys are better than none


@on_sqlite
def test_without_keys_nobody_gets_in_and_the_caller_may_try_again(guarded, issuer):
    issuer.failing = True
    answer = BackEnd(guarded, headers=issuer.token()).ask(*READ)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert answer.json["responseObject"]["code"] == "ERROR_TRY_AGAIN"
