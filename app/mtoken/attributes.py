"""What a template shows of an operation besides all that is signed, made from its parameters."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from app.nextstep.form_data import (
    Alert,
    AlertType,
    Amount,
    AmountConversion,
    Attribute,
    Heading,
    Image,
    KeyValue,
    MalformedFormData,
    Note,
    PartyInfo,
    ValueFormat,
)
from app.nextstep.json_part import is_web_address
from app.nextstep.values import MalformedOperationData, is_currency, read_decimal

Kind = Literal[
    "AMOUNT",
    "AMOUNT_CONVERSION",
    "KEY_VALUE",
    "NOTE",
    "HEADING",
    "ALERT",
    "IMAGE",
    "PARTY_INFO",
]
BOTH_SIDES: Final = ("sourceAmount", "sourceCurrency", "targetAmount", "targetCurrency")
TAKES: Final[Mapping[Kind, tuple[str, ...]]] = {
    "AMOUNT": ("amount", "currency"),
    "AMOUNT_CONVERSION": (*BOTH_SIDES, "dynamic"),
    "KEY_VALUE": ("value",),
    "NOTE": ("note",),
    "HEADING": (),
    "ALERT": ("message", "alertType", "title"),
    "IMAGE": ("thumbnailUrl", "originalUrl"),
    "PARTY_INFO": ("name", "description", "logoUrl", "websiteUrl"),
}
"""Kind → what it takes from parameters."""

Given = Mapping[str, str]
"""What was given for an attribute, by what it takes."""


@dataclass(frozen=True)
class TemplateAttribute:
    """Something that is shown: `params` say which parameter is what of it."""

    id: str
    kind: Kind
    params: Mapping[str, str]


def needs(kind: Kind) -> Sequence[str]:
    """Return what a kind cannot be without: the first that it takes, of a conversion both sides."""
    return BOTH_SIDES if kind == "AMOUNT_CONVERSION" else TAKES[kind][:1]


def attributes_of(
    wanted: Sequence[TemplateAttribute], parameters: Mapping[str, str]
) -> Iterator[Attribute]:
    """Yield what is shown of the parameters; nothing for what lacks what it needs.

    Raises MalformedFormData for the address of a picture that is not https.
    """
    for attribute in wanted:
        given = {
            part: parameters[name] for part, name in attribute.params.items() if name in parameters
        }
        if given.keys() >= set(needs(attribute.kind)):
            yield MAKE[attribute.kind](attribute.id, given)


def _amount(name: str, given: Given) -> Attribute:
    """Return an amount; one that cannot be read is shown as it is."""
    amount, currency = given["amount"], given.get("currency", "")
    try:
        if is_currency(currency):
            return Amount(name, read_decimal(amount), currency, f"{name}.currency")
    except MalformedOperationData:
        pass
    return KeyValue(name, f"{amount} {currency}".strip())


def _conversion(name: str, given: Given) -> Attribute:
    """Return a conversion; one that cannot be read is shown as it is."""
    amount, currency, other_amount, other_currency = (given[part] for part in BOTH_SIDES)
    try:
        if is_currency(currency) and is_currency(other_currency):
            return AmountConversion(
                name,
                read_decimal(amount),
                currency,
                read_decimal(other_amount),
                other_currency,
                dynamic=given.get("dynamic", "").lower() == "true",
            )
    except MalformedOperationData:
        pass
    return KeyValue(name, f"{amount} {currency} → {other_amount} {other_currency}")


def _key_value(name: str, given: Given) -> Attribute:
    return KeyValue(name, given["value"])


def _note(name: str, given: Given) -> Attribute:
    return Note(name, given["note"])


def _heading(name: str, _given: Given) -> Attribute:
    return Heading(name, name, ValueFormat.LOCALIZED_TEXT)


def _alert(name: str, given: Given) -> Attribute:
    asked = given.get("alertType", "").upper()
    loudness = AlertType.__members__.get(asked, AlertType.INFO)
    return Alert(name, loudness, given["message"], given.get("title", ""))


def _image(name: str, given: Given) -> Attribute:
    large = _picture(given["originalUrl"]) if "originalUrl" in given else None
    return Image(name, _picture(given["thumbnailUrl"]), large)


def _party(name: str, given: Given) -> Attribute:
    logo = _picture(given["logoUrl"]) if "logoUrl" in given else None
    return PartyInfo(name, given["name"], given.get("description"), logo, given.get("websiteUrl"))


def _picture(address: str) -> str:
    """Return the address of a picture: phones fetch it without asking anybody."""
    if not is_web_address(address, "https"):
        raise MalformedFormData((("parameters", "must have https addresses of pictures"),))
    return address


MAKE: Final[Mapping[Kind, Callable[[str, Given], Attribute]]] = {
    "AMOUNT": _amount,
    "AMOUNT_CONVERSION": _conversion,
    "KEY_VALUE": _key_value,
    "NOTE": _note,
    "HEADING": _heading,
    "ALERT": _alert,
    "IMAGE": _image,
    "PARTY_INFO": _party,
}
