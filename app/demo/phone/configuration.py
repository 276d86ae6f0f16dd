"""What the maker of an app gets: the configuration string, alone or in the environment JSON."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from app.demo.phone.calls import opened
from app.demo.phone.calls import text as text_of
from app.demo.phone.primitives import b64, unb64
from app.demo.phone.refusals import PhoneRefused

FORMAT = 1
MASTER_P256 = 1
LONGEST_ADDRESS = 512
DEVICE_API = "/enrollment-server"
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


@dataclass(frozen=True)
class App:
    """An app as it is installed: its name, where its portal answers, its configuration."""

    name: str
    address: str
    configuration: Configuration

    @classmethod
    def read(cls, text: str, address: str = "") -> Self:
        """Read the environment JSON, or a configuration string for an address.

        `{"name": "demo", "serviceBaseUrl": "https://…", "mobileSdkConfig": "ARD…"}`, or all that
        the Cloud API tells of an application, which is named by its `id`. An address without a
        path is a portal's: the device API is below it.
        """
        name, text = "", text.strip()
        if text.startswith("{"):
            told = opened(text)
            name = str(told.get("name") or told.get("id") or "")
            address = address or text_of(told, "serviceBaseUrl")
            text = text_of(told, "mobileSdkConfig")
        return cls(name, _address(address), Configuration.read(text))


def _address(given: str) -> str:
    refused = PhoneRefused("no http:// or https:// address of a portal")
    try:
        parts = urlsplit(given)
        if parts.port == 0:
            raise refused
    except ValueError:
        raise refused from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise refused
    if parts.query or parts.fragment or "@" in parts.netloc or "#" in given:
        raise refused
    if len(given) > LONGEST_ADDRESS or not given.isprintable():
        raise refused
    return given.rstrip("/") + ("" if parts.path.strip("/") else DEVICE_API)


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
