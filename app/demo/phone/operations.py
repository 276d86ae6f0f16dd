"""Operations as the portal describes them to an app, made ready to be shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from app.demo.phone.given import Given, list_of, moment_of, object_of, text_of
from app.demo.phone.refusals import PhoneRefused

REASONS = ("UNEXPECTED_OPERATION", "INCORRECT_DATA", "UNKNOWN")
"""Why a person may reject."""

PAYEES = re.compile(r"(operation\.)?(account|creditor\w*|payee|iban)", re.IGNORECASE)
SIDES = ("source", "target")
VALUES = {"NOTE": "note", "HEADING": ""}
"""Where the value of an attribute stands, if not in `value`."""


@dataclass(frozen=True)
class Attribute:
    """One line about an operation; `kind` is e.g. `AMOUNT`, `KEY_VALUE`, `NOTE` or `HEADING`."""

    kind: str
    id: str
    label: str
    value: str
    currency: str = ""
    """Of an amount."""
    tone: str = ""
    """Of an alert: `SUCCESS`, `INFO`, `WARNING`, `ERROR`."""

    @classmethod
    def read(cls, given: Given) -> Self:
        """Read an attribute; one of a kind that is not known shows its label."""
        kind = text_of(given, "type")
        return cls(
            kind,
            text_of(given, "id"),
            text_of(given, "label"),
            _value(kind, given),
            text_of(given, "currency", "currencyFormatted") if kind == "AMOUNT" else "",
            text_of(given, "alertType"),
        )


@dataclass(frozen=True)
class Screen:
    """What the app shows before it asks: a `WARNING`, an `INFO`, or `QR_SCAN`."""

    kind: str
    heading: str
    message: str


@dataclass(frozen=True)
class Operation:
    """One operation; `data` is what is signed."""

    id: str
    name: str
    data: str
    status: str
    created: datetime | None
    expires: datetime | None
    title: str
    message: str
    variants: tuple[str, ...]
    flip_buttons: bool = False
    screen: Screen | None = None
    attributes: tuple[Attribute, ...] = field(default=())

    @classmethod
    def read(cls, given: object) -> Self:
        """Read an operation: what is signed must be there, what is shown may be missing."""
        told = object_of(given)
        operation_id, data = told.get("id"), told.get("data")
        if not (isinstance(operation_id, str) and operation_id and isinstance(data, str)):
            raise PhoneRefused("an operation without its id or its data")
        form, ui = object_of(told.get("formData")), object_of(told.get("ui"))
        variants = list_of(object_of(told.get("allowedSignatureType")).get("variants"))
        return cls(
            id=operation_id,
            name=text_of(told, "name"),
            data=data,
            status=text_of(told, "status"),
            created=moment_of(told.get("operationCreated")),
            expires=moment_of(told.get("operationExpires")),
            title=text_of(form, "title") or text_of(told, "name"),
            message=text_of(form, "message"),
            variants=tuple(kind for kind in variants if isinstance(kind, str)),
            flip_buttons=ui.get("flipButtons") is True,
            screen=_screen(object_of(ui.get("preApprovalScreen"))),
            attributes=tuple(
                Attribute.read(each)
                for each in list_of(form.get("attributes"))
                if isinstance(each, Mapping)
            ),
        )

    @property
    def amount(self) -> Attribute | None:
        """What is paid."""
        return next((each for each in self.attributes if each.kind == "AMOUNT"), None)

    @property
    def payee(self) -> Attribute | None:
        """To whom."""
        known = (each for each in self.attributes if each.kind == "KEY_VALUE")
        return next((each for each in known if PAYEES.fullmatch(each.id)), None)

    @property
    def others(self) -> list[Attribute]:
        """Everything else, in order."""
        return [each for each in self.attributes if each not in (self.amount, self.payee)]

    @property
    def asks_nothing(self) -> bool:
        """Whether the phone alone is enough."""
        return "possession" in self.variants

    @property
    def allows_biometry(self) -> bool:
        """Whether the finger is enough."""
        return self.asks_nothing or "possession_biometry" in self.variants

    @property
    def needs_number(self) -> bool:
        """Whether the phone must have seen the page: it shows a number that changes."""
        return self.screen is not None and self.screen.kind == "QR_SCAN"


def read_all(given: object) -> list[Operation]:
    """Read a list of operations."""
    if not isinstance(given, list):
        raise PhoneRefused("not a list of operations")
    return [Operation.read(each) for each in given]


def _value(kind: str, given: Given) -> str:
    match kind:
        case "AMOUNT":
            return text_of(given, "amountFormatted", "amount")
        case "AMOUNT_CONVERSION":
            names = ("ValueFormatted", "AmountFormatted", "Amount")
            sides = (text_of(given, *(side + name for name in names)) for side in SIDES)
            return " → ".join(sides)
        case "PARTY_INFO":
            return _joined(object_of(given.get("partyInfo")), ", ", "name", "description")
        case "ALERT":
            return _joined(given, " ", "title", "message")
        case "IMAGE":
            address = text_of(given, "originalUrl", "thumbnailUrl")
            return address if address.startswith("https://") else ""
        case _:
            return text_of(given, VALUES.get(kind, "value"))


def _joined(given: Given, joint: str, *names: str) -> str:
    return joint.join(filter(None, (text_of(given, name) for name in names)))


def _screen(given: Given) -> Screen | None:
    kind = text_of(given, "type")
    return Screen(kind, text_of(given, "heading"), text_of(given, "message")) if kind else None
