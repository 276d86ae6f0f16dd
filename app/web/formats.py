"""How amounts and times look in the reader's language: filters of the templates, on Babel."""

import re
from datetime import date, datetime
from decimal import Decimal, localcontext
from math import ceil
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, get_currency_symbol
from flask import Flask
from flask_babel import get_locale

from app import clock

# Amounts of an operation have up to 27 digits; Babel quantizes within the context.
DIGITS = 60

IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def money_parts(amount: Decimal | float | str, currency: str) -> tuple[str, str]:
    """Return the number and the ISO code: ("100.00", "CZK"), or ("100,00 Kč", "(CZK)").

    Symbols are ambiguous, so the code is always there. No digit is ever rounded away.
    """
    locale = _locale()
    exact = Decimal(str(amount))
    exact = exact.quantize(1) if exact == exact.to_integral_value() else exact.normalize()
    is_plain = get_currency_symbol(currency, locale=locale) == currency
    with localcontext(prec=DIGITS):
        number = format_currency(
            exact,
            currency,
            format=locale.decimal_formats[None] if is_plain else None,
            locale=locale,
            decimal_quantization=False,
        )
    return (number, currency) if is_plain else (number, f"({currency})")


def money(amount: Decimal | float | str, currency: str) -> str:
    """Return an amount as one text: "100.00 CZK", or "100,00 Kč (CZK)"."""
    return " ".join(money_parts(amount, currency))


def fours(account: str) -> list[str]:
    """Return the groups in which an account is read: four characters of an IBAN (ISO 13616).

    Only the eye sees them apart; the text stays the one that is signed and stands in the SMS.
    """
    size = 4 if IBAN.fullmatch(account) else len(account) or 1
    return [account[begin : begin + size] for begin in range(0, len(account), size)]


def iso(moment: date) -> str:
    """Return a moment or a day for the `datetime` of a `<time>`."""
    return moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else str(moment)


def seconds_left(moment: datetime) -> int:
    """Return the whole seconds until a moment, 0 once it has passed."""
    return max(0, ceil((moment - clock.now()).total_seconds()))


def register(app: Flask, *, timezone: str) -> None:
    """Give the templates these filters; times are those of `timezone`."""
    zone = ZoneInfo(timezone)

    def clock_of(moment: datetime) -> str:
        return format_time(moment, "medium", tzinfo=zone, locale=_locale())

    def minute(moment: datetime) -> str:
        return format_time(moment, "short", tzinfo=zone, locale=_locale())

    def day(moment: date) -> str:
        if isinstance(moment, datetime):
            moment = moment.astimezone(zone).date()
        return format_date(moment, "medium", locale=_locale())

    def moment_of(moment: datetime) -> str:
        return format_datetime(moment, "medium", tzinfo=zone, locale=_locale())

    def iso_here(moment: date) -> str:
        return iso(moment.astimezone(zone) if isinstance(moment, datetime) else moment)

    app.jinja_env.filters.update(
        clock=clock_of,
        day=day,
        fours=fours,
        iso=iso_here,
        minute=minute,
        moment=moment_of,
        money=money,
        money_parts=money_parts,
        seconds_left=seconds_left,
    )


def _locale() -> Locale:
    """Return the reader's locale; plain English is the European one: 24 hours, day before month."""
    locale: Locale | None = get_locale()
    if locale is None or (locale.language == "en" and locale.territory is None):
        return Locale("en", "GB")
    return locale
