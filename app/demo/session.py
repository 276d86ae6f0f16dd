"""What this client remembers of each browser: in memory, bounded, gone after a restart."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from threading import Lock

from app.demo.nextstep import Prepared
from app.demo.portal import Json

MOST_VISITS = 1000
MOST_TRANSACTIONS = 20
PROFILE_INFO = "profile info"
VISIT_LIFETIME = timedelta(hours=1)


class Outcome(StrEnum):
    """How far a transaction has come."""

    SENT = "sent"  # the browser is at the bank
    WORKING = "working"  # it came back; the answer is being checked
    CONNECTED = "connected"  # the ID token holds
    DENIED = "denied"  # the bank answered with an error
    REFUSED = "refused"  # we do not accept what the bank answered


@dataclass(frozen=True)
class Event:
    """One line of what happened."""

    time: datetime
    words: str


@dataclass(frozen=True)
class Check:
    """One thing this client checks, and in words how it went."""

    name: str
    passed: bool
    words: str


@dataclass(frozen=True)
class Asked:
    """One thing that was asked of the portal with the access token, and its answer."""

    name: str
    call: str
    answer: Json


@dataclass
class Transaction:
    """One way of a browser to the bank and back, with everything that pages show of it."""

    operation_name: str
    scope: str
    issuer: str
    operation: Prepared | None = None
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    outcome: Outcome = Outcome.SENT
    timeline: list[Event] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    request_url: str = ""
    request_call: str = ""
    request: dict[str, str] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)
    token_call: str = ""
    tokens: Json = field(default_factory=dict)
    id_token_header: Json = field(default_factory=dict)
    id_token_claims: Json = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    clock_moved: float = 0
    """Seconds by which testers moved the portal's clock; times are judged by that clock."""

    def note(self, words: str) -> None:
        """Write one line of what happened now."""
        self.timeline.append(Event(datetime.now(UTC), words))

    def check(self, name: str, words: str, *, passed: bool) -> bool:
        """Keep the result of a check and return it."""
        self.checks.append(Check(name, passed, words))
        return passed

    @property
    def failed(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if not check.passed]

    @property
    def is_payment(self) -> bool:
        """Whether this is about a payment; everything else is a login."""
        return not self.operation_name.startswith("login")

    @property
    def user_id(self) -> str:
        """The connected user: as the profile names it, else as the ID token does."""
        profiles = [asked.answer.get("id") for asked in self.asked if asked.name == PROFILE_INFO]
        named = [*profiles, self.id_token_claims.get("sub")]
        return next((user_id for user_id in named if isinstance(user_id, str) and user_id), "")


class Visit:
    """One browser and its transactions: several at a time, each known by its state."""

    def __init__(self) -> None:
        self.last_seen = datetime.now(UTC)
        self._lock = Lock()
        self._by_state: OrderedDict[str, Transaction] = OrderedDict()

    def add(self, transaction: Transaction) -> None:
        """Remember a transaction; the oldest one goes when there are too many."""
        with self._lock:
            self._by_state[transaction.state] = transaction
            if len(self._by_state) > MOST_TRANSACTIONS:
                self._by_state.popitem(last=False)

    def expecting(self, state: str) -> Transaction | None:
        """Return the transaction that used this state, whether it was answered or not."""
        with self._lock:
            return self._by_state.get(state)

    def take(self, transaction: Transaction) -> bool:
        """Claim the right to work on the answer; only the first caller gets it."""
        with self._lock:
            first = transaction.outcome is Outcome.SENT
            if first:
                transaction.outcome = Outcome.WORKING
            return first

    def result(self, transaction_id: str) -> Transaction | None:
        """Return the transaction of a result page."""
        return next((t for t in self.transactions() if t.id == transaction_id), None)

    def transactions(self) -> list[Transaction]:
        """Return every transaction that is remembered, oldest first."""
        with self._lock:
            return list(self._by_state.values())


class Visits:
    """All browsers: a thousand at most, each for an hour after it was last seen."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._visits: OrderedDict[str, Visit] = OrderedDict()

    def find(self, visit_id: str) -> Visit | None:
        """Return what is known of a browser, if anything still is."""
        with self._lock:
            self._forget_old()
            return self._seen(visit_id) if visit_id in self._visits else None

    def open(self, visit_id: str) -> Visit:
        """Return what is known of a browser, or begin to remember it."""
        with self._lock:
            self._forget_old()
            self._visits.setdefault(visit_id, Visit())
            if len(self._visits) > MOST_VISITS:
                self._visits.popitem(last=False)
            return self._seen(visit_id)

    def forget(self, visit_id: str) -> None:
        """Remember nothing of a browser any more."""
        with self._lock:
            self._visits.pop(visit_id, None)

    def _seen(self, visit_id: str) -> Visit:
        visit = self._visits[visit_id]
        visit.last_seen = datetime.now(UTC)
        self._visits.move_to_end(visit_id)
        return visit

    def _forget_old(self) -> None:
        """Drop who was not seen for an hour; the longest unseen stand first."""
        oldest_kept = datetime.now(UTC) - VISIT_LIFETIME
        while self._visits:
            first = next(iter(self._visits))
            if self._visits[first].last_seen > oldest_kept:
                return
            del self._visits[first]
