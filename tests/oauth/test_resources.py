"""Userinfo and the two profile addresses: for bearers, by header only."""

import pytest

from tests.oauth.conftest import USER

PATHS = ["/oauth2/userinfo", "/api/secure/profile/me", "/api/secure/profile/me/info"]


def as_bearer(asking, path, token, method="GET"):
    headers = {"Authorization": f"Bearer {token}"}
    return asking.app.test_client().open(path, method=method, headers=headers)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_userinfo_tells_who_the_customer_is(asking, issued, method):
    answer = as_bearer(asking, "/oauth2/userinfo", issued["access_token"], method)

    assert answer.json == {
        "sub": USER,
        "name": "John Doe",
        "given_name": "John",
        "family_name": "Doe",
    }
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_profile_tells_of_user_connection_and_service(asking, issued, method):
    answer = as_bearer(asking, "/api/secure/profile/me", issued["access_token"], method)

    timestamp = answer.json["service"]["timestamp"]
    assert timestamp.endswith("+0000")
    assert answer.json == {
        "user": {"id": USER, "givenName": "John", "familyName": "Doe", "extras": {}},
        "connection": {"language": "en", "sca": True, "organizationId": "RETAIL"},
        "service": {
            "applicationName": "webflow",
            "applicationDisplayName": "Demo Bank",
            "applicationEnvironment": "demo",
            "timestamp": timestamp,
        },
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_profile_info_is_flat(asking, issued, method):  # checklist 131
    answer = as_bearer(asking, "/api/secure/profile/me/info", issued["access_token"], method)

    assert answer.json == {
        "id": USER,
        "sub": USER,
        "given_name": "John",
        "family_name": "Doe",
        "extras": {},
    }


def test_names_are_told_only_for_the_scope_profile(tpp):
    token = tpp.tokens(scope="openid aisp")["access_token"]

    assert tpp.get("/oauth2/userinfo", token).json == {"sub": USER}
    assert tpp.get("/api/secure/profile/me", token).json["user"]["givenName"] is None
    assert tpp.get("/api/secure/profile/me/info", token).json["family_name"] is None


def test_userinfo_needs_the_scope_openid(tpp):
    token = tpp.tokens(scope="profile aisp")["access_token"]

    answer = tpp.get("/oauth2/userinfo", token)

    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == 'Bearer realm="webflow", error="insufficient_scope", scope="openid"'
    assert tpp.get("/api/secure/profile/me", token).status_code == 200


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic ZGVtbzpkZW1v", "Token x"])
def test_without_a_token_the_challenge_has_no_error_code(asking, path, header):  # checklist 131
    headers = {} if header is None else {"Authorization": header}

    answer = asking.app.test_client().get(path, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="webflow"'
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("token", ["x", "wf_at_" + "x" * 43, "a b", '"\\', "žluť", "x" * 5000])
def test_a_wrong_token_is_an_invalid_token(asking, path, token):
    answer = as_bearer(asking, path, token)

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.json["error"] == "invalid_token"


@pytest.mark.parametrize("path", PATHS)
def test_a_token_in_the_query_or_in_a_form_is_no_token(asking, issued, path):  # §2.1
    http, given = asking.app.test_client(), {"access_token": issued["access_token"]}

    assert http.get(path, query_string=given).status_code == 401
    assert http.post(path, data=given).status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_an_id_token_opens_nothing(asking, issued, path):
    assert as_bearer(asking, path, issued["id_token"]).status_code == 401


def test_the_tokens_of_a_disabled_client_open_nothing(tpp):
    from app import clock  # noqa: PLC0415
    from app.store.oauth import OAuthClient  # noqa: PLC0415
    from tests.oauth.conftest import writing  # noqa: PLC0415

    token = tpp.tokens()["access_token"]
    with writing(tpp.app) as session:
        session.get(OAuthClient, "democlient").disabled_at = clock.now()

    assert [tpp.get(path, token).status_code for path in PATHS] == [401, 401, 401]


def test_a_customer_whom_the_bank_has_blocked_is_anonymous(tpp):  # checklist 132
    from sqlalchemy import update  # noqa: PLC0415

    from app.store.oauth import Token  # noqa: PLC0415
    from tests.oauth.conftest import writing  # noqa: PLC0415

    token = tpp.tokens()["access_token"]
    with writing(tpp.app) as session:
        session.execute(update(Token).values(user_id="blocked-user"))

    profile = tpp.get("/api/secure/profile/me", token).json
    assert profile["user"]["id"] == "anonymousUser"
    assert profile["user"]["givenName"] is None
    assert profile["connection"] == {"language": "en", "sca": False, "organizationId": None}
    assert tpp.get("/api/secure/profile/me/info", token).json["sub"] == "anonymousUser"
    assert tpp.get("/oauth2/userinfo", token).json == {"sub": "blocked-user"}
