"""Settings: typed, read once at boot, passed down in the smallest piece that will do.

Every setting is an environment variable, e.g. `WEBFLOW_SMS__CHANNEL=twilio`, or a line of
`.env`. `docs/configuration.md` is generated from the docstrings below.
"""

import os
import re
import secrets
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self, get_args

from limits import parse_many
from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

PREFIX = "WEBFLOW_"

SHORTEST_SECRET = 32
"""Characters: 256 bits when they are random."""

LEAST_VARIETY = 10
"""Different characters that random ones have at least, but for one case in a million."""

Digits = Annotated[int, Field(ge=4, le=9)]
Attempts = Annotated[int, Field(ge=1, le=20)]
PushChannelName = Literal["demo", "providers", "off"]
Surface = Literal["portal", "live", "device", "cloud", "nextstep", "nevis"]
SURFACES: tuple[Surface, ...] = get_args(Surface)
HttpsUrl = Annotated[str, Field(pattern=r"^https://\S+$")]


def _readable_limit(value: str) -> str:
    try:
        parse_many(value or "1/minute")
    except ValueError:
        raise ValueError("not a rate, e.g. 120/minute") from None
    return value


def _readable_file(value: str) -> str:
    if value and not os.access(value, os.R_OK):
        raise ValueError("cannot be read")
    return value


RateLimit = Annotated[str, AfterValidator(_readable_limit)]


class UnsafeConfiguration(ValueError):  # noqa: N818 - the name that pydantic shows
    """The production profile does not start like this."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("unsafe in production: " + "; ".join(faults))
        self.faults = tuple(faults)


class Section(BaseModel, use_attribute_docstrings=True, frozen=True, extra="forbid"):
    """One concern of the configuration."""


class TwilioSettings(Section):
    """The account at Twilio that sends text messages."""

    account_sid: str = ""
    """Account SID, `AC…`."""

    auth_token: SecretStr = SecretStr("")
    """Auth token of the account, or the secret of `api_key`."""

    api_key: str = ""
    """API key SID, `SK…`; empty: the account SID signs in itself."""

    sender: str = ""
    """Number, short code or alphanumeric sender; or use `messaging_service`."""

    messaging_service: str = ""
    """Messaging service SID, `MG…`; wins over `sender`."""

    base_url: str = "https://api.twilio.com"
    """Where the API answers; another address only for a proxy of yours."""

    timeout: timedelta = timedelta(seconds=10)
    """How long one request may take."""

    @property
    def missing(self) -> list[str]:
        """Names of settings without which nothing can be sent."""
        needed = {
            "ACCOUNT_SID": self.account_sid,
            "AUTH_TOKEN": self.auth_token.get_secret_value(),
            "SENDER": self.sender or self.messaging_service,
        }
        return [f"WEBFLOW_SMS__TWILIO__{name}" for name, value in needed.items() if not value]


class SmsSettings(Section):
    """How codes are made and text messages leave the house."""

    channel: Literal["demo", "twilio"] = "demo"
    """`demo` keeps messages in a table that `/demo/sms` shows; production refuses it."""

    twilio: TwilioSettings = TwilioSettings()
    """Needed when `channel` is `twilio`."""

    code_digits: Digits = 8
    """Length of a code in decimal digits."""

    code_lifetime: timedelta = timedelta(minutes=5)
    """How long a code is accepted after it was made."""

    resend_after: timedelta = timedelta(seconds=60)
    """How long the customer waits before a new code can be asked for."""

    per_hour: int = Field(default=20, ge=1)
    """Messages to one user in an hour, over all flows; a payment takes two."""

    per_day: int = Field(default=60, ge=1)
    """Messages to one user in a day."""


class PushSettings(Section):
    """How pushes leave the house."""

    channel: Annotated[
        PushChannelName | None,
        WithJsonSchema({"enum": ["demo", "providers", "off"], "type": "string"}),
    ] = None
    """`demo` keeps pushes in a table that `/demo/push` shows, and production refuses it;
    `providers` sends by APNs, FCM and HMS with the credentials of each application
    (`flask mtoken push`); `off` makes none: apps ask by themselves. Not set: `demo` in the demo,
    `providers` in production."""

    timeout: timedelta = Field(
        default=timedelta(seconds=5), gt=timedelta(0), le=timedelta(seconds=10)
    )
    """How long a provider may take for each step of a call."""

    ca_file: Annotated[str, AfterValidator(_readable_file)] = ""
    """PEM file of the authorities that providers are trusted by; empty: the usual ones."""

    apns_production_url: HttpsUrl = "https://api.push.apple.com"
    """Where APNs answers for apps of the App Store."""

    apns_development_url: HttpsUrl = "https://api.sandbox.push.apple.com"
    """Where APNs answers for apps that developers have installed."""

    fcm_url: HttpsUrl = "https://fcm.googleapis.com"
    """Where FCM answers."""

    fcm_token_url: HttpsUrl = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    """Where Google gives access tokens out, whatever the service account's file says."""

    hms_url: HttpsUrl = "https://push-api.cloud.huawei.com"
    """Where HMS answers."""

    hms_token_url: HttpsUrl = "https://oauth-login.cloud.huawei.com/oauth2/v3/token"  # noqa: S105 - an address
    """Where Huawei gives access tokens out."""

    def chosen(self, profile: str) -> PushChannelName:
        """Return the channel that is used."""
        return self.channel or ("demo" if profile == "demo" else "providers")


