"""The authorization endpoint: who is redirected, who gets a page, and what is said."""

from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from tests.oauth.conftest import CALLBACK, STATE, reading, sent_back

LONG = "x" * 2049
BAD_REDIRECT_URIS = [
    None,
    "",
    "http://evil.example/connect/demo",
    CALLBACK + "/",
    CALLBACK + "?more=1",
    CALLBACK.upper(),
    CALLBACK.replace("8888", "8889"),
    'http://localhost:8888/connect/demo"',
    "http://localhost:8888\\connect\\demo",
    "http://localhost:8888/connect/demo\x00",
    "http://localhost:8888/connect/demo\r\nSet-Cookie: a=b",
    "javascript:alert(1)",
    LONG,
    "čeština",
]


def flows_of(app):
    from app.store.flows import Flow  # noqa: PLC0415

    with reading(app) as session:
        return session.scalar(select(func.count()).select_from(Flow))


def refused_on_a_page(answer, heading):
    assert answer.status_code == 400
    assert answer.location is None
    assert answer.mimetype == "text/html"
    assert heading in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    return True


# --- refused on a page ---------------------------------------------------------------------


@pytest.mark.parametrize("redirect_uri", BAD_REDIRECT_URIS)
def test_an_unregistered_redirect_uri_gets_our_page_and_is_never_redirected_to(
    asking, redirect_uri
):  # §2.3; checklist 126
    answer = asking.authorize(redirect_uri=redirect_uri)

    assert refused_on_a_page(answer, "an address that the bank does not know")
    assert "evil.example" not in answer.text
    assert flows_of(asking.app) == 0


@pytest.mark.parametrize(
    "client_id", [None, "", "nobody", "DemoClient", "demo\x00client", LONG, "č"]
)
def test_an_unknown_client_gets_our_page(asking, client_id):  # §2.3; checklist 126
    answer = asking.authorize(client_id=client_id)

    assert refused_on_a_page(answer, "does not know this application")


def test_a_disabled_client_looks_like_an_unknown_one(tpp):
    from app import clock  # noqa: PLC0415
    from app.store.oauth import OAuthClient  # noqa: PLC0415
    from tests.oauth.conftest import writing  # noqa: PLC0415

    with writing(tpp.app) as session:
        session.get(OAuthClient, "democlient").disabled_at = clock.now()

    assert refused_on_a_page(tpp.authorize(), "does not know this application")


def test_the_redirect_uri_of_another_client_is_refused(tpp, register):
    register("other", redirect_uris=["https://other.example/cb"])

    answer = tpp.authorize(redirect_uri="https://other.example/cb")

    assert refused_on_a_page(answer, "an address that the bank does not know")


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("second", ["", "same", "https://evil.example/"])
def test_who_asks_and_where_to_go_are_said_once(asking, name, second):
    request = asking.request()
    again = urlencode({name: request[name] if second == "same" else second})

    answer = asking.browser.get(f"/oauth2/authorize?{urlencode(request)}&{again}")

    assert refused_on_a_page(answer, "a request that we cannot take")


def test_bytes_that_are_not_utf8_get_our_page(asking):
    query = urlencode(asking.request(redirect_uri=None))

    answer = asking.browser.get(f"/oauth2/authorize?{query}&redirect_uri=http://localhost%FF%FE/")

    assert refused_on_a_page(answer, "an address that the bank does not know")


# --- refused by a redirect -----------------------------------------------------------------

ONCE = (
    "response_type", "scope", "nonce", "code_challenge", "code_challenge_method", "prompt",
    "operation_id", "anything",
)  # fmt: skip

REFUSED = [
    ({"response_type": None}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "id_token"}, "unsupported_response_type"),
    ({"response_type": "code id_token"}, "unsupported_response_type"),
    ({"response_type": "code token"}, "unsupported_response_type"),
    ({"response_type": 'co"de\\'}, "unsupported_response_type"),
    ({"response_mode": "fragment"}, "invalid_request"),
    ({"response_mode": "form_post"}, "invalid_request"),
    ({"response_mode": "jwt"}, "invalid_request"),
    ({"scope": None}, "invalid_scope"),
    ({"scope": " "}, "invalid_scope"),
    ({"scope": "openid unknown"}, "invalid_scope"),
    ({"scope": "openid AISP"}, "invalid_scope"),
    ({"scope": 'openid "aisp"'}, "invalid_scope"),
    ({"scope": "openid " + LONG}, "invalid_request"),
    ({"prompt": "none"}, "login_required"),
    ({"prompt": "none", "scope": "aisp"}, "login_required"),
    ({"prompt": "none login"}, "invalid_request"),
    ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
    ({"request_uri": "https://evil.example/request"}, "request_uri_not_supported"),
    ({"registration": "{}"}, "registration_not_supported"),
    ({"nonce": LONG}, "invalid_request"),
    ({"nonce": "a\x00b"}, "invalid_request"),
    ({"ui_locales": "cs\r\nSet-Cookie: a=b"}, "invalid_request"),
    ({"operation_id": "a\x00b"}, "invalid_request"),
    ({"operation_id": LONG}, "invalid_request"),
    ({"code_challenge": None}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": "s256"}, "invalid_request"),
    ({"code_challenge": "x" * 42}, "invalid_request"),
    ({"code_challenge": "x" * 129}, "invalid_request"),
    ({"code_challenge": "=" * 43}, "invalid_request"),
    ({"code_challenge": "x" * 43 + "\n"}, "invalid_request"),
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
]


