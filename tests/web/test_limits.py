"""How often one address may ask: with Redis, without it, and while it is lost or slow."""

import time
from collections.abc import Iterator

import pytest

from app.hints import REDIS_TIMEOUT
from app.settings import NextStepSettings, ProxySettings, RateLimitSettings
from tests.support.databases import built
from tests.support.nevis import Nevis
from tests.support.redis import Server, own_redis
from tests.support.store import census
from tests.support.walker import Walker

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

TWICE = RateLimitSettings(
    authorize="2/minute",
    oauth_failures="2/minute",
    nextstep_failures="2/minute",
    cloud_failures="2/minute",
    nevis_failures="2/minute",
)
WRONG = {"Authorization": "Basic bm9ib2R5Ondyb25n"}
RIGHT = {"Authorization": "Basic ZGVtb2NsaWVudDpjaGFuZ2VtZQ=="}
CLOUD = "/powerauth-cloud/v2/registrations"
DETAIL = "/powerauth-nextstep/operation/detail?operationId=x"


@pytest.fixture
def limited(settings):
    """Settings by which each thing may happen twice a minute."""
    changes = {"rate_limits": TWICE, "nextstep": NextStepSettings(auth="basic")}
    return settings.model_copy(update=changes)


@pytest.fixture
def strict(limited):
    with built(limited) as app:
        yield app


@pytest.fixture
def redis() -> Iterator[Server]:
    with own_redis() as server:
        yield server


def introspect(app, headers, **environ):
    return app.test_client().post(
        "/oauth2/introspect", data={"token": "x"}, headers=headers, environ_base=environ
    )


# --- what is limited, and how it is said --------------------------------------------------------


def test_flows_that_are_started_too_often_are_refused_on_a_page(strict):
    walker = Walker(strict)
    for _ in range(2):
        assert walker.authorize().status_code == 303
    before = census(strict)
    said = walker.authorize()
    assert said.status_code == 429
    assert said.headers["Retry-After"] == "60"
    assert "Too many requests came from your network" in said.text
    assert census(strict) == before


def test_a_flow_that_runs_goes_on_however_often_its_page_is_opened(strict):
    walker = Walker(strict)
    walker.start_login()
    walker.authorize()
    assert walker.authorize().status_code == 429
    other = Walker(strict)
    other.client, other.address = walker.client, walker.address
    for _ in range(5):
        assert other.get().status_code in (200, 409)


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect"])
def test_failures_of_clients_are_refused_in_the_words_of_oauth(strict, path):
    call = strict.test_client().post
    form = {"grant_type": "authorization_code", "token": "x"}
    for _ in range(2):
        assert call(path, data=form, headers=WRONG).status_code == 401
    for headers in (WRONG, RIGHT):
        said = call(path, data=form, headers=headers)
        assert said.status_code == 429
        assert said.content_type == "application/json"
        assert said.json == {"error": "temporarily_unavailable"}
        assert said.headers["Retry-After"] == "60"


def test_failures_of_back_ends_are_refused_in_the_envelope_of_next_step(strict):
    for _ in range(2):
        assert strict.test_client().get(DETAIL, headers=WRONG).status_code == 401
    said = strict.test_client().get(DETAIL, headers=WRONG)
    assert said.status_code == 429
    assert said.json == {
        "status": "ERROR",
        "responseObject": {
            "code": "ERROR_TRY_AGAIN",
            "message": "Too many failures from this address.",
        },
    }
    assert said.headers["Retry-After"] == "60"


def test_failures_of_back_ends_are_refused_in_the_words_of_the_cloud_api(strict):
    for _ in range(2):
        assert strict.test_client().get(CLOUD, headers=WRONG).status_code == 401
    good = {"Authorization": "Basic aW50ZWdyYXRpb24tdXNlcjpjaGFuZ2VtZQ=="}
    for headers in (WRONG, good):
        said = strict.test_client().get(CLOUD, headers=headers)
        assert (said.status_code, said.headers["Retry-After"]) == (429, "60")
        told = {"code": "HTTP_429", "message": "Too Many Requests"}
        assert said.json == {"status": "ERROR", "responseObject": told}