class CallbacksSettings(Section):
    """How integrators are called when an operation or a registration changes."""

    allow_private: Annotated[bool | None, WithJsonSchema({"type": "boolean"})] = None
    """Whether receivers may have private, loopback and link-local addresses. Not set: in the demo
    they may, in production they are refused."""

    timeout: timedelta = Field(
        default=timedelta(seconds=10), ge=timedelta(seconds=1), le=timedelta(seconds=30)
    )
    """How long one call may take from the connection to the status, a token included."""

    connect_timeout: timedelta = timedelta(seconds=3)
    """How long it may take to be connected."""

    parallel: int = Field(default=16, ge=1, le=64)
    """Calls that one worker makes at the same time."""

    parallel_each: int = Field(default=2, ge=1, le=64)
    """Of them, calls of one callback: a slow receiver holds up nobody but itself."""

    longest_backoff: timedelta = timedelta(seconds=32)
    """Waits between attempts grow by half each time, up to this."""

    failure_threshold: int = Field(default=200, ge=-1)
    """Failures in a row after which a callback is called no more; -1: it always is."""

    reset_timeout: timedelta = timedelta(seconds=60)
    """How long after the last of these failures one call tries whether it works again."""

    ca_file: Annotated[FilePath | None, WithJsonSchema({"type": "string", "format": "path"})] = None
    """PEM file of authorities that receivers are trusted by; empty: those of the system."""

    def allows_private(self, profile: str) -> bool:
        """Tell whether receivers may be in the house's own networks."""
        return profile == "demo" if self.allow_private is None else self.allow_private


class FlowSettings(Section):
    """How long a customer has, and how often a step may be tried."""

    timeout: timedelta = timedelta(minutes=5)
    """A flow ends this long after the customer's last activity (RTS art. 4(3)(d))."""

    lifetime: timedelta = timedelta(minutes=30)
    """A flow ends this long after it was opened, whatever the activity."""

    attempts: Attempts = 5
    """Wrong answers to one step before the flow fails (RTS art. 4(3)(b))."""

    ended_redirect: timedelta = timedelta(seconds=3)
    """The last page goes back to the third party by itself after this time."""


class LiveSettings(Section):
    """Sockets that wake waiting pages.

    On SQLite the web process holds them; on PostgreSQL a process of its own does
    (`python live.py`), which needs `redis_url`.
    """

    port: int = Field(default=8081, ge=1, le=65535)
    """Port of the process of its own."""

    url: str = ""
    """Address of that process as browsers see it; empty: the portal's own, where a proxy passes
    `/socket.io/` to it."""

    connections: int = Field(default=0, ge=0, le=100_000)
    """Sockets that one process holds; further pages ask every two seconds. 0: 200 on SQLite, where
    each takes four threads, else 20,000."""

    per_browser: int = Field(default=5, ge=1, le=100)
    """Sockets of one browser, e.g. tabs."""

    @field_validator("url")
    @classmethod
    def _an_origin(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", value) is None:
            raise ValueError("begins with http:// or https:// and has no path")
        return value


class LockoutSettings(Section):
    """How long a user is blocked after failures in a row, over steps and flows."""

    failures: Attempts = 5
    """Failures in a row that block a user."""

    durations: tuple[timedelta, ...] = Field(
        default=(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)), min_length=1
    )
    """How long the first, second, … block lasts; the last one repeats."""


