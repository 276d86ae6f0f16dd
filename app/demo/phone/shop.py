"""Where phones come from: pair one by a code, find one again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Lock

from app.demo.phone.activation_code import ScannedCode, scanned, typed
from app.demo.phone.authenticator.app import Authenticator
from app.demo.phone.configuration import App
from app.demo.phone.handset import ask_for_app_key
from app.demo.phone.keeping import Drawer, Kept
from app.demo.phone.line import Line
from app.demo.phone.mobile import Mobile
from app.demo.phone.names import is_same, tidy
from app.demo.phone.pairing import Owner, pair
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sealing import Route
from app.demo.phone.signing import Proof
from app.demo.phone.state import PhoneState
from app.demo.phone.troubles import Declined, Forged, NotUnderstood, Trouble

NAMES = ("Pixel 8", "iPhone 15", "Galaxy S24", "Xperia 5", "Fairphone 5", "Nokia 3310")
PIN = re.compile(r"\d{4,32}", re.ASCII)


@dataclass(frozen=True)
class Wish:
    """How a phone shall be paired."""

    app: App
    code: str = field(repr=False)
    """As it was typed, or the text of the QR code: `CODE#SIGNATURE`."""
    pin: str = field(repr=False)
    name: str = ""
    otp: str = field(default="", repr=False)
    biometry: bool = True


class Shop:
    """All phones of a folder."""

    def __init__(self, folder: Path) -> None:
        self.drawer = Drawer(folder)
        self.authenticator = Authenticator(folder / "authenticator")
        self._lock = Lock()
        self._lines: dict[str, Line] = {}

    def all(self) -> list[Kept]:
        """Return what is known of every phone, the oldest first."""
        return self.drawer.all()

    def phone(self, phone_id: str) -> Mobile:
        """Return a phone by its id. Raises Trouble."""
        return Mobile(self.drawer, phone_id, self._line(self.drawer.find(phone_id).address))

    def named(self, name: str) -> Mobile:
        """Return a phone by its name; the only one has none to be told. Raises Trouble."""
        found = [kept for kept in self.all() if not name or is_same(kept.name, name)]
        if len(found) == 1:
            return self.phone(found[0].id)
        if not found:
            words = f"There is no phone named {name}." if name else "There is no phone."
            raise Trouble(words, "Pair one first.")
        names = ", ".join(kept.name for kept in found)
        raise Trouble(f"There are several phones: {names}.", "Name one by --phone.")

    def free_name(self) -> str:
        """Return a name that no phone has."""
        taken = [kept.name for kept in self.all()]
        return next(name for name in _names() if not any(is_same(name, each) for each in taken))

    def pair(self, wish: Wish) -> Mobile:
        """Pair a phone; it is in the drawer as soon as the portal has answered. Raises Trouble."""
        code = _code(wish)
        if not PIN.fullmatch(wish.pin):
            raise Trouble("A PIN has 4 to 32 digits.")
        with self.drawer.open():
            name = self._free(wish.name or self.free_name())
            line = self._line(wish.app.address)
            state = _exchange(line, wish, code, name)
            kept = Kept(name=name, address=line.address, state=state)
            self.drawer.write(kept)
        return Mobile(self.drawer, kept.id, line)

    def rename(self, mobile: Mobile, name: str, proof: Proof) -> None:
        """Give a phone another name that no other has. Raises Trouble."""
        with self.drawer.open():
            mobile.rename(self._free(name, but=mobile.id), proof)

    def _free(self, name: str, *, but: str = "") -> str:
        name = tidy(name)
        if any(is_same(kept.name, name) for kept in self.all() if kept.id != but):
            raise Trouble(f"There is a phone named {name} already.", "Take another name.")
        return name

    def _line(self, address: str) -> Line:
        with self._lock:
            return self._lines.setdefault(address, Line(address))


def _code(wish: Wish) -> ScannedCode:
    try:
        given = wish.code.strip()
        code = scanned(given) if "#" in given else typed(given)
    except PhoneRefused as refused:
        raise Trouble(
            f"This is not an activation code: {refused}.",
            "It has four groups of five letters and digits, for example ABCDE-FGHIJ-KLMNO-PQRST.",
        ) from refused
    try:
        code.check(wish.app.configuration.master_public)
    except PhoneRefused as refused:
        raise Forged(
            f"This QR code is {refused}.", "Nothing was sent. Somebody else may have made it."
        ) from refused
    return code


def _exchange(line: Line, wish: Wish, code: ScannedCode, name: str) -> PhoneState:
    configuration, now = wish.app.configuration, line.now(fresh=True)
    try:
        asked = ask_for_app_key(configuration, now)
        route = Route(asked.read(line.post(asked.call)).target, now)
        owner = Owner(name, platform="android", otp=wish.otp or None)
        pairing = pair(configuration, code.code, owner, route)
        return pairing.finish(line.post(pairing.call), wish.pin, biometry=wish.biometry)
    except Declined as declined:
        raise _why(declined) from declined
    except PhoneRefused as refused:
        words = f"{line.address} did not answer as the portal of this app does: {refused}."
        raise NotUnderstood(words, "Is the configuration of another portal?") from refused


def _why(declined: Declined) -> Declined:
    if declined.code == "ERR_TEMPORARY_KEY":
        words, hint = "The portal does not know this app.", "Take its configuration anew."
    elif declined.code == "ERR_ACTIVATION":
        words = "The portal does not take this code."
        hint = "It is wrong, was used, or is older than two minutes; or it needs another password."
    else:
        return declined
    return Declined(words, hint, status=declined.status, code=declined.code)


def _names() -> Iterator[str]:
    yield from NAMES
    for number in count(2):
        yield from (f"{name} ({number})" for name in NAMES)
