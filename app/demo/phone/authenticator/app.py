"""The authenticator app: adds accounts by links, and approves or rejects what banks ask."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.demo.phone.authenticator import bank
from app.demo.phone.authenticator.accounts import MOST_FAILURES, Account, Accounts, Sealed
from app.demo.phone.authenticator.answers import (
    BIOMETRY,
    PIN,
    account_of,
    approved,
    enrolled,
    rejected,
)
from app.demo.phone.authenticator.links import AppLink, read_link
from app.demo.phone.authenticator.pushes import pushed
from app.demo.phone.authenticator.requests import Request, Requests, now
from app.demo.phone.names import is_same, numbered, tidy
from app.demo.phone.primitives import b64, new_key, private_bytes, unb64
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.troubles import Ended, Locked, Trouble, WrongPin

FORM: Final = re.compile(r"\d{4,32}", re.ASCII)
DEVICE: Final = "Demo phone"
LONGEST_REASON: Final = 200


@dataclass(frozen=True)
class Enrollment:
    """How a person wants their new account."""

    pin: str = field(repr=False)
    name: str = ""
    """What this phone calls the account; empty: its user."""
    device: str = DEVICE
    """What the bank shall call this phone."""
    biometry: bool = True
    by_finger: bool = False
    """Whether the person confirms it by the finger."""


class Authenticator:
    """All accounts of one phone, and what they were asked."""

    def __init__(self, folder: Path) -> None:
        self.accounts = Accounts(folder / "accounts")
        self.requests = Requests(folder / "requests")

    def open(self, given: str | AppLink) -> Request:
        """Redeem a link; one that this phone has redeemed is found again. Raises Trouble."""
        link = given if isinstance(given, AppLink) else read_link(given)
        with self.requests.open():
            self.requests.forget_old()
            known = [each for each in self.requests.all() if each.id == link.id]
            if known:
                return known[0]
            if not link.is_enrollment and not self._at(link.app_id):
                words = f"There is no account of {link.instance} at {link.host} on this phone."
                raise Trouble(words, "Open the link on the phone that has it. It was not used up.")
            request = Request.believed(bank.redeem(link), link)
            self.requests.write(request)
        return request

    def able(self, request: Request) -> list[Account]:
        """Return the accounts that may answer a request."""
        return [
            account
            for account in self._at(request.app_id)
            if request.authenticator_id in ("", account.authenticator_id)
            and request.user_id in ("", account.user_id)
        ]

    def enroll(self, request_id: str, wish: Enrollment) -> Account:
        """Add the account that a request is about; a second time finds it. Raises Trouble."""
        if not FORM.fullmatch(wish.pin):
            raise Trouble("A PIN has 4 to 32 digits.")
        device = tidy(wish.device or DEVICE)
        with self.requests.held(request_id) as request, self.accounts.open():
            if not request.is_enrollment:
                raise Trouble("This request adds no account.")
            if request.answer:
                return self._made(request)
            name = self._free(wish.name, request)
            self._prepare(request)
            plain, token = unb64(request.key), request.push_token
            sealed = Sealed.by(wish.pin, plain, biometry=wish.biometry or wish.by_finger)
            verification = BIOMETRY if wish.by_finger else PIN
            key = enrolled(request, sealed, verification, device=device, push_token=token)
            account = account_of(request, sealed, self._respond(request, key), name, token)
            self.accounts.write(account)
            self._note(request, "APPROVED", account)
        return account

    def approve(self, request_id: str, account_id: str, pin: str | None) -> Account:
        """Approve by PIN, without one by the finger; a second time changes nothing."""
        with self.requests.held(request_id) as request, self.accounts.held(account_id) as account:
            if request.answer == "APPROVED":
                return account
            if request.is_enrollment or account.id not in [each.id for each in self.able(request)]:
                raise Trouble("This account was not asked.")
            if account.is_blocked:
                raise Locked(account.name)
            self._sign(request, account, pin)
            self._note(request, "APPROVED", account)
        return account

    def reject(self, request_id: str, reason: str = "") -> None:
        """Say no to a request of either kind; a second time changes nothing."""
        with self.requests.held(request_id) as request:
            if request.answer == "REJECTED":
                return
            reason = " ".join(reason.split())[:LONGEST_REASON]
            self._respond(request, rejected(request, reason))
            self._note(request, "REJECTED")

    def pushed(self) -> list[tuple[Account, AppLink]]:
        """Return the links that came by push and were not opened here."""
        known = {request.id for request in self.requests.all()}
        return [pair for pair in pushed(self.accounts.all()) if pair[1].id not in known]

    def waiting(self) -> list[Request]:
        """Return what was redeemed and can still be answered, the one that ends last first."""
        found = [request for request in self.requests.all() if request.is_open]
        return sorted(found, key=lambda request: request.ends, reverse=True)

    def named(self, name: str, among: Sequence[Account] | None = None) -> Account:
        """Return an account by its name; the only one has none to be told. Raises Trouble."""
        choice = self.accounts.all() if among is None else among
        found = [each for each in choice if not name or is_same(each.name, name)]
        if len(found) == 1:
            return found[0]
        if not found:
            words = f"There is no account named {name}" if name else "There is no account"
            raise Trouble(f"{words} that can do this.", "Add one by a link of the bank first.")
        names = ", ".join(each.name for each in found)
        raise Trouble(f"There are several accounts: {names}.", "Name one by --phone.")

    def rename(self, account_id: str, name: str) -> None:
        """Call an account otherwise, on this phone alone. Raises Trouble."""
        with self.accounts.open():
            wanted = self._unused(tidy(name), but=account_id)
            with self.accounts.held(account_id) as account:
                account.name = wanted
                self.accounts.write(account)

    def forget(self, account_id: str) -> None:
        """Throw an account and its key away; the bank is not asked."""
        self.accounts.discard(account_id)

    def _sign(self, request: Request, account: Account, pin: str | None) -> None:
        try:
            key = account.key(pin)
        except PhoneRefused as refused:
            raise Trouble(f"This phone refuses: {refused}.") from refused
        verification = BIOMETRY if pin is None else PIN
        try:
            self._respond(request, approved(request, account, key, verification))
        except bank.WrongSignature as wrong:
            if pin is None:
                raise
            account.failed_attempts += 1
            self.accounts.write(account)
            if account.is_blocked:
                raise Locked(account.name) from wrong
            left = MOST_FAILURES - account.failed_attempts
            raise WrongPin(left, "the account is locked") from wrong
        if pin is not None and account.failed_attempts:
            account.failed_attempts = 0
            self.accounts.write(account)

    def _respond(self, request: Request, answer: bank.Json) -> bank.Json:
        try:
            return bank.respond(request.base, answer)
        except Ended:
            request.ends = min(request.ends, now())
            self.requests.write(request)
            raise

    def _prepare(self, request: Request) -> None:
        """Keep what is new before the bank hears of it: a second try brings the same."""
        if not request.key:
            request.key = b64(private_bytes(new_key()))
            request.push_token = f"demo-{secrets.token_urlsafe(24)}"
            self.requests.write(request)

    def _note(self, request: Request, answer: str, account: Account | None = None) -> None:
        request.answer, request.key = answer, ""
        if account is not None:
            request.authenticator_id = account.authenticator_id
        self.requests.write(request)

    def _at(self, app_id: str) -> list[Account]:
        return [account for account in self.accounts.all() if account.app_id == app_id]

    def _made(self, request: Request) -> Account:
        for account in self.able(request):
            return account
        raise Ended("This request was answered already.")

    def _free(self, name: str, request: Request) -> str:
        if name:
            return self._unused(tidy(name))
        usual = request.username or f"User {request.user_id[:8]}"
        return numbered(usual, [account.name for account in self.accounts.all()])

    def _unused(self, name: str, *, but: str = "") -> str:
        others = [each.name for each in self.accounts.all() if each.id != but]
        if any(is_same(name, other) for other in others):
            raise Trouble(f"There is an account named {name} already.", "Take another name.")
        return name
