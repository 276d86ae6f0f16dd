"""Sends messages to people: takes SMS and pushes from the outbox, one after the other.

Each takes one transaction before and one after; none is open while a provider is asked.
"""

from collections.abc import Callable, Collection
from datetime import timedelta

import structlog

from app import clock
from app.channels.base import DeliveryFailed, DeviceGone, PushChannels, SmsChannel
from app.channels.delivery import Delivery, push_delivery, sms_delivery
from app.events import Name
from app.jobs import ACTOR
from app.services import Parts, Services
from app.store.outbox import MESSAGES, SENDING, OutboxRow

log = structlog.get_logger("webflow.worker")

HOLD = timedelta(seconds=60)
"""How long a claimed delivery is nobody else's; longer than any channel's timeout."""

RETRIES = tuple(timedelta(seconds=s) for s in (2, 5, 15, 60))
"""Waits after temporary failures; then the delivery has failed."""


class Deliveries:
    """Takes what is due from the outbox and sends it, one transaction before and one after."""

    def __init__(
        self,
        parts: Parts,
        sms: SmsChannel,
        *,
        later: Callable[[timedelta], None],
        push: PushChannels | None = None,
    ) -> None:
        self._parts = parts
        self._sms = sms
        self._push = push or {}
        self._later = later

    def drain(self, kinds: Collection[str] = MESSAGES) -> int:
        """Deliver everything that is due now; return how many deliveries were tried."""
        tried = 0
        while self._one(kinds):
            tried += 1
        return tried

    def _one(self, kinds: Collection[str] = MESSAGES) -> bool:
        services = Services(self._parts, writing=True, actor=ACTOR)
        try:
            claimed = services.outbox.claim(hold=HOLD, kinds=kinds)
            leaves = claimed is not None and self._leaves(services, *claimed)
            services.commit()
            if claimed is not None and leaves:
                self._deliver(services, *claimed)
                services.commit()
            return claimed is not None
        finally:
            services.close()

    def _leaves(self, services: Services, row: OutboxRow, payload: dict[str, str]) -> bool:
        """Tell whether what was claimed is for anybody; if not, it ends here."""
        if row.kind == "decoy":
            services.outbox.delivered(row.id)
            return False
        if row.kind == "push" and not services.pushes.may_leave(row.reference, payload):
            services.outbox.drop(row.id, "not_active")
            return False
        return True

    def _deliver(self, services: Services, row: OutboxRow, payload: dict[str, str]) -> None:
        """Send with no transaction open; then note how it went."""
        row_id, kind, attempts = row.id, row.kind, row.attempts
        begun = clock.now()
        delivery = (
            push_delivery(self._push, payload, reference=row_id, lifetime=row.expires_at - begun)
            if kind == "push"
            else sms_delivery(self._sms, payload, reference=row.reference)
        )
        repeatable = delivery.is_repeatable
        try:
            self._send(delivery, again=row.error == SENDING)
        except DeliveryFailed as failure:
            log.warning(
                "delivery.failed",
                kind=kind,
                row=row_id,
                flow=delivery.subject,
                error=failure.code,
                answer=failure.answer,
                **delivery.facts,
            )
            may_repeat = repeatable or not failure.uncertain
            if failure.temporary and may_repeat and attempts <= len(RETRIES):
                wait = max(RETRIES[attempts - 1], failure.retry_after or timedelta(0))
                services.outbox.retry(row_id, failure.code, after=wait)
                self._later(wait)
            else:
                services.outbox.failed(row_id, failure.code)
                self._tell(services, delivery, delivery.failed, error=failure.code)
                if isinstance(failure, DeviceGone) and (gone := delivery.device):
                    services.mtoken.phones.forget(
                        gone.registration_id,
                        gone.application_id,
                        gone.token,
                        before=failure.since or begun,
                    )
        except Exception:  # a bug of a channel must not keep the other deliveries waiting
            log.exception("delivery.broke", kind=kind, row=row_id)
            if repeatable:
                services.outbox.retry(row_id, "broke", after=HOLD)
            else:
                services.outbox.failed(row_id, "broke")
                self._tell(services, delivery, delivery.failed, error="broke")
        else:
            services.outbox.delivered(row_id)
            self._tell(services, delivery, delivery.delivered)

    def _send(self, delivery: Delivery, *, again: bool) -> None:
        """Send; but what a dead worker may have sent, only where it arrives no second time."""
        if again and not delivery.is_repeatable:
            raise DeliveryFailed("interrupted", temporary=False)
        delivery.send()

    def _tell(self, services: Services, delivery: Delivery, name: Name, **facts: str) -> None:
        services.journal.record(
            name, delivery.subject, message=delivery.message, **delivery.facts, **facts
        )
