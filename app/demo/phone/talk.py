"""How a phone talks to its portal: by token or by signature, and what a refusal means."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from app.demo.phone.calls import Call
from app.demo.phone.handset import Handset
from app.demo.phone.keeping import Drawer, Kept
from app.demo.phone.line import Line
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sealing import Route
from app.demo.phone.tokens import UNIVERSAL
from app.demo.phone.troubles import (
    ENDINGS,
    STANDINGS,
    Declined,
    Ended,
    NotUnderstood,
    SwitchedOff,
    Trouble,
    Unreachable,
    Unusable,
    WrongPin,
)

ACTIVE = "ACTIVE"

T = TypeVar("T")


class Talk:
    """Speaks for phones of a drawer; who signs holds the phone meanwhile."""

    def __init__(self, drawer: Drawer, line: Line) -> None:
        self._drawer = drawer
        self._line = line

    def sync(self, kept: Kept) -> None:
        """Ask the status of a phone that is held, and count as the portal does."""
        must_be_online(kept)
        asked = Handset(kept.state).status()
        body = self._line.post(asked.call)
        try:
            status = asked.read(body)
        except PhoneRefused:
            kept.standing = "UNKNOWN"
        else:
            kept.standing = status.state
            kept.failed_attempts = status.failed_attempts
            kept.max_failed_attempts = status.max_failed_attempts
            if status.state == ACTIVE:
                try:
                    status.catch_up(kept.state)
                except PhoneRefused:
                    kept.standing = "OUT_OF_STEP"
        self._drawer.write(kept)

    def must_be_active(self, kept: Kept) -> None:
        """Go on with a phone that is held only if it may sign; asks again if it could not."""
        must_be_online(kept)
        if kept.standing in STANDINGS:
            self.sync(kept)
        if kept.standing != ACTIVE:
            raise Unusable(kept.standing)

    def send(self, kept: Kept, call: Call) -> bytes:
        """Write the step of the counter down, then send what was signed."""
        before = self._drawer.find(kept.id).state
        self._drawer.write(kept)
        try:
            return self._line.post(call)
        except Unreachable as lost:
            if not lost.left:  # the code has not left the phone: it may be used again
                kept.state = before
                self._drawer.write(kept)
            raise
        except Declined as declined:
            raise self._explained(kept, declined) from declined

    def by_token(self, phone_id: str, path: str, wanted: dict[str, object]) -> bytes:
        """Ask what a token is enough for; a token that is no good is made anew, once."""
        value = {"requestObject": wanted} if wanted else {}
        kept = self._drawer.find(phone_id)
        must_be_online(kept)
        if kept.standing != ACTIVE or UNIVERSAL not in kept.state.tokens:
            kept = self._prepared(phone_id, anew=False)
        try:
            return self._post_token(kept, path, value)
        except Declined as declined:
            if declined.code in ENDINGS:
                raise Ended(ENDINGS[declined.code], code=declined.code) from declined
            if declined.status != HTTPStatus.UNAUTHORIZED:
                raise
        self._line.now(fresh=True)
        return self._post_token(self._prepared(phone_id, anew=True), path, value)

    def route(self, phone: Handset) -> Route:
        """Return the key to encrypt for; the times of encrypted requests are judged narrowly."""
        now = self._line.now(fresh=True)
        if phone.state.version < "3.3":
            return Route(phone.lasting_key(), now)
        asked = phone.ask_for_key(now)
        return Route(self.understood(asked.read, self._line.post(asked.call)).target, now)

    def understood(self, read: Callable[[bytes], T], body: bytes) -> T:
        """Read an answer; one that is not a portal's is told."""
        try:
            return read(body)
        except PhoneRefused as refused:
            words = f"{self._line.address} did not answer as a portal does: {refused}."
            raise NotUnderstood(words) from refused

    def _explained(self, kept: Kept, declined: Declined) -> Trouble:
        """Find out what a refusal means, as apps do: by the status of the registration."""
        if declined.code in ENDINGS:
            return Ended(ENDINGS[declined.code], code=declined.code)
        if declined.code == "OPERATION_FAILED":
            return Declined(
                "The bank did not accept this approval.",
                "Perhaps the number is another one by now: look at the page again.",
                code=declined.code,
            )
        if declined.status != HTTPStatus.UNAUTHORIZED:
            return declined
        self.sync(kept)
        if kept.standing != ACTIVE:
            spent = kept.failed_attempts >= kept.max_failed_attempts
            return Unusable(kept.standing, too_many_failures=spent)
        if kept.failed_attempts:
            return WrongPin(kept.max_failed_attempts - kept.failed_attempts)
        return Declined("The bank does not accept this kind of approval here.", code=declined.code)

    def _post_token(self, kept: Kept, path: str, value: object) -> bytes:
        return self._line.post(Handset(kept.state).with_token(path, value, self._line.now()))

    def _prepared(self, phone_id: str, *, anew: bool) -> Kept:
        """Make a phone ready: ask its status, then for a token, and whose it is."""
        with self._drawer.held(phone_id) as kept:
            self.sync(kept)
            if kept.standing != ACTIVE:
                raise Unusable(kept.standing)
            phone = Handset(kept.state)
            if anew or UNIVERSAL not in kept.state.tokens:
                asked = phone.create_token(self.route(phone))
                self.understood(asked.read, self.send(kept, asked.call))
            if not kept.user:
                whose = phone.user_info(self.route(phone))
                told = self.understood(whose.read, self._line.post(whose.call))
                kept.user = str(told.get("sub") or "")
            self._drawer.write(kept)
            return kept


def must_be_online(kept: Kept) -> None:
    """Send nothing from a phone that is switched off."""
    if not kept.online:
        raise SwitchedOff
