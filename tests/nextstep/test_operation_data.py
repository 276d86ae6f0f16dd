"""The canonical data string: read, written, and what is made from it."""

import string
from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.nextstep.operation_data import (
    MAX_LENGTH,
    Code,
    Field,
    MalformedOperationData,
    OperationData,
    Payment,
    canonical,
    code_items,
    normalise,
    parse,
    payment,
    payment_of,
    plain_amount,
    sms_digest,
)

SEED = "A1*A100CZK*Q238400856/0300**D20170629*NUtility Bill Payment - 05/2017"

amounts = st.decimals(min_value=Decimal("0.01"), max_value=10**9, places=2)
currencies = st.text(string.ascii_uppercase, min_size=3, max_size=3)
shown = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\u202e")
lines = st.text(shown, max_size=20)
accounts = st.text(string.ascii_letters + string.digits + "/-*\\ ", min_size=1).filter(str.strip)
fields = st.one_of(
    st.just(Field("", "")),
    st.builds(Field, st.sampled_from("NTXZ"), st.text(st.sampled_from("ab*\\\n é€"), max_size=12)),
    st.builds(Field, st.sampled_from("QR"), st.text(st.sampled_from("19*/\\ "), max_size=12)),
    st.builds(lambda n, c: Field("A", plain_amount(n) + c), amounts, currencies),
    st.builds(lambda day: Field("D", day.isoformat().replace("-", "")), st.dates()),
    st.just(Field("I", "CZ6508000000192000145399,GIBACZPX")),
)


@st.composite
def any_data(draw):
    chosen = draw(st.lists(fields, max_size=5))
    while chosen and chosen[-1] == Field("", ""):
        chosen.pop()
    version = draw(st.sampled_from(string.ascii_uppercase))
    return OperationData(version, draw(st.integers(0, 99)), tuple(chosen))


def test_the_payment_of_the_guide_is_read_part_by_part():
    data = parse(SEED)
    assert (data.version, data.template) == ("A", 1)
    assert data.fields == (
        Field("A", "100CZK"),
        Field("Q", "238400856/0300"),
        Field("", ""),
        Field("D", "20170629"),
        Field("N", "Utility Bill Payment - 05/2017"),
    )
    assert payment_of(data) == Payment(
        amount=Decimal(100),
        currency="CZK",
        account="238400856/0300",
        due_date=date(2017, 6, 29),
        note="Utility Bill Payment - 05/2017",
    )


def test_a_login_has_no_fields_and_is_no_payment():
    assert parse("A2") == OperationData("A", 2)
    assert payment_of(parse("A2")) is None
    assert payment_of(parse("A0*A100CZK*Q1")) is None


@pytest.mark.parametrize("text", ["A2", "A0", "B99", SEED, "A1*A1EUR*ICZ65,GIBA*R/VS1"])
def test_canonical_texts_are_written_as_they_were_read(text):
    assert str(parse(text)) == text


@given(any_data())
def test_whatever_is_written_is_read_back(data):
    assert parse(str(data)) == data


@given(st.text(st.sampled_from("A1B2*ADQIRNTX09.-CZK\\n/ \n"), max_size=40))
def test_any_text_is_read_to_a_stable_form_or_refused(text):
    try:
        data = parse(text)
    except MalformedOperationData:
        return
    assert str(parse(str(data))) == str(data)


@given(st.text(max_size=60))
def test_any_text_at_all_is_read_or_refused_and_nothing_else(text):
    with suppress(MalformedOperationData):
        payment_of(parse(text))


@pytest.mark.parametrize(
    ("given_text", "canonical_text"),
    [
        ("A2***", "A2"),
        ("A1*A100CZK*Q1***", "A1*A100CZK*Q1"),
        ("A1*A100CZK*Q1******", "A1*A100CZK*Q1"),
        ("A1*A100.00CZK*Q1", "A1*A100CZK*Q1"),
        ("A1*A00100.50CZK*Q1", "A1*A100.5CZK*Q1"),
        ("A0*A-0.0CZK", "A0*A0CZK"),
    ],
)
def test_idle_signs_disappear_from_the_canonical_text(given_text, canonical_text):
    assert str(parse(given_text)) == canonical_text


