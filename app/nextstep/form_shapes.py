"""The parts of form data, and how Next Step writes them in JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from app.nextstep.form_json import Json, given, json_number
from app.nextstep.phone_shapes import Alert, AmountConversion, Image

AMOUNT_ID: Final = "operation.amount"
CURRENCY_ID: Final = "operation.currency"
ACCOUNT_ID: Final = "operation.account"
BIC_ID: Final = "operation.bic"
REFERENCE_ID: Final = "operation.reference"
DUE_DATE_ID: Final = "operation.dueDate"
NOTE_ID: Final = "operation.note"
TEXT_ID: Final = "operation.text"

SIGNED_IDS: Final = frozenset(
    {AMOUNT_ID, ACCOUNT_ID, BIC_ID, REFERENCE_ID, DUE_DATE_ID, NOTE_ID, TEXT_ID}
)
"""Ids of the attributes that say what operation data say too."""


RESERVED: Final = frozenset({CURRENCY_ID, "operation.bankAccountChoice"})
"""Ids that pages fill from what is signed; no other attribute may pretend to be them."""


class ValueFormat(StrEnum):
    """How a value is shown."""

    TEXT = "TEXT"
    LOCALIZED_TEXT = "LOCALIZED_TEXT"  # the value is a key of our texts
    DATE = "DATE"
    NUMBER = "NUMBER"
    AMOUNT = "AMOUNT"
    ACCOUNT = "ACCOUNT"


class BannerType(StrEnum):
    """How loud a banner is."""

    ERROR = "BANNER_ERROR"
    WARNING = "BANNER_WARNING"
    INFO = "BANNER_INFO"


@dataclass(frozen=True)
class Amount:
    """An amount of money; its currency answers to an id of its own in texts."""

    type: ClassVar = "AMOUNT"
    id: str
    amount: Decimal
    currency: str
    currency_id: str = CURRENCY_ID

    def to_json(self) -> Json:
        """Return what the creator sent."""
        return {
            "valueFormatType": ValueFormat.AMOUNT.value,
            "amount": json_number(self.amount),
            "currency": self.currency,
            "currencyId": self.currency_id,
        }


@dataclass(frozen=True)
class KeyValue:
    """A labelled value."""

    type: ClassVar = "KEY_VALUE"
    id: str
    value: str
    format: ValueFormat = ValueFormat.TEXT

    def to_json(self) -> Json:
        """Return what the creator sent."""
        return {"valueFormatType": self.format.value, "value": self.value}


@dataclass(frozen=True)
class Note:
    """A labelled text, maybe of several lines."""

    type: ClassVar = "NOTE"
    id: str
    note: str
    format: ValueFormat = ValueFormat.TEXT

    def to_json(self) -> Json:
        """Return what the creator sent."""
        return {"valueFormatType": self.format.value, "note": self.note}


@dataclass(frozen=True)
class Heading:
    """A line that opens a group of attributes."""

    type: ClassVar = "HEADING"
    id: str
    value: str
    format: ValueFormat = ValueFormat.TEXT

    def to_json(self) -> Json:
        """Return what the creator sent."""
        return {"valueFormatType": self.format.value, "value": self.value}


@dataclass(frozen=True)
class BannerLine:
    """A banner among the attributes."""

    type: ClassVar = "BANNER"
    id: str
    banner: BannerType

    def to_json(self) -> Json:
        """Return what the creator sent."""
        return {"bannerType": self.banner.value}


@dataclass(frozen=True)
class PartyInfo:
    """Who asks, e.g. a merchant; the addresses are http or https."""

    type: ClassVar = "PARTY_INFO"
    id: str
    name: str
    description: str | None = None
    logo_url: str | None = None
    website_url: str | None = None

    def to_json(self) -> Json:
        """Return what the creator sent."""
        party = {
            "logoUrl": self.logo_url,
            "name": self.name,
            "description": self.description,
            "websiteUrl": self.website_url,
        }
        return {"partyInfo": given(party)}


@dataclass(frozen=True)
class BankAccount:
    """One account that the customer may pay from."""

    number: str
    account_id: str
    name: str
    usable: bool
    reason: str | None = None
    balance: Decimal | None = None
    currency: str | None = None

    def to_json(self) -> Json:
        """Return what the creator sent."""
        account = {
            "number": self.number,
            "accountId": self.account_id,
            "name": self.name,
            "balance": None if self.balance is None else json_number(self.balance),
            "currency": self.currency,
            "usableForPayment": self.usable,
            "unusableForPaymentReason": self.reason,
        }
        return given(account)


@dataclass(frozen=True)
class AccountChoice:
    """The accounts that the customer may pay from."""

    type: ClassVar = "BANK_ACCOUNT_CHOICE"
    id: str
    accounts: tuple[BankAccount, ...]
    enabled: bool = True
    default: str | None = None

    def to_json(self) -> Json:
        """Return what the creator sent."""
        accounts = [account.to_json() for account in self.accounts]
        return given(
            {"bankAccounts": accounts, "enabled": self.enabled, "defaultValue": self.default}
        )


Attribute: TypeAlias = (
    Amount
    | KeyValue
    | Note
    | Heading
    | BannerLine
    | PartyInfo
    | AccountChoice
    | Alert
    | Image
    | AmountConversion
)


@dataclass(frozen=True)
class FieldConfig:
    """Whether a field can be changed, and where it starts."""

    id: str
    enabled: bool = True
    default: str | None = None

    def to_json(self) -> Json:
        """Return what the creator sent."""
        return given({"id": self.id, "enabled": self.enabled, "defaultValue": self.default})


@dataclass(frozen=True)
class Banner:
    """A banner above the details; its id is a key of our texts."""

    id: str
    banner: BannerType

    def to_json(self) -> Json:
        """Return what the creator sent."""
        return {"bannerType": self.banner.value, "id": self.id}


@dataclass(frozen=True)
class FormData:
    """What the page shows of an operation; `title`, `greeting` and `summary` are keys of texts."""

    title: str | None = None
    greeting: str | None = None
    summary: str | None = None
    config: tuple[FieldConfig, ...] = ()
    banners: tuple[Banner, ...] = ()
    parameters: tuple[Attribute, ...] = ()
    dynamic_data_loaded: bool = False
    user_input: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return the form as its creator sent it, in the shape of the Next Step API."""
        texts = {"title": self.title, "greeting": self.greeting, "summary": self.summary}
        return {
            **{name: {"id": key} for name, key in given(texts).items()},
            "config": [config.to_json() for config in self.config],
            "banners": [banner.to_json() for banner in self.banners],
            "parameters": [attribute_json(attribute) for attribute in self.parameters],
            "dynamicDataLoaded": self.dynamic_data_loaded,
            "userInput": dict(self.user_input),
        }


def attribute_json(attribute: Attribute) -> Json:
    """Return an attribute as its creator sent it."""
    return {"type": attribute.type, "id": attribute.id, **attribute.to_json()}
