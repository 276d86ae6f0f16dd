"""Words in a given language, for pages, text messages and pushes: gettext, Babel, plain Jinja."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from gettext import GNUTranslations, NullTranslations, translation
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_symbol
from jinja2 import Environment, FileSystemLoader, StrictUndefined

DEFAULT_LANGUAGE: Final = "en"
_DOMAIN: Final = "messages"


def N_(text: str) -> str:  # noqa: N802 - the name that extraction looks for
    """Mark a text for extraction; it is translated where it is shown."""
    return text


MESSAGES: Final[Mapping[str, str]] = {
    "login.title": N_("Login"),
    "login.greeting": N_("Hello,\nplease sign in."),
    "login.summary": N_("Please confirm the login attempt."),
    "login.application": N_("Asked by"),
    "enrollment.title": N_("Confirm Registration"),
    "enrollment.greeting": N_("Hello, please confirm that you register this device."),
    "enrollment.summary": N_("Please confirm the registration of a device."),
    "approval.title": N_("Confirm Request"),
    "approval.greeting": N_("Hello, please confirm this request."),
    "approval.summary": N_("A request waits for you."),
    "operation.title": N_("Confirm Payment"),
    "operation.greeting": N_("Hello,\nplease confirm following payment:"),
    "operation.summary": N_(
        "Hello, please confirm payment {operation.amount} {operation.currency} "
        "to account {operation.account}."
    ),
    "operation.amount": N_("Amount"),
    "operation.currency": N_("Currency"),
    "operation.account": N_("To account"),
    "operation.bic": N_("Bank (BIC)"),
    "operation.dueDate": N_("Due date"),
    "operation.reference": N_("Reference"),
    "operation.note": N_("Note"),
    "operation.text": N_("Details"),
    "operation.bankAccountChoice": N_("From account"),
    "operation.debitAccount": N_("From account"),
    "mtoken.success": N_("Approved."),
    "mtoken.failure": N_("It could not be approved."),
    "mtoken.reject": N_("Rejected."),
    "mtoken.scan.title": N_("Scan the code"),
    "mtoken.scan.text": N_("Scan the QR code on the page where you started this."),
    "mtoken.warning.title": N_("Beware of fraud"),
    "mtoken.warning.text": N_(
        "The bank never asks you to approve anything over the phone. "
        "Reject what you did not start yourself."
    ),
    "organization.retail": N_("Personal"),
    "organization.sme": N_("Corporate"),
}
"""The keys that form data and the bank may use, and what they say in English."""


def best(wanted: Iterable[str], offered: Sequence[str]) -> str | None:
    """Return what is offered of the tags that somebody wants; `de-AT` is content with `de`."""
    codes = (code for tag in wanted for code in (tag.lower(), tag.partition("-")[0].lower()))
    return next((code for code in codes if code in offered), None)


class LanguageWords:
    """The words and the formats of one language."""

    def __init__(
        self,
        locale: Locale,
        translations: NullTranslations,
        own: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._locale = locale
        self._translations = translations
        self._own = own

    def saying(self, own: Mapping[str, str]) -> "LanguageWords":
        """Return the same words, with texts of somebody's own before them."""
        return LanguageWords(self._locale, self._translations, own)

    def text(self, key: str) -> str | None:
        """Return the text of a key; None if there is none."""
        if key in self._own:
            return self._own[key]
        message = MESSAGES.get(key)
        return None if message is None else self._translations.gettext(message)

    def amount(self, amount: Decimal, currency: str) -> str:
        """Return an amount with its ISO code, e.g. `100.00 CZK` or `100,00 Kč (CZK)`.

        No digit is rounded away: what is shown is what is signed.
        """
        symbol = get_currency_symbol(currency, locale=self._locale)
        if symbol == currency:
            return f"{self.bare_amount(amount, currency)} {currency}"
        pattern = self._locale.currency_formats["standard"].pattern
        return f"{self._amount(amount, currency, pattern)} ({currency})"

    def bare_amount(self, amount: Decimal, currency: str) -> str:
        """Return an amount without its currency, e.g. `100.00`."""
        pattern = self._locale.currency_formats["standard"].pattern
        return self._amount(amount, currency, re.sub(r"\s*¤\s*", "", pattern))

    def _amount(self, amount: Decimal, currency: str, pattern: str) -> str:
        return format_currency(
            amount, currency, pattern, locale=self._locale, decimal_quantization=False
        )

    def currency(self, code: str) -> str:
        """Return a currency as it stands beside a number, e.g. `CZK` or `Kč (CZK)`."""
        symbol = get_currency_symbol(code, locale=self._locale)
        return code if symbol == code else f"{symbol} ({code})"

    def date(self, day: date) -> str:
        """Return a date of medium length, e.g. `29 Jun 2017`."""
        return format_date(day, "medium", locale=self._locale)

    def number(self, number: Decimal) -> str:
        """Return a number with the separators of the language."""
        return format_decimal(number, locale=self._locale, decimal_quantization=False)


