"""Status and introspection (checklist NEV 128 to 130, 132 to 135)."""

import base64
import json
import re
from datetime import datetime, timedelta

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import OctKey

from app import clock
from tests.support.nevis import App, Nevis, other_instance, unpadded
from tests.support.store import census, on_sqlite, serving
from tests.support.threads import at_once

SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
INACTIVE = {"active": False}
UNKNOWN = {"status": "unknown"}
INTROSPECT = "/api/v1/introspect"
ISSUER = "http://localhost:8080/nevis/demo/"


@pytest.fixture
def nevis(app):
    return Nevis(app)


def later(**time):
    return time_machine.travel(clock.now() + timedelta(**time), tick=False)


# --- status -----------------------------------------------------------------------------------


def test_whoever_has_the_status_token_sees_how_it_stands(nevis):  # 128
    user = nevis.enroll()
    token = user["enrollment"]["statusToken"]
    stands = nevis.status(token)
    assert set(stands) == {
        "transactionId", "status", "userId", "username", "token", "createdAt", "lastUpdatedAt",
    }  # fmt: skip
    assert stands["status"] == "pending"
    assert stands["transactionId"] == user["enrollment"]["transactionId"]
    assert SECONDS.fullmatch(stands["createdAt"])
    assert SECONDS.fullmatch(stands["lastUpdatedAt"])
    App(nevis).enroll(user["enrollment"]["appLinkUri"])
    assert nevis.status(token)["status"] == "succeeded"


@pytest.mark.parametrize("token", ["x", "ž", "a.b.c", "a" * 4096, "....", "e30.e30."])
def test_the_status_of_a_token_that_is_none_is_unknown(nevis, token):  # 129
    assert nevis.status(token) == UNKNOWN


def test_no_other_token_of_ours_tells_how_a_transaction_stands(nevis):
    told = nevis.status(nevis.enroll()["enrollment"]["statusToken"])
    for token in (told["token"], nevis.intent("enroll"), nevis.key):
        assert nevis.status(token) == UNKNOWN


def test_the_status_of_an_approval_that_was_declined_is_failed(nevis):
    app = nevis.with_app()
    begun = nevis.approve(channel="app")
    app.decline(begun["appLinkUri"])
    assert nevis.status(begun["statusToken"])["status"] == "failed"


@pytest.mark.parametrize(("channel", "minutes"), [("enroll", 5), ("approve", 2)])
def test_what_nobody_answers_in_time_has_failed(nevis, channel, minutes):  # 130
    nevis.with_app()
    begun = nevis.enroll()["enrollment"] if channel == "enroll" else nevis.approve(channel="app")
    with later(minutes=minutes, seconds=-2):
        assert nevis.status(begun["statusToken"])["status"] == "pending"
    with later(minutes=minutes, seconds=1):
        assert nevis.status(begun["statusToken"])["status"] == "failed"
        asked = nevis.refused(
            404, "POST", f"/nevisfido/token/redeem/{PATHS[channel]}", redeeming(begun), bearer=None
        )
        assert asked == "token.unknown"


def test_what_ran_out_of_time_was_updated_then(nevis):
    nevis.with_app()
    begun = nevis.approve(channel="app")
    first = nevis.status(begun["statusToken"])
    assert first["lastUpdatedAt"] == first["createdAt"]
    ended = datetime.fromisoformat(first["createdAt"]) + timedelta(minutes=2)
    with later(minutes=3):
        stands = nevis.status(begun["statusToken"])
        assert abs(datetime.fromisoformat(stands["lastUpdatedAt"]) - ended) <= timedelta(seconds=1)


PATHS = {"enroll": "registration", "approve": "authentication"}


def redeeming(begun):
    from tests.support.nevis import dispatched  # noqa: PLC0415

    return {"token": dispatched(begun["appLinkUri"])["nma_data"]["token"]}


