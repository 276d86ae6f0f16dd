"""The audit trail: written with the change, chained later, verified whenever somebody asks.

Entries are written in the transaction of what they tell, and no lock is taken. The worker chains
them afterwards: position n holds `SHA-256(hash of n-1 | canonical JSON of the entry)`. So a
changed, missing, added or moved entry breaks the chain at its place.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import cast

from sqlalchemy import Select, Table, func, insert, select
from sqlalchemy.orm import Session

from app import clock
from app.events import Event
from app.logs import redacted
from app.store.audit import AuditEntry, AuditLink
from app.store.flows import Flow

GENESIS = "0" * 64
"""Stands before the first entry."""

BATCH = 500

APPEND = insert(cast("Table", AuditEntry.__table__))

OVERTAKEN = 10_000
"""Entries are numbered when they are written and seen when their transaction commits. One that was
overtaken by at most this many others is still found without looking at the whole trail."""


@dataclass(frozen=True)
class Checkpoint:
    """An end of the chain; kept elsewhere, it shows that nobody has made the chain anew."""

    position: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """What a look at the whole chain came to."""

    checked: int
    waiting: int
    """Entries that are not chained yet."""
    fault: str = ""
    """What is wrong first, in words for operators; empty: nothing."""


class Audit:
    """Writes entries, chains them, and reads them."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(
        self,
        events: Sequence[Event],
        flows: Mapping[str, Flow],
        *,
        actor: str,
        request: str | None,
        came: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Keep facts with who did it, in this transaction; some are about flows.

        `came` is the façade, and the address from which it was called: only the trail has it.
        """
        if not events:
            return
        moment = clock.now()
        rows = [_row(event, flows.get(event.subject), came) for event in events]
        common = {"at": moment, "actor": actor[:300], "request": request}
        # Not through the ORM: this is on the way of every request that does something.
        self._session.connection().execute(APPEND, [common | row for row in rows])

    def seal(self, commit: Callable[[], None], *, all_of_it: bool = False) -> Checkpoint | None:
        """Chain what is not chained yet, batch by batch; return the new end, if there is one."""
        end = new_end = self.end()
        since = 0 if all_of_it else self._newest_chained() - OVERTAKEN
        while entries := self._session.scalars(_unchained(since).limit(BATCH)).all():
            rows = []
            for entry in entries:
                new_end = Checkpoint(new_end.position + 1, link(new_end.hash, entry))
                rows.append(
                    {"position": new_end.position, "entry_id": entry.id, "hash": new_end.hash}
                )
            self._session.execute(insert(AuditLink), rows)
            commit()
        return new_end if new_end != end else None

    def end(self) -> Checkpoint:
        """Return the present end of the chain."""
        last = select(AuditLink).order_by(AuditLink.position.desc()).limit(1)
        row = self._session.scalar(last)
        return Checkpoint(row.position, row.hash) if row else Checkpoint(0, GENESIS)

    def verify(self, expected: Checkpoint | None = None) -> Verdict:
        """Compute the whole chain again, and compare it with a checkpoint from elsewhere."""
        position, before, met = 0, GENESIS, expected is None
        for place, kept, entry in self._chain():
            position += 1
            if place != position:
                return Verdict(position - 1, 0, f"position {position} is missing")
            if entry is None:
                return Verdict(position - 1, 0, f"the entry at position {position} is missing")
            before = link(before, entry)
            if before != kept:
                fault = f"entry {entry.id} at position {position} is not what was chained"
                return Verdict(position - 1, 0, fault)
            met = met or expected == Checkpoint(position, before)
        waiting = self._session.scalar(
            select(func.count()).select_from(_unchained(since=0).subquery())
        )
        fault = "" if met else "the chain does not go through the expected checkpoint"
        return Verdict(position, waiting or 0, fault)

    def oldest_waiting(self) -> datetime | None:
        """Return since when an entry has been waiting to be chained."""
        waiting = _unchained(self._newest_chained() - OVERTAKEN).limit(1)
        entry = self._session.scalar(waiting)
        return entry.at if entry else None

    def entries(self, *, newest: int, of_subject: str = "") -> Sequence[AuditEntry]:
        """Return the newest entries, the oldest of them first."""
        wanted = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(newest)
        if of_subject:
            wanted = wanted.where(AuditEntry.subject == of_subject)
        return self._session.scalars(wanted).all()[::-1]

    def export(self) -> Iterator[dict[str, object]]:
        """Return every chained entry with its place and hash, in order."""
        for position, kept, entry in self._chain():
            if entry is not None:
                yield {"position": position, "hash": kept, **content(entry)}

    def _newest_chained(self) -> int:
        return self._session.scalar(select(func.max(AuditLink.entry_id))) or 0

    def _chain(self) -> Iterator[tuple[int, str, AuditEntry | None]]:
        """Walk the chain in pieces; no piece stays in memory."""
        after = 0
        while True:
            piece = self._session.execute(
                select(AuditLink.position, AuditLink.hash, AuditEntry)
                .join(AuditEntry, AuditEntry.id == AuditLink.entry_id, isouter=True)
                .where(AuditLink.position > after)
                .order_by(AuditLink.position)
                .limit(BATCH)
            ).all()
            if not piece:
                return
            yield from piece
            after = piece[-1].position
            self._session.expunge_all()


def content(entry: AuditEntry) -> dict[str, object]:
    """Return an entry as it is hashed and exported."""
    return {
        "id": entry.id,
        "at": _written(entry.at),
        "name": entry.name,
        "subject": entry.subject,
        "actor": entry.actor,
        "client_id": entry.client_id,
        "user_id": entry.user_id,
        "request": entry.request,
        "facts": dict(entry.facts),
    }


def link(before: str, entry: AuditEntry) -> str:
    """Return the hash of an entry behind the one that has the hash `before`."""
    return hashlib.sha256(before.encode() + b"|" + canonical(content(entry))).hexdigest()


def canonical(facts: Mapping[str, object]) -> bytes:
    """Return the one way to write these facts: sorted keys, no spaces, ASCII."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode("ascii")


def _row(event: Event, flow: Flow | None, came: Mapping[str, str]) -> dict[str, object]:
    facts = {**redacted(event.facts), **came}
    client = facts.get("client_id") or facts.get("client") or (flow.client_id if flow else None)
    return {
        "name": event.name.value,
        "subject": event.subject[:256],
        "client_id": str(client) if client else None,
        "user_id": flow.user_id if flow else None,
        "facts": facts,
    }


def _unchained(since: int) -> Select[AuditEntry]:
    return (
        select(AuditEntry)
        .join(AuditLink, AuditLink.entry_id == AuditEntry.id, isouter=True)
        .where(AuditLink.position.is_(None), AuditEntry.id > since)
        .order_by(AuditEntry.id)
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
