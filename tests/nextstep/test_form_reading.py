"""Form data as creators send them: read whole, or refused with everything that is wrong."""

import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.nextstep.form_data import (
    AccountChoice,
    Amount,
    BankAccount,
    Banner,
    BannerLine,
    BannerType,
    FieldConfig,
    FormData,
    Heading,
    KeyValue,
    MalformedFormData,
    Note,
    PartyInfo,
    ValueFormat,
    parse_form,
)

SEED = {
    "title": {"id": "operation.title"},
    "greeting": {"id": "operation.greeting"},
    "summary": {"id": "operation.summary"},
    "config": [],
    "parameters": [
        {
            "type": "AMOUNT",
            "id": "operation.amount",
            "valueFormatType": "AMOUNT",
            "amount": 100,
            "currency": "CZK",
            "currencyId": "operation.currency",
        },
        {
            "type": "KEY_VALUE",
            "id": "operation.account",
            "valueFormatType": "ACCOUNT",
            "value": "238400856/0300",
        },
        {
            "type": "KEY_VALUE",
            "id": "operation.dueDate",
            "valueFormatType": "DATE",
            "value": "2017-06-29",
        },
        {
            "type": "NOTE",
            "id": "operation.note",
            "valueFormatType": "TEXT",
            "note": "Utility Bill Payment - 05/2017",
        },
    ],
}


def violations_of(raw):
    with pytest.raises(MalformedFormData) as caught:
        parse_form(raw)
    return dict(caught.value.violations)


def attribute(**raw):
    """Read a form with one attribute and return that."""
    (only,) = parse_form({"parameters": [raw]}).parameters
    return only


def wrong(**raw):
    return violations_of({"parameters": [raw]})


def test_the_form_of_the_guides_payment_is_read():
    assert parse_form(SEED) == FormData(
        title="operation.title",
        greeting="operation.greeting",
        summary="operation.summary",
        parameters=(
            Amount("operation.amount", Decimal(100), "CZK"),
            KeyValue("operation.account", "238400856/0300", ValueFormat.ACCOUNT),
            KeyValue("operation.dueDate", "2017-06-29", ValueFormat.DATE),
            Note("operation.note", "Utility Bill Payment - 05/2017"),
        ),
    )


def test_the_form_is_given_back_in_its_creators_shape():
    given_back = parse_form(SEED).to_json()
    assert given_back == {**SEED, "banners": [], "dynamicDataLoaded": False, "userInput": {}}
    assert json.loads(json.dumps(given_back)) == given_back


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"config": None, "banners": None, "parameters": None, "userInput": None},
        {"title": None, "greeting": {}, "summary": {"id": None}, "dynamicDataLoaded": None},
        {"applicationContext": {"id": "democlient", "extras": {}}, "unknown": [1, {}]},
        {"title": {"message": "what the server fills in"}},
    ],
)
def test_nothing_is_needed_and_what_is_unknown_is_ignored(raw):
    assert parse_form(raw) == FormData()


def test_every_kind_of_attribute_is_read():
    assert attribute(type="AMOUNT", id="fee", amount="1.50", currency="EUR", currencyId="c") == (
        Amount("fee", Decimal("1.5"), "EUR", "c")
    )
    assert attribute(type="KEY_VALUE", id="k", value="v") == KeyValue("k", "v")
    assert attribute(type="NOTE", id="n", note="a\r\nb\tc") == Note("n", "a\r\nb\tc")
    assert attribute(type="HEADING", value="Part", id="h") == Heading("h", "Part")
    assert attribute(type="HEADING", value="Part") == Heading("", "Part")
    assert attribute(type="BANNER", id="b", bannerType="BANNER_WARNING") == (
        BannerLine("b", BannerType.WARNING)
    )
    party = {"name": "Shop", "logoUrl": "https://shop.example/logo.svg", "description": "Shoes"}
    assert attribute(type="PARTY_INFO", id="p", partyInfo=party) == PartyInfo(
        "p", "Shop", "Shoes", "https://shop.example/logo.svg"
    )


@pytest.mark.parametrize("kind", ValueFormat)
def test_every_value_format_is_read(kind):
    assert attribute(type="KEY_VALUE", id="k", value="v", valueFormatType=kind.value).format is kind


def test_bank_accounts_are_read_with_the_reason_why_one_cannot_be_used():
    accounts = [
        {"number": "1/0800", "accountId": "1", "name": "Mine", "usableForPayment": True},
        {
            "number": "2/0800",
            "accountId": "2",
            "name": "Savings",
            "balance": -12.40,
            "currency": "CZK",
            "usableForPayment": False,
            "unusableForPaymentReason": "no payments to other banks",
        },
    ]
    choice = attribute(
        type="BANK_ACCOUNT_CHOICE",
        id="operation.bankAccountChoice",
        bankAccounts=accounts,
        enabled=False,
        defaultValue="2",
    )
    assert choice == AccountChoice(
        "operation.bankAccountChoice",
        (
            BankAccount("1/0800", "1", "Mine", usable=True),
            BankAccount(
                number="2/0800",
                account_id="2",
                name="Savings",
                usable=False,
                reason="no payments to other banks",
                balance=Decimal("-12.4"),
                currency="CZK",
            ),
        ),
        enabled=False,
        default="2",
    )
    assert choice.to_json()["bankAccounts"] == accounts


