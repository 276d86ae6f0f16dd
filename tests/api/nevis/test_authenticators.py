"""Authenticators: their names, and their end."""

import pytest
from flask import Flask

from app.store.registrations import PushDevice
from tests.support.device import row_of
from tests.support.nevis import USERNAME, App, Nevis, other_instance
from tests.support.nevis_users import user_of
from tests.support.store import all_of


def one(authenticator_id: str) -> str:
    return f"/api/v1/authenticators/{authenticator_id}"


def test_an_authenticator_gets_another_name(app: Flask):
    nevis = Nevis(app)
    phone = nevis.with_app()
    (before,) = user_of(nevis)["authenticators"]
    renamed = nevis("PATCH", one(phone.id), {"name": "Žlutý telefon"})
    assert renamed["name"] == "Žlutý telefon"
    assert renamed["updatedAt"] > before["updatedAt"]
    assert user_of(nevis)["authenticators"] == [renamed]
    assert user_of(nevis)["updatedAt"] >= renamed["updatedAt"]


@pytest.mark.parametrize("name", ["iPhone de\u00a0Zoé", "گوشی\u200cمن", "👨\u200d👩\u200d👧"])
def test_a_name_of_any_language_is_kept_to_the_letter(app: Flask, name):
    nevis = Nevis(app)
    phone = nevis.with_app()
    assert nevis("PATCH", one(phone.id), {"name": name})["name"] == name


@pytest.mark.parametrize(
    "name", ["", " ", "a\nb", "x" * 257, "a\u202eb", "a\x7fb", "a\u2028b", "\u200b\u00a0"]
)
def test_what_is_no_name_is_refused(app: Flask, name):
    nevis = Nevis(app)
    phone = nevis.with_app()
    assert nevis.refused(422, "PATCH", one(phone.id), {"name": name}) == "name.invalid"
    assert row_of(app, phone.id).name == "Pixel 8"


def test_an_authenticator_without_a_new_name_stays(app: Flask):
    nevis = Nevis(app)
    phone = nevis.with_app()
    assert nevis.refused(422, "PATCH", one(phone.id), {}) == "name.missing"


def test_a_deleted_authenticator_is_gone_and_the_user_is_new_again(app: Flask):
    nevis = Nevis(app)
    phone = nevis.with_app()
    answer = nevis.ask("DELETE", one(phone.id))
    assert (answer.status_code, answer.data) == (204, b"")
    assert nevis.refused(404, "DELETE", one(phone.id)) == "authenticator.unknown"
    assert nevis.refused(404, "PATCH", one(phone.id), {"name": "a"}) == "authenticator.unknown"
    user = user_of(nevis)
    assert (user["status"], user["authenticators"]) == ("new", [])
    wanted = {"username": USERNAME}
    assert nevis.refused(404, "POST", "/api/v1/approval", wanted) == "authenticator.unknown"


def test_who_has_another_authenticator_stays_active(app: Flask):
    nevis = Nevis(app)
    first, second = nevis.with_app(), nevis.with_app()
    nevis.ask("DELETE", one(first.id))
    user = user_of(nevis)
    assert user["status"] == "active"
    assert [each["authenticatorId"] for each in user["authenticators"]] == [second.id]


def test_a_deleted_authenticator_approves_nothing_and_is_reached_no_more(app: Flask):
    nevis = Nevis(app)
    phone = App(nevis)
    link = nevis.enroll()["enrollment"]["appLinkUri"]
    phone.enroll(link, pushToken="token-of-the-app", pushPlatform="fcm")
    asked = phone.redeem(nevis.approve(channel="app")["appLinkUri"])
    nevis.ask("DELETE", one(phone.id))
    assert phone.refused(404, phone.approval(asked)) == "authenticator.unknown"
    assert all_of(app, PushDevice) == []


def test_an_authenticator_that_is_not_enrolled_yet_is_none(app: Flask):
    nevis = Nevis(app)
    phone = App(nevis)
    asked = phone.redeem(nevis.enroll()["enrollment"]["appLinkUri"])
    pending = asked["uafRequest"]["authenticatorId"]
    assert nevis.refused(404, "DELETE", one(pending)) == "authenticator.unknown"
    assert row_of(app, pending).state == "CREATED"


def test_an_authenticator_of_another_instance_is_not_there(app: Flask):
    nevis, other = Nevis(app), other_instance(app)
    phone = nevis.with_app()
    assert other.refused(404, "DELETE", one(phone.id)) == "authenticator.unknown"
    assert other.refused(404, "PATCH", one(phone.id), {"name": "a"}) == "authenticator.unknown"
    assert row_of(app, phone.id).state == "ACTIVE"
    assert row_of(app, phone.id).name == "Pixel 8"


def test_an_intent_changes_no_authenticator(app: Flask):
    nevis = Nevis(app)
    phone = nevis.with_app()
    intent = nevis.intent("enroll")
    assert nevis.ask("DELETE", one(phone.id), bearer=intent).status_code == 403
    assert nevis.ask("PATCH", one(phone.id), {"name": "a"}, bearer=intent).status_code == 403


def test_the_authenticator_that_was_registered_last_is_asked(app: Flask):
    nevis = Nevis(app)
    first, second = nevis.with_app(), nevis.with_app()
    asked = second.redeem(nevis.approve(channel="app")["appLinkUri"])
    assert asked["uafRequest"]["authenticatorId"] == second.id
    first.refused(404, first.approval(asked))
    second.answer(second.approval(asked))
    nevis.ask("DELETE", one(second.id))
    asked = first.redeem(nevis.approve(channel="app")["appLinkUri"])
    assert asked["uafRequest"]["authenticatorId"] == first.id


def test_any_authenticator_is_asked_by_channel_app_alone(app: Flask):
    nevis = Nevis(app)
    first, _ = nevis.with_app(), nevis.with_app()
    link = nevis.approve(channel="app", authenticatorId="*")["appLinkUri"]
    asked = first.redeem(link)
    assert "authenticatorId" not in asked["uafRequest"]
    first.answer(first.approval(asked))
    for channel in ("push", "sms"):
        wanted = {"username": USERNAME, "authenticatorId": "*", "channel": channel}
        assert nevis.refused(422, "POST", "/api/v1/approval", wanted) == "request.invalid"
