"""The bank behind the portal: who the customers are, what they own, what they must consent to.

A bank is connected by one module with the `Bank` protocol. Everything here is the bank's word
and already in the language that was asked for; pages escape or sanitise it before they show it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import NewType, Protocol

UserId = NewType("UserId", str)
"""The bank's id of a customer, 1 to 256 characters, unique across its organizations."""

USERNAME = re.compile(r"""[a-zA-Z0-9_\-@./\\:;<>!#$%&'"*+=?^`(){}\[\]|~]{4,256}""")
"""What a user name may look like; use `USERNAME.fullmatch`."""


@dataclass(frozen=True)
class Organization:
    """A segment of customers, e.g. personal or corporate; exactly one of a bank is the default."""

    id: str
    name_key: str
    """Key of the name in our texts, e.g. "organization.retail"."""

    order: int
    default: bool = False


@dataclass(frozen=True)
class User:
    """A customer; `active` is false while the bank blocks the account."""

    id: UserId
    organization_id: str
    given_name: str = field(repr=False)
    family_name: str = field(repr=False)
    active: bool = True
    phone: str | None = field(default=None, repr=False)
    """E.164, e.g. "+420777123456"; None: no text message can reach the customer."""

    extras: Mapping[str, object] = field(default_factory=dict, repr=False)
    """Whatever else the bank tells third parties about the customer; JSON values."""


@dataclass(frozen=True)
class Account:
    """An account that a payment can be debited to."""

    id: str
    number: str = field(repr=False)
    """As the country writes it, e.g. "12345671/1234"."""

    iban: str = field(repr=False)
    name: str
    balance: Decimal = field(repr=False)
    currency: str
    usable: bool = True
    reason: str | None = None
    """Why the account is not usable, a sentence in the language that was asked for."""

    default: bool = False


@dataclass(frozen=True)
class OperationContext:
    """What the bank is told about the operation that it is asked about."""

    operation_id: str
    operation_name: str
    user_id: str | None
    organization_id: str | None
    application_id: str
    application_name: str
    amount: Decimal | None = field(default=None, repr=False)
    """None: nothing is paid, the customer only signs in."""

    currency: str | None = None
    account: str | None = field(default=None, repr=False)
    """Account of the payee, as the operation data write it."""

    debit_account_id: str | None = None
    """`Account.id` that the customer chose."""


@dataclass(frozen=True)
class ConsentOption:
    """One box that the customer can tick; never ticked beforehand."""

    id: str
    html: str
    required: bool = True


@dataclass(frozen=True)
class ConsentForm:
    """What the customer is asked to agree to; the caller sanitises the HTML."""

    html: str
    options: tuple[ConsentOption, ...]


@dataclass(frozen=True)
class Assessment:
    """Which factors a step needs in the eyes of the bank's fraud detection."""

    password: bool = True
    sms_code: bool = True


NO_CHANGE = Assessment()
"""Both factors, as without an assessment."""


class OperationEnding(StrEnum):
    """How an operation ended, as the bank hears it."""

    DONE = "DONE"
    CANCELED = "CANCELED"
    FAILED = "FAILED"


class Bank(Protocol):
    """The back end of one bank. Its calls may be slow: make none inside a write transaction."""

    def organizations(self) -> Sequence[Organization]:
        """Return the segments in the order of the page, the default one among them."""

    def find_user(self, username: str, organization_id: str) -> User | None:
        """Return who signs in with this user name; None: nobody, or the name is malformed."""

    def user(self, user_id: str, organization_id: str) -> User | None:
        """Return the customer with this id, blocked ones too."""

    def check_password(
        self, *, user_id: str | None, organization_id: str | None, password: str
    ) -> bool:
        """Tell whether this is the password of an active customer.

        Slow on purpose, and equally slow for a known, a blocked and an unknown customer:
        call it with None, and with any password, rather than not at all.
        """

    def accounts(self, user_id: str, organization_id: str, *, language: str) -> Sequence[Account]:
        """Return the customer's accounts in the order of the page, usable or not."""

    def consent_form(self, context: OperationContext, language: str) -> ConsentForm | None:
        """Return what must be agreed to; None: this operation needs no consent."""

    def save_consent(
        self, context: OperationContext, language: str, html: str, chosen: Sequence[str]
    ) -> None:
        """Keep what the customer read (`html`) and the ids of the options that were ticked."""

    def assess(self, context: OperationContext) -> Assessment:
        """Return which factors the next step needs."""

    def operation_finished(self, context: OperationContext, ending: OperationEnding) -> None:
        """Take note that the operation ended; called once, after the commit."""