def test_a_field_that_ends_with_an_asterisk_keeps_it():
    data = OperationData("A", 2, (Field("N", "five stars *"),))
    assert str(data) == r"A2*Nfive stars \*"
    assert parse(str(data)) == data


def test_escapes_stand_for_line_breaks_backslashes_and_asterisks():
    assert parse(r"A2*Na\nb\\n\*c").fields == (Field("N", "a\nb\\n*c"),)


def test_unknown_codes_are_kept_and_shown_as_text():
    (field,) = parse("A2*Xextra").fields
    assert field == Field("X", "extra")
    assert field.shown_as is Code.TEXT
    assert parse("A2*Nnote").fields[0].shown_as is Code.NOTE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A",
        "1",
        "a1",
        "AA1",
        "Á1",
        "A100",
        "A-1",
        "A01",
        "A1.0",
        "A\u0661",  # a digit, but not one of ours
        " A2",
        "A2 ",
        "A2\n",
        "A1*A1CZK*Q1*R1*D20170629*Nnote*Tmore",
        "A2*Nline\nbreak",
        "A2*Nbell\a",
        "A2*Nnul\0",
        "A2*Ndel\x7f",
        "A2*Nnext line\x85",
        "A2*Nline\u2028separator",
        "A2*Nturned \u202e round",
        "A2*Nhalf \ud800",
        "A2*N\\",
        "A2*N\\x",
        "A2*\\*N",
        "A2*nnote",
        "A2*1",
        "A2* N",
        "A2*A",
        "A2*ACZK",
        "A2*A100",
        "A2*A100czk",
        "A2*A100CZ",
        "A2*A100 CZK",
        "A2*A1e2CZK",
        "A2*A1,5CZK",
        "A2*A.5CZK",
        "A2*A5.CZK",
        "A2*A+5CZK",
        "A2*ANaNCZK",
        "A2*A\uff11CZK",  # full width
        "A2*A1234567890123456789CZK",
        "A2*A0.1234567891CZK",
        "A2*D",
        "A2*D2017062",
        "A2*D2017-06-29",
        "A2*D20170631",
        "A2*D00000101",
        "A2*D20170629T",
        "A2*I",
        "A2*ICZ65,",
        "A2*I,GIBACZPX",
        "A2*ICZ65 0800",
        "A2*ICZ65,GIBA,X",
        r"A2*Q1\n2",
        r"A2*R1\n2",
    ],
)
def test_anything_outside_the_grammar_is_refused(text):
    with pytest.raises(MalformedOperationData):
        parse(text)


def test_reading_has_no_bound_of_its_own_but_names_the_one_of_the_api():
    assert MAX_LENGTH == 256
    assert len(str(parse("A2*N" + "x" * 1000))) == 1004


@pytest.mark.parametrize(
    "text",
    [
        "A1",
        "A1*A100CZK",
        "A1*Q1",
        "A1*A100CZK*Q",
        "A1*A100CZK*Q ",
        "A1*A0CZK*Q1",
        "A1*A-1CZK*Q1",
        "A1*Q1*A100CZK",
        "A1*A100CZK*A200CZK*Q1",
        "A1*A100CZK*Q1*Q2",
        "A1*A100CZK*Q1*ICZ65",
        "A1*A100CZK*Q1*D20170629*R1",
        "A1*A100CZK*Q1*Tmore",
        "A1*Tmore*A100CZK*Q1",
        "A1*A100CZK*Q1*Xmore",
        "A1*A100CZK*Q1*Na*Nb",
    ],
)
def test_a_payment_that_is_none_is_refused(text):
    with pytest.raises(MalformedOperationData):
        payment_of(parse(text))


