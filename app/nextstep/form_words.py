"""Put form data into the words of one language."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Protocol

from app.nextstep.form_json import Json
from app.nextstep.form_shapes import (
    AMOUNT_ID,
    AccountChoice,
    Amount,
    Attribute,
    BannerLine,
    FormData,
    Heading,
    KeyValue,
    Note,
    PartyInfo,
    ValueFormat,
    attribute_json,
)
from app.nextstep.phone_shapes import Alert, AmountConversion, Image
from app.nextstep.values import MalformedOperationData, plain_amount, read_decimal

_PLACEHOLDER: Final = re.compile(r"\$\{(?P<parameter>[^{}]+)\}|\{(?P<value>[A-Za-z][\w.-]*)\}")


class Words(Protocol):
    """The words of one language."""

    def text(self, key: str) -> str | None:
        """Return the text of a key; None if there is none."""

    def amount(self, amount: Decimal, currency: str) -> str:
        """Return an amount with its currency, e.g. `100.00 CZK`."""

    def currency(self, code: str) -> str:
        """Return a currency as it stands beside a number."""

    def date(self, day: date) -> str:
        """Return a date of medium length."""

    def number(self, number: Decimal) -> str:
        """Return a number with the separators of the language."""


def localise(
    form: FormData,
    words: Words,
    *,
    chosen_account: str | None = None,
    parameters: Mapping[str, str] = MappingProxyType({}),
) -> Json:
    """Return the form in JSON with its messages, labels and formatted values.

    In messages `{id}` stands for a value of the form, and `${name}` for one of the parameters.
    What cannot be put into words shows a marker with its key, never an exception.
    """
    values = _values(form, chosen_account)

    def value(found: re.Match[str]) -> str:
        if found["parameter"] is not None:
            return parameters.get(found["parameter"], found[0])
        return values.get(found["value"], f"MISSING_VALUE_FOR_FIELD: {found['value']}")

    def message(key: str) -> str:
        return _PLACEHOLDER.sub(value, _text(words, key))

    texts = {"title": form.title, "greeting": form.greeting, "summary": form.summary}
    banners = [
        {
            "type": each.banner.value,
            "bannerType": each.banner.value,
            "id": each.id,
            "message": message(each.id),
        }
        for each in form.banners
    ]
    shown: list[Json] = []
    for each in form.parameters:
        if isinstance(each, BannerLine):
            shown.append({**attribute_json(each), "message": message(each.id)})
        else:
            shown.append({**attribute_json(each), **_worded(each, words)})
    return {
        **form.to_json(),
        **{
            name: None if key is None else {"id": key, "message": message(key)}
            for name, key in texts.items()
        },
        "banners": banners,
        "parameters": shown,
    }


def _worded(attribute: Attribute, words: Words) -> Json:
    label = {"label": _text(words, attribute.id)}
    match attribute:
        case Amount(amount=amount, currency=currency):
            shown = {"amount": words.amount(amount, currency), "currency": words.currency(currency)}
            return {**label, "formattedValues": shown}
        case KeyValue(value=value, format=kind) | Note(note=value, format=kind):
            return {**label, "formattedValues": {"value": _shown(value, kind, words)}}
        case Heading(value=value, format=kind):
            return {"formattedValues": {"value": _shown(value, kind, words)}}
        case PartyInfo() | AccountChoice() | BannerLine() | Alert() | Image() | AmountConversion():
            return dict(label)


def _shown(value: str, kind: ValueFormat, words: Words) -> str:
    match kind:
        case ValueFormat.LOCALIZED_TEXT:
            return _text(words, value)
        case ValueFormat.DATE:
            day = read_day(value)
            return value if day is None else words.date(day)
        case ValueFormat.NUMBER | ValueFormat.AMOUNT:
            try:
                return words.number(read_decimal(value))
            except MalformedOperationData:
                return value
        case ValueFormat.TEXT | ValueFormat.ACCOUNT:
            return value


def read_day(text: str) -> date | None:
    """Read a date, `YYYY-MM-DD`; None if it is none."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"[0-9-]{10}", text) else None
    except ValueError:
        return None


def _text(words: Words, key: str) -> str:
    text = words.text(key)
    return f"MISSING_LOCALIZATION_FOR_FIELD: {key}" if text is None else text


def _values(form: FormData, chosen_account: str | None) -> dict[str, str]:
    """Return the raw values by the names that texts call them."""
    values: dict[str, str] = {}
    # What is signed comes last: no other attribute may speak in its name.
    for attribute in sorted(form.parameters, key=lambda each: each.id == AMOUNT_ID):
        match attribute:
            case Amount(amount=amount, currency=currency, currency_id=currency_id):
                values |= {attribute.id: plain_amount(amount), currency_id: currency}
            case KeyValue(value=value) | Note(note=value) | Heading(value=value):
                values[attribute.id] = value
            case PartyInfo(name=name):
                values[attribute.id] = name
            case AccountChoice():
                if chosen_account is not None:
                    values[attribute.id] = chosen_account
            case BannerLine() | Alert() | Image() | AmountConversion():
                pass
    return values
