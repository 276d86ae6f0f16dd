"""Amounts and times in the reader's language."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from babel.numbers import parse_decimal
from flask import Flask
from flask_babel import Babel, force_locale
from hypothesis import given
from hypothesis import strategies as st

from app.web import formats
from app.web.locale import LABELS

MOMENT = datetime(2026, 11, 22, 13, 2, 2, 345678, tzinfo=UTC)


@pytest.fixture(scope="module")
def app() -> Flask:
    app = Flask(__name__)
    Babel(app)
    formats.register(app, timezone="Europe/Prague")
    return app


def shown(app: Flask, name: str, language: str, *values: object) -> object:
    with app.test_request_context(), force_locale(language):
        return app.jinja_env.filters[name](*values)


@pytest.mark.parametrize(
    ("language", "amount", "currency", "expected"),
    [
        ("en", Decimal(100), "CZK", "100.00 CZK"),
        ("cs", Decimal(100), "CZK", "100,00\xa0Kč (CZK)"),
        ("en", Decimal("24183.5"), "EUR", "€24,183.50 (EUR)"),
        ("cs", Decimal("24183.5"), "EUR", "24\xa0183,50\xa0€ (EUR)"),
        ("en", Decimal("-3.1"), "CZK", "-3.10 CZK"),
        ("en", Decimal(1500), "JPY", "JP¥1,500 (JPY)"),
        ("en", Decimal(5), "XYZ", "5.00 XYZ"),
        ("en", 2.5, "CZK", "2.50 CZK"),
        ("cs", "7", "CZK", "7,00\xa0Kč (CZK)"),
    ],
)
def test_an_amount_always_carries_its_iso_code(
    app: Flask, language: str, amount: Decimal, currency: str, expected: str
) -> None:
    assert shown(app, "money", language, amount, currency) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (Decimal("1E+2"), "100.00 CZK"),
        (Decimal("100.000"), "100.00 CZK"),
        (Decimal("0.125"), "0.125 CZK"),
        (Decimal("123456789012345678.123456789"), "123,456,789,012,345,678.123456789 CZK"),
    ],
)
def test_no_digit_of_an_amount_is_rounded_away(app: Flask, amount: Decimal, expected: str) -> None:
    assert shown(app, "money", "en", amount, "CZK") == expected


@given(st.decimals(min_value=0, max_value=10**18, places=9), st.sampled_from(sorted(LABELS)))
def test_what_is_shown_is_what_is_signed(app: Flask, amount: Decimal, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        text, code = formats.money_parts(amount, "XTS")
    assert parse_decimal(text, locale=language, strict=True) == amount
    assert code == "XTS"


NARROW, NBSP = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("language", "hundred", "thousand", "million"),
    [
        ("en", "100.00 CZK", "-1,234.56 CZK", "€1,234,567.50 (EUR)"),
        (
            "cs",
            f"100,00{NBSP}Kč (CZK)",
            f"-1{NBSP}234,56{NBSP}Kč (CZK)",
            f"1{NBSP}234{NBSP}567,50{NBSP}€ (EUR)",
        ),
        ("de", "100,00 CZK", "-1.234,56 CZK", f"1.234.567,50{NBSP}€ (EUR)"),
        ("fr", "100,00 CZK", f"-1{NARROW}234,56 CZK", f"1{NARROW}234{NARROW}567,50{NBSP}€ (EUR)"),
        ("es", "100,00 CZK", "-1.234,56 CZK", f"1.234.567,50{NBSP}€ (EUR)"),
        ("uk", "100,00 CZK", f"-1{NBSP}234,56 CZK", f"1{NBSP}234{NBSP}567,50 EUR"),
        ("ro", "100,00 CZK", "-1.234,56 CZK", "1.234.567,50 EUR"),
    ],
)
def test_amounts_look_as_the_language_writes_them(
    app: Flask, language: str, hundred: str, thousand: str, million: str
) -> None:
    assert shown(app, "money", language, Decimal(100), "CZK") == hundred
    assert shown(app, "money", language, Decimal("-1234.56"), "CZK") == thousand
    assert shown(app, "money", language, Decimal("1234567.5"), "EUR") == million


@pytest.mark.parametrize(
    ("language", "day"),
    [
        ("en", "2 Nov 2026"),
        ("cs", "2. 11. 2026"),
        ("de", "02.11.2026"),
        ("fr", "2 nov. 2026"),
        ("es", "2 nov 2026"),
        ("uk", f"2 лист. 2026{NARROW}\N{CYRILLIC SMALL LETTER ER}."),
        ("ro", "2 nov. 2026"),
    ],
)
def test_days_and_hours_look_as_the_language_writes_them(
    app: Flask, language: str, day: str
) -> None:
    moment = datetime(2026, 11, 2, 8, 4, 5, tzinfo=UTC)
    hour = "9:04" if language in ("cs", "es") else "09:04"
    assert shown(app, "day", language, moment) == day
    assert shown(app, "minute", language, moment) == hour
    assert shown(app, "clock", language, moment) == f"{hour}:05"
    moments = {f"{day}, {hour}:05", f"{day} {hour}:05"}
    assert shown(app, "moment", language, moment) in moments


def test_the_band_gets_number_and_code_apart(app: Flask) -> None:
    assert shown(app, "money_parts", "en", Decimal(100), "CZK") == ("100.00", "CZK")
    assert shown(app, "money_parts", "cs", Decimal(100), "CZK") == ("100,00\xa0Kč", "(CZK)")


@pytest.mark.parametrize(
    ("name", "english", "czech"),
    [
        ("clock", "14:02:02", "14:02:02"),
        ("minute", "14:02", "14:02"),
        ("day", "22 Nov 2026", "22. 11. 2026"),
        ("moment", "22 Nov 2026, 14:02:02", "22. 11. 2026 14:02:02"),
        ("iso", "2026-11-22T14:02:02+01:00", "2026-11-22T14:02:02+01:00"),
    ],
)
def test_times_are_those_of_the_bank(app: Flask, name: str, english: str, czech: str) -> None:
    assert shown(app, name, "en", MOMENT) == english
    assert shown(app, name, "cs", MOMENT) == czech


def test_a_moment_late_in_the_evening_is_the_next_day_here(app: Flask) -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert shown(app, "day", "en", late) == "23 Nov 2026"


def test_a_day_has_no_time(app: Flask) -> None:
    assert shown(app, "day", "en", date(2026, 11, 29)) == "29 Nov 2026"
    assert shown(app, "iso", "en", date(2026, 11, 29)) == "2026-11-29"


@pytest.mark.parametrize(("ahead", "seconds"), [(42.0, 42), (41.2, 42), (0.0, 0), (-5.0, 0)])
def test_the_seconds_left_are_whole_and_never_negative(ahead: float, seconds: int) -> None:
    with time_machine.travel(MOMENT, tick=False):
        assert formats.seconds_left(MOMENT + timedelta(seconds=ahead)) == seconds


@pytest.mark.parametrize(
    ("account", "groups"),
    [
        ("CZ5508000000001234567899", ["CZ55", "0800", "0000", "0012", "3456", "7899"]),
        ("NO9386011117947", ["NO93", "8601", "1117", "947"]),
        ("238400856/0300", ["238400856/0300"]),
        ("cz5508000000001234567899", ["cz5508000000001234567899"]),
        ("CZ5508000000001234567899\n", ["CZ5508000000001234567899\n"]),
        ("CZ\u0665\u066500000000123", ["CZ\u0665\u066500000000123"]),
        ("CZ5500000000123\u0660\u0660", ["CZ5500000000123\u0660\u0660"]),
        ("", []),
    ],
)
def test_an_iban_is_read_in_groups_of_four_and_nothing_else_is(app: Flask, account, groups) -> None:
    assert shown(app, "fours", "en", account) == groups