def test_who_answers_for_nobody_in_particular_is_told_once_it_succeeded(nevis):
    app = nevis.with_app()
    begun = nevis.approve(None, channel="app")
    asked = app.redeem(begun["appLinkUri"])
    assert not {"userId", "username", "authenticatorId"} & set(asked["uafRequest"])
    waiting = nevis.status(begun["statusToken"])
    assert not {"userId", "username"} & set(waiting)
    wrong = {**app.approval(asked), "signature": "AAAA"}
    assert app.refused(403, wrong) == "signature.wrong"
    assert not {"userId", "username"} & set(nevis.status(begun["statusToken"]))
    app.answer(app.approval(asked))
    assert nevis.status(begun["statusToken"])["username"] == "u12345"


def test_who_declines_what_was_asked_of_nobody_in_particular_stays_unknown(nevis):
    app = nevis.with_app()
    begun = nevis.approve(None, channel="app")
    app.decline(begun["appLinkUri"])
    stands = nevis.status(begun["statusToken"])
    assert stands["status"] == "failed"
    assert not {"userId", "username"} & set(stands)


def test_asking_for_the_status_changes_nothing(nevis):
    token = nevis.enroll()["enrollment"]["statusToken"]
    before = census(nevis.app)
    nevis.status(token)
    assert census(nevis.app) == before


# --- introspection ----------------------------------------------------------------------------


def test_an_access_key_is_active(nevis):  # 132
    told = nevis.introspect(nevis.key)
    assert set(told) == {"active", "iat", "sub", "aud", "iss"}
    assert (told["active"], told["aud"], told["iss"]) == (True, "api", ISSUER)
    assert abs(told["iat"] - clock.now().timestamp() * 1000) < 60_000
    with serving(nevis.app) as services:
        assert told["sub"] in {key.id for key in services.access_keys.all()}


def test_an_intent_is_active_until_it_is_used(nevis):
    user = nevis.enroll()
    intent = nevis.intent("enroll")
    told = nevis.introspect(intent)
    assert (told["active"], told["aud"], told["sub"]) == (True, "intent", user["userId"])
    nevis("POST", "/api/v1/users/enroll", {"username": "u12345"}, bearer=intent)
    assert nevis.introspect(intent) == INACTIVE


def test_a_status_token_tells_how_its_transaction_stands(nevis):
    user = nevis.enroll()
    told = nevis.introspect(user["enrollment"]["statusToken"])
    assert (told["active"], told["aud"], told["status"]) == (True, "status", "pending")
    assert told["transactionId"] == user["enrollment"]["transactionId"]


