"""The token endpoint: what it takes, what it refuses, what it hands out."""

import pytest
from sqlalchemy import update

from tests.oauth.conftest import CALLBACK, basic, reading, writing

LONG = "x" * 2049
JSON = "application/json"


def test_a_code_buys_a_bearer_token_of_five_minutes(tpp):  # §2.15
    answer = tpp.exchange(tpp.code(scope="aisp"))

    assert answer.status_code == 200
    token = answer.json["access_token"]
    assert token.startswith("wf_at_")
    assert len(token) == len("wf_at_") + 43
    assert answer.json == {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "aisp",
    }
    assert answer.mimetype == JSON
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


def test_the_answer_to_a_payment_has_the_scope_that_was_granted(tpp):
    tokens = tpp.tokens(scope="openid pisp", operation_id=tpp.prepare())

    assert tokens["scope"] == "openid pisp"
    assert "refresh_token" not in tokens


REFUSED = {
    "no grant type": ({"grant_type": None}, "invalid_request"),
    "empty grant type": ({"grant_type": ""}, "invalid_request"),
    "password": ({"grant_type": "password"}, "unsupported_grant_type"),
    "client credentials": ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
    "refresh without a token": ({"grant_type": "refresh_token"}, "invalid_request"),
    "strange grant type": ({"grant_type": 'x"\\y'}, "unsupported_grant_type"),
    "no code": ({"code": None}, "invalid_request"),
    "empty code": ({"code": ""}, "invalid_request"),
    "unknown code": ({"code": "unknown"}, "invalid_grant"),
    "strange code": ({"code": '"\\č'}, "invalid_grant"),
    "code with NUL": ({"code": "a\x00b"}, "invalid_request"),
    "long code": ({"code": LONG}, "invalid_request"),
    "no redirect URI": ({"redirect_uri": None}, "invalid_request"),
    "strange redirect URI": ({"redirect_uri": 'x"\\'}, "invalid_grant"),
    "no verifier": ({"code_verifier": None}, "invalid_request"),
    "short verifier": ({"code_verifier": "x" * 42}, "invalid_request"),
    "long verifier": ({"code_verifier": "x" * 129}, "invalid_request"),
    "strange verifier": ({"code_verifier": "=" * 43}, "invalid_request"),
    "verifier with a line end": ({"code_verifier": "x" * 43 + "\n"}, "invalid_request"),
}


@pytest.mark.parametrize(("changes", "error"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_refused_is_refused_in_json(asking, changes, error):
    answer = asking.exchange("x", **changes)

    assert answer.status_code == 400
    assert answer.mimetype == JSON
    assert answer.json["error"] == error
    assert answer.json.get("error_description", "").isascii()
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "code_verifier", "x"])
def test_a_repeated_parameter_is_refused(asking, name):
    form = {
        "grant_type": "authorization_code",
        "code": "x",
        "redirect_uri": CALLBACK,
        "code_verifier": asking.verifier,
        "x": "1",
    }

    answer = asking.post("/oauth2/token", **(form | {name: [form[name], form[name]]}))

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_malformed_request_does_not_burn_the_code(tpp):
    code = tpp.code()

    for changes, _ in REFUSED.values():
        if "code" not in changes and "redirect_uri" not in changes:
            assert tpp.exchange(code, **changes).status_code == 400
    tpp.exchange(code, redirect_uri=None)
    tpp.exchange(code, headers=basic("democlient", "wrong"))

    assert tpp.exchange(code).status_code == 200


def test_parameters_in_the_query_are_refused_and_burn_nothing(tpp):
    code = tpp.code()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": tpp.verifier,
    }

    answer = tpp.post("/oauth2/token?client_id=democlient", **form)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
    assert tpp.exchange(code).status_code == 200


def test_a_failure_of_ours_is_said_in_json_and_burns_nothing(tpp):
    from app import clock  # noqa: PLC0415
    from app.oauth.keys import ensure_signing_key  # noqa: PLC0415
    from app.store.oauth import SigningKey  # noqa: PLC0415

    code = tpp.code()
    with writing(tpp.app) as session:
        session.execute(update(SigningKey).values(retired_at=clock.now()))
    answer = tpp.exchange(code)

    assert (answer.status_code, answer.json) == (500, {"error": "server_error"})
    with writing(tpp.app) as session:
        ensure_signing_key(session, tpp.app.extensions["webflow"].vault)
    assert tpp.exchange(code).status_code == 200


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]
)
@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"])
def test_only_a_form_is_taken(asking, path, content_type):
    answer = asking.app.test_client().post(
        path,
        data=b"grant_type=authorization_code&code=x&token=x",
        content_type=content_type,
        headers=basic(asking.client_id, asking.secret),
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "body", [b"\xff\xfe", b"code=%FF&grant_type=authorization_code", b"", b"&&&="]
)
@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"])
def test_bytes_that_are_no_form_are_refused(asking, path, body):
    answer = asking.app.test_client().post(
        path,
        data=body,
        content_type="application/x-www-form-urlencoded",
        headers=basic(asking.client_id, asking.secret),
    )

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"])
def test_a_body_that_is_too_large_is_refused_in_json(asking, path):
    answer = asking.post(path, code="x" * 1_000_000)

    assert (answer.status_code, answer.json) == (413, {"error": "invalid_request"})


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"])
def test_only_post_is_taken(asking, path, method):
    answer = asking.app.test_client().open(path, method=method)

    assert (answer.status_code, answer.json["error"]) == (405, "invalid_request")
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_no_secret_of_the_exchange_is_in_the_log(tpp, caplog):
    caplog.set_level("DEBUG")
    code = tpp.code()
    tokens = tpp.exchange(code).json

    for secret in (code, tokens["access_token"], tokens["id_token"], tpp.verifier, tpp.secret):
        assert secret not in caplog.text


def test_neither_code_nor_token_nor_secret_is_kept_readable(tpp):  # §1b.10
    from app.store.db import Base  # noqa: PLC0415

    code = tpp.code()
    token = tpp.exchange(code).json["access_token"]

    with reading(tpp.app) as session:
        tables = [table for name, table in Base.metadata.tables.items() if "oauth" in name]
        rows = [str(row) for table in tables for row in session.execute(table.select())]
    assert len(rows) >= 4
    for secret in (code, token, token.removeprefix("wf_at_"), "changeme"):
        assert secret not in "".join(rows)
