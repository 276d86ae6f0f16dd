"""The consent texts of the demo bank: what they name, and that nothing breaks out of them."""

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bank import build_bank
from app.bank.base import Bank, ConsentForm, OperationContext
from app.bank.demo_texts import TEXTS
from app.settings import BankSettings, WebSettings

BANK: Bank = build_bank(BankSettings(name="Dům & bank"))
LOGIN = OperationContext(
    operation_id="7f3c",
    operation_name="login_sca",
    user_id="john",
    organization_id="RETAIL",
    application_id="democlient",
    application_name="Demo application",
)
PAYMENT = replace(
    LOGIN,
    operation_name="authorize_payment_sca",
    amount=Decimal("1234.5"),
    currency="CZK",
    account="238400856/0300",
    debit_account_id="1",
)
LANGUAGES = list(TEXTS)
VALUE = re.compile(r"\{\w+\}")


class Page(HTMLParser):
    """Collects tags and words, and refuses what is not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag, attrs):
        assert not attrs
        self.tags.append(tag)
        self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words += data


def pages(form: ConsentForm | None) -> list[Page]:
    assert form
    return [Page(form.html), *(Page(option.html) for option in form.options)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_signing_in_asks_for_one_consent_that_is_required(language):
    form = BANK.consent_form(LOGIN, language)
    assert form
    assert [(option.id, option.required) for option in form.options] == [("CONSENT_LOGIN", True)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_payment_asks_for_two_consents_that_are_both_required(language):
    form = BANK.consent_form(PAYMENT, language)
    assert form
    assert [(option.id, option.required) for option in form.options] == [
        ("CONSENT_INIT", True),
        ("CONSENT_PAYMENT", True),
    ]


@pytest.mark.parametrize(
    ("language", "amount"),
    [("en", "1,234.50\xa0CZK"), ("cs", "1\xa0234,50\xa0CZK"), ("de", "1.234,50\xa0CZK"),
     ("fr", "1\u202f234,50\xa0CZK"), ("es", "1.234,50\xa0CZK"), ("uk", "1\xa0234,50\xa0CZK"),
     ("ro", "1.234,50\xa0CZK")],
)  # fmt: skip
def test_a_payment_consent_names_application_bank_amount_and_both_accounts(language, amount):
    text, init, payment = (page.words for page in pages(BANK.consent_form(PAYMENT, language)))
    for word in ("Demo application", "Dům & bank", amount, "238400856/0300", "12345671/1234"):
        assert word in text
    assert "Demo application" in init
    assert amount in payment
    assert "238400856/0300" in payment


@pytest.mark.parametrize("debit_account_id", [None, "4"])
def test_a_payment_consent_leaves_out_a_debit_account_that_nobody_chose(debit_account_id):
    context = replace(PAYMENT, debit_account_id=debit_account_id)
    text = pages(BANK.consent_form(context, "en"))[0].words
    assert "paid from" not in text


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("100", "CZK", "100.00\xa0CZK"),
        ("100", "JPY", "100\xa0JPY"),
        ("100.555", "EUR", "100.555\xa0EUR"),
        ("1E+3", "EUR", "1,000.00\xa0EUR"),
        ("9" * 40, "EUR", "9," + ",".join(["999"] * 13) + ".00\xa0EUR"),
        ("1.50", "XQX", "1.50\xa0XQX"),
    ],
)
def test_an_amount_is_written_in_full_and_never_rounded(amount, currency, shown):
    context = replace(PAYMENT, amount=Decimal(amount), currency=currency)
    assert shown in pages(BANK.consent_form(context, "en"))[2].words


def test_texts_are_in_the_language_of_the_reader_and_english_for_everybody_without_a_translation():
    def heading(language: str) -> str:
        return pages(BANK.consent_form(PAYMENT, language))[0].words.strip().splitlines()[0]

    assert heading("cs") == heading("cs-CZ") == "Souhlas s iniciováním platby"
    assert heading("de-AT") == "Zustimmung zur Auslösung einer Zahlung"
    assert heading("en") == heading("ar") == heading("") == "Consent to the initiation of a payment"


@pytest.mark.parametrize("context", [LOGIN, PAYMENT])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_made_of_a_few_plain_tags(context, language):
    for page in pages(BANK.consent_form(context, language)):
        assert set(page.tags) <= {"h3", "p", "ul", "li", "strong"}


@settings(deadline=None)
@given(st.text(min_size=1), st.text(min_size=1), st.sampled_from(LANGUAGES))
def test_no_name_and_no_account_breaks_out_of_its_place(name, account, language):
    plain = pages(BANK.consent_form(PAYMENT, language))
    hostile = pages(
        BANK.consent_form(replace(PAYMENT, application_name=name, account=account), language)
    )
    assert [page.tags for page in hostile] == [page.tags for page in plain]


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "A & B", "\"'>", "&lt;", "{bank} {0} %s", "</strong>"]
)
def test_a_name_is_shown_as_it_is_written(name):
    context = replace(PAYMENT, application_name=name, currency=name, account=name)
    for page in pages(BANK.consent_form(context, "en")):
        assert name in page.words


def test_the_name_of_the_bank_is_escaped_too():
    form = build_bank(BankSettings(name="<b>Bank")).consent_form(LOGIN, "en")
    assert form
    assert "&lt;b&gt;Bank" in form.html
    assert "<b>" not in form.html


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_text_is_translated_and_keeps_its_tags_and_values(language):
    for field in TEXTS["en"]._fields:
        english, translated = getattr(TEXTS["en"], field), getattr(TEXTS[language], field)
        assert translated != english
        assert Page(translated).tags == Page(english).tags
        assert set(VALUE.findall(translated)) == set(VALUE.findall(english))


def test_every_language_that_is_offered_has_its_own_texts():
    assert set(TEXTS) == set(WebSettings().languages)