class OauthSettings(Section):
    """Lifetimes of what the provider hands out."""

    code_lifetime: timedelta = timedelta(seconds=60)
    """An authorization code is accepted this long, and once."""

    access_token_lifetime: timedelta = timedelta(minutes=5)
    """How long an access token works."""

    refresh_token_lifetime: timedelta = Field(
        default=timedelta(days=30), gt=timedelta(0), le=timedelta(days=180)
    )
    """How long access may be refreshed after the customer's login, however often it is (RTS art.
    10: 180 days at most)."""

    id_token_lifetime: timedelta = timedelta(minutes=5)
    """How long an ID token is valid."""

    signing_key_lead: timedelta = timedelta(hours=1)
    """How long the next signing key is published before it signs; clients keep the old set for a
    while."""


class MtokenSettings(Section):
    """Phones: how they are registered, and what is believed of them."""

    application: str = Field(default="demo", min_length=1, max_length=256)
    """Id of the application whose phones the portal asks; the demo makes it."""

    registration_lifetime: timedelta = timedelta(minutes=2)
    """A registration that is not active by then is removed."""

    failed_attempts: Attempts = 5
    """Wrong signatures in a row that block a phone."""

    look_ahead: int = Field(default=20, ge=1, le=64)
    """How many codes of a phone may get lost on their way before the next one is not found."""

    request_age: timedelta = timedelta(seconds=60)
    """How far the time of an encrypted request, or of a token ahead of us, may be from ours."""

    old_request_age: timedelta = timedelta(hours=2)
    """How long the requests of protocols 3.0 and 3.1, which carry no time, are remembered: none
    is accepted twice."""

    token_age: timedelta = timedelta(hours=2)
    """How old the time in a token's header may be."""

    temporary_key_lifetime: timedelta = timedelta(minutes=5)
    """How long a phone may encrypt for the same temporary key (protocol 3.3)."""

    proximity_check: bool = False
    """Whether the phone must have read a number, or a QR code, from the page that waits for it."""

    deep_link: str = Field(default="mtoken://confirm", pattern=r"^[a-z][a-z0-9+.\-]*://[^\s?#]*$")
    """What opens the app; the page's QR code has it with the operation and its number."""

    ask_again_after: timedelta = timedelta(seconds=15)
    """How long a customer waits before the phone is asked again."""

    requests_per_hour: int = Field(default=20, ge=1)
    """Requests of people who have proved nothing yet that make one user's phones ring; later ones
    are silent, and three times as many end it: then a code is sent instead."""

    offline: bool = True
    """Whether a phone without a network may scan a QR code and show 16 digits."""

    vault_by_biometry: bool = False
    """Whether biometry opens a phone's vault, too."""


class RegistrationsSettings(Section):
    """What back ends may do with registrations of phones."""

    delete_committed: bool = False
    """Whether `DELETE` of the Cloud API ends a committed registration, too; `PUT` with `REMOVE`
    always does."""