NEVIS = "/nevis/demo"
ASSERTED = {
    "clientDataJSON": "e30",
    "authenticatorData": "AA",
    "signature": "AA",
    "userHandle": "AA",
}
ATTESTED = {"clientDataJSON": "e30", "attestationObject": "AA"}
GUESSES = [
    ("/api/v1/status", {"statusToken": "x"}, None, 200),
    *(
        (f"/_app/{what}/result", {"type": "public-key", "id": "AA", "response": said}, None, 200)
        for what, said in (("assertion", ASSERTED), ("attestation", ATTESTED))
    ),
    ("/ping", None, None, 401),
    ("/ping", None, "wrong", 403),
    ("/nevisfido/token/redeem/registration", {"token": "x"}, None, 404),
    ("/nevisfido/uaf/response", {"serverData": "x", "rejected": True}, None, 404),
]


@pytest.mark.parametrize(("path", "body", "bearer", "status"), GUESSES)
def test_guesses_of_the_second_facade_are_refused_in_its_words(strict, path, body, bearer, status):
    def ask(bearer):
        headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        method = "GET" if body is None else "POST"
        return strict.test_client().open(NEVIS + path, method=method, json=body, headers=headers)

    for _ in range(2):
        assert ask(bearer).status_code == status
    for each in (bearer, "demo-access-key"):
        said = ask(each)
        assert (said.status_code, said.headers["Retry-After"]) == (429, "60")
        told = {"code": "requests.tooMany", "message": "Too many failures from this address."}
        assert said.json == {"errors": [told]}


def test_users_who_are_not_there_are_no_guesses(strict):
    headers = {"Authorization": "Bearer demo-access-key"}
    for _ in range(4):
        wanted = {"username": "nobody", "message": "Pay?"}
        said = strict.test_client().post(f"{NEVIS}/api/v1/approval", json=wanted, headers=headers)
        assert said.status_code == 404


def test_an_application_that_says_when_is_not_overruled(limited):
    once = limited.nevis.model_copy(update={"requests_per_hour": 1})
    with built(limited.model_copy(update={"nevis": once})) as app:
        nevis = Nevis(app)
        nevis.with_app()
        nevis.approve(channel="app")
        said = nevis.ask("POST", "/api/v1/approval", {"username": "u12345", "message": "Pay?"})
    assert said.status_code == 429
    assert int(said.headers["Retry-After"]) > 3500


def test_each_limit_counts_for_itself(strict):
    for _ in range(3):
        introspect(strict, WRONG)
    assert strict.test_client().get(DETAIL, headers=WRONG).status_code == 401
    assert Walker(strict).authorize().status_code == 303


def test_who_authenticates_is_never_counted(strict):
    for _ in range(5):
        assert introspect(strict, RIGHT).status_code == 200


@pytest.mark.parametrize(
    "path", ["/healthz", "/readyz", "/metrics", "/oauth2/jwks", "/flow/unknown", "/demo/sms"]
)
def test_everything_else_is_never_counted(strict, path):
    for _ in range(3):
        introspect(strict, WRONG)
        Walker(strict).authorize()
    assert strict.test_client().get(path).status_code != 429


def test_an_empty_limit_is_none(limited):
    off = RateLimitSettings(authorize="", oauth_failures="", nextstep_failures="")
    with built(limited.model_copy(update={"rate_limits": off})) as app:
        for _ in range(130):
            assert introspect(app, WRONG).status_code == 401


def test_a_refusal_is_counted_and_logged_without_the_address(strict, caplog):
    for _ in range(3):
        introspect(strict, WRONG, REMOTE_ADDR="192.0.2.77")
    numbers = strict.test_client().get("/metrics").text
    assert 'webflow_rate_limited_total{limit="oauth"}' in numbers
    assert "rate_limited" in caplog.text
    assert "192.0.2.77" not in caplog.text


