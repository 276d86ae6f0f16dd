"""Whatever is sent, nobody gets a server error, and nobody is sent to a stranger."""

from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oauth.conftest import CALLBACK, ThirdParty, basic

NAMES = sorted(
    {
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method", "prompt", "ui_locales", "operation_id", "response_mode",
        "request", "claims", "max_age", "login_hint", "acr_values", "id_token_hint", "display",
    }
)  # fmt: skip
ANY = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FORM = "application/x-www-form-urlencoded"
HEADER = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n\0"), max_size=60)
BACK_CHANNEL = ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"]
FOR_BEARERS = ["/oauth2/userinfo", "/api/secure/profile/me", "/api/secure/profile/me/info"]
PUBLISHED = [
    "/oauth2/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
]  # fmt: skip
METHODS = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X"]
)
FIELDS = st.sampled_from(
    [
        "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "token",
        "token_type_hint", "client_id", "client_secret", "client_assertion", "x",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["refresh_token", "authorization_code", "democlient", "wf_rt_" + "x" * 43]),
    st.integers(200, 5000).map(lambda size: "x" * size),
)
NO_CONTENT = (200, 204)


def check(answer):
    assert answer.status_code < 500
    location = answer.location or "/flow/"
    assert location.startswith((CALLBACK + "?", "/flow/")), location


def refused_in_the_words_of_oauth(answer):
    assert 400 <= answer.status_code < 500
    assert answer.mimetype == "application/json"
    assert answer.json["error"]
    assert answer.json.get("error_description", "").isascii()
    return True


@ANY
@given(changes=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=80), max_size=3))
def test_any_text_in_an_authorization_request(lasting_app, changes):
    tpp = ThirdParty(lasting_app)

    check(tpp.authorize(**changes))


@ANY
@given(more=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=4))
def test_any_repeated_or_oversized_parameter_of_an_authorization_request(lasting_app, more):
    tpp = ThirdParty(lasting_app)
    form = urlencode([*tpp.request().items(), *more])

    check(tpp.browser.get(f"/oauth2/authorize?{form}"))
    check(tpp.browser.post("/oauth2/authorize", data=form, content_type=FORM))


@ANY
@given(query=st.binary(max_size=200))
def test_any_bytes_as_an_authorization_request(lasting_app, query):
    http = lasting_app.test_client()
    raw = {"QUERY_STRING": query.decode("latin-1")}

    check(http.get("/oauth2/authorize", environ_overrides=raw))
    check(http.post("/oauth2/authorize", data=query, content_type=FORM))


@ANY
@given(body=st.binary(max_size=200), header=HEADER)
@pytest.mark.parametrize("path", BACK_CHANNEL)
def test_any_bytes_at_the_back_channel(lasting_app, path, body, header):
    http = lasting_app.test_client()

    for headers in ({"Authorization": header}, basic("democlient", "changeme")):
        answer = http.post(path, data=body, content_type=FORM, headers=headers)
        assert refused_in_the_words_of_oauth(answer)


@ANY
@given(pairs=st.lists(st.tuples(FIELDS, VALUES), max_size=5))
@pytest.mark.parametrize("path", BACK_CHANNEL)
def test_any_repeated_or_oversized_parameter_at_the_back_channel(lasting_app, path, pairs):
    http = lasting_app.test_client()

    for headers in ({}, basic("democlient", "changeme")):
        answer = http.post(path, data=urlencode(pairs), content_type=FORM, headers=headers)
        assert answer.status_code == 200 or refused_in_the_words_of_oauth(answer)
        assert answer.status_code != 200 or answer.json in ({}, {"active": False})


@ANY
@given(method=METHODS, content_type=HEADER, body=st.binary(max_size=100))
@pytest.mark.parametrize("path", BACK_CHANNEL + FOR_BEARERS + PUBLISHED)
def test_any_method_and_any_type_of_content(lasting_app, path, method, content_type, body):
    answer = lasting_app.test_client().open(
        path, method=method, data=body, headers={"Content-Type": content_type}
    )

    if answer.status_code in NO_CONTENT:
        assert method in ("OPTIONS", "GET", "HEAD")
    elif method == "HEAD":
        assert 400 <= answer.status_code < 500
    else:
        assert refused_in_the_words_of_oauth(answer)


@ANY
@given(code=st.text(), redirect_uri=st.text(), token=st.text(), scope=st.text())
def test_any_text_at_the_back_channel(lasting_app, code, redirect_uri, token, scope):
    tpp = ThirdParty(lasting_app)

    assert tpp.exchange(code, redirect_uri=redirect_uri).status_code == 400
    assert tpp.refresh(token, scope=scope).status_code == 400
    assert tpp.introspect(token).status_code in (200, 400)
    assert tpp.revoke(token).status_code in (200, 400)


@ANY
@given(header=HEADER)
def test_any_header_of_a_bearer(lasting_app, header):
    http = lasting_app.test_client()

    for path in FOR_BEARERS:
        for given_header in (header, f"Bearer {header}"):
            answer = http.get(path, headers={"Authorization": given_header})
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@ANY
@given(address=st.binary(min_size=1, max_size=80))
def test_any_bytes_as_a_way_back(lasting_app, address):
    path = "/oauth2/resume/" + address.decode("latin-1")

    answer = lasting_app.test_client().get("/x", environ_overrides={"PATH_INFO": path})

    assert 300 <= answer.status_code < 500
    assert "code=" not in (answer.location or "")


@ANY
@given(method=METHODS, body=st.binary(max_size=100))
@pytest.mark.parametrize("path", ["/oauth2/authorize", "/oauth2/resume/" + "x" * 43])
def test_any_method_where_browsers_come(lasting_app, path, method, body):
    check(lasting_app.test_client().open(path, method=method, data=body, content_type=FORM))
