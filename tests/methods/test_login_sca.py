"""LOGIN_SCA: the user name, then both factors."""

import string

import pytest

from app.bank.base import Organization
from app.bank.demo import RETAIL, SME
from tests.support.banks import FakeBank
from tests.support.store import on_sqlite, put_in
from tests.support.walker import Walker

PUNCTUATION = r"""_-@./\:;<>!#$%&'"*+=?^`(){}[]|~"""
EMPTY, INVALID = "Fill in the login number.", "The specified login number is invalid."


@pytest.fixture
def walker(app):
    walker = Walker(app)
    walker.start_login()
    return walker


def fields(page, name):
    return [control for form in page.forms for control in form.fields(name)]


@on_sqlite
def test_an_empty_user_name_is_asked_for_again(walker):  # 70
    for username in ("", " ", "\t \n"):
        page = walker.name(username)
        assert EMPTY in page.text
        assert fields(page, "username")[0].autocomplete == "username"
    assert walker.flow().attempts == 0


@on_sqlite
def test_a_user_name_of_the_wrong_form_is_asked_for_again(walker):  # 71
    for username in (
        "abc", "a b c d", "a" * 257, "čtyři", "abcd\x00", "ab\ncd", "abcd\u202e",
        "\uff11\uff12\uff13\uff14\uff15", "a,bcd",
    ):  # fmt: skip
        page = walker.name(username)
        assert INVALID in page.text, username
        assert walker.flow().username is None
        assert len(fields(page, "username")[0].value) <= 256
    assert walker.flow().attempts == 0


@on_sqlite
def test_a_refused_user_name_stands_in_the_field_to_be_mended(walker):
    page = walker.name("a b", organization="SME")
    assert fields(page, "username")[0].value == "a b"
    assert [c.value for c in fields(page, "organization") if c.checked] == ["SME"]


@on_sqlite
@pytest.mark.parametrize(
    "username", ["abcd", "a" * 256, PUNCTUATION, string.digits, "ABCD", " 10045678 "]
)
def test_a_user_name_of_the_right_form_goes_on_and_is_shown_read_only(walker, username):  # 71, 72
    page = walker.name(username)
    (shown,) = fields(page, "username")
    assert shown.value == username.strip()
    assert "readonly" in page.html
    assert len(walker.messages()) == 1
    walker.prove()
    assert walker.flow().step == "CONSENT"  # 78


@on_sqlite
def test_the_segment_is_chosen_on_the_first_page_only(walker):  # 73
    first = fields(walker.page, "organization")
    assert [(c.value, c.checked) for c in first] == [("RETAIL", True), ("SME", False)]
    assert "Personal" in walker.page.text
    assert "Corporate" in walker.page.text
    assert fields(walker.name(), "organization") == []


@on_sqlite
def test_the_chosen_segment_is_kept(walker):
    walker.name("10045678", organization="SME")
    assert walker.flow().organization_id == "SME"
    assert walker.flow().user_id == "SME.10045678"
    assert walker.messages()[0].organization_id == "SME"
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_segment_that_the_bank_does_not_have_is_refused(walker):
    for organization in ("NONSENSE", "RETAIL ", "\x00", "retail"):
        page = walker.name("10045678", organization=organization)
        assert "Choose one of the account types." in page.text
        assert walker.flow().phase == ""
        assert fields(page, "username")[0].value == "10045678"


@on_sqlite
def test_without_a_segment_it_is_the_default_one(walker):
    answer = walker.filled("continue", username="10045678")
    answer.poplist("organization")
    walker.send(answer)
    assert walker.flow().organization_id == "RETAIL"


@on_sqlite
def test_a_bank_with_one_segment_shows_no_choice(app):  # 74
    put_in(app, bank=FakeBank(organizations=[RETAIL]))
    walker = Walker(app)
    page = walker.start_login()
    assert [c.kind for c in fields(page, "organization")] == ["hidden"]
    walker.log_in()
    assert walker.flow().organization_id == "RETAIL"


@on_sqlite
def test_a_bank_with_many_segments_shows_a_list(app):  # 74
    more = [Organization(f"BRANCH{n}", "organization.sme", order=n + 3) for n in range(2)]
    put_in(app, bank=FakeBank(organizations=[SME, RETAIL, *more]))
    walker = Walker(app)
    page = walker.start_login()
    (choice,) = fields(page, "organization")
    assert (choice.kind, choice.value) == ("select", "RETAIL")
    assert page.html.index('value="RETAIL"') < page.html.index('value="SME"')


@on_sqlite
def test_password_and_code_are_asked_for_as_password_managers_expect(walker):  # 66, 79
    page = walker.name()
    (password,), (code,) = fields(page, "password"), fields(page, "code")
    assert (password.kind, password.autocomplete) == ("password", "current-password")
    assert code.autocomplete == "one-time-code"
    assert 'maxlength="256"' in page.html
    assert 'maxlength="8"' in page.html
    assert 'inputmode="numeric"' in page.html
    assert fields(page, "username")[0].autocomplete == "username"


@on_sqlite
def test_the_button_that_goes_forward_is_the_first_of_its_form(walker):
    assert walker.filled()["action"] == "continue"
    walker.name()
    assert walker.filled()["action"] == "confirm"
    walker.prove()
    assert walker.filled()["action"] == "confirm"


@on_sqlite
@pytest.mark.parametrize("typed", ["{} ", " {}", "{:.4} {:.0}", "{:.4}-{:.0}"])
def test_a_code_may_be_typed_in_groups(walker, typed):
    walker.name()
    code = walker.code()
    if "." in typed:
        typed = f"{code[:4]}{typed[5]}{code[4:]}"
    walker.prove(typed.format(code))
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_code_in_other_digits_or_longer_is_another_code(walker):
    walker.name()
    code = walker.code()
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    for wrong in (wide, code + "0", "0" + code, code[:7], "x" * 100_000):
        assert "Fill in all digits of the code from the SMS." in walker.prove(wrong).text
    assert (walker.flow().step, walker.flow().attempts) == ("LOGIN_SCA", 0)


@on_sqlite
def test_a_password_of_256_characters_is_handed_on_whole(app):  # 79
    bank = FakeBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    walker.prove(password="p" * 256)
    assert bank.passwords == ["p" * 256]


@on_sqlite
def test_a_password_longer_than_256_characters_is_wrong_and_is_not_handed_on(app):
    bank = FakeBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    walker.prove(password="test" + "x" * 100_000)
    assert "User authentication failed." in walker.page.text
    assert len(bank.passwords[0]) <= 257


@on_sqlite
def test_the_password_is_never_shown_again(walker):
    walker.name()
    page = walker.prove(walker.wrong_code(), password="my-own-secret")
    assert "my-own-secret" not in page.html
    assert fields(page, "password")[0].value == ""
    assert fields(page, "code")[0].value == ""


@on_sqlite
def test_the_page_says_who_asks_and_what_for(app):
    walker = Walker(app)
    walker.start_login()
    assert "Demo application" in walker.page.text
    assert "Wants to see your accounts" in walker.page.text
    other = Walker(app)
    other.start_payment()
    assert "Wants to make one payment" in other.page.text
