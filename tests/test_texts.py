"""Words and formats of a language, with real catalogues made for the test."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from babel.messages.mofile import write_mo
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError

from app import texts
from app.nextstep.form_data import form_of, localise
from app.nextstep.operation_data import parse, plain_amount
from app.texts import MESSAGES, Texts, plain_money
from tests.support.pages import LANGUAGES

ROOT = Path(__file__).parents[1]
NBSP = "\u00a0"

CZECH = {
    "Amount": "Částka",
    "Confirm Payment": "Potvrzení platby",
    MESSAGES["operation.summary"]: (
        "Potvrďte platbu {operation.amount} {operation.currency} na účet {operation.account}."
    ),
    "%(bank)s: code %(code)s": "%(bank)s: kód %(code)s",
}


def add_catalogue(folder, language, messages):
    catalogue = Catalog()
    for msgid, msgstr in messages.items():
        catalogue.add(msgid, msgstr)
    written = BytesIO()
    write_mo(written, catalogue)
    target = folder / language / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(parents=True)
    target.write_bytes(written.getvalue())


@pytest.fixture
def folders(tmp_path):
    translations, templates = tmp_path / "translations", tmp_path / "templates"
    add_catalogue(translations, "cs", CZECH)
    add_catalogue(translations, "ar", {})
    (translations / "de" / "LC_MESSAGES").mkdir(parents=True)
    (templates / "sms").mkdir(parents=True)
    return translations, templates


@pytest.fixture
def house(folders):
    return Texts(*folders, "Demo Bank")


@pytest.fixture
def write(folders):
    def write_template(name, source):
        (folders[1] / name).write_text(source, encoding="utf-8")

    return write_template


def test_keys_are_spoken_in_the_language_of_the_reader(house):
    assert house.words("en").text("operation.title") == "Confirm Payment"
    assert house.words("cs").text("operation.title") == "Potvrzení platby"


def test_a_text_without_a_translation_is_english(house):
    assert house.words("cs").text("operation.dueDate") == "Due date"


def test_a_key_that_nobody_knows_has_no_text(house):
    assert house.words("en").text("operation.colour") is None
    assert house.words("cs").text("Amount") is None
    assert house.words("en").text("") is None


@pytest.mark.parametrize("language", ["cs", "cs-CZ", "cs_CZ", "CS-cz"])
def test_a_region_speaks_its_language(house, language):
    assert house.words(language).text("operation.amount") == "Částka"


@pytest.mark.parametrize("language", ["", "de", "fr", "xx", "../cs", "cs/../cs", "-", "en-US"])
def test_a_language_without_a_catalogue_is_english_in_words_and_formats(house, language):
    words = house.words(language)
    assert words.text("operation.amount") == "Amount"
    assert words.amount(Decimal(1000), "CZK") == "1,000.00 CZK"
    assert words.date(date(2017, 6, 29)) == "29 Jun 2017"


def test_no_catalogues_at_all_mean_english(tmp_path):
    house = Texts(tmp_path / "nowhere", tmp_path, "Demo Bank")
    assert house.words("cs").text("login.title") == "Login"


def test_a_folder_that_is_no_language_is_left_alone(folders):
    add_catalogue(folders[0], "cs_CZ_nonsense_at_all", {})
    assert Texts(*folders, "Demo Bank").words("en").text("login.title") == "Login"


def test_catalogues_are_read_once(house):
    assert house.words("cs") is house.words("cs-CZ")
    assert house.words("fr") is house.words("en")


@pytest.mark.parametrize(
    ("language", "amount", "currency", "text"),
    [
        ("en", "100", "CZK", "100.00 CZK"),
        ("en", "1234567.5", "CZK", "1,234,567.50 CZK"),
        ("en", "100", "EUR", "€100.00 (EUR)"),
        ("en", "-12.4", "CZK", "-12.40 CZK"),
        ("en", "500", "JPY", "JP¥500 (JPY)"),
        ("en", "1", "XTS", "1.00 XTS"),
        ("cs", "100", "CZK", f"100,00{NBSP}Kč (CZK)"),
        ("cs", "24183.5", "CZK", f"24{NBSP}183,50{NBSP}Kč (CZK)"),
        ("cs", "1", "XTS", "1,00 XTS"),
    ],
)
def test_amounts_look_local_and_always_have_their_iso_code(house, language, amount, currency, text):
    assert house.words(language).amount(Decimal(amount), currency) == text


@pytest.mark.parametrize("language", ["en", "cs", "ar"])
def test_no_digit_of_an_amount_is_rounded_away(house, language):
    words = house.words(language)
    assert "100.005" in words.amount(Decimal("100.005"), "CZK").replace(",", ".")
    longest = words.amount(Decimal("123456789012345678.123456789"), "CZK")
    digits = "".join(sign for sign in longest if sign.isdigit())
    assert digits == "123456789012345678123456789"
    assert "0.5" in words.amount(Decimal("0.5"), "JPY").replace(",", ".")


def test_a_currency_is_named_by_its_sign_and_its_code(house):
    assert house.words("en").currency("CZK") == "CZK"
    assert house.words("cs").currency("CZK") == "Kč (CZK)"


def test_numbers_and_dates_follow_the_language(house):
    assert house.words("en").number(Decimal("1234.5678")) == "1,234.5678"
    assert house.words("cs").number(Decimal("1234.5")) == f"1{NBSP}234,5"
    assert house.words("cs").date(date(2017, 6, 29)).replace(NBSP, " ") == "29. 6. 2017"


def test_a_form_speaks_the_language_of_the_words(house):
    data = parse("A1*A100CZK*Q238400856/0300")
    form = localise(form_of(data), house.words("cs"))
    assert form["title"]["message"] == "Potvrzení platby"
    assert form["summary"]["message"] == "Potvrďte platbu 100 CZK na účet 238400856/0300."
    assert form["parameters"][0]["label"] == "Částka"
    assert form["parameters"][0]["formattedValues"] == {
        "amount": f"100,00{NBSP}Kč (CZK)",
        "currency": "Kč (CZK)",
    }


def test_every_form_that_we_build_ourselves_has_all_its_words(house):
    for text in ("A2*Tmore", "A1*A5EUR*ICZ65,GIBACZPX*R/VS42*D20170629*NTea"):
        assert "MISSING" not in str(localise(form_of(parse(text)), house.words("en")))


def test_every_key_is_marked_for_extraction():
    extracted = extract_from_file("python", texts.__file__, DEFAULT_KEYWORDS)
    found = {message for _, message, _, _ in extracted}
    assert set(MESSAGES.values()) <= found


amounts = st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**12)


@given(amounts)
def test_text_messages_write_an_amount_as_it_is_signed(amount):
    if abs(amount.adjusted()) <= 28:
        assert plain_money(amount, "CZK") == f"{plain_amount(amount)} CZK"


def test_a_template_is_rendered_with_its_values_and_the_name_of_the_bank(house, write):
    write("sms/login.txt", "{{ bank }} {{ bank_name }}: {{ code }}\n")
    assert house.render("sms/login.txt", "en", code="123") == "Demo Bank Demo Bank: 123"


def test_a_template_speaks_the_language_of_the_receiver(house, write):
    write("sms/a.txt", "{% trans bank=bank, code=code %}{{ bank }}: code {{ code }}{% endtrans %}")
    write("sms/b.txt", '{{ _("%(bank)s: code %(code)s", bank=bank, code=code) }}')
    for name in ("sms/a.txt", "sms/b.txt"):
        assert house.render(name, "cs", code="123") == "Demo Bank: kód 123"
        assert house.render(name, "fr", code="123") == "Demo Bank: code 123"


def test_plain_text_is_not_escaped_for_html(house, write):
    write("sms/note.txt", "{{ note }}")
    assert house.render("sms/note.txt", "en", note='<Tom & "Anna"\'s>') == '<Tom & "Anna"\'s>'


def test_templates_have_amounts_for_people_and_for_cheap_text_messages(house, write):
    write(
        "sms/pay.txt",
        "{{ money(n, c) }}|{{ n|money(c) }}|{{ plain_money(n, c) }}|{{ currency(c) }}",
    )
    values = {"n": Decimal("100.00"), "c": "CZK"}
    assert house.render("sms/pay.txt", "en", **values) == "100.00 CZK|100.00 CZK|100 CZK|CZK"
    assert house.render("sms/pay.txt", "cs", **values) == (
        f"100,00{NBSP}Kč (CZK)|100,00{NBSP}Kč (CZK)|100 CZK|Kč (CZK)"
    )


def test_a_value_that_was_forgotten_is_an_error_and_not_a_gap_in_the_text(house, write):
    write("sms/login.txt", "Code {{ code }}")
    with pytest.raises(UndefinedError):
        house.render("sms/login.txt", "en")


@pytest.mark.parametrize("name", ["sms/none.txt", "../../etc/passwd"])
def test_a_template_that_is_not_there_is_an_error(house, name):
    with pytest.raises(TemplateNotFound):
        house.render(name, "en")


SMS = {
    "sms/login.txt": {"code": "73910264"},
    "sms/enrollment.txt": {"code": "73910264"},
    "sms/approval.txt": {"code": "73910264"},
    "sms/payment.txt": {
        "code": "73910264",
        "amount": "123456789.99",
        "currency": "CZK",
        "account": "CZ6508000000192000145399",
    },
}


GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
WIDE = {"uk"}
"""Languages of other alphabets: 70 signs are one part, 134 are two."""


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@pytest.mark.parametrize("name", SMS)
def test_the_shipped_text_messages_say_all_they_must_in_few_parts(name, language):
    house = Texts(ROOT / "translations", ROOT / "templates", "Demo Bank")
    text = house.render(name, language, **SMS[name])
    assert all(value in text for value in SMS[name].values())
    if language in WIDE:
        assert len(text) <= (70 if name == "sms/login.txt" else 134)
    else:
        # 160 signs of the short alphabet are one part; a single other sign more than halves that.
        assert len(text) <= 160
        assert set(text) <= GSM_7
