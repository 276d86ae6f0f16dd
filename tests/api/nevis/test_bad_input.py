"""Bad input: each refusal in the one shape, and nothing changed."""

import re

import pytest

from tests.support.nevis import App, Nevis
from tests.support.references import NEVIS, calls
from tests.support.store import census, on_sqlite, put_in

pytest_plugins = ["tests.support.lasting"]

ENROLL = "/api/v1/users/enroll"
BODIES = [
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"username":"a\\u0000b"}',
    b'{"username":"\\ud800"}', b'{"a":NaN}', b'{"a":1e999}', b'{"a":1,"a":2}',
    b'{"a":' * 200 + b"{}" + b"}" * 200, b"username=x",
]  # fmt: skip
JSON = "application/json"


@pytest.fixture
def nevis(lasting_app):
    return Nevis(lasting_app)


@pytest.fixture
def taking(lasting_app):
    """Paths of the calls that take JSON."""
    return [
        path.removeprefix(NEVIS.prefix)
        for path, method, made in calls(NEVIS.document(lasting_app))
        if JSON in made.get("requestBody", {}).get("content", {}) and method == "POST"
    ]


def shape(answer):
    """Return the codes of a refusal, which has the one shape."""
    assert set(answer.json) == {"errors"}
    assert answer.json["errors"]
    for error in answer.json["errors"]:
        assert set(error) == {"code", "message"}
        assert re.fullmatch(r"[a-zA-Z.0-9]+", error["code"])
        assert error["message"].endswith(".")
    return [error["code"] for error in answer.json["errors"]]


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
def test_what_is_no_json_object_is_malformed(nevis, taking, body):  # 400
    before = census(nevis.app)
    assert len(taking) > 5
    for path in taking:
        answer = nevis.ask("POST", path, data=body, content_type=JSON)
        assert (answer.status_code, shape(answer)) == (400, ["request.malformed"]), path
    assert census(nevis.app) == before


def test_everything_that_is_wrong_is_told_at_once(nevis):  # 422
    answer = nevis.ask("POST", ENROLL, {"username": "a b", "channel": "pigeon"})
    assert answer.status_code == 422
    assert set(shape(answer)) == {"username.invalid", "channel.invalid"}
    missing = nevis.ask("POST", "/api/v1/status", {}, bearer=None)
    assert (missing.status_code, shape(missing)) == (422, ["statusToken.missing"])


@pytest.mark.parametrize("path", ["", "/", "/unknown", "/api/v1", "/api/v1/users/x/unknown", "//"])
def test_an_address_that_is_none_is_refused(nevis, path):  # 404
    for method in ("GET", "POST", "DELETE"):
        answer = nevis.ask(method, path)
        assert answer.status_code in (404, 405)
        assert shape(answer) in (["resource.unknown"], ["method.notAllowed"])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_method_that_an_address_does_not_have_is_refused(nevis, method):  # 405
    answer = nevis.ask(method, "/api/v1/approval")
    assert (answer.status_code, shape(answer)) == (405, ["method.notAllowed"])
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_a_body_in_another_media_type_is_refused(nevis, taking, media):  # 415
    before = census(nevis.app)
    for path in taking:
        answer = nevis.ask("POST", path, data=b'{"username": "u1"}', content_type=media)
        assert (answer.status_code, shape(answer)) == (415, ["mediaType.unsupported"]), path
    assert census(nevis.app) == before


def test_a_body_that_is_too_large_is_refused(nevis, taking):  # 413
    for path in taking:
        answer = nevis.ask("POST", path, data=b"x" * 300_000, content_type=JSON)
        assert (answer.status_code, shape(answer)) == (413, ["request.tooLarge"]), path


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_path_may_end_with_a_slash_and_unknown_fields_are_ignored(nevis, slash):
    wanted = {"username": "u-slash", "surprise": [{"a": 1}]}
    assert nevis.ask("POST", ENROLL + slash, wanted).status_code == 201


@pytest.mark.parametrize("missing", ["userVerification", "signature", "publicKey"])
def test_what_an_app_leaves_out_is_told(nevis, missing):
    app = App(nevis)
    asked = app.redeem(nevis.enroll(f"u-{missing}")["enrollment"]["appLinkUri"])
    body = app.registration(asked)
    whole = dict(body)
    del body[missing]
    before = census(nevis.app)
    assert app.refused(422, body) in ("request.invalid", f"{missing}.missing")
    assert census(nevis.app) == before
    app.answer(whole)


@on_sqlite
def test_a_failure_of_ours_tells_nothing_of_the_inside(app):
    class Broken:
        def words(self, language):
            raise RuntimeError("Traceback of http://inside.example/ in sqlalchemy")

    nevis = Nevis(app)
    nevis.with_app()
    put_in(app, texts=Broken())
    answer = nevis.ask("POST", "/api/v1/approval", {"username": "u12345"})
    assert (answer.status_code, shape(answer)) == (500, ["internal"])
    assert "inside" not in answer.text
