"""Form data: what the page shows of an operation, kept in agreement with what is signed.

This is the door to all that concerns forms; their shapes, their reading and their words
have files of their own.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from app.nextstep.form_reading import MalformedFormData, parse_form, parse_shown
from app.nextstep.form_shapes import (
    ACCOUNT_ID,
    AMOUNT_ID,
    BIC_ID,
    CURRENCY_ID,
    DUE_DATE_ID,
    NOTE_ID,
    REFERENCE_ID,
    SIGNED_IDS,
    TEXT_ID,
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
from app.nextstep.form_words import Words, localise
from app.nextstep.operation_data import (
    LOGIN_TEMPLATE,
    PAYMENT_TEMPLATE,
    Code,
    Field,
    OperationData,
    payment_of,
)
from app.nextstep.phone_shapes import Alert, AlertType, AmountConversion, Image
from app.nextstep.values import normalise, plain_amount, read_amount, read_date

__all__ = [
    "AccountChoice",
    "Alert",
    "AlertType",
    "Amount",
    "AmountConversion",
    "Attribute",
    "BankAccount",
    "Banner",
    "BannerLine",
    "BannerType",
    "FieldConfig",
    "FormData",
    "Heading",
    "Image",
    "KeyValue",
    "MalformedFormData",
    "Note",
    "PartyInfo",
    "ValueFormat",
    "Words",
    "complete",
    "form_of",
    "localise",
    "mismatches",
    "parse_form",
    "parse_shown",
]

_TEXTS: Final = {PAYMENT_TEMPLATE: "operation", LOGIN_TEMPLATE: "login"}


def form_of(data: OperationData) -> FormData:
    """Build the form of an operation whose creator sent none."""
    return complete(data, FormData())


def complete(data: OperationData, form: FormData) -> FormData:
    """Return the form with all that is signed, as it is signed, and with the texts of its kind.

    An attribute that should be signed and is not goes: `mismatches` told if it said anything.
    Raises MalformedOperationData if the data claim to be a payment and are none.
    """
    signed = {attribute.id: attribute for attribute in _signed(data)}
    named = {attribute.id for attribute in form.parameters}
    missing = (attribute for name, attribute in signed.items() if name not in named)
    given = (
        signed.get(attribute.id, attribute)
        for attribute in form.parameters
        if attribute.id in signed or attribute.id not in SIGNED_IDS
    )
    form = replace(form, parameters=(*missing, *given))
    kind = _TEXTS.get(data.template)
    if kind is None:
        return form
    return replace(
        form,
        title=form.title or f"{kind}.title",
        greeting=form.greeting or f"{kind}.greeting",
        summary=form.summary or f"{kind}.summary",
    )


def mismatches(data: OperationData, form: FormData) -> list[str]:
    """Return the ids of what the form says otherwise than the operation data.

    What the form leaves out is no mismatch; what only the form says is one: nobody signs it.
    Raises MalformedOperationData if the data claim to be a payment and are none.
    """
    signed = {name: text for attribute in _signed(data) for name, text in _said(attribute)}
    return [
        name
        for attribute in form.parameters
        if attribute.id in SIGNED_IDS
        for name, text in _said(attribute)
        if text != signed.get(name, "")
    ]


def _signed(data: OperationData) -> Iterator[Attribute]:
    """Yield the attributes that the data themselves give, in the order in which they stand."""
    payment_of(data)
    seen: set[str] = set()
    texts: list[str] = []
    for field in data.fields:
        attributes = _attributes(field) if field.text else ()
        # Only generic data can say a thing twice; the second one has no name of its own.
        if not attributes or attributes[0].id in seen:
            texts.append(field.text)
        else:
            seen.add(attributes[0].id)
            yield from attributes
    if any(texts):
        yield Note(TEXT_ID, "\n".join(filter(None, texts)))


def _attributes(field: Field) -> tuple[Attribute, ...]:
    text = field.text
    attributes: tuple[Attribute, ...] = ()
    match field.shown_as:
        case Code.AMOUNT:
            attributes = (Amount(AMOUNT_ID, *read_amount(text)),)
        case Code.IBAN:
            iban, _, bic = text.partition(",")
            attributes = (KeyValue(ACCOUNT_ID, iban, ValueFormat.ACCOUNT),)
            attributes += (KeyValue(BIC_ID, bic),) if bic else ()
        case Code.ACCOUNT:
            attributes = (KeyValue(ACCOUNT_ID, text, ValueFormat.ACCOUNT),)
        case Code.REFERENCE:
            attributes = (KeyValue(REFERENCE_ID, text),)
        case Code.DUE_DATE:
            attributes = (KeyValue(DUE_DATE_ID, read_date(text).isoformat(), ValueFormat.DATE),)
        case Code.NOTE:
            attributes = (Note(NOTE_ID, text),)
        case Code.TEXT:
            pass
    return attributes


def _said(attribute: Attribute) -> Iterator[tuple[str, str]]:
    """Yield what an attribute says, by the id of each part, however it is laid out."""
    match attribute:
        case Amount(amount=amount, currency=currency):
            yield attribute.id, plain_amount(amount)
            yield CURRENCY_ID, currency
        case KeyValue(value=text) | Note(note=text):
            # Printed accounts have spaces between their groups.
            is_account = attribute.id == ACCOUNT_ID
            yield attribute.id, "".join(text.split()) if is_account else normalise(text)
        case _:
            yield attribute.id, attribute.type
