"""What happened, named `noun.verb_in_the_past`, told to listeners only after commit.

Events carry ids and codes, never secrets and never personal data: they are logged,
shown to operators and sent to integrators.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

import structlog

log = structlog.get_logger("webflow.events")


class Name(StrEnum):
    """The catalogue. A name is a promise to integrators: add, never rename."""

    FLOW_CREATED = "flow.created"
    FLOW_OPENED = "flow.opened"
    STEP_CONFIRMED = "flow.step.confirmed"
    STEP_REJECTED = "flow.step.rejected"
    FLOW_DONE = "flow.done"
    FLOW_FAILED = "flow.failed"
    USER_BLOCKED = "user.blocked"
    SMS_REQUESTED = "sms.requested"
    CONSENT_GIVEN = "consent.given"
    CODE_ISSUED = "oauth.code.issued"
    TOKEN_ISSUED = "oauth.token.issued"  # noqa: S105 - a name, not a secret
    CODE_REPLAYED = "oauth.code.replayed"


@dataclass(frozen=True)
class Event:
    """One fact about one subject, e.g. `Event(Name.FLOW_DONE, "7f3c…")`."""

    name: Name
    subject: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


Listener: TypeAlias = Callable[[Event], None]


class Journal:
    """The facts of one transaction."""

    def __init__(self, listeners: Sequence[Listener] = ()) -> None:
        self._listeners = listeners
        self._events: list[Event] = []

    def record(self, name: Name, subject: str, **facts: str | int) -> None:
        """Note a fact; nobody hears of it before the commit."""
        self._events.append(Event(name, subject, facts))

    def forget(self) -> None:
        """Drop the facts of a transaction that was rolled back."""
        self._events = []

    def publish(self) -> None:
        """Tell every listener, once. A deaf listener does not silence the others."""
        events, self._events = self._events, []
        for event in events:
            log.info(event.name.value, subject=event.subject, **event.facts)
            for listener in self._listeners:
                try:
                    listener(event)
                except Exception:
                    log.exception("listener.failed", event_name=event.name.value)
