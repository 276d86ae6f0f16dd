"""The form against what is signed, and the form in words."""

import json
import string
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.nextstep.form_data import (
    AccountChoice,
    Amount,
    BankAccount,
    Banner,
    BannerLine,
    BannerType,
    FormData,
    Heading,
    KeyValue,
    Note,
    PartyInfo,
    ValueFormat,
    complete,
    form_of,
    localise,
    mismatches,
    parse_form,
)
from app.nextstep.operation_data import MalformedOperationData, parse, payment, payment_of

DATA = parse("A1*A100CZK*Q238400856/0300**D20170629*NUtility Bill Payment - 05/2017")
SIGNED = (
    Amount("operation.amount", Decimal(100), "CZK"),
    KeyValue("operation.account", "238400856/0300", ValueFormat.ACCOUNT),
    KeyValue("operation.dueDate", "2017-06-29", ValueFormat.DATE),
    Note("operation.note", "Utility Bill Payment - 05/2017"),
)


class Plain:
    """Words that show what they were asked for."""

    def text(self, key):
        return {
            "operation.title": "Confirm",
            "operation.greeting": "Hello,\nplease confirm:",
            "operation.summary": "Pay {operation.amount} {operation.currency} to "
            "{operation.account}, {shop.info}",
            "operation.amount": "Amount",
            "operation.account": "Account",
            "banner.limit": "You have {limit} left.",
            "choice": "From {operation.bankAccountChoice}",
            "greeting.word": "Dear customer",
        }.get(key)

    def amount(self, amount, currency):
        return f"<{amount:.2f} {currency}>"

    def currency(self, code):
        return f"<{code}>"

    def date(self, day):
        return f"<{day:%d/%m/%Y}>"

    def number(self, number):
        return f"<{number}>"


def shown(attribute, **options):
    """Return one attribute in words."""
    return localise(FormData(parameters=(attribute,)), Plain(), **options)["parameters"][0]


def summary(*attributes, key="operation.summary", **options):
    form = FormData(summary=key, parameters=attributes)
    return localise(form, Plain(), **options)["summary"]["message"]


def test_a_payment_without_a_form_shows_everything_that_is_signed():
    assert form_of(DATA) == FormData(
        title="operation.title",
        greeting="operation.greeting",
        summary="operation.summary",
        parameters=SIGNED,
    )


def test_a_login_without_a_form_has_texts_and_no_attributes():
    assert form_of(parse("A2")) == FormData("login.title", "login.greeting", "login.summary")


def test_every_field_of_the_data_has_its_place_in_the_form():
    form = form_of(parse("A1*A5EUR*ICZ65,GIBACZPX*R/VS42"))
    assert form.parameters == (
        Amount("operation.amount", Decimal(5), "EUR"),
        KeyValue("operation.account", "CZ65", ValueFormat.ACCOUNT),
        KeyValue("operation.bic", "GIBACZPX"),
        KeyValue("operation.reference", "/VS42"),
    )


def test_what_has_no_name_of_its_own_is_shown_as_text():
    form = form_of(parse("A2*Tfirst*Xsecond**Nnote*Nagain"))
    assert form.parameters == (
        Note("operation.note", "note"),
        Note("operation.text", "first\nsecond\nagain"),
    )


def test_a_field_that_says_nothing_is_not_shown():
    assert len(form_of(parse("A1*A5EUR*Q1*R*N")).parameters) == 2


def test_generic_data_get_no_texts_that_would_call_them_a_payment():
    form = form_of(parse("A0*A5EUR*A7EUR*Q1*ICZ65"))
    assert (form.title, form.greeting, form.summary) == (None, None, None)
    assert form.parameters[0] == Amount("operation.amount", Decimal(5), "EUR")
    assert form.parameters[-1] == Note("operation.text", "7EUR\nCZ65")


