"""The whole configuration: its sections, and what concerns more than one of them."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy import make_url

from app.settings.apis import (
    Fido2Settings,
    MtokenSettings,
    NevisSettings,
    NextStepSettings,
    OauthSettings,
    RegistrationsSettings,
)
from app.settings.guide import GuideSource
from app.settings.kit import (
    LEAST_VARIETY,
    PREFIX,
    SHORTEST_SECRET,
    SURFACES,
    Origin,
    Surface,
    UnsafeConfiguration,
)
from app.settings.messages import CallbacksSettings, PushSettings, SmsSettings
from app.settings.portal import (
    BankSettings,
    BrandSettings,
    FlowSettings,
    LiveSettings,
    LockoutSettings,
    WebSettings,
)
from app.settings.running import (
    MetricsSettings,
    ProxySettings,
    RateLimitSettings,
    RetentionSettings,
    ServerSettings,
    WorkerSettings,
)


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

    public_url: Origin = ""
    """The portal as browsers see it, and the issuer; empty: `http://localhost:<port>`."""

    demo_url: Origin = ""
    """Address of the demo client as browsers see it; empty: `http://localhost:<demo_port>`."""

    database_url: str = ""
    """SQLAlchemy URL, or `jdbc:postgresql://…`; empty: SQLite in `var_dir`."""

    database_username: str = ""
    """Who signs in to the database, where `database_url` does not say it."""

    database_password: SecretStr = SecretStr("")
    """Password of `database_username`, as it is: nothing in it has to be escaped."""

    migrate: Annotated[bool | None, WithJsonSchema({"type": "boolean"})] = None
    """Whether `flask up` brings the database to this version, and seeds it, before it starts
    anything; of several that start at once one does it. Not set: on SQLite, and in the demo."""

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
    brand: BrandSettings = BrandSettings()
    callbacks: CallbacksSettings = CallbacksSettings()
    fido2: Fido2Settings = Fido2Settings()
    flow: FlowSettings = FlowSettings()
    live: LiveSettings = LiveSettings()
    lockout: LockoutSettings = LockoutSettings()
    metrics: MetricsSettings = MetricsSettings()
    mtoken: MtokenSettings = MtokenSettings()
    nevis: NevisSettings = NevisSettings()
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

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Ask our own variables first, the guide's last."""
        ours = (init_settings, env_settings, dotenv_settings, file_secret_settings)
        return (*ours, GuideSource(settings_cls))

    @field_validator("database_url")
    @classmethod
    def _from_jdbc(cls, value: str) -> str:
        """Accept the form that the installation guide of the original uses."""
        value = value.removeprefix("jdbc:")
        for prefix in ("postgresql://", "postgres://"):
            if value.startswith(prefix):
                return "postgresql+psycopg://" + value.removeprefix(prefix)
        if value and not value.startswith(("postgresql+psycopg://", "sqlite://")):
            raise ValueError("begins with postgresql://, jdbc:postgresql:// or sqlite://")
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
    def rp_id(self) -> str:
        """Domain that passkeys belong to."""
        return self.fido2.rp_id or urlsplit(self.issuer).hostname or ""

    @property
    def passkey_origins(self) -> tuple[str, ...]:
        """Origins of pages that may ask for passkeys."""
        demo = (self.demo_address,) if self.profile == "demo" else ()
        parts = urlsplit(self.issuer)
        return self.fido2.origins or (f"{parts.scheme}://{parts.netloc}", *demo)

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the portal by TLS; cookies are bound to the host then."""
        return self.issuer.startswith("https://")

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the database."""
        if not self.database_url:
            return f"sqlite:///{(self.var_dir / 'webflow.db').resolve()}"
        if not self.database_username:
            return self.database_url
        password = self.database_password.get_secret_value() or None
        url = make_url(self.database_url).set(username=self.database_username, password=password)
        return url.render_as_string(hide_password=False)

    @property
    def migrates(self) -> bool:
        """Whether the start command migrates and seeds."""
        is_ours = self.embedded or self.profile == "demo"
        return is_ours if self.migrate is None else self.migrate

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
