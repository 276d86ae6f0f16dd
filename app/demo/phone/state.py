"""All that a phone remembers, as JSON."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from types import UnionType
from typing import Self

from app.demo.phone import pin
from app.demo.phone.primitives import b64, halve, unb64
from app.demo.phone.refusals import PhoneRefused

FACTORS = {
    "possession": ("possession",),
    "possession_knowledge": ("possession", "knowledge"),
    "possession_biometry": ("possession", "biometry"),
    "possession_knowledge_biometry": ("possession", "knowledge", "biometry"),
}


@dataclass
class PhoneState:
    """One registration on one phone. Bytes are Base64; what is secret is not shown."""

    version: str
    application_key: str
    application_secret: str = field(repr=False)
    master_public: str
    activation_id: str
    server_public: str
    fingerprint: str
    counter: int
    counter_data: str = field(repr=False)
    possession: str = field(repr=False)
    knowledge_locked: str = field(repr=False)
    pin_salt: str = field(repr=False)
    biometry: str | None = field(repr=False)
    """None while the person has not allowed it."""
    transport: str = field(repr=False)
    device_key_locked: str = field(repr=False)
    """Locked by the vault key, which only the portal gives out."""
    tokens: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    """By name: `id` and `secret`."""

    def to_json(self) -> str:
        """Write everything, secrets too: a demo phone has no safe place."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        try:
            values = json.loads(text)
            names = set(values)
        except (ValueError, TypeError):
            raise PhoneRefused("not the state of a phone") from None
        if not isinstance(values, dict) or names != set(KINDS):
            raise PhoneRefused("not the state of a phone")
        state = cls(**values)
        if not all(isinstance(getattr(state, name), kind) for name, kind in KINDS.items()):
            raise PhoneRefused("not the state of a phone")
        return state

    def keys(self, kind: str, given_pin: str | None = None) -> list[bytes]:
        """Return the keys of a kind of signature, in order."""
        return [self._key(factor, given_pin) for factor in FACTORS[kind]]

    def move(self) -> bytes:
        """Return the counter data of a new code, and move the chain on whatever becomes of it."""
        data = unb64(self.counter_data)
        self.counter += 1
        self.counter_data = b64(halve(hashlib.sha256(data).digest()))
        return data

    def _key(self, factor: str, given_pin: str | None) -> bytes:
        if factor == "possession":
            return unb64(self.possession)
        if factor == "biometry":
            if self.biometry is None:
                raise PhoneRefused("biometry is not allowed on this phone")
            return unb64(self.biometry)
        if given_pin is None:
            raise PhoneRefused("the PIN is missing")
        return pin.unlock(unb64(self.knowledge_locked), given_pin, unb64(self.pin_salt))


KINDS: dict[str, type | UnionType] = {
    each.name: {"counter": int, "tokens": dict, "biometry": str | None}.get(each.name, str)
    for each in fields(PhoneState)
}
