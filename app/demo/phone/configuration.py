"""The configuration string that the maker of an app gets, taken apart."""

from dataclasses import dataclass, field
from typing import Self

from app.demo.phone.primitives import b64, unb64
from app.demo.phone.refusals import PhoneRefused

FORMAT = 1
MASTER_P256 = 1
KEY_SIZE = 16
POINT_SIZE = 65


@dataclass(frozen=True)
class Configuration:
    """An app's keys and the key that the portal signs with for this app; all Base64."""

    application_key: str
    application_secret: str = field(repr=False)
    master_public: str

    @classmethod
    def read(cls, text: str) -> Self:
        """Read the string; keys of later versions are passed over."""
        reader = Reader(unb64(text))
        if reader.byte() != FORMAT:
            raise PhoneRefused("a configuration of another format")
        key, secret = reader.data(), reader.data()
        public = {}
        for _ in range(reader.count()):
            kind = reader.byte()
            public[kind] = reader.data()
        master = public.get(MASTER_P256, b"")
        if (len(key), len(secret), len(master)) != (KEY_SIZE, KEY_SIZE, POINT_SIZE):
            raise PhoneRefused("a key that is not there or has another length")
        if reader.rest:
            raise PhoneRefused("something stands after the end")
        return cls(b64(key), b64(secret), b64(master))


class Reader:
    """Takes bytes away from the front."""

    def __init__(self, data: bytes) -> None:
        self.rest = data

    def byte(self) -> int:
        """Take the next byte."""
        return self._take(1)[0]

    def count(self) -> int:
        """Take the next number: its first two bits say how many bytes it has."""
        first = self.byte()
        more = {0b00: 0, 0b01: 0, 0b10: 1, 0b11: 3}[first >> 6]
        low = first if more == 0 else first & 0x3F
        return int.from_bytes(bytes([low]) + self._take(more))

    def data(self) -> bytes:
        """Take the next bytes, as many as stand before them."""
        return self._take(self.count())

    def _take(self, size: int) -> bytes:
        if size > len(self.rest):
            raise PhoneRefused("the end is missing")
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken
