"""Time-based one-time passwords (RFC 6238) that prove that a phone is near the page."""

from collections.abc import Iterator

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS = 8
STEP_SECONDS = 30
PAST_STEPS = 1
"""How many steps before the present one are still accepted by default."""


def totp(seed: bytes, at: int, *, digits: int = DIGITS, step: int = STEP_SECONDS) -> str:
    """Return the password of one second of Unix time (HMAC-SHA256)."""
    # RFC 6238 has longer seeds; the protocol's have 16 bytes.
    generator = TOTP(seed, digits, SHA256(), step, enforce_key_length=False)
    return generator.generate(at).decode("ascii")


def seconds_left(at: int, *, step: int = STEP_SECONDS) -> int:
    """Return how long the password of this second is still the present one."""
    return step - at % step


def accepted(
    seed: bytes,
    at: int,
    *,
    past_steps: int = PAST_STEPS,
    digits: int = DIGITS,
    step: int = STEP_SECONDS,
) -> Iterator[str]:
    """Yield the present password and those of the steps before it."""
    for ago in range(past_steps + 1):
        if at - ago * step >= 0:
            yield totp(seed, at - ago * step, digits=digits, step=step)
