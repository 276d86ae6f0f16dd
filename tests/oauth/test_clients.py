"""Registration: what may be registered, and that repeating it changes nothing."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.oauth.conftest import CALLBACK, ThirdParty, reading
from tests.support.databases import engine_of


def clients_of(app):
    from app.store.oauth import OAuthClient  # noqa: PLC0415

    with reading(app) as session:
        return session.scalars(select(OAuthClient)).all()


def registered(app, **changes):
    """Register a client, and take that back."""
    from app.oauth.clients import ensure_client  # noqa: PLC0415

    wanted = {"secret": "a secret", "name": "Shop", "redirect_uris": [CALLBACK]} | changes
    with Session(engine_of(app).execution_options(writing=True)) as session:
        vault = app.extensions["webflow"].vault
        ensure_client(session, vault=vault, client_id="shop", **wanted)


def test_the_demo_has_one_client(app):
    (client,) = clients_of(app)

    assert client.client_id == "democlient"
    assert client.redirect_uris == [CALLBACK]
    assert client.scopes == ["openid", "profile", "aisp", "pisp", "offline_access"]
    assert client.login_operation == "login_sca"
    assert client.token_endpoint_auth_method == "client_secret_basic"
    assert len(client.secret_hash) == 64


def test_seeding_again_changes_nothing(app):
    from app.factory import seed  # noqa: PLC0415
    from app.store.oauth import SigningKey  # noqa: PLC0415

    seed(app)
    seed(app)

    assert len(clients_of(app)) == 1
    with reading(app) as session:
        assert session.scalar(select(func.count()).select_from(SigningKey)) == 1


def test_seeding_brings_redirect_uris_up_to_date(app, register):
    from app.factory import seed  # noqa: PLC0415

    register("democlient", redirect_uris=["https://old.example/cb"])

    seed(app)

    (client,) = clients_of(app)
    assert client.redirect_uris == [CALLBACK]


def test_two_clients_with_one_secret_are_kept_differently(app, register):
    register("one", secret="same")
    register("two", secret="same")

    hashes = {client.secret_hash for client in clients_of(app)}
    assert len(hashes) == 3


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "/connect/demo",
        "//evil.example/cb",
        "https://",
        "https:cb",
        "https://shop.example/cb#part",
        "https://shop.example/c b",
        'https://shop.example/"',
        "https://shop.example/\\",
        "https://shop.example/\x00",
        "https://shop.example/\n",
        "https://obchod.čz/",
        "https://user@shop.example/",
        "https://shop.example;script-src/",
        "https://shop.example,other/",
        "https://[::1/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "x y:/cb",
    ],
)
def test_what_must_not_be_redirected_to_cannot_be_registered(lasting_app, uri):
    with pytest.raises(ValueError, match="redirect"):
        registered(lasting_app, redirect_uris=[uri])

    assert len(clients_of(lasting_app)) == 1


@pytest.mark.parametrize(
    "uri",
    [
        "https://shop.example/cb",
        "https://shop.example:8443/cb?a=b",
        "http://localhost:8888/connect/demo",
        "http://127.0.0.1/",
        "http://[::1]:8080/cb",
        "com.example.app:/cb",
        "com.example.app://cb",
    ],
)
def test_what_can_be_redirected_to_can_be_registered(lasting_app, uri):
    registered(lasting_app, redirect_uris=[uri])


def test_an_unknown_scope_cannot_be_registered(lasting_app):
    with pytest.raises(ValueError, match="scope"):
        registered(lasting_app, scopes=["openid", "admin"])


@pytest.mark.parametrize(
    "changes",
    [
        {"login_operation": "payment"},
        {"token_endpoint_auth_method": "private_key_jwt"},
        {"token_endpoint_auth_method": "none"},
        {"secret": None},
    ],
    ids=str,
)
def test_the_table_itself_refuses_what_makes_no_sense(lasting_app, changes):
    with pytest.raises(IntegrityError):
        registered(lasting_app, **changes)


# --- apps on the customer's own machine (oauth.md §2.3; RFC 8252, 7.3) ----------------------------

LOOPBACK = ["http://127.0.0.1/cb", "http://[::1]:80/cb"]


@pytest.fixture
def native(app, register):
    register(
        "native", secret=None, token_endpoint_auth_method="none",
        redirect_uris=[*LOOPBACK, "http://localhost/cb", "https://127.0.0.1/secure"],
    )  # fmt: skip
    native = ThirdParty(app)
    native.client_id, native.secret = "native", ""
    return native


@pytest.mark.parametrize(
    "uri", [*LOOPBACK, "http://127.0.0.1:51004/cb", "http://[::1]:51004/cb", "http://[::1]/cb"]
)
def test_a_native_app_may_listen_on_any_port(native, uri):
    answer = native.authorize(redirect_uri=uri)

    assert (answer.status_code, answer.location.startswith("/flow/")) == (303, True)


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:51004/other",
        "http://127.0.0.1:51004/cb/",
        "http://127.0.0.1:51004/cb?x=1",
        "http://127.0.0.1:51004",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:x/cb",
        "http://127.0.0.1:510041/cb",
        "http://127.0.0.1:80@evil.example/cb",
        "http://127.0.0.1.evil.example:80/cb",
        "http://127.0.0.2:80/cb",
        "http://localhost:51004/cb",
        "https://127.0.0.1:51004/secure",
        "HTTP://127.0.0.1:51004/cb",
        "http://127.0.0.1:51004/cb\n",
    ],
)
def test_nothing_but_the_port_is_free(native, uri):
    answer = native.authorize(redirect_uri=uri)

    assert (answer.status_code, answer.location) == (400, None)


def test_the_code_is_bound_to_the_port_that_was_asked_for(native):
    uri = "http://127.0.0.1:51004/cb"
    answer = native.finish(redirect_uri=uri)
    assert answer.location.startswith(uri + "?code=")
    code = dict(parse_qsl(urlsplit(answer.location).query))["code"]

    wrong = native.exchange(code, headers={}, client_id="native", redirect_uri=LOOPBACK[0])

    assert (wrong.status_code, wrong.json["error"]) == (400, "invalid_grant")


def test_a_confidential_client_has_no_free_port(app, register):
    register("server", redirect_uris=LOOPBACK)
    server = ThirdParty(app)
    server.client_id = "server"

    assert server.authorize(redirect_uri=LOOPBACK[0]).status_code == 303
    assert server.authorize(redirect_uri="http://127.0.0.1:51004/cb").status_code == 400
