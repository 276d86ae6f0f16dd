"""What is counted and measured; told by events and by the doors, read at `/metrics`.

With several web processes the numbers live in files of a folder that all of them share
(`PROMETHEUS_MULTIPROC_DIR`, set where the processes are started), else in memory. No label is
ever an id.
"""

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.events import Event, Name

disable_created_metrics()  # type: ignore[no-untyped-call]  # when each counter began: nobody asks

FLOWS_CREATED = Counter(
    "webflow_flows_created", "Operations that were prepared or started", ["operation"]
)
FLOWS_ENDED = Counter("webflow_flows_ended", "Flows that ended", ["operation", "result"])
STEPS = Counter("webflow_step_attempts", "Answers to steps", ["step", "result"])
SMS = Counter("webflow_sms", "Text messages by what became of them", ["state"])
PUSHES = Counter("webflow_pushes", "Pushes by what became of them", ["platform", "state"])
CALLBACKS = Counter("webflow_callbacks", "Calls of integrators by what became of them", ["state"])
PHONE_OPERATIONS = Counter(
    "webflow_phone_operations", "What happened to operations of phones", ["template", "event"]
)
LOCKOUTS = Counter("webflow_lockouts", "Users who were blocked after failures in a row")
TOKENS = Counter("webflow_tokens_issued", "Sets of tokens that clients got")
SIGNATURES = Counter("webflow_signatures", "Signatures of phones", ["kind", "result"])
PHONES_BLOCKED = Counter("webflow_phones_blocked", "Phones that were blocked")
REPLAYS = Counter("webflow_codes_replayed", "Authorization codes that came back")
LIMITED = Counter(
    "webflow_rate_limited", "Requests that were refused for coming too often", ["limit"]
)
SOCKETS_REFUSED = Counter(
    "webflow_sockets_refused", "Waiting pages that got no socket and ask by themselves", ["reason"]
)
REUSES = Counter("webflow_refresh_tokens_replayed", "Used refresh tokens that came back")
REQUESTS = Histogram(
    "webflow_request_seconds",
    "Time from a request to its answer",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

MESSAGES = {
    Name.SMS_REQUESTED: (SMS, "asked"),
    Name.SMS_DELIVERED: (SMS, "delivered"),
    Name.SMS_FAILED: (SMS, "failed"),
    Name.SMS_SUPPRESSED: (SMS, "suppressed"),
    Name.PUSH_DELIVERED: (PUSHES, "delivered"),
    Name.PUSH_FAILED: (PUSHES, "failed"),
    Name.CALLBACK_DELIVERED: (CALLBACKS, "delivered"),
    Name.CALLBACK_FAILED: (CALLBACKS, "failed"),
}
"""What is counted of a message, and the state it is counted as."""

COUNTED = {
    Name.USER_BLOCKED: LOCKOUTS,
    Name.TOKEN_ISSUED: TOKENS,
    Name.TOKEN_REFRESHED: TOKENS,
    Name.CODE_REPLAYED: REPLAYS,
    Name.REFRESH_REPLAYED: REUSES,
    Name.REGISTRATION_BLOCKED: PHONES_BLOCKED,
}
"""What is counted without a label."""

ABOUT_OPERATIONS = "operation."
SIGNATURE_RESULTS = {Name.SIGNATURE_ACCEPTED: "accepted", Name.SIGNATURE_REFUSED: "refused"}
ENDINGS = (("canceled.", "canceled"), ("operation.timeout", "timeout"))
EXCEEDED = "authentication.maxAttemptsExceeded"


def hear(event: Event) -> None:
    """Count what was committed; a listener of the journal."""
    operation, step = str(event.facts.get("operation", "")), str(event.facts.get("step", ""))
    match event.name:
        case Name.FLOW_CREATED:
            FLOWS_CREATED.labels(operation).inc()
        case Name.STEP_CONFIRMED:
            STEPS.labels(step, "confirmed").inc()
        case Name.STEP_REJECTED:
            STEPS.labels(step, "rejected").inc()
        case Name.FLOW_DONE:
            STEPS.labels(step, "confirmed").inc()
            FLOWS_ENDED.labels(operation, "done").inc()
        case Name.FLOW_FAILED:
            _count_failure(operation, step, str(event.facts.get("reason", "")))
        case name if name in MESSAGES:
            counter, state = MESSAGES[name]
            platform = [str(event.facts.get("platform", ""))] if counter is PUSHES else []
            counter.labels(*platform, state).inc()
        case name if name.value.startswith(ABOUT_OPERATIONS):
            what = name.value.removeprefix(ABOUT_OPERATIONS)
            PHONE_OPERATIONS.labels(str(event.facts.get("template", "")), what).inc()
        case name if name in SIGNATURE_RESULTS:
            SIGNATURES.labels(str(event.facts["kind"]), SIGNATURE_RESULTS[name]).inc()
        case name if name in COUNTED:
            COUNTED[name].inc()
        case _:
            pass


def written(*collectors: Collector) -> bytes:
    """Return all numbers of all processes that share them, and what `collectors` find now."""
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    try:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it ships no types
    except ValueError:  # no shared folder: this process is the only one
        return generate_latest(REGISTRY) + generate_latest(registry)
    return generate_latest(registry)


def _count_failure(operation: str, step: str, reason: str) -> None:
    result = next((name for prefix, name in ENDINGS if reason.startswith(prefix)), "failed")
    FLOWS_ENDED.labels(operation, result).inc()
    if reason == EXCEEDED:
        STEPS.labels(step, "rejected").inc()