class NextStepSettings(Section):
    """The API by which the bank's back ends prepare operations."""

    auth: Literal["none", "basic", "oidc"] = "none"
    """`none` lets every caller in: the demo's choice, refused in production; `basic`: system
    users; `oidc`: bearer tokens of an identity provider."""

    trusted_updates: Annotated[bool | None, WithJsonSchema({"type": "boolean"})] = None
    """Whether back ends may confirm steps in which a customer proves something; not set: yes in
    the demo, no in production."""

    oidc_issuer: str = ""
    """`iss` of the tokens; needed when `auth` is `oidc`."""

    oidc_audience: str = ""
    """`aud` that the tokens must name; needed when `auth` is `oidc`."""

    oidc_jwks_url: str = ""
    """Where the issuer publishes its keys; `https`, or this machine; needed for `oidc`."""

    oidc_algorithms: tuple[Literal["ES256", "PS256", "RS256"], ...] = Field(
        default=("ES256", "PS256", "RS256"), min_length=1
    )
    """Signatures that are accepted."""

    oidc_admin_scope: str = "nextstep.admin"
    """Value of `scope` in the tokens of those who may change the configuration."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        named = {
            "OIDC_ISSUER": self.oidc_issuer,
            "OIDC_AUDIENCE": self.oidc_audience,
            "OIDC_JWKS_URL": self.oidc_jwks_url,
        }
        missing = [f"WEBFLOW_NEXTSTEP__{name}" for name, value in named.items() if not value]
        if self.auth == "oidc" and missing:
            raise ValueError(f"set {', '.join(missing)}: tokens could not be checked")
        keys = self.oidc_jwks_url
        local = ("http://localhost:", "http://127.0.0.1:", "http://[::1]:")
        if keys and not keys.startswith(("https://", *local)):
            raise ValueError("WEBFLOW_NEXTSTEP__OIDC_JWKS_URL must be https, or on this machine")
        return self

    def trusts(self, profile: str) -> bool:
        """Tell whether back ends may confirm what a customer proves."""
        return profile == "demo" if self.trusted_updates is None else self.trusted_updates


class BankSettings(Section):
    """The bank behind the portal."""

    adapter: Literal["demo"] = "demo"
    """`demo` knows every valid user name, password `test`; refused in production."""

    name: str = "Demo Bank"
    """Name of the bank on pages and in text messages."""


class WebSettings(Section):
    """What people see."""

    languages: tuple[str, ...] = ("en", "cs")
    """Languages that the pages offer; the first one is the default."""

    timezone: str = "Europe/Prague"
    """Time zone of times on pages."""


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
    """Requests, codes and tokens, after their end; a replay is noticed while they are kept."""

    outbox: timedelta = timedelta(days=7)
    """Rows of messages that were delivered, have failed or were not needed."""

    sms_codes: timedelta = timedelta(days=90)
    """Rows of codes in `da_sms_authorization`; in the demo they are readable."""

    attempts: timedelta = timedelta(days=30)
    """Counts of failures of a user, after the last one."""

    demo_sms: timedelta = timedelta(days=1)
    """Text messages that the demo shows to testers."""

    demo_push: timedelta = timedelta(days=1)
    """Pushes that the demo shows to testers."""

    signing_keys: timedelta = timedelta(days=1)
    """Public halves of signing keys that are retired; at least as long as tokens live."""


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    profile: Literal["demo", "production"] = "demo"
    """`demo` is for trying and testing; `production` refuses to start when unsafe."""

    host: str = "127.0.0.1"
    """Address that the web process listens on."""

    port: int = Field(default=8080, ge=1, le=65535)
    """Port of the portal and the APIs."""

    demo_port: int = Field(default=8888, ge=1, le=65535)
    """Port of the demo client."""

    public_url: str = ""
    """The portal as browsers see it, and the issuer; empty: `http://localhost:<port>`."""

    demo_url: str = ""
    """Address of the demo client as browsers see it; empty: `http://localhost:<demo_port>`."""

    database_url: str = ""
    """SQLAlchemy URL, or `jdbc:postgresql://…`; empty: SQLite in `var_dir`."""

    redis_url: str = ""
    """Redis for hints between processes: `redis://…`, `rediss://…` or `unix://…`; empty: none."""

    surfaces: tuple[Surface, ...] = Field(default=SURFACES, min_length=1)
    """What a process serves, e.g. `["portal", "device"]` towards the internet; health checks are
    always answered. `live` are the sockets of waiting pages: on PostgreSQL no web process has them.
    """

    var_dir: Path = Path("var")
    """Folder for the embedded database, the job queue and the demo's secret."""

    secret_key: SecretStr = SecretStr("")
    """Root of all keys, 32 random characters or more; empty in the demo: made in `var_dir`."""

    previous_secret_keys: tuple[SecretStr, ...] = ()
    """Secrets that `secret_key` had before; needed until `flask keys rewrap` has run."""

    trusted_hosts: tuple[str, ...] = ()
    """Names in the `Host` header that are answered beside this machine's own, e.g.
    `["sca.example.com"]`; empty: any."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least level that is logged."""

    bank: BankSettings = BankSettings()
    callbacks: CallbacksSettings = CallbacksSettings()
    flow: FlowSettings = FlowSettings()
    live: LiveSettings = LiveSettings()
    lockout: LockoutSettings = LockoutSettings()
    metrics: MetricsSettings = MetricsSettings()
    mtoken: MtokenSettings = MtokenSettings()
    nextstep: NextStepSettings = NextStepSettings()
    oauth: OauthSettings = OauthSettings()
    proxy: ProxySettings = ProxySettings()
    push: PushSettings = PushSettings()
    rate_limits: RateLimitSettings = RateLimitSettings()
    registrations: RegistrationsSettings = RegistrationsSettings()
    retention: RetentionSettings = RetentionSettings()
    server: ServerSettings = ServerSettings()
    sms: SmsSettings = SmsSettings()
    web: WebSettings = WebSettings()
    worker: WorkerSettings = WorkerSettings()

    @field_validator("database_url")
    @classmethod
    def _from_jdbc(cls, value: str) -> str:
        """Accept the form that the installation guide of the original uses."""
        value = value.removeprefix("jdbc:")
        for prefix in ("postgresql://", "postgres://"):
            if value.startswith(prefix):
                return "postgresql+psycopg://" + value.removeprefix(prefix)
        return value

    @field_validator("redis_url")
    @classmethod
    def _known_redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("begins with redis://, rediss:// or unix://")
        return value

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if self.profile == "production" and (faults := list(self._unsafe())):
            raise UnsafeConfiguration(faults)
        if self.sms.channel != "demo" and self.bank.adapter == "demo":
            raise ValueError("the demo bank makes phone numbers up: they may be somebody's")
        return self

    def _unsafe(self) -> Iterator[str]:
        yield from self._unsafe_secret()
        if not self.public_url.startswith("https://"):
            yield "set WEBFLOW_PUBLIC_URL to the https:// address of the portal"
        if self.sms.channel == "demo":
            yield "set WEBFLOW_SMS__CHANNEL to a real channel (twilio)"
        elif missing := self.sms.twilio.missing:
            yield f"set {', '.join(missing)}: no text message could be sent"
        if self.push.channel == "demo":
            yield "unset WEBFLOW_PUSH__CHANNEL: the demo channel pushes to nobody"
        if self.nextstep.auth == "none":
            yield "set WEBFLOW_NEXTSTEP__AUTH (basic or oidc): the API would let every caller in"
        if self.bank.adapter == "demo":
            yield "set WEBFLOW_BANK__ADAPTER: the demo bank takes one password for all"
        if self.embedded and self.server.processes > 1:
            yield "set WEBFLOW_DATABASE_URL: SQLite is for one process (WEBFLOW_SERVER__PROCESSES)"
        if self.demo_url:
            yield "unset WEBFLOW_DEMO_URL: there is no demo client"

    def _unsafe_secret(self) -> Iterator[str]:
        secret = self.secret_key.get_secret_value()
        if len(secret) < SHORTEST_SECRET:
            yield "set WEBFLOW_SECRET_KEY to at least 32 random characters"
        elif len(set(secret)) < LEAST_VARIETY:
            yield "set WEBFLOW_SECRET_KEY to random characters: these repeat themselves"

    @property
    def issuer(self) -> str:
        """Address of the portal without a trailing slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def demo_address(self) -> str:
        """Address of the demo client without a trailing slash."""
        return (self.demo_url or f"http://localhost:{self.demo_port}").rstrip("/")

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the portal by TLS; cookies are bound to the host then."""
        return self.issuer.startswith("https://")

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        return self.database_url or f"sqlite:///{(self.var_dir / 'webflow.db').resolve()}"

    @property
    def browser_cookie(self) -> str:
        """Name of the cookie by which the browser that walks a flow is known."""
        return "__Host-wf_browser" if self.is_https else "wf_browser"

    @property
    def holds_sockets(self) -> bool:
        """Whether the web process holds the sockets of waiting pages itself."""
        return self.embedded and "live" in self.surfaces

    @property
    def live_address(self) -> str | None:
        """Where waiting pages open their sockets, without a trailing slash; None: nowhere."""
        if self.holds_sockets:
            return self.issuer
        return (self.live.url or self.issuer) if self.redis_url and not self.embedded else None

    @property
    def live_connections(self) -> int:
        """How many sockets a process holds that holds any."""
        return self.live.connections or (200 if self.embedded else 20_000)

    @property
    def web_processes(self) -> int:
        """How many web processes `flask up` starts."""
        if self.embedded:
            return 1
        return self.server.processes or max(2, _cores())

    @property
    def web_threads(self) -> int:
        """How many requests a web process answers at the same time."""
        return self.server.threads or (32 if self.embedded else 1)

    @property
    def signing_keys_kept(self) -> timedelta:
        """How long retired signing keys stay published: at least as long as their tokens live."""
        return max(self.retention.signing_keys, self.oauth.id_token_lifetime)

    @property
    def embedded(self) -> bool:
        """Whether everything lives in one SQLite file beside the processes."""
        return self.database.startswith("sqlite")


