"""What a finished flow proved, in the words of OpenID Connect."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.nextstep.vocabulary import Instrument

SCA, ONE_FACTOR = "urn:webflow:sca", "urn:webflow:1fa"

ACR_VALUES = (SCA, ONE_FACTOR)
"""Levels that `acr` may state."""

KNOWN, HELD = "known", "held"

METHODS: Mapping[Instrument, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        Instrument.CREDENTIAL: (KNOWN, ("pwd",)),
        Instrument.OTP_KEY: (HELD, ("otp", "sms")),
        Instrument.POWERAUTH_TOKEN: (HELD, ("hwk",)),
        Instrument.HW_TOKEN: (HELD, ("hwk",)),
    }
)
"""Instrument → kind of factor, and names in the registry of RFC 8176."""


@dataclass(frozen=True)
class Granted:
    """Who finished which operation, and how; what a code is made from."""

    operation_id: str
    user_id: str
    organization_id: str | None
    language: str
    authenticated_at: datetime
    instruments: Sequence[Instrument]
    sca: bool

    @property
    def acr(self) -> str:
        """Return the level that was reached."""
        return SCA if self.sca else ONE_FACTOR

    @property
    def amr(self) -> list[str]:
        """Return the methods that were used; `mfa` when two kinds of factor were."""
        return list(dict.fromkeys(self._methods()))

    def _methods(self) -> Iterator[str]:
        kinds = set()
        for instrument in self.instruments:
            kind, names = METHODS.get(instrument, ("", ()))
            yield from names
            kinds.add(kind)
        if {KNOWN, HELD} <= kinds:
            yield "mfa"
