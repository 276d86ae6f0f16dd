"""What Authlib as documented does wrong (oauth.md §1b), and we must not; races: test_races.py."""

import base64

import pytest
from sqlalchemy import select

from tests.oauth.conftest import CALLBACK, STATE, basic, reading, sent_back
from tests.oauth.test_id_token import read

TOKEN_PATHS = ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"]
WEAK = [
    {"code_challenge": None, "code_challenge_method": None},
    {"code_challenge_method": "plain"},
    {"code_challenge_method": None},
]


def test_a_replay_ends_the_life_of_the_first_tokens(tpp):  # 3
    code = tpp.code(scope="openid offline_access")
    first = tpp.exchange(code).json

    tpp.exchange(code)

    assert tpp.introspect(first["access_token"]).json == {"active": False}
    assert tpp.refresh(first["refresh_token"]).json == {"error": "invalid_grant"}


@pytest.mark.parametrize("weak", WEAK, ids=str)
def test_a_weak_challenge_never_reaches_the_login_page(asking, register_public, weak):  # 4
    for client_id in ("democlient", register_public):
        told = sent_back(asking.authorize(client_id=client_id, **weak))

        assert (told["error"], told["state"]) == ("invalid_request", STATE)


@pytest.fixture(scope="module")
def register_public(lasting_app):
    """Return a public client of the lasting application."""
    from app.oauth.clients import ensure_client  # noqa: PLC0415
    from tests.oauth.conftest import writing  # noqa: PLC0415

    vault = lasting_app.extensions["webflow"].vault
    with writing(lasting_app) as session:
        ensure_client(
            session,
            vault=vault,
            client_id="native",
            secret=None,
            name="native",
            redirect_uris=[CALLBACK],
            token_endpoint_auth_method="none",
        )
    return "native"


@pytest.mark.parametrize("character", ['"', "\\", "\x7f", "é", "\x00"])
def test_what_must_not_stand_in_an_error_is_no_server_error(asking, character):  # 5
    changes = {"redirect_uri": CALLBACK + character, "state": character, "scope": character}

    for name, value in changes.items():
        assert asking.authorize(**{name: value}).status_code in (303, 400)
        assert asking.exchange(value, redirect_uri=value, scope=value).status_code == 400
        assert asking.refresh(value, scope=value).status_code == 400


@pytest.mark.parametrize("path", TOKEN_PATHS)
def test_a_basic_header_that_is_not_utf8_is_no_server_error(asking, path):  # 5
    headers = {"Authorization": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()}

    answer = asking.post(path, headers=headers, grant_type="refresh_token", token="x")

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "form",
    [
        {"client_secret": "changeme"},
        {"client_id": "democlient", "client_secret": "changeme"},
        {"client_id": "native"},
        {"token": ["x", "x"]},
        {"code": ["x", "x"]},
        {"refresh_token": ["x", "x"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", TOKEN_PATHS)
def test_two_methods_two_clients_and_repeated_parameters_are_refused(asking, path, form):  # 6
    answer = asking.post(path, **({"grant_type": "refresh_token", "token": "x"} | form))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_an_access_token_lives_five_minutes_not_ten_days(tpp):  # 7; §2.15
    tokens = tpp.tokens(scope="openid offline_access")

    assert tokens["expires_in"] == tpp.refresh(tokens["refresh_token"]).json["expires_in"] == 300


@pytest.mark.parametrize(
    "changes", [{"prompt": "none"}, {"scope": "x"}, {"code_challenge": None}, {"request": "x"}]
)
def test_every_error_redirect_says_who_we_are(asking, changes):  # 8; §2.5
    assert sent_back(asking.authorize(**changes))["iss"] == "http://localhost:8080"


def test_userinfo_without_a_token_names_no_error(asking):  # 8
    answer = asking.get("/oauth2/userinfo")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="webflow"'


@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_a_request_object_is_refused_and_not_ignored(asking, name):  # 9
    told = sent_back(asking.authorize(**{name: "eyJhbGciOiJub25lIn0.e30."}))

    assert told["error"] == f"{name}_not_supported"


def test_no_code_token_or_client_secret_is_kept_readable(tpp):  # 10
    from app.store.db import Base  # noqa: PLC0415

    code = tpp.code(scope="openid offline_access")
    first = tpp.exchange(code).json
    second = tpp.refresh(first["refresh_token"]).json

    with reading(tpp.app) as session:
        tables = [t for n, t in Base.metadata.tables.items() if n.startswith(("oauth", "audit"))]
        rows = "".join(str(row) for table in tables for row in session.execute(select(table)))
    for tokens in (first, second):
        for name in ("access_token", "refresh_token"):
            assert tokens[name] not in rows
            assert tokens[name][6:] not in rows
    assert code not in rows
    assert "changeme" not in rows


def test_an_id_token_names_its_key(tpp):  # 11
    tokens = tpp.tokens(scope="openid offline_access")
    refreshed = tpp.refresh(tokens["refresh_token"]).json

    published = {key["kid"] for key in tpp.get("/oauth2/jwks").json["keys"]}
    for id_token in (tokens["id_token"], refreshed["id_token"]):
        assert read(tpp, id_token).header["kid"] in published


def test_prompt_none_after_a_login_shows_no_page(tpp):  # 11
    tpp.finish()

    assert sent_back(tpp.authorize(prompt="none"))["error"] == "login_required"


def test_a_wrong_hint_revokes_all_the_same(tpp):  # §1a, RFC 7009
    token = tpp.tokens()["access_token"]

    tpp.revoke(token, token_type_hint="refresh_token")

    assert tpp.introspect(token).json == {"active": False}


def test_a_wrong_secret_and_an_unknown_client_look_the_same(asking):  # §1a
    form = {"grant_type": "refresh_token", "token": "x"}
    for path in TOKEN_PATHS:
        answers = [
            asking.post(path, headers=basic(name, "wrong"), **form)
            for name in ("democlient", "nobody")
        ]
        assert answers[0].json == answers[1].json
        assert answers[0].status_code == answers[1].status_code == 401