def _cores() -> int:
    """Return how many cores this process may use, which in a container are not all."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def root_secret(settings: Settings) -> bytes:
    """Return the secret from which all keys are derived.

    The demo makes one for itself, once: a file that only its owner can read. Processes that
    start together agree on it, since the file appears whole or not at all.
    """
    if given := settings.secret_key.get_secret_value():
        return given.encode()
    settings.var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = settings.var_dir / "secret_key"
    if not kept.exists():
        draft = kept.with_name(f".secret_key.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32))
        try:
            os.link(draft, kept)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return kept.read_text().encode()


def previous_secrets(settings: Settings) -> list[bytes]:
    """Return the roots that were used before, the newest first."""
    return [each.get_secret_value().encode() for each in settings.previous_secret_keys]


def settings_or_exit() -> Settings:
    """Read the settings; what is wrong with them is one line each, and the end of the process."""
    try:
        return Settings()
    except (ValidationError, SettingsError) as error:
        refuse(list(faults_of(error)), f"In the environment, or in {Path('.env').resolve()}")
        raise


def refuse(faults: Sequence[str], where: str) -> None:
    """End the process, if there is anything wrong, with one line for each fault."""
    if faults:
        lines = "\n".join(f"  - {fault}" for fault in faults)
        sys.stderr.write(f"Web Flow does not start. {where}:\n{lines}\n")
        raise SystemExit(1)


def faults_of(error: ValidationError | SettingsError) -> Iterator[str]:
    """Yield what is wrong with the settings: names and rules, never a value."""
    if isinstance(error, SettingsError):
        yield f'{error}: lists are JSON, e.g. ["en"]'
        return
    for detail in error.errors(include_url=False, include_input=False):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, UnsafeConfiguration):
            yield from cause.faults
            continue
        message = detail["msg"].removeprefix("Value error, ")
        name = "__".join(str(part).upper() for part in detail["loc"] if isinstance(part, str))
        yield f"WEBFLOW_{name}: {message}" if name else message


def unknown_settings() -> list[str]:
    """Return variables with our prefix that are no setting: mistyped ones would do nothing."""
    known = {name.upper() for name in Settings.model_fields}
    given = EnvSettingsSource(Settings).env_vars
    others = (
        f"{PREFIX}TEST_",
        f"{PREFIX}DEMO_CLIENT_",
        f"{PREFIX}DEMO_INTEGRATION_",
    )  # the suite's, and the demo client's
    named = (name.upper() for name in given)
    ours = (name for name in named if name.startswith(PREFIX) and not name.startswith(others))
    return sorted(n for n in ours if n.removeprefix(PREFIX).partition("__")[0] not in known)