def test_missing_attributes_come_first_and_given_ones_keep_their_order():
    heading = Heading("h", "Payment")
    form = FormData(title="my.title", parameters=(heading, SIGNED[3], SIGNED[0]))
    completed = complete(DATA, form)
    assert completed.parameters == (SIGNED[1], SIGNED[2], heading, SIGNED[3], SIGNED[0])
    assert completed.title == "my.title"
    assert completed.summary == "operation.summary"


def test_the_page_shows_what_is_signed_as_it_is_signed():
    spaced = KeyValue("operation.account", " 238400856 / 0300 ", ValueFormat.LOCALIZED_TEXT)
    empty = KeyValue("operation.reference", "")
    form = FormData(parameters=(spaced, empty))
    assert mismatches(DATA, form) == []
    assert complete(DATA, form).parameters == (SIGNED[0], SIGNED[2], SIGNED[3], SIGNED[1])


@pytest.mark.parametrize(
    ("attribute", "told"),
    [
        (Amount("operation.amount", Decimal("100.01"), "CZK"), ["operation.amount"]),
        (Amount("operation.amount", Decimal(100), "EUR"), ["operation.currency"]),
        (Amount("operation.amount", Decimal(1), "EUR"), ["operation.amount", "operation.currency"]),
        (KeyValue("operation.account", "238400856/0301"), ["operation.account"]),
        (KeyValue("operation.dueDate", "2017-06-30", ValueFormat.DATE), ["operation.dueDate"]),
        (KeyValue("operation.dueDate", "29.6.2017"), ["operation.dueDate"]),
        (Note("operation.note", "Utility bill"), ["operation.note"]),
        (KeyValue("operation.reference", "/VS42"), ["operation.reference"]),
        (KeyValue("operation.bic", "GIBACZPX"), ["operation.bic"]),
        (Note("operation.text", "more"), ["operation.text"]),
        (KeyValue("operation.amount", "1 CZK"), ["operation.amount"]),
        (Heading("operation.account", "666/0300"), ["operation.account"]),
        (BannerLine("operation.account", BannerType.INFO), ["operation.account"]),
    ],
)
def test_what_the_form_says_otherwise_is_told(attribute, told):
    others = tuple(each for each in SIGNED if each.id != attribute.id)
    assert mismatches(DATA, FormData(parameters=(*others, attribute))) == told


@pytest.mark.parametrize(
    "attribute",
    [
        Amount("operation.amount", Decimal("100.00"), "CZK"),
        Amount("operation.amount", Decimal(100), "CZK", "my.currency"),
        Amount("shop.fee", Decimal(1), "EUR"),
        KeyValue("operation.account", "238400856 / 0300"),
        KeyValue("operation.note", "Utility Bill Payment - 05/2017"),
        Note("operation.note", "  Utility Bill\tPayment - 05/2017\r\n"),
        KeyValue("shop.order", "42"),
        Note("operation.text", ""),
    ],
)
def test_what_is_only_written_otherwise_or_is_not_signed_at_all_is_no_mismatch(attribute):
    assert mismatches(DATA, FormData(parameters=(attribute,))) == []


def test_a_form_that_leaves_everything_out_agrees():
    assert mismatches(DATA, FormData()) == []


def test_a_login_cannot_show_an_amount_that_nobody_signs():
    assert mismatches(parse("A2"), FormData(parameters=(SIGNED[0],))) == [
        "operation.amount",
        "operation.currency",
    ]


def test_data_that_claim_to_be_a_payment_and_are_none_are_refused():
    for ask in (form_of, lambda data: mismatches(data, FormData())):
        with pytest.raises(MalformedOperationData):
            ask(parse("A1*A100CZK"))


payments = st.builds(
    payment,
    amount=st.decimals(min_value=Decimal("0.01"), max_value=10**9, places=2),
    currency=st.sampled_from(["CZK", "EUR", "JPY"]),
    account=st.text(string.digits + "/-", min_size=1, max_size=20),
    due_date=st.none() | st.dates(),
    reference=st.none() | st.text(string.printable.replace("\n", ""), max_size=12),
    note=st.none() | st.text(max_size=30),
)
partial_forms = st.builds(
    FormData,
    parameters=st.lists(
        st.one_of(
            st.builds(
                KeyValue,
                st.sampled_from(["operation.account", "operation.note", "shop.order"]),
                st.text("12/ ", max_size=4),
            ),
            st.builds(Note, st.sampled_from(["operation.note", "h"]), st.text("ab\n", max_size=4)),
            st.just(SIGNED[0]),
        ),
        max_size=4,
        unique_by=lambda each: each.id,
    ).map(tuple),
)


