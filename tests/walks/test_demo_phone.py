"""The demo phone in each tier: paired in two clicks, it approves what the bank asks."""

import os

from tests.support.back_office import BackOffice
from tests.support.browser import Browser


def test_a_phone_of_two_clicks_approves_a_payment(portal):
    user = f"user{os.urandom(4).hex()}"
    with Browser() as browser:
        page = browser.open(portal.demo)
        quick = next(form for form in page.forms if form.action.endswith("/quick"))
        assert f"paired with {user}" in browser.press(form=quick, user=user).text
        bank = BackOffice(portal)
        asked = bank.ask(user)
        page = browser.open(browser.page.url)
        assert "63.99" in page.text
        approve = next(form for form in page.forms if form.action.endswith("/approve"))
        assert "Approved." in browser.press("knowledge", form=approve, pin="1234").text
        assert bank.state_of(asked["operationId"])["status"] == "APPROVED"
