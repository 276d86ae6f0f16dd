"""How the processes run: what they serve at once, count, and forget."""

from datetime import timedelta

from pydantic import (
    Field,
    SecretStr,
)

from app.settings.kit import (
    RateLimit,
    Section,
)


class ServerSettings(Section):
    """How the web processes run."""

    threads: int = Field(default=0, ge=0, le=1000)
    """Requests that one process answers at the same time; 0: 32 on SQLite, one on PostgreSQL,
    where more processes are what makes it faster."""

    processes: int = Field(default=0, ge=0, le=256)
    """Web processes; more than one needs PostgreSQL. 0: one on SQLite, on PostgreSQL as many as
    this process may use cores, at least two."""

    access_log: bool = False
    """Whether each answer is a line of the log: method, route, status and time; no address."""

    password_hashes: int = Field(default=0, ge=0)
    """Password checks that run at once; 0: as many as there are cores."""


class WorkerSettings(Section):
    """How the worker runs."""

    port: int = Field(default=0, ge=0, le=65535)
    """Port of its own `/healthz`, `/readyz` and `/metrics`; 0: none."""


class ProxySettings(Section):
    """What stands between browsers and the portal."""

    hops: int = Field(default=0, ge=0, le=10)
    """How many proxies of yours add `X-Forwarded-For`, `-Proto` and `-Host`; 0: nobody's are
    believed."""


class RateLimitSettings(Section):
    """How often one address may ask, e.g. `120/minute`; empty: as often as it likes.

    Counted in Redis for all processes together, else by each process for itself.
    """

    authorize: RateLimit = "120/minute"
    """Flows that are started at `/oauth2/authorize`."""

    oauth_failures: RateLimit = "60/minute"
    """Calls of the provider's API that were not authenticated (401)."""

    nextstep_failures: RateLimit = "60/minute"
    """Calls of Next Step that were not authenticated (401)."""

    cloud_failures: RateLimit = "60/minute"
    """Calls of the Cloud API that were not authenticated (401)."""

    nevis_failures: RateLimit = "60/minute"
    """Calls of the second façade without a good key or intent (401, 403), and those that bring a
    token or a challenge that is none."""


class MetricsSettings(Section):
    """Who may read `/metrics`."""

    token: SecretStr = SecretStr("")
    """Bearer token of the monitoring; empty: only callers on this machine may read."""


class RetentionSettings(Section):
    """How long the worker keeps what nobody needs any more."""

    browsers: timedelta = timedelta(days=1)
    """Cookies of browsers, after they were made."""

    typed: timedelta = timedelta(days=1)
    """What customers typed into a flow (the login number), after its end."""

    oauth: timedelta = timedelta(days=1)
    """Requests, codes and tokens, after their end; a replay is noticed while they are kept.
    Telephone numbers that nobody has confirmed, too, after they were given."""

    transactions: timedelta = Field(default=timedelta(days=365), ge=timedelta(hours=1))
    """Transactions of the second façade, after their end: then they are unknown, and count for no
    date of a last login, and no limit."""

    outbox: timedelta = timedelta(days=7)
    """Rows of messages that were delivered, have failed or were not needed."""

    sms_codes: timedelta = Field(default=timedelta(days=90), ge=timedelta(days=1))
    """Rows of codes in `da_sms_authorization`; in the demo they are readable. By them the messages
    of a day are counted."""

    attempts: timedelta = Field(default=timedelta(days=30), ge=timedelta(days=1))
    """Counts of failures of a user, after the last one, and not before the end of a block."""

    inbox: timedelta = timedelta(days=365)
    """Messages in the inbox, read or not, after they were posted."""

    demo_sms: timedelta = timedelta(days=1)
    """Text messages that the demo shows to testers."""

    demo_push: timedelta = timedelta(days=1)
    """Pushes that the demo shows to testers."""

    signing_keys: timedelta = timedelta(days=1)
    """Public halves of signing keys that are retired; at least as long as tokens live."""