@pytest.mark.parametrize(("changes", "error"), REFUSED, ids=str)
def test_every_other_refusal_is_redirected_with_state_and_issuer(
    asking, changes, error
):  # §2.1, 2, 5
    answer = asking.authorize(**changes)

    told = sent_back(answer)
    assert told.pop("error_description").isascii()
    assert told == {"error": error, "state": STATE, "iss": "http://localhost:8080"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert flows_of(asking.app) == 0


@pytest.mark.parametrize("name", ONCE)
def test_a_repeated_parameter_is_refused(asking, name):
    query = urlencode([*asking.request().items(), (name, "x"), (name, "x")])

    told = sent_back(asking.browser.get(f"/oauth2/authorize?{query}"))

    assert (told["error"], told["state"]) == ("invalid_request", STATE)


@pytest.mark.parametrize("state", [LONG, "a\x00b", "a\r\nb"])
def test_a_state_that_is_too_long_or_has_control_characters_is_refused_and_not_repeated(
    asking, state
):
    told = sent_back(asking.authorize(state=state))

    assert told["error"] == "invalid_request"
    assert "state" not in told


def test_a_repeated_state_is_refused_and_neither_is_repeated(asking):
    query = urlencode([*asking.request().items(), ("state", "other")])

    told = sent_back(asking.browser.get(f"/oauth2/authorize?{query}"))

    assert told["error"] == "invalid_request"
    assert "state" not in told


def test_a_state_in_other_bytes_than_utf8_is_refused(asking):
    query = urlencode(asking.request(state=None))

    told = sent_back(asking.browser.get(f"/oauth2/authorize?{query}&state=%FF"))

    assert told["error"] == "invalid_request"
    assert "state" not in told


def test_what_was_sent_never_comes_back_in_a_description(asking):
    for name in ("response_type", "response_mode", "scope", "code_challenge_method", "prompt"):
        told = sent_back(asking.authorize(**{name: "none quite-unique-text"}))
        assert "quite-unique-text" not in told["error_description"]


# --- taken ---------------------------------------------------------------------------------


def test_a_good_request_starts_a_flow_for_this_browser(tpp):
    answer = tpp.authorize()

    assert answer.status_code == 303
    assert answer.location.startswith("/flow/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    cookie = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith("wf_browser="))
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    assert tpp.browser.get(answer.location).status_code == 200
    assert tpp.app.test_client().get(answer.location).status_code >= 400


def test_the_url_of_a_flow_says_nothing_about_the_request(tpp):
    operation_id = tpp.prepare()

    page = tpp.start(scope="pisp", operation_id=operation_id)

    assert operation_id not in page
    assert "?" not in page


def test_a_request_may_be_posted_as_a_form(tpp):
    answer = tpp.browser.post("/oauth2/authorize", data=tpp.request())

    assert answer.status_code == 303
    assert answer.location.startswith("/flow/")


def test_a_posted_request_is_one_form_and_nothing_else(tpp):
    good = tpp.request()

    beside_a_query = tpp.browser.post("/oauth2/authorize?scope=openid", data=good)
    as_json = tpp.browser.post("/oauth2/authorize", json=good)
    as_parts = tpp.browser.post("/oauth2/authorize", data=good, content_type="multipart/form-data")

    assert refused_on_a_page(beside_a_query, "a request that we cannot take")
    assert refused_on_a_page(as_json, "a request that we cannot take")
    assert refused_on_a_page(as_parts, "a request that we cannot take")


def test_a_refused_post_is_redirected_so_that_the_form_is_not_sent_on(tpp):  # §2.14
    answer = tpp.browser.post("/oauth2/authorize", data=tpp.request(prompt="none"))

    assert answer.status_code == 303
    assert sent_back(answer)["error"] == "login_required"


def test_a_head_request_starts_nothing(tpp):
    answer = tpp.browser.head("/oauth2/authorize", query_string=tpp.request())

    assert answer.status_code == 405
    assert flows_of(tpp.app) == 0


def test_every_request_is_a_new_login_even_right_after_one(tpp):  # §2.27; checklist 133
    tpp.finish()

    page = tpp.start()

    assert 'autocomplete="username"' in tpp.browser.get(page).text


def test_unknown_parameters_and_empty_ones_are_ignored(tpp):
    answer = tpp.authorize(
        utm_source="x", id_token_hint=LONG, response_mode="", prompt="", ui_locales=""
    )

    assert answer.status_code == 303
    assert answer.location.startswith("/flow/")


def test_a_foreign_host_header_changes_nothing(tpp):
    answer = tpp.browser.get(
        "/oauth2/authorize",
        query_string=tpp.request(prompt="none"),
        headers={"Host": "evil.example"},
    )

    told = sent_back(answer)
    assert told["iss"] == "http://localhost:8080"
    assert "evil.example" not in answer.location