def test_a_payment_to_an_iban_names_the_iban_and_the_bank_apart():
    found = payment_of(parse("A1*A100CZK*ICZ6508000000192000145399,GIBACZPX"))
    assert found.account == "CZ6508000000192000145399"
    assert found.bic == "GIBACZPX"
    assert payment_of(parse("A1*A100CZK*ICZ6508000000192000145399")).bic is None


def test_a_comma_in_a_text_account_does_not_start_a_bank():
    found = payment_of(parse("A1*A100CZK*Qa,b"))
    assert (found.account, found.bic) == ("a,b", None)


def test_empty_parts_of_a_payment_may_be_left_out_or_left_empty():
    for text in ("A1*A1CZK*Q2**D20170629", "A1*A1CZK*Q2*D20170629", "A1**A1CZK*Q2*D20170629"):
        assert payment_of(parse(text)).due_date == date(2017, 6, 29)


def test_a_payment_is_built_in_the_order_of_its_template():
    data = payment(
        amount=Decimal("100.50"),
        currency="CZK",
        account="238400856/0300",
        due_date=date(2017, 6, 29),
        note="Rent * May",
        reference="/VS42",
    )
    assert str(data) == r"A1*A100.5CZK*Q238400856/0300*R/VS42*D20170629*NRent \* May"


def test_a_payment_to_an_iban_is_built_with_and_without_the_bank():
    built = payment(amount=Decimal(5), currency="EUR", iban="CZ65", bic="GIBA", note="Tea")
    assert str(built) == "A1*A5EUR*ICZ65,GIBA***NTea"
    assert str(payment(amount=Decimal(5), currency="EUR", iban="CZ65")) == "A1*A5EUR*ICZ65"


wanted = st.fixed_dictionaries(
    {"amount": amounts, "currency": currencies, "account": accounts},
    optional={"due_date": st.dates(), "note": lines, "reference": lines},
)


@given(wanted)
def test_a_payment_that_was_built_is_read_back(parts):
    data = payment(**parts)
    assert parse(str(data)) == data
    assert payment_of(data) == Payment(
        amount=parts["amount"],
        currency=parts["currency"],
        account=normalise(parts["account"]),
        due_date=parts.get("due_date"),
        note=normalise(parts.get("note", "")) or None,
        reference=normalise(parts.get("reference", "")) or None,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": Decimal(0)},
        {"amount": Decimal(-1)},
        {"amount": Decimal("NaN")},
        {"amount": Decimal("Infinity")},
        {"amount": Decimal("1e999999999")},
        {"currency": "czk"},
        {"currency": "CZK*Q666"},
        {"currency": ""},
        {"account": None},
        {"account": ""},
        {"account": " \n "},
        {"account": "1\n2"},
        {"iban": "CZ65"},
        {"bic": "GIBACZPX"},
        {"account": None, "iban": "cz65"},
        {"account": None, "iban": "", "bic": "GIBACZPX"},
        {"account": None, "iban": "CZ65*A1CZK"},
        {"reference": "a\nb"},
    ],
)
def test_a_payment_that_could_not_be_read_back_is_not_built(changes):
    parts = {"amount": Decimal(100), "currency": "CZK", "account": "238400856/0300", **changes}
    with pytest.raises(MalformedOperationData):
        payment(**parts)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("100", "100"),
        ("100.00", "100"),
        ("100.50", "100.5"),
        ("1E+2", "100"),
        ("0.010", "0.01"),
        ("1E-7", "0.0000001"),
        ("-0", "0"),
        ("-0.00", "0"),
        ("-12.30", "-12.3"),
        ("1000000", "1000000"),
        ("0.1234567890123456789012345678", "0.1234567890123456789012345678"),
    ],
)
def test_amounts_are_written_without_exponent_and_idle_zeros(amount, text):
    assert plain_amount(Decimal(amount)) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**17), max_value=10**17))
def test_writing_an_amount_loses_nothing(amount):
    if abs(amount.adjusted()) <= 28:
        assert Decimal(plain_amount(amount)) == amount


