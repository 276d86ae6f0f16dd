"""The walk of an app through the second façade: enrol, poll, prove; approve, poll, prove."""

from flask import Flask

from tests.support.nevis import App, Nevis


def test_an_app_is_enrolled_and_its_success_is_proved_once(app: Flask):
    nevis, phone = Nevis(app), App
    user = nevis.enroll()
    assert user["status"] == "new"
    assert user["authenticators"] == []
    begun = user["enrollment"]
    assert nevis.status(begun["statusToken"])["status"] == "pending"
    phone(nevis).enroll(begun["appLinkUri"])
    stands = nevis.status(begun["statusToken"])
    assert stands["status"] == "succeeded"
    assert (stands["userId"], stands["username"]) == (user["userId"], user["username"])
    proved = nevis.introspect(stands["token"])
    assert proved["active"] is True
    assert proved["sub"] == user["userId"]
    assert nevis.introspect(stands["token"]) == {"active": False}


def test_an_app_approves_what_it_shows(app: Flask):
    nevis = Nevis(app)
    phone = nevis.with_app()
    begun = nevis.approve(channel="app", message="<html>Pay <b>100</b> CZK?</html>")
    asked = phone.redeem(begun["appLinkUri"])
    (shown,) = asked["uafRequest"]["transaction"]
    assert shown == {"contentType": "text/html", "content": "<html>Pay <b>100</b> CZK?</html>"}
    assert nevis.status(begun["statusToken"])["status"] == "pending"
    phone.answer(phone.approval(asked))
    assert nevis.status(begun["statusToken"])["status"] == "succeeded"


def test_an_app_declines(app: Flask):
    nevis = Nevis(app)
    phone = nevis.with_app()
    begun = nevis.approve(channel="app")
    phone.decline(begun["appLinkUri"])
    assert nevis.status(begun["statusToken"])["status"] == "failed"
