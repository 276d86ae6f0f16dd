"""What a finished flow proved, in the words of OpenID Connect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from app.nextstep.vocabulary import Instrument

SCA, TWO_FACTORS, ONE_FACTOR = "urn:webflow:sca", "urn:webflow:2fa", "urn:webflow:1fa"

ACR_VALUES = (SCA, TWO_FACTORS, ONE_FACTOR)
"""Levels that can be reached, the highest first."""

NOTHING = "0"
"""Level of a flow in which nobody proved anything (OpenID Connect Core, 2, `acr`)."""

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
        """Return the level that was reached.

        Two factors are not yet strong authentication: they may have been given in different
        steps, and none of them was bound to what was approved.
        """
        if self.sca:
            return SCA
        if self._has_two_factors:
            return TWO_FACTORS
        return ONE_FACTOR if self.instruments else NOTHING

    @property
    def amr(self) -> list[str]:
        """Return the methods that were used; `mfa` when two kinds of factor were."""
        names = [name for each in self.instruments for name in METHODS.get(each, ("", ()))[1]]
        return list(dict.fromkeys([*names, *(["mfa"] if self._has_two_factors else [])]))

    @property
    def _has_two_factors(self) -> bool:
        kinds = {METHODS[each][0] for each in self.instruments if each in METHODS}
        return {KNOWN, HELD} <= kinds