# --- whom it counts -----------------------------------------------------------------------------


def test_another_address_is_not_refused(strict):
    for _ in range(3):
        introspect(strict, WRONG, REMOTE_ADDR="192.0.2.1")
    assert introspect(strict, WRONG, REMOTE_ADDR="192.0.2.2").status_code == 401


def test_the_addresses_of_one_customer_s_ipv6_network_are_one(strict):
    for number in range(2):
        introspect(strict, WRONG, REMOTE_ADDR=f"2001:db8:1:2::{number}")
    assert introspect(strict, WRONG, REMOTE_ADDR="2001:db8:1:2:ffff::1").status_code == 429
    assert introspect(strict, WRONG, REMOTE_ADDR="2001:db8:1:3::1").status_code == 401


def test_nobody_gets_a_fresh_count_by_a_header_of_his_own(strict, limited):
    for number in range(2):
        introspect(strict, {**WRONG, "X-Forwarded-For": f"192.0.2.{number}"})
    assert introspect(strict, {**WRONG, "X-Forwarded-For": "192.0.2.9"}).status_code == 429
    behind = limited.model_copy(update={"proxy": ProxySettings(hops=1)})
    with built(behind) as app:
        for number in range(2):
            introspect(app, {**WRONG, "X-Forwarded-For": f"203.0.113.{number}, 192.0.2.1"})
        same, other = "203.0.113.9, 192.0.2.1", "203.0.113.9, 192.0.2.2"
        assert introspect(app, {**WRONG, "X-Forwarded-For": same}).status_code == 429
        assert introspect(app, {**WRONG, "X-Forwarded-For": other}).status_code == 401


# --- Redis --------------------------------------------------------------------------------------


@pytest.fixture
def processes(limited, redis):
    """Two processes of one portal."""
    shared = limited.model_copy(update={"redis_url": redis.url})
    with built(shared) as one, built(shared) as other:
        yield one, other


def took(act) -> float:
    since = time.monotonic()
    act()
    return time.monotonic() - since


def test_processes_count_together(processes):
    one, other = processes
    assert introspect(one, WRONG).status_code == 401
    assert introspect(other, WRONG).status_code == 401
    assert introspect(one, WRONG).status_code == 429
    assert introspect(other, WRONG).status_code == 429


@pytest.mark.parametrize("fault", ["stop", "pause"])
def test_a_redis_that_is_lost_or_slow_fails_no_request_and_each_process_counts(
    processes, redis, fault
):
    one, other = processes
    introspect(one, WRONG)
    introspect(other, WRONG)
    getattr(redis, fault)()
    asked = 40
    assert took(lambda: [introspect(one, RIGHT) for _ in range(asked)]) < asked * REDIS_TIMEOUT / 2
    assert [introspect(one, WRONG).status_code for _ in range(3)] == [401, 401, 429]
    assert [Walker(other).authorize().status_code for _ in range(3)] == [303, 303, 429]


@pytest.mark.parametrize(("fault", "mend"), [("stop", "start"), ("pause", "resume")])
def test_a_redis_that_comes_back_counts_again(processes, redis, fault, mend):
    one, other = processes
    getattr(redis, fault)()
    assert introspect(one, RIGHT).status_code == 200
    assert introspect(other, RIGHT).status_code == 200
    getattr(redis, mend)()
    time.sleep(2.5)  # who found it lost looks for it again after a second, then after two
    for app in (one, other):
        assert introspect(app, RIGHT).status_code == 200
    assert introspect(one, WRONG).status_code == 401
    assert introspect(other, WRONG).status_code == 401
    assert introspect(one, WRONG).status_code == 429


def test_a_redis_that_is_not_there_at_the_start_fails_no_request(limited, tmp_path):
    lost = limited.model_copy(update={"redis_url": f"unix://{tmp_path / 'nothing'}"})
    with built(lost) as app:
        assert [introspect(app, WRONG).status_code for _ in range(3)] == [401, 401, 429]
        assert app.test_client().get("/readyz").status_code == 200
