"""The pages of the steps, one by one."""

import re

import pytest

from tests.support.pages import DASH, Site, compile_translations
from tests.support.sample_pages import (
    APPROVAL,
    CONSENT,
    DEBIT,
    FAILED,
    PARTY,
    PASSWORD,
    REVIEW,
    TOKEN,
    USERNAME,
    accounts,
    attribute,
    consent,
    form,
    organizations,
    page,
    payment,
    problem,
    sms,
)
from tests.support.sample_pages import token as phone

HOSTILE = "<script>alert('x')</script>"
SMS = [
    ("en", "sms/login.txt", "DEMO BANK: code 00387449 to LOG IN. Never tell anyone."),
    ("cs", "sms/login.txt", "DEMO BANK: kod 00387449 pro PRIHLASENI. Nikomu jej nesdelujte."),
    (
        "en",
        "sms/payment.txt",
        "DEMO BANK: code 00387449 to PAY 100 CZK to 238400856/0300. Never tell anyone.",
    ),
    (
        "cs",
        "sms/payment.txt",
        "DEMO BANK: kod 00387449 pro PLATBU 100 CZK na 238400856/0300. Nikomu jej nesdelujte.",
    ),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("translations")
    compile_translations(folder)
    return Site(folder)


def test_the_user_name_is_asked_for_as_password_managers_expect(site: Site) -> None:
    seen = site.sample("username")
    field = seen.one("input", id="username")
    assert (field["autocomplete"], field["maxlength"]) == ("username", "256")
    assert "autofocus" in field
    assert [e["value"] for e in seen.find("input", type="radio")] == ["PERSONAL", "CORPORATE"]
    assert "checked" in seen.one("input", value="PERSONAL")
    assert seen.title == DASH.join(["Sign in", "Payment", "Demo Bank"])


@pytest.mark.parametrize(
    ("kind", "scopes", "wish"),
    [
        ("payment", ["pisp"], "Wants to make one payment from your account"),
        ("login", ["openid", "aisp"], "Wants to see your accounts"),
        ("login", ["openid"], "Wants to know who you are"),
    ],
)
def test_the_sign_in_says_what_the_application_wants(
    site: Site, kind: str, scopes: list[str], wish: str
) -> None:
    application = {"name": "Tea", "description": None, "scopes": scopes}
    shown = page("login", kind, {"organizations": [], "username": ""}, application=application)
    assert wish in site.show(USERNAME, page=shown).text


def test_one_organization_is_no_choice_and_four_are_a_list(site: Site) -> None:
    one = site.sample("username-login")
    assert one.one("input", name="organization")["type"] == "hidden"
    four = site.sample("username-list")
    assert four.one("select", name="organization")["aria-invalid"] == "true"
    assert len(four.find("option")) == 4
    assert four.one("input", id="username")["value"] == "tea"


def test_an_error_of_a_field_stands_above_it_and_describes_it(site: Site) -> None:
    seen = site.sample("username-empty")
    field = seen.one("input", id="username")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "username-error")
    assert seen.html.index("Fill in the login number.") < seen.html.index('id="username"')


def test_a_failed_sign_in_clears_both_fields_and_marks_neither(site: Site) -> None:
    seen = site.sample("password-failed")
    for name, token, length in (
        ("password", "current-password", "256"),
        ("code", "one-time-code", "8"),
    ):
        given = seen.one("input", name=name)
        assert (given["autocomplete"], given["maxlength"]) == (token, length)
        assert not {"value", "aria-invalid"} & given.keys()
    assert "User authentication failed. Remaining attempts: 3" in seen.text


@pytest.mark.parametrize(
    ("code", "described"), [("password_empty", "password"), ("code_invalid", "code")]
)
def test_a_field_that_was_not_filled_in_is_described_by_what_is_said(
    site: Site, code: str, described: str
) -> None:
    seen = site.sample("password", page=page("login", "payment", sms(), problem=problem(code)))
    for name in ("password", "code"):
        field = seen.one("input", name=name)
        assert ("problem" in (field.get("aria-describedby") or "").split()) is (name == described)
        assert (field.get("aria-invalid") == "true") is (name == described)