def forged(nevis, token):
    """Yield tokens that say what a good one says, and were not made by us."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "==="))
    yield f"{head}.{body}.{signature[:-4]}AAAA"
    yield f"{head}.{unpadded(json.dumps({**claims, 'x': 1}).encode())}.{signature}"
    yield f"{unpadded(json.dumps({'alg': 'none'}).encode())}.{body}."
    for algorithm, size in (("HS256", 32), ("HS512", 64)):
        for secret in (b"k" * size, b"\0" * size):
            key = OctKey.import_key(secret)
            yield jwt.encode({"alg": algorithm}, claims, key, algorithms=[algorithm])
    yield token + "." + signature
    yield token + " "
    yield "ž" + token
    yield token + "A" * 4096


@on_sqlite
def test_a_token_that_we_did_not_make_is_inactive(nevis):  # 133
    app = nevis.with_app()
    begun = nevis.approve(channel="app")
    app.approve(begun["appLinkUri"])
    good = nevis.status(begun["statusToken"])["token"]
    for token in (nevis.key, begun["statusToken"], good):
        for each in forged(nevis, token):
            answer = nevis.ask("POST", INTROSPECT, data={"token": each})
            if answer.status_code != 422:
                assert (answer.status_code, answer.json) == (200, INACTIVE), each
    for each in forged(nevis, begun["statusToken"]):
        answer = nevis.ask("POST", "/api/v1/status", {"statusToken": each}, bearer=None)
        if answer.status_code != 422:
            assert (answer.status_code, answer.json) == (200, UNKNOWN), each
    assert nevis.introspect(good)["active"] is True


def test_what_belongs_to_another_instance_is_inactive(nevis):  # 133
    other = other_instance(nevis.app)
    app = nevis.with_app()
    begun = nevis.approve(channel="app")
    app.approve(begun["appLinkUri"])
    good = nevis.status(begun["statusToken"])["token"]
    for token in (nevis.key, nevis.intent("approve"), begun["statusToken"], good):
        assert other.introspect(token) == INACTIVE
        with serving(nevis.app, writing=False) as services:
            assert services.facade_tokens.read("demo", token) is not None
            assert services.facade_tokens.read("other", token) is None
    assert other.status(begun["statusToken"]) == UNKNOWN
    assert nevis.introspect(good)["active"] is True


def test_a_question_in_json_is_refused(nevis):  # 134
    answer = nevis.ask("POST", INTROSPECT, {"token": nevis.key})
    assert answer.status_code == 415
    assert answer.json["errors"][0]["code"] == "mediaType.unsupported"


def test_the_token_of_what_is_pending_or_has_failed_proves_nothing(nevis):  # 135
    app = nevis.with_app()
    begun = nevis.approve(channel="app")
    waiting = nevis.status(begun["statusToken"])["token"]
    assert nevis.introspect(waiting) == INACTIVE
    app.approve(begun["appLinkUri"])
    assert nevis.introspect(waiting) == INACTIVE  # it was made while it was pending
    assert nevis.introspect(nevis.status(begun["statusToken"])["token"])["active"] is True
    declined = nevis.approve(channel="app")
    app.decline(declined["appLinkUri"])
    assert nevis.introspect(nevis.status(declined["statusToken"])["token"]) == INACTIVE


@pytest.mark.parametrize(("minutes", "is_proved"), [(4, True), (6, False)])
def test_success_is_proved_soon_or_never(nevis, minutes, is_proved):
    begun = nevis.enroll()["enrollment"]
    App(nevis).enroll(begun["appLinkUri"])
    with later(minutes=minutes):
        stands = nevis.status(begun["statusToken"])  # a new token does not begin the time anew
        assert stands["status"] == "succeeded"
        assert nevis.introspect(stands["token"])["active"] is is_proved


def test_the_success_of_a_user_who_is_gone_proves_nothing(nevis):
    app = nevis.with_app()
    begun = nevis.approve(None, channel="app")
    app.approve(begun["appLinkUri"])
    stands = nevis.status(begun["statusToken"])
    assert nevis.ask("DELETE", f"/api/v1/users/{stands['userId']}").status_code == 204
    assert nevis.introspect(stands["token"]) == INACTIVE
    nevis.enroll()  # somebody else, of the same name
    assert "userId" not in nevis.status(begun["statusToken"])
    assert nevis.introspect(stands["token"]) == INACTIVE


def test_success_is_proved_once_however_many_ask_and_however_often_a_token_is_fetched(nevis):
    app = nevis.with_app()
    begun = nevis.approve(channel="app")
    app.approve(begun["appLinkUri"])
    tokens = [nevis.status(begun["statusToken"])["token"] for _ in range(6)]
    found = at_once(*[lambda token=token: nevis.introspect(token)["active"] for token in tokens])
    assert sorted(found) == [False] * 5 + [True]


def test_a_proof_names_transaction_and_user(nevis):
    user = nevis.enroll()
    begun = user["enrollment"]
    App(nevis).enroll(begun["appLinkUri"])
    told = nevis.introspect(nevis.status(begun["statusToken"])["token"])
    assert told.pop("iat") % 1000 == 0
    assert told == {
        "active": True, "aud": "transaction", "iss": ISSUER, "sub": user["userId"],
        "transactionId": begun["transactionId"], "status": "succeeded",
    }  # fmt: skip


def test_a_field_that_is_repeated_is_refused(nevis):
    answer = nevis.ask("POST", INTROSPECT, data={"token": [nevis.key, nevis.key], "more": "x"})
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (400, "request.malformed")