@pytest.mark.parametrize("amount", ["NaN", "sNaN", "Infinity", "1e400", "1e-400", "1e999999999"])
def test_amounts_that_nobody_could_read_are_not_written(amount):
    with pytest.raises(MalformedOperationData):
        plain_amount(Decimal(amount))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  two   words ", "two words"),
        ("a\r\nb\nc", "a\nb\nc"),
        ("tab\tand\rreturn", "tab and return"),
        ("bell\a and \x00 nothing", "bell and nothing"),
        ("non\u00a0breaking", "non breaking"),
        ("turned\u202e round", "turned round"),
        ("half \ud800 a character", "half a character"),
        (r"a * and a \ stay", r"a * and a \ stay"),
        ("", ""),
    ],
)
def test_free_text_is_cleaned(text, clean):
    assert normalise(text) == clean


@given(st.text())
def test_clean_text_stays_as_it_is_and_can_always_be_written(text):
    clean = normalise(text)
    assert normalise(clean) == clean
    data = OperationData("A", 2, (Field("N", clean),))
    assert parse(str(data)) == data


# spec/web-flow.md §3.1: published codes of the original.
VECTORS = [
    (bytes(16), ["login"], 8, "27218844"),
    (bytes(16), ["login"], 6, "218844"),
    (bytes(16), ["100", "CZK", "238400856/0300"], 8, "85932607"),
    (bytes(range(16)), ["login"], 8, "66047840"),
    (bytes(range(16)), ["100", "CZK", "238400856/0300"], 8, "00387449"),
]


@pytest.mark.parametrize(("key", "items", "digits", "code"), VECTORS)
def test_codes_are_those_that_the_original_publishes(key, items, digits, code):
    assert sms_digest(items, key=key, digits=digits) == code


def test_the_code_of_the_guides_payment_is_made_from_its_operation_data():
    items = code_items(payment_of(parse(SEED)))
    assert items == ("100", "CZK", "238400856/0300")
    assert sms_digest(items, key=bytes(range(16)), digits=8) == "00387449"


def test_the_code_of_a_login_is_made_from_a_word():
    assert code_items(None) == ("login",)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.binary(), st.integers(4, 9))
def test_a_code_has_its_digits_and_shorter_ones_are_its_end(items, key, digits):
    code = sms_digest(items, key=key, digits=digits)
    assert len(code) == digits
    assert set(code) <= set(string.digits)
    assert sms_digest(items, key=key, digits=9).endswith(code)
    assert sms_digest(iter(items), key=key, digits=digits) == code


@given(st.binary(min_size=16, max_size=16), amounts, accounts)
def test_another_payment_has_another_code(key, amount, account):
    expected = sms_digest([plain_amount(amount), "CZK", account], key=key, digits=9)
    changed = [plain_amount(amount + 1), "CZK", account]
    assert sms_digest(changed, key=key, digits=9) != expected


@pytest.mark.parametrize("digits", [-1, 0, 3, 10])
def test_a_code_of_too_few_or_too_many_digits_is_not_made(digits):
    with pytest.raises(ValueError, match="4 to 9"):
        sms_digest(["login"], key=bytes(16), digits=digits)


parts = st.text(max_size=8)
records = st.tuples(parts, parts, st.none() | parts)


@given(records, records)
def test_two_payments_give_the_same_record_only_if_they_are_the_same(one, other):
    assert (canonical(*one) == canonical(*other)) == (one == other)


def test_no_part_of_a_record_can_flow_into_the_next():
    assert canonical("1", "A1*Q2", None) != canonical("1A1", "*Q2", None)
    assert canonical("1", "A2", None) != canonical("1", "A2", "")
    assert canonical("1", "A2", None) != canonical("1", "A2", "null")
    assert canonical('1","2', "A2", "x") != canonical("1", '2","A2', "x")


def test_the_record_of_a_code_names_operation_data_and_debit_account():
    record = canonical("op-1", "A1*A100CZK*Q2", "19-2000145399/0800")
    assert record == b'["op-1","A1*A100CZK*Q2","19-2000145399/0800"]'
