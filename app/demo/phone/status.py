"""What the portal says about this registration, and whether both still count alike."""

from dataclasses import dataclass, replace
from typing import Self

from app.demo.phone.primitives import (
    NOTHING,
    decrypted_blocks,
    derived,
    derived_from_bytes,
    unb64,
)
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.state import PhoneState

BLOB_SIZE = 32
MAGIC = bytes.fromhex("dec0de")
STATES = {1: "CREATED", 2: "PENDING_COMMIT", 3: "ACTIVE", 4: "BLOCKED", 5: "REMOVED"}
MOST_LOOK_AHEAD = 64


@dataclass(frozen=True)
class Status:
    """The blob, opened."""

    state: str
    current_version: int
    upgrade_version: int
    counter_byte: int
    failed_attempts: int
    max_failed_attempts: int
    look_ahead: int
    counter_hash: bytes

    @classmethod
    def read(cls, blob: bytes, transport: bytes, challenge: bytes, nonce: bytes) -> Self:
        """Open the blob that answered a challenge; without one (3.0) both are empty."""
        if len(blob) != BLOB_SIZE:
            raise PhoneRefused("not a status")
        plain = decrypted_blocks(transport, status_iv(transport, challenge, nonce), blob)
        if plain[:3] != MAGIC or not plain[3] & 0x0F or plain[4] not in STATES:
            raise PhoneRefused("not the status of this registration")
        return cls(
            state=STATES[plain[4]],
            current_version=plain[5],
            upgrade_version=plain[6],
            counter_byte=plain[12],
            failed_attempts=plain[13],
            max_failed_attempts=plain[14],
            look_ahead=plain[15],
            counter_hash=plain[16:],
        )

    def catch_up(self, state: PhoneState) -> int:
        """Move the phone's counter to where the portal's is ahead; return by how many steps.

        A phone that is ahead itself waits: the portal looks ahead. One that is too far away can
        never meet the portal again.
        """
        if not 1 <= self.look_ahead <= MOST_LOOK_AHEAD:
            raise PhoneRefused("not a window")
        ahead = (state.counter - self.counter_byte + 128) % 256 - 128
        if 0 < ahead <= self.look_ahead:
            return 0
        trial = replace(state, tokens={})
        for steps in range(self.look_ahead + 1):
            if counter_hash(unb64(state.transport), unb64(trial.counter_data)) == self.counter_hash:
                state.counter, state.counter_data = trial.counter, trial.counter_data
                return steps
            trial.move()
        raise PhoneRefused("the counters will never meet again")


def counter_hash(transport: bytes, counter_data: bytes) -> bytes:
    """Return what stands in a blob for counter data."""
    return derived_from_bytes(derived(transport, 4000), counter_data)


def status_iv(transport: bytes, challenge: bytes, nonce: bytes) -> bytes:
    """Return what makes every blob another one."""
    if not challenge:
        return NOTHING
    return derived_from_bytes(derived(transport, 3000), challenge + nonce)
