"""How clients prove who they are: one method, one answer to everybody who does not."""

import base64

import pytest

from tests.oauth.conftest import basic

UNAUTHENTICATED = {
    "error": "invalid_client",
    "error_description": "Client authentication failed",
}


def raw(credentials):
    return {"Authorization": "Basic " + base64.b64encode(credentials).decode()}


WRONG = {
    "wrong secret": basic("democlient", "wrong"),
    "unknown client": basic("nobody", "changeme"),
    "no secret": basic("democlient", ""),
    "no colon": raw(b"democlient"),
    "no client": basic("", "changeme"),
    "nothing": raw(b""),
    "client with NUL": basic("demo\x00client", "changeme"),
    "secret with NUL": basic("democlient", "changeme\x00"),
    "not UTF-8": raw(b"\xff\xfe:\xff"),
    "percent-encoded and not UTF-8": basic("%FF%FE", "%FF"),
    "not base64": {"Authorization": "Basic ?????"},
    "not ASCII": {"Authorization": "Basic žluť"},
    "base64 with rubbish": {
        "Authorization": basic("democlient", "changeme")["Authorization"] + "!"
    },
    "twice": {"Authorization": ", ".join([basic("democlient", "changeme")["Authorization"]] * 2)},
    "no credentials": {"Authorization": "Basic"},
    "another scheme": {"Authorization": "Bearer changeme"},
    "digest": {"Authorization": 'Digest username="democlient"'},
    "empty header": {"Authorization": ""},
    "very long": basic("x" * 5000, "x" * 5000),
}


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"])
@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG.keys())
def test_whatever_is_wrong_the_answer_is_the_same(asking, path, headers):
    answer = asking.post(
        path,
        headers=headers,
        grant_type="authorization_code",
        code="x",
        redirect_uri="http://localhost:8888/connect/demo",
        code_verifier=asking.verifier,
        token="x",
    )

    assert answer.status_code == 401
    assert answer.json == UNAUTHENTICATED
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="webflow"'
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"client_id": "democlient"},
        {"client_id": "nobody"},
        {"client_id": "democlient", "client_secret": "changeme"},
        {"client_id": "democlient", "client_secret": "wrong"},
        {"client_id": "nobody", "client_secret": "changeme"},
        {"client_secret": "changeme"},
        {"client_assertion": "eyJ.e30.", "client_assertion_type": "urn:x"},
        {"client_id": "democlient", "client_assertion": "eyJ.e30."},
    ],
    ids=str,
)
def test_a_method_that_the_client_did_not_register_is_no_proof(asking, form):
    answer = asking.exchange("x", headers={}, **form)

    assert (answer.status_code, answer.json) == (401, UNAUTHENTICATED)
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="webflow"'


@pytest.mark.parametrize(
    "form",
    [
        {"client_secret": "changeme"},
        {"client_secret": "wrong"},
        {"client_id": "democlient", "client_secret": "changeme"},
        {"client_assertion": "eyJ.e30.", "client_assertion_type": "urn:x"},
        {"client_id": "othertpp"},
    ],
    ids=str,
)
def test_two_methods_or_two_clients_at_once_are_refused(asking, form):
    answer = asking.exchange("x", **form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_the_same_client_may_also_stand_in_the_form(tpp):
    answer = tpp.exchange(tpp.code(), client_id="democlient")

    assert answer.status_code == 200


def test_both_halves_of_basic_are_percent_decoded(tpp, register):
    register("client with:colon+plus", secret="sécret: 100%+")
    tpp.client_id = "client with:colon+plus"
    code = tpp.code()

    as_it_is = tpp.exchange(code, headers=basic(tpp.client_id, "sécret: 100%+"))
    encoded = tpp.exchange(
        code, headers=basic("client+with%3Acolon%2Bplus", "s%C3%A9cret%3A+100%25%2B")
    )

    assert as_it_is.status_code == 401
    assert encoded.status_code == 200


def test_a_client_of_client_secret_post_authenticates_in_the_form_only(tpp, register):
    register("poster", secret="s3cret", token_endpoint_auth_method="client_secret_post")
    tpp.client_id, tpp.secret = "poster", "s3cret"
    code = tpp.code()

    by_header = tpp.exchange(code)
    by_form = tpp.exchange(code, headers={}, client_id="poster", client_secret="s3cret")

    assert by_header.status_code == 401
    assert by_form.status_code == 200


def test_a_public_client_needs_its_verifier_and_has_no_secret(tpp, register):  # §2.2; checklist 135
    register("native", secret=None, token_endpoint_auth_method="none")
    tpp.client_id = "native"
    code = tpp.code()

    with_a_secret = tpp.exchange(code, headers={}, client_id="native", client_secret="x")
    by_header = tpp.exchange(code, headers=basic("native", ""))
    without_verifier = tpp.exchange(code, headers={}, client_id="native", code_verifier=None)
    right = tpp.exchange(code, headers={}, client_id="native")

    assert with_a_secret.status_code == by_header.status_code == 401
    assert without_verifier.json["error"] == "invalid_request"
    assert right.status_code == 200


def test_a_public_client_cannot_introspect(tpp, register):
    register("native", secret=None, token_endpoint_auth_method="none")
    tpp.client_id = "native"
    token = tpp.exchange(tpp.code(), headers={}, client_id="native").json["access_token"]

    answer = tpp.introspect(token, headers={}, client_id="native")

    assert answer.status_code == 401


def test_a_disabled_client_is_an_unknown_one(tpp):
    from app import clock  # noqa: PLC0415
    from app.store.oauth import OAuthClient  # noqa: PLC0415
    from tests.oauth.conftest import writing  # noqa: PLC0415

    code = tpp.code()
    with writing(tpp.app) as session:
        session.get(OAuthClient, "democlient").disabled_at = clock.now()

    answer = tpp.exchange(code)

    assert (answer.status_code, answer.json) == (401, UNAUTHENTICATED)
