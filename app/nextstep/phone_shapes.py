"""The parts of forms that only phones show, and only templates of operations make."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from app.nextstep.form_json import Json, given, json_number


class AlertType(StrEnum):
    """How loud an alert is."""

    SUCCESS = "SUCCESS"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Alert:
    """Something that the phone's person must not overlook."""

    type: ClassVar = "ALERT"
    id: str
    alert: AlertType
    message: str
    title: str = ""

    def to_json(self) -> Json:
        """Return it as it is kept."""
        return {"alertType": self.alert.value, "title": self.title, "message": self.message}


@dataclass(frozen=True)
class Image:
    """A picture that the phone fetches; its addresses are https."""

    type: ClassVar = "IMAGE"
    id: str
    thumbnail_url: str
    original_url: str | None = None

    def to_json(self) -> Json:
        """Return it as it is kept."""
        return given({"thumbnailUrl": self.thumbnail_url, "originalUrl": self.original_url})


@dataclass(frozen=True)
class AmountConversion:
    """An amount, and what it is in another currency."""

    type: ClassVar = "AMOUNT_CONVERSION"
    id: str
    source: Decimal
    source_currency: str
    target: Decimal
    target_currency: str
    dynamic: bool = False
    """Whether the rate may still change."""

    def to_json(self) -> Json:
        """Return it as it is kept."""
        return {
            "dynamic": self.dynamic,
            "sourceAmount": json_number(self.source),
            "sourceCurrency": self.source_currency,
            "targetAmount": json_number(self.target),
            "targetCurrency": self.target_currency,
        }
