"""From an activation code to a registration that the portal and this phone share."""

import hashlib
import secrets
from dataclasses import dataclass, field

from app.demo.phone import pin
from app.demo.phone.calls import ENCRYPTION, Call, compact, opened, part, text
from app.demo.phone.configuration import Configuration
from app.demo.phone.primitives import (
    NOTHING,
    PrivateKey,
    PublicKey,
    agreed,
    b64,
    derived,
    digits,
    encrypted,
    halve,
    new_key,
    point,
    private_bytes,
    public_key,
    unb64,
)
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sealing import Parties, Route, Sealed, seal
from app.demo.phone.signing import header
from app.demo.phone.state import PhoneState

PATH = "/pa/v3/activation/create"
COUNTER_SIZE = 16


@dataclass(frozen=True)
class Owner:
    """What the phone tells about itself, and the one-time password that its person knows."""

    name: str
    platform: str = "unknown"
    device_info: str = "Demo phone"
    otp: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Pairing:
    """A key exchange that waits for its answer."""

    call: Call
    configuration: Configuration
    version: str
    device: PrivateKey = field(repr=False)
    outer: Sealed = field(repr=False)
    inner: Sealed = field(repr=False)

    def finish(self, body: bytes, chosen_pin: str, *, biometry: bool = True) -> PhoneState:
        """Read the answer and choose a PIN; the state is the phone from now on."""
        outer = opened(self.outer.open(opened(body)))
        answer = opened(self.inner.open(part(outer, "activationData")))
        counter_data = unb64(answer.get("ctrData"))
        if len(counter_data) != COUNTER_SIZE:
            raise PhoneRefused("counter data of another length")
        activation_id, server = text(answer, "activationId"), text(answer, "serverPublicKey")
        master = halve(agreed(self.device, public_key(unb64(server))))
        salt = secrets.token_bytes(pin.SALT_SIZE)
        vault = derived(master, 2000)
        return PhoneState(
            version=self.version,
            application_key=self.configuration.application_key,
            application_secret=self.configuration.application_secret,
            master_public=self.configuration.master_public,
            activation_id=activation_id,
            server_public=server,
            fingerprint=fingerprint(self.device, activation_id, public_key(unb64(server))),
            counter=0,
            counter_data=b64(counter_data),
            possession=b64(derived(master, 1)),
            knowledge_locked=b64(pin.lock(derived(master, 2), chosen_pin, salt)),
            pin_salt=b64(salt),
            biometry=b64(derived(master, 3)) if biometry else None,
            transport=b64(derived(master, 1000)),
            device_key_locked=b64(encrypted(vault, NOTHING, private_bytes(self.device))),
        )


def pair(
    configuration: Configuration, code: str, owner: Owner, route: Route, *, version: str = "3.3"
) -> Pairing:
    """Make the call that offers a new key of this phone for a code."""
    device = new_key()
    key, secret = configuration.application_key, configuration.application_secret
    parties = Parties(version, key, secret)
    inner = seal(compact(_about(owner, device)), "/pa/activation", parties, route)
    request = {
        "type": "CODE",
        "identityAttributes": {"code": code},
        "activationData": inner.fields,
    }
    outer = seal(compact(request), "/pa/generic/application", parties, route)
    encryption = header(version=version, application_key=key)
    call = Call.of(PATH, outer.fields, {ENCRYPTION: encryption})
    return Pairing(call, configuration, version, device, outer, inner)


def _about(owner: Owner, device: PrivateKey) -> dict[str, object]:
    about: dict[str, object] = {
        "devicePublicKey": b64(point(device)),
        "activationName": owner.name,
        "platform": owner.platform,
        "deviceInfo": owner.device_info,
    }
    return about if owner.otp is None else about | {"activationOtp": owner.otp}


def fingerprint(device: PrivateKey | PublicKey, activation_id: str, server: PublicKey) -> str:
    """Return the eight digits that a person compares with the page."""
    first, last = (point(key)[1:].lstrip(b"\x00") for key in (device, server))
    return digits(hashlib.sha256(first + activation_id.encode() + last).digest(), 8)
