"""How a phone may sign an operation, as Next Step's `mobileTokenMode` says it."""

import json
from typing import Final

from app.crypto.signatures import SignatureType

ONE_FACTOR: Final = tuple(
    SignatureType(f"possession{more}") for more in ("", "_knowledge", "_biometry")
)
TWO_FACTORS: Final = ONE_FACTOR[1:]


def factors_of(mode: str) -> tuple[SignatureType, ...]:
    """Return the signatures that approve; none where the mode cannot be read.

    `1FA` takes any of them; `2FA` takes the PIN always, and biometry if `variants` names it.
    """
    try:
        read = json.loads(mode)
    except ValueError:
        return ()
    if not isinstance(read, dict):
        return ()
    match read.get("type"), read.get("variants", []):
        case "1FA", _:
            return ONE_FACTOR
        case "2FA", list(variants):
            known, biometry = TWO_FACTORS
            return (known, biometry) if biometry.value in variants else (known,)
        case _:
            return ()
