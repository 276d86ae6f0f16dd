"""Read the form data that a creator sent; everything wrong with them is told at once."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from app.nextstep.form_shapes import (
    CURRENCY_ID,
    RESERVED,
    SIGNED_IDS,
    AccountChoice,
    Amount,
    Attribute,
    BankAccount,
    Banner,
    BannerLine,
    BannerType,
    FieldConfig,
    FormData,
    Heading,
    KeyValue,
    Note,
    PartyInfo,
    ValueFormat,
)
from app.nextstep.json_part import LONG, MOST_ITEMS, Part, Violations
from app.nextstep.phone_shapes import Alert, AlertType, AmountConversion, Image


class MalformedFormData(ValueError):  # noqa: N818 - it says what was given
    """The form data cannot be read; `violations` pair each field with what it must be."""

    def __init__(self, violations: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{name} {hint}" for name, hint in violations))
        self.violations = violations


def parse_form(raw: Mapping[str, object]) -> FormData:
    """Read the form data of a request. Raises MalformedFormData; unknown fields are ignored."""
    return _parsed(raw, _ATTRIBUTES)


def parse_shown(raw: Mapping[str, object]) -> FormData:
    """Read what a phone shows: also the attributes that only templates of operations have."""
    return _parsed(raw, {**_ATTRIBUTES, **_OF_TEMPLATES})


def _parsed(raw: Mapping[str, object], known: "Readers") -> FormData:
    violations: Violations = []
    form = _form(Part(raw, violations), known)
    if violations:
        raise MalformedFormData(tuple(violations))
    return form


def _form(root: Part, known: "Readers") -> FormData:
    # A form that was completed from the operation data can still be read.
    most = MOST_ITEMS + len(SIGNED_IDS)
    parameters: tuple[Attribute, ...] = root.each(
        "parameters", partial(_attribute, known), most=most
    )
    if sum(attribute.id not in SIGNED_IDS for attribute in parameters) > MOST_ITEMS:
        root.wrong("parameters", f"must be at most {MOST_ITEMS}")
    for attribute in parameters:
        if attribute.id in RESERVED and not isinstance(attribute, AccountChoice):
            root.wrong("parameters", f"must not give {attribute.id} another meaning")
        if isinstance(attribute, Amount) and attribute.currency_id in SIGNED_IDS:
            root.wrong("parameters", f"must not give {attribute.currency_id} another meaning")
    ids = [attribute.id for attribute in parameters if attribute.id]
    for repeated in sorted({name for name in ids if ids.count(name) > 1}):
        root.wrong("parameters", f"must not hold {repeated} twice")
    return FormData(
        title=_key(root, "title"),
        greeting=_key(root, "greeting"),
        summary=_key(root, "summary"),
        config=root.each("config", _config),
        banners=root.each("banners", _banner),
        parameters=parameters,
        dynamic_data_loaded=root.flag("dynamicDataLoaded", default=False),
        user_input=root.texts("userInput"),
    )


def _key(root: Part, name: str) -> str | None:
    part = root.part(name)
    return part.text("id") or None if part else None


def _attribute(known: "Readers", part: Part) -> Attribute | None:
    read = known.get(part.text("type") or "")
    if read is None:
        part.wrong("type", f"must be one of {', '.join(known)}")
        return None
    return read(part)


def _amount(part: Part) -> Attribute | None:
    name = part.required("id")
    amount, currency = part.number("amount"), part.currency("currency")
    if amount is None or currency is None:
        part.wrong("amount", "must be given with its currency")
        return None
    return Amount(name, amount, currency, part.text("currencyId") or CURRENCY_ID)


def _format(part: Part) -> ValueFormat:
    return part.word("valueFormatType", ValueFormat, ValueFormat.TEXT)


def _key_value(part: Part) -> Attribute:
    return KeyValue(part.required("id"), part.text("value", longest=LONG) or "", _format(part))


def _note(part: Part) -> Attribute:
    return Note(part.required("id"), part.text("note", longest=LONG) or "", _format(part))


def _heading(part: Part) -> Attribute:
    return Heading(part.text("id") or "", part.text("value", longest=LONG) or "", _format(part))


def _banner_line(part: Part) -> Attribute:
    return BannerLine(part.required("id"), part.word("bannerType", BannerType, BannerType.INFO))


def _party(part: Part) -> Attribute | None:
    party = part.part("partyInfo")
    if party is None:
        part.required("partyInfo")
        return None
    return PartyInfo(
        part.required("id"),
        party.required("name"),
        party.text("description"),
        party.address("logoUrl"),
        party.address("websiteUrl"),
    )


def _alert(part: Part) -> Attribute:
    return Alert(
        part.required("id"),
        part.word("alertType", AlertType, AlertType.INFO),
        part.text("message", longest=LONG) or "",
        part.text("title", longest=LONG) or "",
    )


def _image(part: Part) -> Attribute | None:
    name = part.required("id")
    small, large = part.picture("thumbnailUrl"), part.picture("originalUrl")
    if small is None:
        part.required("thumbnailUrl")
        return None
    return Image(name, small, large)


def _conversion(part: Part) -> Attribute | None:
    name = part.required("id")
    source, target = part.number("sourceAmount"), part.number("targetAmount")
    one, other = part.currency("sourceCurrency"), part.currency("targetCurrency")
    if source is None or target is None or one is None or other is None:
        part.wrong("sourceAmount", "must be given with its currency, and the target's")
        return None
    return AmountConversion(name, source, one, target, other, part.flag("dynamic", default=False))


def _account_choice(part: Part) -> Attribute:
    return AccountChoice(
        part.required("id"),
        part.each("bankAccounts", _account),
        part.flag("enabled", default=True),
        part.text("defaultValue"),
    )


def _account(part: Part) -> BankAccount:
    return BankAccount(
        number=part.required("number"),
        account_id=part.required("accountId"),
        name=part.required("name"),
        usable=part.flag("usableForPayment", default=False),
        reason=part.text("unusableForPaymentReason"),
        balance=part.number("balance"),
        currency=part.currency("currency"),
    )


def _config(part: Part) -> FieldConfig:
    return FieldConfig(
        part.required("id"), part.flag("enabled", default=True), part.text("defaultValue")
    )


def _banner(part: Part) -> Banner:
    return Banner(part.required("id"), part.word("bannerType", BannerType, BannerType.INFO))


Readers = Mapping[str, Callable[[Part], Attribute | None]]

_ATTRIBUTES: Final[Readers] = {
    Amount.type: _amount,
    KeyValue.type: _key_value,
    Note.type: _note,
    Heading.type: _heading,
    BannerLine.type: _banner_line,
    PartyInfo.type: _party,
    AccountChoice.type: _account_choice,
}

_OF_TEMPLATES: Final[Readers] = {
    Alert.type: _alert,
    Image.type: _image,
    AmountConversion.type: _conversion,
}
"""What pages of the portal do not show, and creators of flows do not send."""
