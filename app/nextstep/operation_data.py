r"""The canonical data string of an operation: what a code or a signature is bound to.

`<version><template>(*<field>)*`, e.g. `A1*A100CZK*Q238400856/0300**D20170629*NRent`. A field
is one letter that says what it is, and its text; the text writes a line break as `\n`,
a backslash as `\\` and an asterisk as `\*`.
"""

import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Final

from app.nextstep.values import (
    MalformedOperationData,
    disturbing,
    invisible,
    normalise,
    plain_amount,
    read_amount,
    read_date,
)

__all__ = [
    "MAX_LENGTH",
    "Code",
    "Field",
    "MalformedOperationData",
    "OperationData",
    "Payment",
    "canonical",
    "code_items",
    "normalise",
    "parse",
    "payment",
    "payment_of",
    "plain_amount",
    "sms_digest",
]

MAX_LENGTH: Final = 256
"""Longest data string that an operation may have, in characters."""

MAX_FIELDS: Final = 5
PAYMENT_TEMPLATE: Final = 1
LOGIN_TEMPLATE: Final = 2


class Code(StrEnum):
    """The letter that says what a field is."""

    AMOUNT = "A"  # with its currency: 100.5CZK
    IBAN = "I"  # maybe with a BIC after a comma
    ACCOUNT = "Q"
    REFERENCE = "R"
    DUE_DATE = "D"  # YYYYMMDD
    NOTE = "N"
    TEXT = "T"


_ESCAPES: Final = {"n": "\n", "\\": "\\", "*": "*"}
# In a payment each part has its place, and at most one field may take it.
_PLACES: Final[Mapping[str, int]] = {
    Code.AMOUNT: 0,
    Code.IBAN: 1,
    Code.ACCOUNT: 1,
    Code.REFERENCE: 2,
    Code.DUE_DATE: 3,
    Code.NOTE: 4,
}


@dataclass(frozen=True)
class Field:
    """One field: its letter and its unescaped text; both empty where nothing was given."""

    code: str
    text: str

    @property
    def shown_as(self) -> Code:
        """The kind of field that this is shown as: unknown ones are free text."""
        return Code(self.code) if self.code in _PLACES else Code.TEXT

    def __str__(self) -> str:
        text = self.text.replace("\\", "\\\\").replace("*", "\\*").replace("\n", "\\n")
        return self.code + text


EMPTY: Final = Field("", "")


@dataclass(frozen=True)
class OperationData:
    """What an operation is about, in the order in which it is signed."""

    version: str
    template: int
    fields: tuple[Field, ...] = ()

    def __str__(self) -> str:
        given = [index for index, field in enumerate(self.fields, start=1) if field != EMPTY]
        fields = self.fields[: max(given, default=0)]
        return "*".join([f"{self.version}{self.template}", *map(str, fields)])


@dataclass(frozen=True)
class Payment:
    """What a customer is asked to pay."""

    amount: Decimal
    currency: str
    account: str
    due_date: date | None = None
    note: str | None = None
    reference: str | None = None
    bic: str | None = None


def parse(text: str) -> OperationData:
    """Read a data string. Raises MalformedOperationData for anything outside the grammar."""
    if disturbing(text) or "\n" in text:
        raise MalformedOperationData("control characters are not allowed")
    head, *rest = _split(text)
    if not re.fullmatch(r"[A-Z](0|[1-9][0-9]?)", head):
        raise MalformedOperationData("starts with a capital letter and a template, 0 to 99")
    fields = [_field(part) for part in rest]
    while fields and fields[-1] == EMPTY:
        fields.pop()
    if len(fields) > MAX_FIELDS:
        raise MalformedOperationData(f"has more than {MAX_FIELDS} fields")
    return OperationData(head[0], int(head[1:]), tuple(fields))


def payment(  # noqa: PLR0913 - a payment has these parts, all named
    *,
    amount: Decimal,
    currency: str,
    account: str | None = None,
    iban: str | None = None,
    bic: str | None = None,
    due_date: date | None = None,
    reference: str | None = None,
    note: str | None = None,
) -> OperationData:
    """Build the data of a payment to a text `account`, or to an `iban` with or without `bic`.

    Raises MalformedOperationData where the result could not be read back.
    """
    if (account is None) == (iban is None) or (bic and not iban):
        raise MalformedOperationData("a payment goes to either an account or an IBAN")
    fields = (
        Field(Code.AMOUNT, plain_amount(amount) + currency),
        _free(Code.IBAN, ",".join(filter(None, (iban, bic))))
        if iban
        else _free(Code.ACCOUNT, account),
        _free(Code.REFERENCE, reference),
        _free(Code.DUE_DATE, due_date.isoformat().replace("-", "") if due_date else None),
        _free(Code.NOTE, note),
    )
    data = parse(str(OperationData("A", PAYMENT_TEMPLATE, fields)))
    payment_of(data)
    return data


