"""The authenticator of the demo phone through its pages, without a script, at a real portal."""

import os
import re
from urllib.parse import urlencode

import pytest

from tests.support.browser import Browser
from tests.support.integrator import Integrator

PIN = "1234"
ACCOUNT = re.compile(r"/accounts/[0-9a-f]{12}$")
HTML = "<html>Pay <b>100 CZK</b><br/>to <i>Tom &amp; Jerry</i></html>"


@pytest.fixture(scope="module")
def portal(tiers):
    return tiers.shared("embedded")


@pytest.fixture(scope="module")
def bank(portal):
    return Integrator(portal)


@pytest.fixture
def user():
    return f"u{os.urandom(4).hex()}"


@pytest.fixture
def browser(portal):
    with Browser() as browser:
        browser.open(f"{portal.demo}/phone/accounts/")
        yield browser
        assert not [page.text for page in browser.visited if page.status >= 500]


def form(browser, action):
    """The form that goes to an address that ends so."""
    return next(form for form in browser.page.forms if form.action.endswith(action))


def follow(browser, portal, link):
    """Paste a link."""
    page = browser.open(f"{portal.demo}/phone/accounts/")
    return browser.press(form=page.forms[-1], link=link)


def add(browser, portal, bank, user, button="knowledge"):
    begun = bank.enroll(user)
    follow(browser, portal, begun["enrollment"]["appLinkUri"])
    page = browser.press(button, form=form(browser, "/enroll"))
    assert bank.status(begun) == "succeeded", page.text
    return page


@pytest.mark.parametrize("button", ["knowledge", "biometry"])
def test_an_account_is_added_by_a_link(browser, portal, bank, user, button):
    page = add(browser, portal, bank, user, button)
    assert f"{user} is added." in page.text
    page = browser.open(f"{portal.demo}/phone/accounts/")
    assert user in page.text
    assert "demo at localhost" in page.text


def test_the_deep_link_says_what_it_is_for_and_is_not_used_up_by_looking(
    browser, portal, bank, user
):
    begun = bank.enroll(user)
    deep = f"{portal.demo}/phone/?{urlencode({'link': begun['enrollment']['appLinkUri']})}"
    for _ in range(2):
        page = browser.open(deep)
        assert page.status == 200
        assert "Add an account?" in page.text
    assert bank.status(begun) == "pending"
    twice = form(browser, "/phone/link")
    first = browser.press(form=twice)
    assert user in first.text
    assert browser.press(form=twice).url == first.url


def test_an_approval_shows_its_message_as_it_was_written(browser, portal, bank, user):
    add(browser, portal, bank, user)
    begun = bank.ask(user, message=HTML)
    page = follow(browser, portal, begun["appLinkUri"])
    assert "Pay <b>100 CZK</b><br>to <i>Tom &amp; Jerry</i>" in page.html
    approve = form(browser, "/approve")
    for _ in range(2):
        assert "Approved." in browser.press("knowledge", form=approve, pin=PIN).text
    assert bank.status(begun) == "succeeded"


def test_a_message_without_tags_is_text_on_its_lines(browser, portal, bank, user):
    add(browser, portal, bank, user)
    begun = bank.ask(user, message="1 < 2 & 3 * 4\n\\n ěščř e\N{COMBINING ACUTE ACCENT}")
    page = follow(browser, portal, begun["appLinkUri"])
    assert "1 &lt; 2 &amp; 3 * 4\n\\n ěščř e\N{COMBINING ACUTE ACCENT}" in page.html
    assert "lines" in page.html
    assert "Approved." in browser.press("biometry", form=form(browser, "/approve")).text


def test_an_approval_is_rejected(browser, portal, bank, user):
    add(browser, portal, bank, user)
    begun = bank.ask(user)
    page = follow(browser, portal, begun["appLinkUri"])
    assert "asks for your approval, and says no more" in page.text
    page = browser.press(form=form(browser, "/reject"), reason="INCORRECT_DATA")
    assert "Rejected." in page.text
    assert not [each for each in page.forms if each.action.endswith("/approve")]
    assert bank.status(begun) == "failed"