@given(payments, partial_forms)
def test_a_completed_form_always_shows_the_payment_and_nothing_else_of_one(data, form):
    paid, completed = payment_of(data), complete(data, form)
    by_id = {each.id: each for each in completed.parameters}
    assert by_id["operation.amount"] == Amount("operation.amount", paid.amount, paid.currency)
    assert by_id["operation.account"].value == paid.account
    assert ("operation.note" in by_id) == (paid.note is not None)
    assert ("operation.dueDate" in by_id) == (paid.due_date is not None)
    assert mismatches(data, completed) == []
    assert complete(data, completed) == completed


@given(payments, partial_forms)
def test_a_completed_form_can_be_kept_as_json_and_read_again(data, form):
    completed = complete(data, form)
    assert parse_form(json.loads(json.dumps(completed.to_json()))) == completed


def test_even_the_longest_form_can_be_kept_once_it_is_completed():
    longest = parse_form({"parameters": [{"type": "HEADING", "value": "x"}] * 64})
    completed = complete(DATA, longest)
    assert len(completed.parameters) == 68
    assert parse_form(completed.to_json()) == completed


def test_the_guides_payment_in_words():
    assert localise(form_of(DATA), Plain()) == {
        "title": {"id": "operation.title", "message": "Confirm"},
        "greeting": {"id": "operation.greeting", "message": "Hello,\nplease confirm:"},
        "summary": {
            "id": "operation.summary",
            "message": "Pay 100 CZK to 238400856/0300, MISSING_VALUE_FOR_FIELD: shop.info",
        },
        "config": [],
        "banners": [],
        "parameters": [
            {
                "type": "AMOUNT",
                "id": "operation.amount",
                "label": "Amount",
                "valueFormatType": "AMOUNT",
                "formattedValues": {"amount": "<100.00 CZK>", "currency": "<CZK>"},
                "amount": 100,
                "currency": "CZK",
                "currencyId": "operation.currency",
            },
            {
                "type": "KEY_VALUE",
                "id": "operation.account",
                "label": "Account",
                "valueFormatType": "ACCOUNT",
                "formattedValues": {"value": "238400856/0300"},
                "value": "238400856/0300",
            },
            {
                "type": "KEY_VALUE",
                "id": "operation.dueDate",
                "label": "MISSING_LOCALIZATION_FOR_FIELD: operation.dueDate",
                "valueFormatType": "DATE",
                "formattedValues": {"value": "<29/06/2017>"},
                "value": "2017-06-29",
            },
            {
                "type": "NOTE",
                "id": "operation.note",
                "label": "MISSING_LOCALIZATION_FOR_FIELD: operation.note",
                "valueFormatType": "TEXT",
                "formattedValues": {"value": "Utility Bill Payment - 05/2017"},
                "note": "Utility Bill Payment - 05/2017",
            },
        ],
        "dynamicDataLoaded": False,
        "userInput": {},
    }