def payment_of(data: OperationData) -> Payment | None:
    """Return the payment that the data describe; None if they describe something else.

    Raises MalformedOperationData if it lacks an amount above zero or an account, or holds
    anything twice, out of its order, or that a payment does not have.
    """
    if data.template != PAYMENT_TEMPLATE:
        return None
    given = [field for field in data.fields if field != EMPTY]
    places = [_PLACES.get(field.code, -1) for field in given]
    if -1 in places or places != sorted(set(places)):
        raise MalformedOperationData("a payment has A, then I or Q, then R, D, N, each once")
    texts = {field.code: field.text for field in given}
    iban, _, bic = texts.get(Code.IBAN, "").partition(",")
    account = iban or texts.get(Code.ACCOUNT, "")
    if Code.AMOUNT not in texts or not account.strip():
        raise MalformedOperationData("a payment has an amount and an account")
    if invisible(account):
        raise MalformedOperationData("an account has only characters that can be seen")
    amount, currency = read_amount(texts[Code.AMOUNT])
    if amount <= 0:
        raise MalformedOperationData("a payment has an amount above zero")
    return Payment(
        amount=amount,
        currency=currency,
        account=account,
        due_date=read_date(texts[Code.DUE_DATE]) if Code.DUE_DATE in texts else None,
        note=texts.get(Code.NOTE) or None,
        reference=texts.get(Code.REFERENCE) or None,
        bic=bic or None,
    )


def code_items(payment: Payment | None) -> tuple[str, ...]:
    """Return what an SMS code is made from: the payment, or the bare login."""
    if payment is None:
        return ("login",)
    return (plain_amount(payment.amount), payment.currency, payment.account)


def sms_digest(items: Iterable[str], *, key: bytes, digits: int) -> str:
    """Return the SMS code of these items, 4 to 9 decimal digits.

    HMAC-SHA256 over the items joined by `&`, read as a signed big-endian number, modulo 10^digits.
    """
    if digits not in range(4, 10):
        raise ValueError("a code has 4 to 9 digits")
    mac = hmac.digest(key, "&".join(items).encode(), sha256)
    # Signed, as in the original: an unsigned reading gives other codes.
    number = int.from_bytes(mac, "big", signed=True) % 10**digits
    return str(number).zfill(digits)


def canonical(operation_id: str, data_text: str, debit_account: str | None) -> bytes:
    """Return what a code is bound to, so that no two different payments give the same bytes."""
    record: Sequence[str | None] = (operation_id, data_text, debit_account)
    return json.dumps(record, separators=(",", ":")).encode("ascii")


def _split(text: str) -> list[str]:
    parts = [""]
    chars = iter(text)
    for char in chars:
        if char == "*":
            parts.append("")
        elif char == "\\":
            escaped = next(chars, "")
            if escaped not in _ESCAPES:
                raise MalformedOperationData(r"a backslash stands only in \n, \\ and \*")
            parts[-1] += _ESCAPES[escaped]
        else:
            parts[-1] += char
    return parts


def _field(part: str) -> Field:
    """Read one unescaped field; amounts take their shortest form."""
    if not part:
        return EMPTY
    code, text = part[0], part[1:]
    if not re.fullmatch("[A-Z]", code):
        raise MalformedOperationData("a field starts with a capital letter")
    if code == Code.AMOUNT:
        amount, currency = read_amount(text)
        text = plain_amount(amount) + currency
    elif code == Code.DUE_DATE:
        read_date(text)
    elif code == Code.IBAN and not re.fullmatch(r"[A-Z0-9]+(,[A-Z0-9]+)?", text):
        raise MalformedOperationData("an IBAN, and a BIC after a comma, are letters and digits")
    elif code in {Code.ACCOUNT, Code.REFERENCE} and "\n" in text:
        # The text message quotes the account: a line break could forge another message.
        raise MalformedOperationData("an account and a reference stand on one line")
    return Field(code, text)


def _free(code: str, text: str | None) -> Field:
    cleaned = normalise(text or "")
    return Field(code, cleaned) if cleaned else EMPTY