def test_a_push_appears_by_itself_and_leads_to_its_request(browser, portal, bank, user):
    add(browser, portal, bank, user)
    before = browser.open(f"{portal.demo}/phone/accounts/news").html
    begun = bank.ask(user, channel="push", message="Sign in?")
    for _ in range(100):
        page = browser.open(f"{portal.demo}/phone/accounts/")
        if "Asked just now" in page.text:
            break
    else:
        pytest.fail(page.text)
    assert browser.open(f"{portal.demo}/phone/accounts/news").html != before
    browser.open(f"{portal.demo}/phone/accounts/")
    page = browser.press(form=form(browser, "/phone/link"))
    assert "Sign in?" in page.text
    browser.press("knowledge", form=form(browser, "/approve"), pin=PIN)
    assert bank.status(begun) == "succeeded"
    assert "Asked just now" not in browser.open(f"{portal.demo}/phone/accounts/").text


def test_a_wrong_pin_says_how_many_attempts_are_left(browser, portal, bank, user):
    add(browser, portal, bank, user)
    begun = bank.ask(user)
    follow(browser, portal, begun["appLinkUri"])
    assert "Type the PIN" in browser.press("knowledge", form=form(browser, "/approve")).text
    page = browser.press("knowledge", form=form(browser, "/approve"), pin="9999")
    assert "The PIN is wrong: 4 attempts are left." in page.text
    assert "Then the account is locked." in page.text
    browser.press("knowledge", form=form(browser, "/approve"), pin=PIN)
    assert bank.status(begun) == "succeeded"


def test_of_several_accounts_one_is_chosen(browser, portal, bank, user):
    for name in (user, f"{user}b"):
        add(browser, portal, bank, name)
    begun = bank.ask(None)
    follow(browser, portal, begun["appLinkUri"])
    assert "Choose the account" in browser.press("biometry", form=form(browser, "/approve")).text
    approve = form(browser, "/approve")
    chosen = approve.fields("account")[-1].value
    assert "Approved." in browser.press("biometry", form=approve, account=chosen).text
    assert bank.status(begun) == "succeeded"


def test_a_used_link_and_a_broken_one_say_so_and_stay_in_the_field(browser, portal, bank, user):
    link = bank.enroll(user)["enrollment"]["appLinkUri"]
    page = follow(browser, portal, link)
    browser.press(form=form(browser, "/reject"))
    page = follow(browser, portal, link)
    assert "Rejected." in page.text
    page = browser.open(f"{portal.demo}/phone/link?{urlencode({'link': link[:-1]})}")
    assert page.status == 422
    assert "no link of a bank" in page.text
    assert form(browser, "/phone/link").fields("link")[0].value == link[:-1]


def test_an_account_has_a_long_name_and_is_forgotten(browser, portal, bank, user):
    name = "N" * 64
    begun = bank.enroll(user)
    follow(browser, portal, begun["enrollment"]["appLinkUri"])
    browser.press("knowledge", form=form(browser, "/enroll"), name=name[:-8] + user[-8:])
    browser.open(f"{portal.demo}/phone/accounts/")
    there = next(link for link in reversed(browser.page.content.links) if ACCOUNT.search(link))
    page = browser.open(there)
    assert name[:-8] in page.text
    assert "new name" in browser.press(form=form(browser, "/rename"), name=f"{user} new").text
    assert "already" not in browser.press(form=form(browser, "/rename"), name=f"{user} new").text
    page = browser.press(form=form(browser, "/forget"))
    assert "gone from this phone" in page.text
    assert "no such account" in browser.open(there).text


def test_a_phone_without_accounts_says_how_one_is_added(browser, portal):
    page = browser.open(f"{portal.demo}/phone/")
    assert "Accounts, and open a link" in page.text
    assert "no such request" in browser.open(f"{portal.demo}/phone/requests/0123456789ab").text
