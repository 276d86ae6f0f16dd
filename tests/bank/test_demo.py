"""The demo bank: who exists, what opens the door, and what it costs to ask."""

import time
from collections.abc import Callable
from decimal import Decimal

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from stdnum import iban

from app.bank import build_bank
from app.bank.base import NO_CHANGE, USERNAME, Bank, OperationContext, OperationEnding
from app.settings import BankSettings

BANK: Bank = build_bank(BankSettings())
SAME_BANK: Bank = build_bank(BankSettings())
CONTEXT = OperationContext(
    operation_id="7f3c",
    operation_name="login_sca",
    user_id="john",
    organization_id="RETAIL",
    application_id="democlient",
    application_name="Demo application",
)

usernames = st.from_regex(USERNAME, fullmatch=True).filter(
    lambda name: not name.startswith("unknown") and len(name) <= 250
)


def opens(user_id: str | None, password: str, organization_id: str | None = "RETAIL") -> bool:
    return BANK.check_password(user_id=user_id, organization_id=organization_id, password=password)


def test_there_are_two_organizations_and_the_personal_one_is_the_default():
    retail, sme = BANK.organizations()
    assert (retail.id, retail.name_key, retail.order) == ("RETAIL", "organization.retail", 1)
    assert (sme.id, sme.name_key, sme.order) == ("SME", "organization.sme", 2)
    assert retail.default
    assert not sme.default


@settings(deadline=None)
@given(usernames)
def test_every_valid_user_name_is_john_doe(username):
    user = BANK.find_user(username, "RETAIL")
    assert user
    assert (user.given_name, user.family_name) == ("John", "Doe")
    assert user.active is not username.startswith("blocked")


@pytest.mark.parametrize("username", ["john", "j.doe@example.com", "0123456789", "x" * 256])
def test_a_personal_customer_has_the_user_name_as_id(username):
    user = BANK.find_user(username, "RETAIL")
    assert user
    assert user.id == username


def test_a_corporate_customer_is_somebody_else_than_a_personal_one_of_the_same_name():
    retail, sme = BANK.find_user("john", "RETAIL"), BANK.find_user("john", "SME")
    assert retail
    assert sme
    assert sme.id == "SME.john"
    assert retail.phone != sme.phone


@settings(deadline=None)
@given(usernames, st.sampled_from([("RETAIL", "SME"), ("SME", "RETAIL")]))
@example("SME.john", ("RETAIL", "SME"))
@example("RETAIL.john", ("RETAIL", "SME"))
@example("SME.SME.john", ("SME", "RETAIL"))
def test_an_id_belongs_to_one_customer_of_one_organization(username, organizations):
    here, there = organizations
    user = BANK.find_user(username, here)
    assert user
    assert BANK.user(user.id, here) == user
    assert BANK.user(user.id, there) is None


@settings(deadline=None)
@given(st.lists(usernames, min_size=2, max_size=2, unique=True))
@example(["SME.john", "RETAIL.SME.john"])
@example(["john", "RETAIL.john"])
def test_two_user_names_never_share_an_id(names):
    first, second = (BANK.find_user(name, "RETAIL") for name in names)
    assert first
    assert second
    assert first.id != second.id


@pytest.mark.parametrize(
    "username",
    ["unknown", "unknown7", "", "abc", "x" * 257, "john doe", "john\n", "jöhn", "john\0", "john,"],
)
def test_unknown_and_malformed_user_names_are_nobody(username):
    assert BANK.find_user(username, "RETAIL") is None
    assert BANK.user(username, "RETAIL") is None


def test_nobody_is_known_in_an_organization_that_does_not_exist():
    assert BANK.find_user("john", "PRIVATE") is None
    assert BANK.user("PRIVATE.john", "PRIVATE") is None
    assert BANK.user("john", "") is None


def test_an_id_is_never_longer_than_the_256_characters_of_the_interface():
    assert BANK.find_user("x" * 252, "SME")
    assert BANK.find_user("x" * 253, "SME") is None


def test_a_blocked_customer_exists_and_is_not_active():
    for organization in ("RETAIL", "SME"):
        user = BANK.find_user("blocked.john", organization)
        assert user
        assert not user.active
        assert BANK.user(user.id, organization) == user


