"""Users of the second façade: what they have, and their end."""

from datetime import timedelta

import time_machine
from flask import Flask

from app import clock
from app.settings import NevisSettings, Settings
from app.store.operations import OperationRow
from app.store.registrations import Registration
from app.store.users import UserRow
from tests.support.databases import built
from tests.support.device import register, row_of
from tests.support.nevis import USERNAME, App, Nevis, other_instance
from tests.support.nevis_users import user_of
from tests.support.store import all_of, only_one, serving
from tests.support.threads import at_once


def test_a_user_is_the_same_by_name_and_by_id(app: Flask):
    nevis = Nevis(app)
    enrolled = nevis.enroll()
    by_id = nevis("GET", f"/api/v1/users/{enrolled['userId']}")
    assert by_id == user_of(nevis)
    assert by_id == {
        "userId": enrolled["userId"],
        "username": USERNAME,
        "status": "new",
        "createdAt": enrolled["createdAt"],
        "updatedAt": enrolled["updatedAt"],
        "lastLoginDateSuccess": None,
        "lastLoginDateFailure": None,
        "authenticators": [],
        "phones": [],
        "recoveryCodes": None,
        "exceededRateLimits": [],
    }


def test_an_enrolment_answers_with_the_user_as_everybody_sees_them(app: Flask):
    nevis = Nevis(app)
    nevis.with_app()
    again = nevis.enroll()
    assert again.pop("enrollment")["appLinkUri"]
    assert again == user_of(nevis)
    assert again["status"] == "active"
    assert len(again["authenticators"]) == 1


def test_a_user_without_a_name_is_known_by_the_id_alone(app: Flask):
    nevis = Nevis(app)
    with serving(app) as services:
        customer = services.customers.within("demo").ensure(None)
        services.commit()
    assert nevis("GET", f"/api/v1/users/{customer.id}")["username"] is None


def test_an_app_is_shown_with_what_it_has_told(app: Flask):
    nevis = Nevis(app)
    phone = App(nevis)
    begun = nevis.enroll()
    phone.enroll(begun["enrollment"]["appLinkUri"], userAgent="Bank/1.0 (Android 16)")
    user = user_of(nevis)
    (shown,) = user["authenticators"]
    enrolled, updated = shown.pop("enrolledAt"), shown.pop("updatedAt")
    assert user["createdAt"] <= enrolled <= updated <= user["updatedAt"]
    assert shown == {
        "authenticatorId": phone.id,
        "name": "Pixel 8",
        "type": "android",
        "authenticatorType": "app",
        "state": "active",
        "uaf": {
            "userAgent": "Bank/1.0 (Android 16)",
            "deviceRef": None,
            "userDisabledPushNotification": True,
        },
        "fido2": None,
    }


def test_an_app_that_is_reached_by_push_is_shown_so(app: Flask):
    nevis = Nevis(app)
    phone = App(nevis)
    link = nevis.enroll()["enrollment"]["appLinkUri"]
    phone.enroll(link, pushToken="token-of-the-app", pushPlatform="fcm")
    (shown,) = user_of(nevis)["authenticators"]
    assert shown["uaf"]["userDisabledPushNotification"] is False


def test_a_blocked_app_is_shown_so_and_its_user_stays_active(app: Flask):
    nevis = Nevis(app)
    phone = nevis.with_app()
    with serving(app) as services:
        services.mtoken.registrations.block(phone.id, "LOST")
        services.commit()
    (shown,) = user_of(nevis)["authenticators"]
    assert (shown["state"], shown["authenticatorType"]) == ("blocked", "app")
    assert user_of(nevis)["status"] == "active"


def test_the_last_login_is_when_something_was_approved_and_the_last_failure_when_not(app: Flask):
    nevis = Nevis(app)
    phone = nevis.with_app()
    assert user_of(nevis)["lastLoginDateSuccess"] is None  # an enrolment is no login
    phone.approve(nevis.approve(channel="app")["appLinkUri"])
    success = user_of(nevis)["lastLoginDateSuccess"]
    assert success is not None
    assert user_of(nevis)["lastLoginDateFailure"] is None
    phone.decline(nevis.approve(channel="app")["appLinkUri"])
    user = user_of(nevis)
    assert user["lastLoginDateSuccess"] == success < user["lastLoginDateFailure"]


def test_an_approval_whose_time_is_over_is_a_failure(app: Flask):
    nevis = Nevis(app)
    nevis.with_app()
    nevis.approve(channel="app")
    assert user_of(nevis)["lastLoginDateFailure"] is None
    with time_machine.travel(clock.now() + timedelta(minutes=3)):
        assert user_of(nevis)["lastLoginDateFailure"] is not None