@pytest.mark.parametrize(("left", "words"), [(1, "1 pokus"), (3, "3 pokusy"), (5, "5 pokusů")])
def test_remaining_attempts_have_their_plurals(site: Site, left: int, words: str) -> None:
    shown = page("login", "payment", sms(), problem=FAILED, remaining=left)
    assert words in site.show(PASSWORD, "cs", page=shown).text


def test_attempts_are_told_only_after_a_failed_sign_in(site: Site) -> None:
    assert "Remaining" not in site.sample("password-early").text


def test_the_code_is_numeric_and_enter_in_it_confirms(site: Site) -> None:
    seen = site.sample("password")
    code = seen.one("input", id="code")
    assert (code["inputmode"], code["type"]) == ("numeric", "text")
    resend = seen.one("button", form="resend")
    assert resend["data-resend"] in ("41", "42")
    assert "disabled" not in resend  # without a script the server answers
    assert seen.one("input", name="action")["value"] == "resend"


def test_a_longer_code_fits(site: Site) -> None:
    shown = page("login", "payment", sms(code_digits=9))
    assert site.show(PASSWORD, page=shown).one("input", id="code")["maxlength"] == "9"


def test_what_needs_a_script_is_hidden_without_one(site: Site) -> None:
    seen = site.sample("password")
    assert "hidden" in seen.one("button", aria_controls="password")
    assert "open" not in seen.one("dialog")
    assert "hidden" in site.sample("ended-done").one("button", type="button")


def test_the_sign_in_says_what_the_message_must_say(site: Site) -> None:
    text = site.sample("password").text
    assert "The SMS must say to LOG IN . If it speaks of a payment, choose Cancel." in text
    assert "We sent an SMS at 14:01 . The code is valid until 14:07 ." in text


def test_a_new_code_is_good_news(site: Site) -> None:
    seen = site.sample("password-resent")
    assert "We sent a new code. The old one no longer works." in seen.text
    assert not seen.title.startswith("Error")


def test_the_payment_stands_in_the_band_and_only_there(site: Site) -> None:
    seen = site.sample("review")
    assert seen.one("body")["data-kind"] == "payment"
    assert seen.text.count("238400856/0300") == 1
    assert seen.text.count("100.00") == 1
    assert "You pay 100.00 CZK To 238400856/0300" in seen.text
    assert "Zaplatíte 100,00 Kč (CZK) Komu 238400856/0300" in site.sample("review", "cs").text


def test_accounts_are_radios_with_their_reasons(site: Site) -> None:
    seen = site.sample("review")
    first, low, unusable = seen.find("input", type="radio")
    assert "checked" in first
    assert "checked" not in low
    assert "disabled" in unusable
    assert "Cannot be used. No payments to other banks." in seen.text
    assert "The balance is lower than the payment." in seen.text
    assert "24,183.50 CZK" in seen.text


def test_the_only_account_is_told_and_sent_along(site: Site) -> None:
    seen = site.sample("review-one")
    assert not seen.find("input", type="radio")
    assert seen.one("input", name="account")["value"] == "1"


@pytest.mark.parametrize("given", [accounts()[2:], []], ids=["unusable", "none"])
def test_without_a_usable_account_the_payment_can_only_be_rejected(
    site: Site, given: list[dict[str, object]]
) -> None:
    seen = site.show(REVIEW, page=page("payment", "payment", {"accounts": given}))
    assert "There is no account to pay from." in seen.text
    assert not seen.find("input", name="account")
    assert [button["value"] for button in seen.answers] == ["cancel"]


def test_a_choice_that_is_missing_marks_the_group(site: Site) -> None:
    group = site.sample("review-unchosen").one("fieldset")
    assert (group["role"], group["aria-invalid"]) == ("radiogroup", "true")
    assert group["aria-describedby"] == "account-error"