def test_texts_that_the_form_does_not_have_stay_empty():
    words = localise(FormData(), Plain())
    assert (words["title"], words["greeting"], words["summary"]) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("as *is*", "TEXT", "as *is*"),
        ("238400856/0300", "ACCOUNT", "238400856/0300"),
        ("greeting.word", "LOCALIZED_TEXT", "Dear customer"),
        ("no.such", "LOCALIZED_TEXT", "MISSING_LOCALIZATION_FOR_FIELD: no.such"),
        ("2017-06-29", "DATE", "<29/06/2017>"),
        ("2017-06-31", "DATE", "2017-06-31"),
        ("2017-W26-4", "DATE", "2017-W26-4"),
        ("20170629", "DATE", "20170629"),
        ("tomorrow", "DATE", "tomorrow"),
        ("1234.50", "NUMBER", "<1234.50>"),
        ("-3", "AMOUNT", "<-3>"),
        ("many", "NUMBER", "many"),
        ("1e999999999", "NUMBER", "1e999999999"),
        ("NaN", "AMOUNT", "NaN"),
        ("", "NUMBER", ""),
    ],
)
def test_a_value_is_shown_in_its_format_and_raw_where_it_does_not_fit(value, kind, text):
    for attribute in (KeyValue, Note, Heading):
        worded = shown(attribute("x", value, ValueFormat(kind)))
        assert worded["formattedValues"] == {"value": text}


def test_headings_have_no_label_and_banners_have_a_message():
    assert "label" not in shown(Heading("h", "Part"))
    banner = shown(BannerLine("greeting.word", BannerType.WARNING))
    assert banner == {
        "type": "BANNER",
        "id": "greeting.word",
        "bannerType": "BANNER_WARNING",
        "message": "Dear customer",
    }


def test_banners_above_the_details_take_values_too():
    form = FormData(
        banners=(Banner("banner.limit", BannerType.ERROR),),
        parameters=(Amount("limit", Decimal("5.50"), "CZK"),),
    )
    assert localise(form, Plain())["banners"] == [
        {
            "type": "BANNER_ERROR",
            "bannerType": "BANNER_ERROR",
            "id": "banner.limit",
            "message": "You have 5.5 left.",
        }
    ]


def test_parties_and_account_choices_are_labelled():
    party = shown(PartyInfo("shop.info", "Shop", website_url="https://shop.example"))
    assert party["label"] == "MISSING_LOCALIZATION_FOR_FIELD: shop.info"
    assert party["partyInfo"] == {"name": "Shop", "websiteUrl": "https://shop.example"}
    account = BankAccount("1/0800", "1", "Mine", usable=True, balance=Decimal("12.40"))
    choice = shown(AccountChoice("operation.bankAccountChoice", (account,)))
    assert choice["label"].endswith("operation.bankAccountChoice")
    assert choice["bankAccounts"][0]["balance"] == 12.4


def test_texts_take_raw_values_of_every_kind_of_attribute():
    amount = Amount("operation.amount", Decimal("1E+3"), "EUR")
    account = Note("operation.account", "1/0800")
    party = PartyInfo("shop.info", "Shop")
    assert summary(amount, account, party) == "Pay 1000 EUR to 1/0800, Shop"
    other = Amount("operation.amount", Decimal(1), "EUR", "my.currency")
    assert "MISSING_VALUE_FOR_FIELD: operation.currency" in summary(other)


def test_the_chosen_account_is_known_only_once_it_is_chosen():
    choice = AccountChoice("operation.bankAccountChoice", ())
    assert summary(choice, key="choice", chosen_account="42") == "From 42"
    assert summary(choice, key="choice") == (
        "From MISSING_VALUE_FOR_FIELD: operation.bankAccountChoice"
    )
    assert "MISSING_VALUE" in summary(key="choice", chosen_account="42")


def test_a_value_that_looks_like_a_placeholder_is_not_filled_in():
    account = KeyValue("operation.account", "{operation.amount}")
    assert "to {operation.amount}," in summary(SIGNED[0], account)


def test_a_key_without_a_text_shows_itself():
    assert summary(key="my.summary") == "MISSING_LOCALIZATION_FOR_FIELD: my.summary"


@given(partial_forms)
def test_any_form_can_be_put_into_words_and_into_json(form):
    worded = localise(complete(DATA, form), Plain(), chosen_account="1")
    assert json.loads(json.dumps(worded)) == worded


def test_words_are_asked_for_real_dates():
    asked = []

    class Asked(Plain):
        def date(self, day):
            asked.append(day)
            return ""

    localise(form_of(DATA), Asked())
    assert asked == [date(2017, 6, 29)]
