"""Enrolment of apps (checklist NEV 122 to 126, 131)."""

import re
from datetime import datetime
from uuid import UUID

import pytest

from app.store.registrations import Registration
from app.store.users import UserRow
from tests.support.authenticator import Authenticator
from tests.support.cloud import Cloud
from tests.support.nevis import App, Nevis, dispatched
from tests.support.qr_reader import read_data_uri
from tests.support.store import all_of, census, on_sqlite, only_one
from tests.support.threads import at_once

ENROLL = "/api/v1/users/enroll"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def nevis(app):
    return Nevis(app)


def test_a_new_user_is_made_and_gets_what_leads_an_app_here(nevis):  # 122
    user = nevis.enroll()
    assert (user["username"], user["status"], user["authenticators"]) == ("u12345", "new", [])
    assert MOMENT.fullmatch(user["createdAt"])
    assert MOMENT.fullmatch(user["updatedAt"])
    assert datetime.fromisoformat(user["createdAt"])
    begun = user["enrollment"]
    assert set(begun) == {"transactionId", "statusToken", "qrCode", "appLinkUri"}
    assert begun["qrCode"].keys() == {"type", "size", "dataUri"}
    for uuid in (user["userId"], begun["transactionId"]):
        assert str(UUID(uuid)) == uuid


def test_the_code_leads_where_the_link_leads(nevis):  # 123
    begun = nevis.enroll()["enrollment"]
    size, text = read_data_uri(begun["qrCode"]["dataUri"])
    assert size == (begun["qrCode"]["size"],) * 2 == (300, 300)
    assert text == begun["appLinkUri"]
    assert text.startswith("http://localhost:8080/nevis/demo/open?dispatchTokenResponse=")
    carried = dispatched(text)
    assert carried["nma_data_version"] == "1"
    assert carried["nma_data_content_type"] == "application/json"
    assert str(UUID(carried["nma_data"]["token"])) == carried["nma_data"]["token"]
    where = "http://localhost:8080/nevis/demo/nevisfido/token/redeem/registration"
    assert carried["nma_data"]["redeem_url"] == where


@pytest.mark.parametrize(
    "username", ["", "a b", "a/b", "ž", "a\n", "a" * 301, "<b>", "a+b", "a\u2028", 7, ["a"]]
)
def test_a_name_that_is_none_makes_no_user(nevis, username):  # 124
    before = census(nevis.app)
    assert nevis.refused(422, "POST", ENROLL, {"username": username}) == "username.invalid"
    assert census(nevis.app) == before


@pytest.mark.parametrize("username", ["a", "A-Z_a.z@0", "b" * 256, "c" * 257, "d" * 300])
def test_every_name_of_the_right_form_gets_an_app(nevis, username):
    app = nevis.with_app(username)
    row = only_one(nevis.app, UserRow)
    assert row.username == username
    assert row.user_id == (username if len(username) <= 256 else row.id)
    approved = nevis.approve(username, channel="app")
    app.approve(approved["appLinkUri"])
    assert nevis.status(approved["statusToken"])["username"] == username


def test_a_user_may_have_no_name(nevis):  # 125: seed 003 decides so
    first, second = nevis.enroll(None), nevis.enroll(None)
    assert first["username"] is None
    assert first["userId"] != second["userId"]
    App(nevis).enroll(first["enrollment"]["appLinkUri"])
    stands = nevis.status(first["enrollment"]["statusToken"])
    assert (stands["status"], stands["userId"]) == ("succeeded", first["userId"])
    assert "username" not in stands


def test_the_same_name_is_the_same_user(nevis):  # 126
    first = nevis.enroll()
    assert nevis.enroll()["userId"] == first["userId"]
    by_id = nevis("POST", ENROLL, {"userId": first["userId"]})
    assert (by_id["userId"], by_id["username"]) == (first["userId"], first["username"])
    assert nevis.enroll("u12346")["userId"] != first["userId"]


def test_of_parallel_enrolments_of_a_new_name_all_are_about_one_user(nevis):
    users = at_once(*[nevis.enroll] * 4)
    assert len({user["userId"] for user in users}) == 1
    assert only_one(nevis.app, UserRow).id == users[0]["userId"]