def test_every_kind_of_attribute_is_shown(site: Site) -> None:
    seen = site.sample("review-rich")
    assert "Due date 29 Nov 2026 Note Utility Bill Payment November Fee" in seen.text
    assert "€2.50 (EUR)" in seen.text
    assert "First payment to this account" in seen.text
    assert "Payments after 17:00 leave tomorrow." in seen.text
    assert "The shop Shop Teashop Tea and cups https://shop.example/" in seen.text
    assert seen.one("a", href="https://shop.example/")["rel"] == "noreferrer noopener"
    assert not seen.find("img")
    assert len(seen.find("dl", class_="summary")) == 2


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//shop.example"])
def test_a_website_that_is_no_address_of_the_web_is_no_link(site: Site, address: str) -> None:
    party = PARTY | {"partyInfo": {"name": "Teashop", "websiteUrl": address}}
    shown = page("payment", "payment", {"accounts": accounts()}, form=form(party))
    assert not site.show(REVIEW, page=shown).find("a", href=address)


def test_whatever_others_wrote_is_escaped(site: Site) -> None:
    party = {"name": HOSTILE, "description": HOSTILE, "websiteUrl": f'https://"{HOSTILE}'}
    parameters = [
        attribute("NOTE", "operation.note", HOSTILE, HOSTILE),
        attribute("HEADING", "heading", value=HOSTILE),
        attribute("BANNER", "banner", bannerType=HOSTILE, message=HOSTILE),
        PARTY | {"partyInfo": party},
    ]
    changes = {
        "form": form(*parameters),
        "application": {"name": HOSTILE, "description": HOSTILE, "scopes": ["aisp"]},
        "payment": payment(account=HOSTILE),
        "return_host": HOSTILE,
    }
    rows = [row | {"name": HOSTILE, "number": HOSTILE, "reason": HOSTILE} for row in accounts()]
    terms = consent() | {"html": HOSTILE, "account": rows[0]}
    for template, kind, data in (
        (
            USERNAME,
            "login",
            {"organizations": organizations(HOSTILE, HOSTILE), "username": HOSTILE},
        ),
        (PASSWORD, "login", sms(username=HOSTILE)),
        (REVIEW, "payment", {"accounts": rows}),
        (APPROVAL, "payment", sms("payment", account=rows[0])),
        (CONSENT, "consent", terms),
    ):
        seen = site.show(template, page=page(kind, "payment", data, **changes))
        assert "<script>alert" not in seen.html
        assert "&lt;script&gt;" in seen.html


def test_the_approval_says_what_the_message_must_say(site: Site) -> None:
    seen = site.sample("approval")
    assert "The SMS must say to PAY 100 CZK to 238400856/0300 . If it says" in seen.text
    assert "Approve payment of 100.00 CZK" in seen.text
    assert "From Current account 19-2000145399/0800" in seen.text
    assert "hidden" in seen.one("input", name="username")


def test_the_plain_login_asks_for_both_on_one_page(site: Site) -> None:
    seen = site.sample("plain-login")
    assert seen.one("input", id="username")["autocomplete"] == "username"
    assert seen.one("input", id="password")["autocomplete"] == "current-password"
    assert not [a for _, a in seen.elements if "autofocus" in a]
    known = site.sample("plain-login-known").one("input", id="username")
    assert known["value"] == "10045678"
    assert "readonly" in known


def test_a_password_that_is_missing_is_asked_for_at_its_field(site: Site) -> None:
    seen = site.sample("plain-login-empty")
    assert seen.one("input", id="password")["aria-describedby"] == "password-error"
    assert seen.one("input", id="username")["value"] == "10045678"
    assert "Fill in the password." in seen.text


def test_the_plain_approval_asks_for_the_code_alone(site: Site) -> None:
    seen = site.sample("plain-approval")
    assert not seen.find("input", name="password")
    assert "autofocus" in seen.one("input", id="code")
    assert "to PAY 100 CZK to 238400856/0300" in seen.text
    assert "autofocus" not in site.sample("approval").one("input", id="code")


