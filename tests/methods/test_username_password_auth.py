"""USERNAME_PASSWORD_AUTH: user name and password in one form; one factor."""

import string

import pytest
import time_machine

from app import clock
from app.store.otps import SmsAuthorization
from tests.support.banks import FakeBank
from tests.support.store import all_of, on_sqlite, put_in
from tests.support.walker import Walker, normalised

PUNCTUATION = r"""_-@./\:;<>!#$%&'"*+=?^`(){}[]|~"""
FAILED = "User authentication failed."
KNOWN, UNKNOWN, BLOCKED = "customer1", "unknown12", "blocked12"
OPERATIONS = ["login", "authorize_payment", "authorize_payment_single_sca"]


@pytest.fixture
def walker(app):
    walker = Walker(app)
    walker.start_plain("login")
    return walker


def fields(page, name):
    return [control for form in page.forms for control in form.fields(name)]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_one_form_asks_for_user_name_and_password_and_no_code(app, operation):  # 81
    walker = Walker(app)
    page = walker.start_plain(operation)
    (form,) = [form for form in page.forms if form.method == "post"]
    asked = {c.name for c in form.controls if c.autocomplete}
    assert asked == {"username", "password"}
    walker.sign_in()
    assert walker.flow().step != "USERNAME_PASSWORD_AUTH"
    assert walker.messages() == []


@on_sqlite
@pytest.mark.parametrize("username", ["", "abc", "a b c d", "a" * 257, "abcd\u202e"])
def test_a_user_name_that_cannot_be_one_is_asked_for_again(walker, username):  # 70, 71
    page = walker.sign_in(username)
    words = "The specified login number is invalid." if username else "Fill in the login number."
    assert words in page.text
    assert walker.flow().attempts == 0


@on_sqlite
@pytest.mark.parametrize("username", ["abcd", "a" * 256, PUNCTUATION, string.digits])
def test_every_name_of_the_right_form_may_sign_in_with_the_password_test(walker, username):
    walker.sign_in(username)  # 71, 78
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_password_that_is_missing_costs_no_attempt_and_keeps_the_name(walker):
    page = walker.sign_in(password="")
    assert "Fill in the password." in page.text
    assert fields(page, "username")[0].value == "10045678"
    assert walker.flow().attempts == 0


@on_sqlite
def test_a_wrong_password_keeps_name_and_segment_and_never_the_password(walker):
    page = walker.sign_in(password="my-own-secret", organization="SME")
    assert FAILED in page.text
    assert fields(page, "username")[0].value == "10045678"
    assert [c.value for c in fields(page, "organization") if c.checked] == ["SME"]
    assert fields(page, "password")[0].value == ""
    assert "my-own-secret" not in page.html


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_fifth_wrong_password_ends_the_operation(app, operation):  # 64
    walker = Walker(app)
    walker.start_plain(operation)
    for remaining in (4, 3, 2, 1):
        assert f"Remaining attempts: {remaining}" in walker.sign_in(password="wrong").text
    assert "All attempts have been used." in walker.sign_in(password="wrong").text
    assert walker.history()[-1] == ("USERNAME_PASSWORD_AUTH", "AUTH_METHOD_FAILED", "FAILED")
    told = walker.leave()
    assert (told["error"], told["state"]) == ("access_denied", walker.state)


@on_sqlite
def test_users_who_do_not_exist_or_are_blocked_see_the_same_pages_to_the_end(app):  # 75, 76, 77
    walks = {}
    with time_machine.travel(clock.now(), tick=False):
        for name in (KNOWN, UNKNOWN, BLOCKED):
            walker = Walker(app)
            walker.start_plain("login")
            pages = [walker.sign_in(name, password) for password in ("wrong", "", "x")]
            pages += [walker.reload("?lang=cs"), walker.reload("?lang=en")]
            pages += [walker.sign_in(name, "wrong") for _ in range(3)]
            walks[name] = [normalised(page, username=name) for page in pages]
            walks[name] += [walker.leave() | {"state": ""}, walker.history()]
    assert "All attempts have been used." in walks[KNOWN][-3]
    assert walks[UNKNOWN] == walks[KNOWN]
    assert walks[BLOCKED] == walks[KNOWN]


@on_sqlite
def test_the_right_password_does_not_let_in_who_does_not_exist_or_is_blocked(app):
    for name in (UNKNOWN, BLOCKED):
        walker = Walker(app)
        walker.start_plain("login")
        assert FAILED in walker.sign_in(name).text
    assert all_of(app, SmsAuthorization) == []


@on_sqlite
def test_a_password_of_256_characters_is_handed_on_whole_and_a_longer_one_is_cut(app):  # 79
    bank = FakeBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    page = walker.start_plain("login")
    (password,) = fields(page, "password")
    assert password.kind == "password"
    assert 'maxlength="256"' in page.html
    walker.sign_in(password="p" * 256)
    walker.sign_in(password="p" * 100_000)
    assert bank.passwords == ["p" * 256, "p" * 257]
