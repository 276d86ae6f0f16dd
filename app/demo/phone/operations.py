"""Operations as the portal describes them to an app, made ready to be shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from app.demo.phone.refusals import PhoneRefused

REASONS = ("UNEXPECTED_OPERATION", "INCORRECT_DATA", "UNKNOWN")
"""Why a person may reject."""

PAYEES = re.compile(r"(operation\.)?(account|creditor\w*|payee|iban)", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
SIDES = ("source", "target")
VALUES = {"NOTE": "note", "HEADING": ""}
"""Where the value of an attribute stands, if not in `value`."""

Given = Mapping[str, object]


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
        kind = _text(given, "type")
        return cls(
            kind,
            _text(given, "id"),
            _text(given, "label"),
            _value(kind, given),
            _text(given, "currency", "currencyFormatted") if kind == "AMOUNT" else "",
            _text(given, "alertType"),
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
        told = _object(given)
        operation_id, data = told.get("id"), told.get("data")
        if not (isinstance(operation_id, str) and operation_id and isinstance(data, str)):
            raise PhoneRefused("an operation without its id or its data")
        form, ui = _object(told.get("formData")), _object(told.get("ui"))
        variants = _list(_object(told.get("allowedSignatureType")).get("variants"))
        return cls(
            id=operation_id,
            name=_text(told, "name"),
            data=data,
            status=_text(told, "status"),
            created=_moment(told.get("operationCreated")),
            expires=_moment(told.get("operationExpires")),
            title=_text(form, "title") or _text(told, "name"),
            message=_text(form, "message"),
            variants=tuple(kind for kind in variants if isinstance(kind, str)),
            flip_buttons=ui.get("flipButtons") is True,
            screen=_screen(_object(ui.get("preApprovalScreen"))),
            attributes=tuple(
                Attribute.read(each)
                for each in _list(form.get("attributes"))
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
            return _text(given, "amountFormatted", "amount")
        case "AMOUNT_CONVERSION":
            names = ("ValueFormatted", "AmountFormatted", "Amount")
            sides = (_text(given, *(side + name for name in names)) for side in SIDES)
            return " → ".join(sides)
        case "PARTY_INFO":
            return _joined(_object(given.get("partyInfo")), ", ", "name", "description")
        case "ALERT":
            return _joined(given, " ", "title", "message")
        case "IMAGE":
            address = _text(given, "originalUrl", "thumbnailUrl")
            return address if address.startswith("https://") else ""
        case _:
            return _text(given, VALUES.get(kind, "value"))


def _joined(given: Given, joint: str, *names: str) -> str:
    return joint.join(filter(None, (_text(given, name) for name in names)))


def _screen(given: Given) -> Screen | None:
    kind = _text(given, "type")
    return Screen(kind, _text(given, "heading"), _text(given, "message")) if kind else None


def _moment(given: object) -> datetime | None:
    """Read a time such as `2018-07-02T14:43:13+0000`."""
    try:
        moment = datetime.fromisoformat(given) if isinstance(given, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _text(given: Given, *names: str) -> str:
    """Return the first of these that is there, as a text without control characters."""
    for name in names:
        value = given.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return CONTROL.sub(" ", str(value))
    return ""


def _object(given: object) -> Given:
    return given if isinstance(given, dict) else {}


def _list(given: object) -> list[object]:
    return given if isinstance(given, list) else []