def test_a_phone_s_request_that_is_over_is_told_once_and_asked_for_anew(site: Site) -> None:
    seen = site.sample("token-over")
    assert seen.text.count("The request in the mobile app is over.") == 1
    main = seen.one("button", class_="button", name="action")
    assert main["value"] == "ask"
    assert [each["value"] for each in seen.answers] == ["ask", "cancel", "offline", "sms"]


def test_nothing_that_is_not_offered_is_spoken_of(site: Site) -> None:
    alone = phone("EXPIRED", account=DEBIT, has_sms=False, has_offline=False)
    shown = page("payment", "payment", alone, problem=problem("token_over"))
    seen = site.show(TOKEN, page=shown)
    assert "SMS" not in seen.text
    assert "Having trouble?" not in seen.text


@pytest.mark.parametrize(("name", "says"), [("ended-left", True), ("ended-interrupted", False)])
def test_whoever_left_the_page_reads_where_to_start_again(
    site: Site, name: str, *, says: bool
) -> None:
    assert ("To pay, start again in Demo application." in site.sample(name).text) is says


def test_one_method_is_no_choice(site: Site) -> None:
    one = site.sample("plain-review")
    assert one.one("input", name="method")["type"] == "hidden"
    two = site.sample("plain-review-unchosen")
    assert [e["value"] for e in two.find("input", name="method")] == ["SMS_KEY", "POWERAUTH_TOKEN"]
    assert "Choose how you want to approve." in two.text


def test_testers_move_the_clock_and_lift_blocks(site: Site) -> None:
    seen = site.sample("demo-moved")
    assert seen.one("input", name="offset")["value"] == "PT300S"
    assert len(seen.find("input", name="csrf_token")) == 2
    assert seen.one("input", name="username")["value"] == "10045678"


def test_nothing_is_ticked_on_a_consent_and_both_answers_weigh_the_same(site: Site) -> None:
    seen = site.sample("consent")
    assert not [box for box in seen.find("input", type="checkbox") if "checked" in box]
    assert [button["class"] for button in seen.answers] == ["button button-outline"] * 2
    assert {"(required)", "(optional)"} <= set(seen.texts)
    assert "Start one payment of 100.00 CZK to 238400856/0300" in seen.text
    assert f"Paid from {DEBIT['name']}" in seen.text


def test_a_box_left_open_is_linked_from_the_notice(site: Site) -> None:
    seen = site.sample("consent-incomplete")
    assert seen.one("a", href="#option-1")
    box = seen.one("input", id="option-1")
    assert (box["aria-invalid"], box["aria-describedby"]) == ("true", "option-1-error")
    assert "Confirm this option to complete the operation." in seen.texts


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("consent", "Allow Demo application to make this payment?"),
        ("consent-login", "Allow Demo application to see your accounts?"),
        ("consent-identity", "Allow Tea to know who you are?"),
    ],
)
def test_the_consent_asks_for_what_the_application_wants(
    site: Site, name: str, question: str
) -> None:
    assert question in site.sample(name).texts


@pytest.mark.parametrize(("language", "template", "expected"), SMS)
def test_a_text_message_is_one_short_plain_line(
    site: Site, language: str, template: str, expected: str
) -> None:
    payment = {"amount": "100", "currency": "CZK", "account": "238400856/0300"}
    text = site.render(template, language, bank="DEMO BANK", code="00387449", **payment)
    assert text == expected
    assert text.isascii()  # and so GSM-7
    assert len(text) <= 160


@pytest.mark.parametrize(("language", "message"), [(SMS[2][0], SMS[2][2]), (SMS[3][0], SMS[3][2])])
def test_page_and_message_name_the_payment_in_the_same_words(
    site: Site, language: str, message: str
) -> None:
    told = re.search(r"(to|pro) (PAY|PLATBU) .*/0300", message)
    assert told
    assert told[0] in site.sample("approval", language).text