def test_an_account_that_nobody_called_usable_is_not():
    account = {"number": "1/0800", "accountId": "1", "name": "Mine"}
    choice = attribute(type="BANK_ACCOUNT_CHOICE", id="c", bankAccounts=[account])
    assert not choice.accounts[0].usable


def test_banners_configuration_and_user_input_are_read():
    form = parse_form(
        {
            "banners": [{"bannerType": "BANNER_ERROR", "id": "banner.fraud", "message": "-"}],
            "config": [{"id": "operation.bankAccountChoice", "enabled": False}],
            "dynamicDataLoaded": True,
            "userInput": {"operation.bankAccountChoice": "2", "empty": None},
        }
    )
    assert form.banners == (Banner("banner.fraud", BannerType.ERROR),)
    assert form.config == (FieldConfig("operation.bankAccountChoice", enabled=False),)
    assert form.dynamic_data_loaded
    assert form.user_input == {"operation.bankAccountChoice": "2"}


@pytest.mark.parametrize(
    ("given_amount", "amount"),
    [
        (100, "100"),
        (100.1, "100.1"),
        (1e2, "100"),
        ("100.10", "100.1"),
        (Decimal("0.30"), "0.3"),
        (-5, "-5"),
        (1e-9, "0.000000001"),
        (10**17, "100000000000000000"),
    ],
)
def test_amounts_come_as_numbers_or_as_texts(given_amount, amount):
    read = attribute(type="AMOUNT", id="a", amount=given_amount, currency="CZK")
    assert read.amount == Decimal(amount)


@pytest.mark.parametrize(
    "amount",
    [
        None,
        True,
        "",
        "a lot",
        "1e2",
        "1,5",
        " 1",
        "NaN",
        float("nan"),
        float("inf"),
        1e300,
        10**18,
        10**4000,
        Decimal("1e999999999"),
        "0.1234567891",
        [1],
        {},
    ],
)
def test_an_amount_that_is_no_decimal_number_is_refused(amount):
    assert "parameters[0].amount" in wrong(type="AMOUNT", id="a", amount=amount, currency="CZK")


@pytest.mark.parametrize("currency", [None, "", "czk", "CZ", "CZKX", "CZ1", 203, ["CZK"]])
def test_a_currency_that_is_none_is_refused(currency):
    assert wrong(type="AMOUNT", id="a", amount=1, currency=currency)


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "https://shop.example:8443/logo.svg?x=1#y",
        "https://[2001:db8::1]/logo.svg",
    ],
)
def test_addresses_of_a_party_are_kept_if_a_browser_may_follow_them(url):
    read = attribute(type="PARTY_INFO", id="p", partyInfo={"name": "Shop", "websiteUrl": url})
    assert read.website_url == url


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:image/svg+xml,x",
        "//shop.example/logo.svg",
        "shop.example",
        "https:shop.example",
        "https://",
        "https://[broken",
        "https://bank.example@shop.example/",
        "https:\\\\shop.example",
        "https://shop.example/a b",
        "https://shop.example/\t",
        "ftp://shop.example",
        "",
        7,
    ],
)
@pytest.mark.parametrize("name", ["logoUrl", "websiteUrl"])
def test_other_addresses_of_a_party_are_refused(url, name):
    violations = wrong(type="PARTY_INFO", id="p", partyInfo={"name": "Shop", name: url})
    assert list(violations) == [f"parameters[0].partyInfo.{name}"]


def test_everything_that_is_wrong_is_told_at_once_and_with_its_place():
    violations = violations_of(
        {
            "title": "Payment",
            "summary": {"id": 7},
            "config": {},
            "banners": [{"id": "b", "bannerType": "BANNER_LOUD"}],
            "parameters": [
                {"type": "KEY_VALUE", "value": "v"},
                "text",
                {"type": "VIDEO", "id": "v"},
                {"type": "NOTE", "id": "n", "note": "x", "valueFormatType": "MONEY"},
                {"type": "PARTY_INFO", "id": "p"},
                {"type": "BANK_ACCOUNT_CHOICE", "id": "c", "bankAccounts": [{"number": 1}]},
            ],
            "dynamicDataLoaded": "yes",
            "userInput": {"a": 1},
        }
    )
    assert violations["title"] == "must be an object"
    assert violations["summary.id"] == "must be a text"
    assert violations["config"] == "must be a list of at most 64"
    assert "BANNER_INFO" in violations["banners[0].bannerType"]
    assert violations["parameters[0].id"] == "must be given"
    assert violations["parameters[1]"] == "must be an object"
    assert "KEY_VALUE" in violations["parameters[2].type"]
    assert "ACCOUNT" in violations["parameters[3].valueFormatType"]
    assert violations["parameters[4].partyInfo"] == "must be given"
    assert violations["parameters[5].bankAccounts[0].number"] == "must be a text"
    assert violations["parameters[5].bankAccounts[0].accountId"] == "must be given"
    assert violations["dynamicDataLoaded"] == "must be true or false"
    assert violations["userInput.a"] == "must be a text"


