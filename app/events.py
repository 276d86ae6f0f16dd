"""What happened, named `noun.verb_in_the_past`, told to listeners only after commit.

Events carry ids and codes, never secrets and never personal data: they are logged,
shown to operators and sent to integrators.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeAlias

import structlog

log = structlog.get_logger("webflow.events")


class Name(StrEnum):
    """The catalogue. A name is a promise to integrators: add, never rename."""

    FLOW_CREATED = "flow.created"
    FLOW_OPENED = "flow.opened"
    FLOW_DEVICE_ACCEPTED = "flow.device.accepted"
    STEP_CONFIRMED = "flow.step.confirmed"
    STEP_REJECTED = "flow.step.rejected"
    FLOW_DONE = "flow.done"
    FLOW_FAILED = "flow.failed"
    USER_BLOCKED = "user.blocked"
    CONFIGURATION_CHANGED = "configuration.changed"
    SMS_REQUESTED = "sms.requested"
    CONSENT_GIVEN = "consent.given"
    CODE_ISSUED = "oauth.code.issued"
    TOKEN_ISSUED = "oauth.token.issued"  # noqa: S105 - a name, not a secret
    TOKEN_REFRESHED = "oauth.token.refreshed"  # noqa: S105 - a name, not a secret
    TOKEN_REVOKED = "oauth.token.revoked"  # noqa: S105 - a name, not a secret
    CODE_REPLAYED = "oauth.code.replayed"
    REFRESH_REPLAYED = "oauth.refresh.replayed"
    SMS_DELIVERED = "sms.delivered"
    SMS_FAILED = "sms.failed"
    SMS_SUPPRESSED = "sms.suppressed"
    CLIENT_CREATED = "client.created"
    CLIENT_DISABLED = "client.disabled"
    CLIENT_ENABLED = "client.enabled"
    CLIENT_SECRET_CHANGED = "client.secret.changed"  # noqa: S105 - a name, not a secret
    SYSTEM_USER_CREATED = "system_user.created"
    SYSTEM_USER_DISABLED = "system_user.disabled"
    SYSTEM_USER_ENABLED = "system_user.enabled"
    SYSTEM_USER_RESET = "system_user.password.changed"
    SYSTEM_USER_REMOVED = "system_user.removed"
    SYSTEM_USER_GRANTED = "system_user.application.granted"
    SYSTEM_USER_REVOKED = "system_user.application.revoked"
    ACCESS_KEY_CREATED = "access_key.created"
    ACCESS_KEY_REVOKED = "access_key.revoked"
    INTENT_ISSUED = "intent.issued"
    INTENT_USED = "intent.used"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_REMOVED = "customer.removed"
    PHONE_NUMBER_CONFIRMED = "customer.phone.confirmed"
    RECOVERY_CODES_CREATED = "customer.recovery_codes.created"
    RECOVERY_CODE_USED = "customer.recovery_code.used"
    RECOVERY_CODE_REFUSED = "customer.recovery_code.refused"
    APPLICATION_CREATED = "application.created"
    PUSH_CREDENTIALS_CHANGED = "application.push.changed"
    PUSH_CREDENTIALS_REMOVED = "application.push.removed"
    APPLICATION_ROLES_CHANGED = "application.roles.changed"
    APPLICATION_CONFIGURED = "application.configured"
    TEMPLATE_CREATED = "template.created"
    TEMPLATE_CHANGED = "template.changed"
    TEMPLATE_REMOVED = "template.removed"
    REGISTRATION_CREATED = "registration.created"
    REGISTRATION_PAIRED = "registration.paired"
    REGISTRATION_ACTIVATED = "registration.activated"
    REGISTRATION_BLOCKED = "registration.blocked"
    REGISTRATION_UNBLOCKED = "registration.unblocked"
    REGISTRATION_REMOVED = "registration.removed"
    REGISTRATION_RENAMED = "registration.renamed"
    REGISTRATION_FLAGGED = "registration.flagged"
    REGISTRATION_REACHABLE = "registration.push.registered"
    REGISTRATION_UNREACHABLE = "registration.push.removed"
    SIGNATURE_ACCEPTED = "registration.signature.accepted"
    SIGNATURE_REFUSED = "registration.signature.refused"
    PHONE_TOKEN_CREATED = "registration.token.created"  # noqa: S105 - a name, not a secret
    PHONE_TOKEN_REMOVED = "registration.token.removed"  # noqa: S105 - a name, not a secret
    VAULT_UNLOCKED = "registration.vault.unlocked"
    KEY_CREATED = "key.created"
    KEY_RETIRED = "key.retired"
    KEY_REWRAPPED = "key.rewrapped"
    KEY_REMOVED = "key.removed"
    SECRETS_RESEALED = "secrets.resealed"
    OUTBOX_RETRIED = "outbox.retried"
    AUDIT_EXPORTED = "audit.exported"
    DATABASE_SEEDED = "database.seeded"
    DATABASE_CLEANED = "database.cleaned"
    OPERATION_CREATED = "operation.created"
    OPERATION_CLAIMED = "operation.claimed"
    OPERATION_ATTEMPT_FAILED = "operation.attempt_failed"
    OPERATION_APPROVED = "operation.approved"
    OPERATION_REJECTED = "operation.rejected"
    OPERATION_FAILED = "operation.failed"
    OPERATION_CANCELED = "operation.canceled"
    OPERATION_EXPIRED = "operation.expired"
    PUSH_DELIVERED = "push.delivered"
    PUSH_FAILED = "push.failed"
    INBOX_MESSAGE_CREATED = "inbox.message.created"
    CALLBACK_CREATED = "callback.created"
    CALLBACK_CHANGED = "callback.changed"
    CALLBACK_REMOVED = "callback.removed"
    CALLBACK_DELIVERED = "callback.delivered"
    CALLBACK_FAILED = "callback.failed"
    CALLBACK_SUSPENDED = "callback.suspended"
    CALLBACK_RESUMED = "callback.resumed"


@dataclass(frozen=True)
class Event:
    """One fact about one subject, e.g. `Event(Name.FLOW_DONE, "7f3c…")`."""

    name: Name
    subject: str
    facts: Mapping[str, str | int] = field(default_factory=dict)
    external_id: str | None = None
    """What others call the subject; for our own listeners only, it is neither logged nor kept."""

    @property
    def is_about_flow(self) -> bool:
        """Whether the subject is the id of a flow."""
        return self.name.value.startswith(ABOUT_FLOWS)


ABOUT_FLOWS = ("flow.", "sms.", "consent.", "oauth.", "user.")


Listener: TypeAlias = Callable[[Event], None]


class Journal:
    """The facts of one transaction, and what is known of the flows that they are about."""

    def __init__(
        self, listeners: Sequence[Listener] = (), look: Callable[[str], object] | None = None
    ) -> None:
        self._listeners = listeners
        self._look = look
        self._events: list[Event] = []
        self.flows: dict[str, object] = {}
        """What `look` returned for the subjects; held, so that nobody looks for it again."""

    def record(
        self, name: Name, subject: str, external_id: str | None = None, /, **facts: str | int
    ) -> None:
        """Note a fact; nobody hears of it before the commit."""
        event = Event(name, subject, facts, external_id)
        self._events.append(event)
        if self._look is not None and event.is_about_flow and subject not in self.flows:
            self.flows[subject] = self._look(subject)

    @property
    def events(self) -> Sequence[Event]:
        """Return what was noted and not yet told."""
        return tuple(self._events)

    def complete(self, known: Callable[[Event], Mapping[str, str]]) -> None:
        """Add what is known about the subject of each fact; what was noted itself wins."""
        self._events = [replace(e, facts={**known(e), **e.facts}) for e in self._events]

    def mark(self) -> int:
        """Return a place to which `rewind` leads back."""
        return len(self._events)

    def rewind(self, mark: int) -> None:
        """Drop what was noted since: it was undone."""
        del self._events[mark:]

    def forget(self) -> None:
        """Drop the facts of a transaction that was rolled back."""
        self._events = []
        self.flows.clear()

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
