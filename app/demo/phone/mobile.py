"""A phone that a person holds; every call is one that a real app makes.

`shop.py` has such phones and makes new ones; the pages and the command line use them.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from app.demo.phone.calls import Call, opened
from app.demo.phone.handset import APP, Handset
from app.demo.phone.inbox import Inbox
from app.demo.phone.keeping import Drawer, Kept
from app.demo.phone.line import Line
from app.demo.phone.offline import ScannedOperation, four_by_four
from app.demo.phone.operations import REASONS, Operation, read_all
from app.demo.phone.proximity import number as number_in
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.signing import Proof
from app.demo.phone.talk import Talk
from app.demo.phone.troubles import Forged, Trouble

BIOMETRY = Proof("possession_biometry")
PUSH = "/api/push/device/register/token"

T = TypeVar("T")


def knowledge(pin: str) -> Proof:
    """Prove by phone and PIN."""
    return Proof("possession_knowledge", pin)


@dataclass(frozen=True)
class Approval:
    """That a person approves what they were shown: an operation with its data."""

    operation_id: str
    data: str
    proof: Proof
    number: str = ""
    """What the page shows, where the operation asks for it."""


class Mobile:
    """One phone of a drawer, on the line to its portal."""

    def __init__(self, drawer: Drawer, phone_id: str, line: Line) -> None:
        self.id = phone_id
        self._drawer = drawer
        self._talk = Talk(drawer, line)
        self.inbox = Inbox(self._talk, phone_id)

    @property
    def kept(self) -> Kept:
        """What is written of this phone."""
        return self._drawer.find(self.id)

    def sync(self) -> Kept:
        """Ask what the portal thinks of this phone, and count as it does. Raises Trouble."""
        with self._drawer.held(self.id) as kept:
            self._talk.sync(kept)
            return kept

    def pending(self) -> list[Operation]:
        """Return what waits for an answer."""
        return self._operations(self._talk.by_token(self.id, f"{APP}/list", {}))

    def detail(self, operation_id: str) -> Operation:
        """Return one operation that waits."""
        return self._one(f"{APP}/detail", operation_id)

    def claim(self, operation_id: str) -> Operation:
        """Make an operation that is nobody's the person's own."""
        return self._one(f"{APP}/detail/claim", operation_id)

    def history(self, proof: Proof) -> list[Operation]:
        """Return all operations, the newest first; takes two factors."""
        return self._operations(self._sign(lambda phone: phone.history(proof)))

    def approve(self, approval: Approval) -> None:
        """Approve an operation; a second time changes nothing."""
        number = None
        if approval.number:
            number = _refusing(lambda: number_in(approval.number, approval.operation_id))
        self._answer(
            approval.operation_id,
            "APPROVED",
            lambda phone: phone.approve(
                approval.operation_id, approval.data, approval.proof, scanned_totp=number
            ),
        )

    def reject(self, operation_id: str, reason: str = "UNKNOWN") -> None:
        """Reject an operation; a second time changes nothing."""
        if reason not in REASONS:
            raise Trouble(f"The reasons are {', '.join(REASONS)}.")
        self._answer(operation_id, "REJECTED", lambda phone: phone.reject(operation_id, reason))

    def scan(self, text: str) -> ScannedOperation:
        """Read the QR code of an operation; what is not this portal's is refused."""
        try:
            scanned = ScannedOperation.read(text.replace("\r\n", "\n").strip())
            scanned.check(self.kept.state)
        except PhoneRefused as refused:
            raise Forged(
                f"This is no operation of this phone's portal ({refused}).",
                "Nothing was signed. Scan the page's code again, with the phone that it names.",
            ) from refused
        return scanned

    def offline_code(self, text: str, pin: str | None = None) -> str:
        """Return the sixteen digits for a QR code: by PIN, else by biometry. Needs no network."""
        scanned = self.scan(text)
        with self._drawer.held(self.id) as kept:
            code = _refusing(lambda: scanned.approve(kept.state, pin))
            self._drawer.write(kept)
        return four_by_four(code)

    def register_push(self, platform: str = "fcm", token: str = "") -> str:
        """Tell the portal where pushes reach this phone; return the address."""
        address = token or self.kept.push_token or f"demo-{secrets.token_urlsafe(24)}"
        self._talk.by_token(self.id, PUSH, {"platform": platform, "token": address})
        with self._drawer.held(self.id) as kept:
            kept.push_token = address
            self._drawer.write(kept)
        return address

    def rename(self, name: str, proof: Proof) -> None:
        """Call this phone otherwise, here and at the portal; takes two factors."""
        with self._drawer.held(self.id) as kept:
            self._talk.must_be_active(kept)
            phone = Handset(kept.state)
            route = self._talk.route(phone)
            asked = _refusing(lambda: phone.rename(name, route, proof))
            self._talk.understood(asked.read, self._talk.send(kept, asked.call))
            kept.name = name
            self._drawer.write(kept)

    def switch(self, *, online: bool) -> None:
        """Switch this phone's own network on or off."""
        with self._drawer.held(self.id) as kept:
            kept.online = online
            self._drawer.write(kept)

    def remove(self) -> None:
        """End the registration at the portal, and throw the phone away."""
        self._sign(lambda phone: phone.remove())
        self.discard()

    def discard(self) -> None:
        """Throw the phone away; the portal is not asked."""
        self._drawer.discard(self.id)

    def _answer(self, operation_id: str, said: str, make: Callable[[Handset], Call]) -> None:
        with self._drawer.held(self.id) as kept:
            if kept.answers.get(operation_id) != said:
                self._send(kept, make)
                kept.answered(operation_id, said)
                self._drawer.write(kept)

    def _sign(self, make: Callable[[Handset], Call]) -> bytes:
        with self._drawer.held(self.id) as kept:
            return self._send(kept, make)

    def _send(self, kept: Kept, make: Callable[[Handset], Call]) -> bytes:
        self._talk.must_be_active(kept)
        return self._talk.send(kept, _refusing(lambda: make(Handset(kept.state))))

    def _one(self, path: str, operation_id: str) -> Operation:
        body = self._talk.by_token(self.id, path, {"id": operation_id})
        return self._talk.understood(
            lambda body: Operation.read(opened(body).get("responseObject")), body
        )

    def _operations(self, body: bytes) -> list[Operation]:
        return self._talk.understood(
            lambda body: read_all(opened(body).get("responseObject")), body
        )


def _refusing(do: Callable[[], T]) -> T:
    """Say in plain words why a phone does not do something itself."""
    try:
        return do()
    except PhoneRefused as refused:
        raise Trouble(f"This phone refuses: {refused}.") from refused