@settings(deadline=None)
@given(usernames)
def test_everybody_has_a_phone_number_and_every_process_knows_the_same(username):
    user = BANK.find_user(username, "RETAIL")
    assert user
    assert user == SAME_BANK.find_user(username, "RETAIL")
    assert user.phone
    number = phonenumbers.parse(user.phone)
    assert phonenumbers.is_valid_number(number)
    assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == user.phone


def test_a_customer_in_a_log_line_has_no_name_and_no_phone_number():
    user = BANK.find_user("john", "RETAIL")
    assert user
    assert user.phone
    line = repr(user)
    assert "john" in line
    assert not {word for word in ("John", "Doe", user.phone[-4:]) if word in line}


def test_the_password_test_opens_the_account_of_everybody_who_is_active():
    assert opens("john", "test")
    assert opens("SME.john", "test", "SME")


@pytest.mark.parametrize(
    "password", ["", "Test", "test ", "tes", "test\0", "\ud800", "test" * 100, "t" * 1_000_000]
)
def test_any_other_password_is_refused_whatever_its_length(password):
    assert not opens("john", password)


@pytest.mark.parametrize(
    ("user_id", "organization_id"),
    [
        (None, "RETAIL"),
        (None, None),
        ("john", None),
        ("unknown", "RETAIL"),
        ("blocked", "RETAIL"),
        ("SME.blocked", "SME"),
        ("SME.john", "RETAIL"),
        ("john", "SME"),
    ],
)
def test_the_right_password_does_not_open_an_unknown_or_blocked_account(user_id, organization_id):
    assert not opens(user_id, "test", organization_id)


def test_a_refusal_costs_the_same_for_known_unknown_and_blocked_customers():
    expected = cost(lambda: opens("john", "wrong"))
    for user_id, password in (
        (None, "wrong"),
        ("unknown", "wrong"),
        ("blocked", "test"),
        ("john", "test"),
        ("john", "wrong" * 100_000),
    ):
        assert cost(lambda u=user_id, p=password: opens(u, p)) > expected / 5


def cost(work: Callable[[], object]) -> float:
    """Return the least time of several runs, in seconds of this process."""
    times = []
    for _ in range(5):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def test_a_known_customer_has_an_account_to_use_one_with_little_on_it_and_one_that_is_closed():
    current, joint, savings = BANK.accounts("john", "RETAIL", language="en")
    assert [account.id for account in (current, joint, savings)] == ["1", "2", "3"]
    assert [account.default for account in (current, joint, savings)] == [True, False, False]
    assert [account.usable for account in (current, joint, savings)] == [True, True, False]
    assert current.balance == Decimal("24394.52")
    assert joint.balance == Decimal("12.40")
    assert savings.balance == Decimal("158121.10")
    assert savings.reason == "This account does not allow payments to other banks."
    assert current.reason is None


def test_accounts_are_named_in_the_language_of_the_page_and_in_english_elsewhere():
    def names(language: str) -> list[str]:
        return [account.name for account in BANK.accounts("john", "RETAIL", language=language)]

    assert names("cs") == names("cs-CZ") == ["Běžný účet", "Společný účet", "Spořicí účet"]
    assert names("de-AT") == ["Girokonto", "Gemeinschaftskonto", "Sparkonto"]
    assert names("en") == names("pl") == ["Current account", "Joint account", "Savings account"]
    savings = BANK.accounts("john", "RETAIL", language="cs")[2]
    assert savings.reason == "Z tohoto účtu nelze platit do jiných bank."


def test_account_numbers_and_ibans_are_well_formed_and_say_the_same():
    for account in BANK.accounts("john", "RETAIL", language="en"):
        assert iban.is_valid(account.iban, check_country=False)
        number, bank = account.number.split("/")
        assert account.iban[4:] == bank + number.zfill(16)


def test_an_unknown_customer_has_no_accounts():
    assert not BANK.accounts("unknown", "RETAIL", language="en")
    assert not BANK.accounts("john", "SME", language="en")


def test_the_bank_asks_for_both_factors():
    assert BANK.assess(CONTEXT) == NO_CHANGE
    assert NO_CHANGE.password
    assert NO_CHANGE.sms_code


def test_the_log_tells_of_a_consent_and_of_an_ending_without_their_words(capsys, caplog):
    BANK.save_consent(CONTEXT, "en", "<p>I agree that</p>", ["CONSENT_LOGIN"])
    BANK.operation_finished(CONTEXT, OperationEnding.DONE)
    told = capsys.readouterr().out + caplog.text
    assert "I agree" not in told
    assert "Demo application" not in told