def test_an_enrolled_user_has_one_active_authenticator(nevis):  # 131
    user = nevis.enroll()
    app = App(nevis)
    done = app.enroll(user["enrollment"]["appLinkUri"])
    assert done == {
        "statusCode": 1200, "authenticatorId": app.id,
        "userId": user["userId"], "username": "u12345",
    }  # fmt: skip
    row = only_one(nevis.app, Registration)
    assert (row.kind, row.state, row.user_id, row.name) == ("app", "ACTIVE", "u12345", "Pixel 8")
    assert nevis.enroll()["updatedAt"] > user["updatedAt"]
    seen = Cloud(nevis.app).registration(app.id)
    assert (seen["protocol"], seen["registrationStatus"]) == ("app", "ACTIVE")
    assert (seen["name"], seen["platform"]) == ("Pixel 8", "android")


def test_an_enrolment_that_was_declined_leaves_nothing_behind(nevis):
    begun = nevis.enroll()["enrollment"]
    App(nevis).decline(begun["appLinkUri"])
    assert nevis.status(begun["statusToken"])["status"] == "failed"
    assert only_one(nevis.app, Registration).state == "REMOVED"


@pytest.mark.parametrize("body", [{"userId": "nobody"}, {"userId": "7e16ba00-92e2-4fcb-b30e-1"}])
def test_only_users_who_are_there_are_named_by_id(nevis, body):
    before = census(nevis.app)
    assert nevis.refused(404, "POST", ENROLL, body) == "user.unknown"
    assert census(nevis.app) == before


def test_nobody_takes_the_name_by_which_the_bank_knows_a_user_without_one(nevis):
    user = nevis.enroll(None)
    before = census(nevis.app)
    assert nevis.refused(409, "POST", ENROLL, {"username": user["userId"]}) == "user.exists"
    assert census(nevis.app) == before


def test_nobody_has_more_authenticators_than_there_may_be(nevis):
    for _ in range(10):
        nevis.with_app()
    before = census(nevis.app)
    assert nevis.refused(422, "POST", ENROLL, {"username": "u12345"}) == "authenticator.tooMany"
    assert census(nevis.app) == before
    nevis.with_app("u12346")


def test_nobody_gets_more_authenticators_by_enrolments_at_once(nevis):
    for _ in range(8):
        nevis.with_app()
    begun = [nevis.enroll()["enrollment"]["appLinkUri"] for _ in range(5)]
    apps = [App(nevis) for _ in begun]
    answers = [app.registration(app.redeem(link)) for app, link in zip(apps, begun, strict=True)]
    where = ("POST", "/nevisfido/uaf/response")
    statuses = at_once(
        *[lambda body=body: nevis.ask(*where, body, bearer=None).status_code for body in answers]
    )
    assert sorted(statuses) == [200, 200, 422, 422, 422]
    active = [row for row in all_of(nevis.app, Registration) if row.state == "ACTIVE"]
    assert len(active) == 10


@on_sqlite
def test_nothing_that_lets_somebody_in_is_kept_as_it_is(nevis, tmp_path):
    app = App(nevis)
    intent = nevis.intent("approve", nevis.enroll()["username"])
    begun = nevis.enroll()["enrollment"]
    token = dispatched(begun["appLinkUri"])["nma_data"]["token"]
    asked = app.redeem(begun["appLinkUri"])
    secret = asked["uafRequest"]["header"]["serverData"]
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("webflow.db*"))
    assert b"u12345" in kept
    for each in (nevis.key, intent, token, secret, begun["statusToken"]):
        assert each.encode() not in kept


@on_sqlite
def test_passkeys_count_like_apps_also_when_they_are_finished(nevis):
    for _ in range(9):
        nevis.with_app()
    begun = [nevis.enroll(channel="fido2", displayName="Me")["enrollment"] for _ in range(2)]
    told = []
    for each in begun:
        made = Authenticator(origin="http://localhost:8080").make(each["credentialCreationOptions"])
        told.append(nevis("POST", "/_app/attestation/result", made, bearer=None)["status"])
    assert told == ["ok", "failed"]
    assert [nevis.status(each["statusToken"])["status"] for each in begun] == [
        "succeeded",
        "pending",
    ]
