"""What doors hand in and get to see of transactions; plain values, no table."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.mtoken.operation_views import Notice, Operation
from app.mtoken.users import Customer
from app.store.registrations import APP, FIDO2, POWERAUTH

__all__ = ["APP", "FIDO2", "POWERAUTH", "Channel", "Progress", "Redeemed", "Standing", "Wanted"]

Channel = Literal["app", "push", "sms", "fido2"]


@dataclass(frozen=True)
class Standing:
    """A transaction as it is at this moment."""

    operation: Operation
    purpose: str
    channel: str
    customer_id: str | None
    """Empty: nobody has answered yet."""


@dataclass(frozen=True)
class Progress:
    """How far a transaction is; what pages ask for again and again."""

    operation_id: str
    status: str
    """Of the operation."""
    customer_id: str | None
    """Empty: nobody has answered yet."""
    username: str | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Redeemed:
    """What the app that has brought a dispatch token may do once."""

    standing: Standing
    secret: str = field(repr=False)
    """Its answer brings this."""


@dataclass(frozen=True)
class Wanted:
    """What is to be approved, and how."""

    channel: Channel
    customer: Customer | None
    """None: whoever answers first."""
    registration_id: str | None
    """The authenticator that is asked; None: any of this kind."""
    kind: str
    message: str | None = None
    dispatch: str | None = field(default=None, repr=False)
    """The token in link, QR code and push."""
    notice: Notice | None = None