def test_who_was_asked_too_often_is_shown_so(settings: Settings):
    once = settings.model_copy(update={"nevis": NevisSettings(requests_per_hour=1)})
    with built(once) as app:
        nevis = Nevis(app)
        nevis.with_app()
        assert user_of(nevis)["exceededRateLimits"] == []
        nevis.approve(channel="app")
        assert user_of(nevis)["exceededRateLimits"] == ["approval"]
        wanted = {"username": USERNAME}
        assert nevis.refused(429, "POST", "/api/v1/approval", wanted) == "user.rateLimit"


def test_users_of_another_instance_are_not_there(app: Flask):
    nevis, other = Nevis(app), other_instance(app)
    user = nevis.enroll()
    one = f"/api/v1/users/{user['userId']}"
    assert other.refused(404, "GET", one) == "user.unknown"
    assert other.refused(404, "DELETE", one) == "user.unknown"
    name = {"query_string": {"username": USERNAME}}
    assert other.refused(404, "GET", "/api/v1/users", **name) == "user.unknown"
    assert user_of(nevis)["userId"] == user["userId"]


def test_a_user_is_looked_for_by_a_name_that_can_be_one(app: Flask):
    nevis = Nevis(app)
    name = {"query_string": {"username": "no name"}}
    assert nevis.refused(422, "GET", "/api/v1/users", **name) == "username.invalid"
    assert nevis.refused(422, "GET", "/api/v1/users") == "username.missing"
    name = {"query_string": {"username": "nobody"}}
    assert nevis.refused(404, "GET", "/api/v1/users", **name) == "user.unknown"


def test_an_intent_shows_and_ends_nobody(app: Flask):
    nevis = Nevis(app)
    user = nevis.enroll()
    intent = nevis.intent("enroll")
    one = f"/api/v1/users/{user['userId']}"
    for method in ("GET", "DELETE"):
        assert nevis.refused(403, method, one, bearer=intent) == "authorization.invalid"


def test_who_is_deleted_is_gone_with_all_they_had(app: Flask):
    nevis = Nevis(app)
    nevis.with_app()
    waiting = nevis.approve(channel="app")
    unfinished = nevis.enroll()["enrollment"]
    one = f"/api/v1/users/{user_of(nevis)['userId']}"
    answer = nevis.ask("DELETE", one)
    assert (answer.status_code, answer.data) == (204, b"")
    assert nevis.refused(404, "GET", one) == "user.unknown"
    assert nevis.refused(404, "DELETE", one) == "user.unknown"
    assert {row.state for row in all_of(app, Registration)} == {"REMOVED"}
    assert {row.status for row in all_of(app, OperationRow)} == {"APPROVED", "CANCELED"}
    assert nevis.status(waiting["statusToken"]) == {"status": "unknown"}
    assert nevis.status(unfinished["statusToken"]) == {"status": "unknown"}


def test_who_comes_again_after_the_end_is_somebody_new(app: Flask):
    nevis = Nevis(app)
    nevis.with_app()
    before = user_of(nevis)["userId"]
    nevis.ask("DELETE", f"/api/v1/users/{before}")
    after = nevis.enroll()
    assert after["userId"] != before
    assert (after["status"], after["authenticators"]) == ("new", [])


def test_the_end_of_a_user_costs_nobody_else_anything(app: Flask):
    nevis, other = Nevis(app), other_instance(app)
    nevis.with_app()
    other_phone = App(other)
    other_phone.enroll(other.enroll()["enrollment"]["appLinkUri"])
    neighbour = nevis.with_app("u99999")
    nevis.ask("DELETE", f"/api/v1/users/{user_of(nevis)['userId']}")
    assert user_of(other)["status"] == "active"
    assert user_of(nevis, "u99999")["authenticators"][0]["authenticatorId"] == neighbour.id


def test_the_phone_of_the_first_facade_ends_with_its_user_too(app: Flask):
    nevis = Nevis(app)
    nevis.enroll()
    shown = register(app, user_id=USERNAME)
    nevis.ask("DELETE", f"/api/v1/users/{only_one(app, UserRow).id}")
    assert row_of(app, shown.id).state == "REMOVED"


def test_a_user_and_their_apps_may_be_removed_at_once(app: Flask):
    nevis = Nevis(app)
    apps = [nevis.with_app() for _ in range(5)]
    user_id = user_of(nevis)["userId"]
    paths = [f"/api/v1/users/{user_id}", *(f"/api/v1/authenticators/{each.id}" for each in apps)]

    def removal(path):
        return lambda: nevis.ask("DELETE", path).status_code

    assert set(at_once(*map(removal, paths))) <= {204, 404}
    assert nevis.refused(404, "GET", f"/api/v1/users/{user_id}") == "user.unknown"