def test_an_attribute_is_named_once():
    twice = [{"type": "NOTE", "id": "operation.note", "note": text} for text in "ab"]
    assert violations_of({"parameters": twice}) == {
        "parameters": "must not hold operation.note twice"
    }
    assert len(parse_form({"parameters": [{"type": "HEADING", "value": "x"}] * 2}).parameters) == 2


@pytest.mark.parametrize("sign", ["\0", "\x1b", "\x7f", "\u202e", "\u2028", "\ud800"])
def test_signs_that_no_page_may_show_are_refused_everywhere(sign):
    assert wrong(type="NOTE", id="n", note=f"a{sign}b")
    assert wrong(type="KEY_VALUE", id=f"a{sign}b", value="v")
    assert violations_of({"title": {"id": sign}})
    assert violations_of({"userInput": {"a": sign}})
    assert violations_of({"userInput": {sign: "a"}})


def test_sizes_are_bounded():
    note = {"type": "NOTE", "id": "n", "note": "x" * 4000}
    assert len(attribute(**note).note) == 4000
    assert wrong(**{**note, "note": "x" * 4001})
    assert wrong(type="NOTE", id="n" * 257, note="")
    line = {"type": "HEADING", "value": "x"}
    assert len(parse_form({"parameters": [line] * 64}).parameters) == 64
    for count in (65, 72, 1000):
        assert violations_of({"parameters": [line] * count})
    assert violations_of({"banners": [{}] * 65})
    assert violations_of({"userInput": {str(number): "" for number in range(65)}})
    assert violations_of({"userInput": {"k" * 257: ""}})


texts = st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"]), max_size=12)
names = st.text("abcXYZ.", min_size=1, max_size=12)
numbers = st.decimals(min_value=-(10**12), max_value=10**12, places=3)
formats = st.sampled_from(ValueFormat)
loudness = st.sampled_from(BannerType)
urls = st.none() | st.sampled_from(["https://shop.example/a", "http://shop.example"])
money = st.text("ABCXYZ", min_size=3, max_size=3)
accounts = st.builds(
    BankAccount,
    number=names,
    account_id=names,
    name=names,
    usable=st.booleans(),
    reason=st.none() | texts,
    balance=st.none() | numbers,
    currency=st.none() | money,
)
attributes = st.one_of(
    st.builds(Amount, names, numbers, money, names),
    st.builds(KeyValue, names, texts, formats),
    st.builds(Note, names, texts, formats),
    st.builds(Heading, names, texts, formats),
    st.builds(BannerLine, names, loudness),
    st.builds(PartyInfo, names, names, st.none() | texts, urls, urls),
    st.builds(AccountChoice, names, st.lists(accounts, max_size=3).map(tuple), st.booleans()),
)
forms = st.builds(
    FormData,
    title=st.none() | names,
    greeting=st.none() | names,
    summary=st.none() | names,
    config=st.lists(st.builds(FieldConfig, names, st.booleans(), st.none() | texts)).map(tuple),
    banners=st.lists(st.builds(Banner, names, loudness), max_size=3).map(tuple),
    parameters=st.lists(attributes, max_size=5, unique_by=lambda each: each.id).map(tuple),
    dynamic_data_loaded=st.booleans(),
    user_input=st.dictionaries(names, texts, max_size=3),
)


@given(forms)
@settings(max_examples=50)
def test_a_form_that_was_given_back_as_json_is_read_as_it_was(form):
    assert parse_form(json.loads(json.dumps(form.to_json()))) == form


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
known_names = st.sampled_from(
    [
        "title",
        "greeting",
        "config",
        "banners",
        "parameters",
        "userInput",
        "id",
        "type",
        "value",
        "amount",
        "currency",
        "bannerType",
        "partyInfo",
        "name",
        "logoUrl",
        "bankAccounts",
        "number",
        "balance",
        "valueFormatType",
    ]
)
nearly_forms = st.dictionaries(
    known_names,
    anything
    | st.lists(
        st.dictionaries(known_names, anything | st.sampled_from(["AMOUNT", "NOTE", "PARTY_INFO"])),
        max_size=3,
    ),
)


@given(nearly_forms)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_comes_is_read_or_refused_with_places_and_hints(raw):
    try:
        form = parse_form(raw)
    except MalformedFormData as malformed:
        refused = malformed.violations
    else:
        refused = None
        assert isinstance(form, FormData)
    assert refused is None or all(place and hint.startswith("must") for place, hint in refused)