def plain_money(amount: Decimal, currency: str) -> str:
    """Return an amount as text messages write it in every language, e.g. `100 CZK`.

    The digits are those that are signed, and all characters are cheap ones (GSM 7-bit).
    """
    number = format(amount, "f")
    return f"{number.rstrip('0').rstrip('.') if '.' in number else number} {currency}"


class Texts:
    """All languages that have a catalogue, read once; every other one means English."""

    def __init__(
        self,
        translations: Path,
        templates: Path,
        bank_name: str,
        own: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        self._locales = dict(_locales(translations))
        self._catalogues = {
            language: _with_own(
                own.get(language), translation(_DOMAIN, translations, [language], fallback=True)
            )
            for language in self._locales
        }
        self._words = {
            language: LanguageWords(locale, self._catalogues[language])
            for language, locale in self._locales.items()
        }
        self._environments = {
            language: _environment(templates, bank_name, words, self._catalogues[language])
            for language, words in self._words.items()
        }

    def words(self, language: str) -> LanguageWords:
        """Return the words of a language such as `cs` or `cs-CZ`."""
        return self._words[self._known(language)]

    def render(self, name: str, language: str, **values: object) -> str:
        """Return a plain text from its template, e.g. `sms/login.txt`.

        Raises jinja2's errors for an unknown template or a value that it misses.
        """
        template = self._environments[self._known(language)].get_template(name)
        return template.render(**values).strip()

    def _known(self, language: str) -> str:
        language = language.replace("-", "_")
        for wanted in (language, language.partition("_")[0].lower()):
            if wanted in self._locales:
                return wanted
        return DEFAULT_LANGUAGE


def _locales(translations: Path) -> Iterator[tuple[str, Locale]]:
    # Dates and amounts follow British use: 29 Jun 2017 cannot be taken for another day.
    yield DEFAULT_LANGUAGE, Locale("en", "GB")
    for catalogue in translations.glob(f"*/LC_MESSAGES/{_DOMAIN}.mo"):
        language = catalogue.parent.parent.name
        if language != DEFAULT_LANGUAGE:
            with suppress(UnknownLocaleError, ValueError):
                yield language, Locale.parse(language)


def _with_own(own: bytes | None, shipped: NullTranslations) -> NullTranslations:
    """Put a bank's compiled catalogue before ours."""
    if own is None:
        return shipped
    catalogue = GNUTranslations(BytesIO(own))
    catalogue.add_fallback(shipped)
    return catalogue


def _environment(
    templates: Path, bank_name: str, words: LanguageWords, catalogue: NullTranslations
) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=False,  # noqa: S701 - plain text, never HTML
        extensions=["jinja2.ext.i18n"],
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    helpers = {"money": words.amount, "currency": words.currency, "plain_money": plain_money}
    environment.filters.update(helpers)
    environment.globals.update(helpers, bank=bank_name, bank_name=bank_name)
    return environment
