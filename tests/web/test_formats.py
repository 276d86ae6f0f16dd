"""Amounts and times in the reader's language."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from flask import Flask
from flask_babel import Babel, force_locale
from hypothesis import given
from hypothesis import strategies as st

from app.web import formats

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


@given(st.decimals(min_value=0, max_value=10**18, places=9))
def test_what_is_shown_is_what_is_signed(amount: Decimal) -> None:
    text, code = formats.money_parts(amount, "CZK")
    assert Decimal(text.replace(",", "")) == amount
    assert code == "CZK"


def test_the_band_gets_number_and_code_apart(app: Flask) -> None:
    assert shown(app, "money_parts", "en", Decimal(100), "CZK") == ("100.00", "CZK")
    assert shown(app, "money_parts", "cs", Decimal(100), "CZK") == ("100,00\xa0Kč", "(CZK)")


def test_a_plain_amount_is_that_of_the_text_message(app: Flask) -> None:
    assert shown(app, "plain", "cs", Decimal("100.00")) == "100"
    assert shown(app, "plain", "cs", Decimal("1234.50")) == "1234.5"


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
