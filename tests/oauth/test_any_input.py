"""Whatever is sent, nobody gets a server error, and nobody is sent to a stranger."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oauth.conftest import CALLBACK, ThirdParty, basic

NAMES = sorted(
    {
        "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
        "code_challenge_method", "prompt", "ui_locales", "operation_id", "response_mode",
        "request", "claims", "max_age",
    }
)  # fmt: skip
ANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FORM = "application/x-www-form-urlencoded"
HEADER = st.text(st.characters(max_codepoint=255, blacklist_characters="\r\n\0"), max_size=60)


def check(answer):
    assert answer.status_code < 500
    location = answer.location or "/flow/"
    assert location.startswith((CALLBACK + "?", "/flow/")), location


@ANY
@given(changes=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=80), max_size=3))
def test_any_text_in_an_authorization_request(lasting_app, changes):
    tpp = ThirdParty(lasting_app)

    check(tpp.authorize(**changes))


@ANY
@given(query=st.binary(max_size=200))
def test_any_bytes_as_an_authorization_request(lasting_app, query):
    http = lasting_app.test_client()
    raw = {"QUERY_STRING": query.decode("latin-1")}

    check(http.get("/oauth2/authorize", environ_overrides=raw))
    check(http.post("/oauth2/authorize", data=query, content_type=FORM))


@ANY
@given(body=st.binary(max_size=200), header=HEADER)
@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect"])
def test_any_bytes_at_the_back_channel(lasting_app, path, body, header):
    http = lasting_app.test_client()

    for headers in ({"Authorization": header}, basic("democlient", "changeme")):
        answer = http.post(path, data=body, content_type=FORM, headers=headers)
        assert 400 <= answer.status_code < 500
        assert answer.json["error"]


@ANY
@given(code=st.text(), redirect_uri=st.text(), token=st.text())
def test_any_text_at_the_back_channel(lasting_app, code, redirect_uri, token):
    tpp = ThirdParty(lasting_app)

    assert tpp.exchange(code, redirect_uri=redirect_uri).status_code == 400
    assert tpp.introspect(token).status_code in (200, 400)


@ANY
@given(header=HEADER)
def test_any_header_of_a_bearer(lasting_app, header):
    http = lasting_app.test_client()

    for path in ("/oauth2/userinfo", "/api/secure/profile/me"):
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
