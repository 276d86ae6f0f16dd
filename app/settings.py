"""Settings: typed, read once at boot, passed down in the smallest piece that will do.

Every setting is an environment variable, e.g. `WEBFLOW_SMS__CHANNEL=twilio`, or a line of
`.env`. `docs/configuration.md` is generated from the docstrings below.
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Digits = Annotated[int, Field(ge=4, le=9)]
Attempts = Annotated[int, Field(ge=1, le=20)]


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

    id_token_lifetime: timedelta = timedelta(minutes=5)
    """How long an ID token is valid."""


class NextStepSettings(Section):
    """The API by which the bank's back ends prepare operations."""

    auth: Literal["none"] = "none"
    """`none` lets every caller in; the demo's choice, refused in production."""


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
    """How the web process runs in the embedded tier."""

    threads: int = Field(default=32, ge=1, le=1000)
    """Requests that are answered at the same time."""

    password_hashes: int = Field(default=0, ge=0)
    """Password checks that run at once; 0: as many as there are cores."""


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = SettingsConfigDict(
        env_prefix="WEBFLOW_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="ignore",
        frozen=True,
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
    """Redis for wake-ups between processes; empty: none."""

    var_dir: Path = Path("var")
    """Folder for the embedded database, the job queue and the demo's secret."""

    secret_key: SecretStr = SecretStr("")
    """Root of all keys, 32 random characters or more; empty in the demo: made in `var_dir`."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Least level that is logged."""

    bank: BankSettings = BankSettings()
    flow: FlowSettings = FlowSettings()
    lockout: LockoutSettings = LockoutSettings()
    nextstep: NextStepSettings = NextStepSettings()
    oauth: OauthSettings = OauthSettings()
    server: ServerSettings = ServerSettings()
    sms: SmsSettings = SmsSettings()
    web: WebSettings = WebSettings()

    @field_validator("database_url")
    @classmethod
    def _from_jdbc(cls, value: str) -> str:
        """Accept the form that the installation guide of the original uses."""
        value = value.removeprefix("jdbc:")
        for prefix in ("postgresql://", "postgres://"):
            if value.startswith(prefix):
                return "postgresql+psycopg://" + value.removeprefix(prefix)
        return value

    @model_validator(mode="after")
    def _safe(self) -> Self:
        made_up = self.bank.adapter == "demo"
        if self.sms.channel != "demo" and made_up:
            raise ValueError("the demo bank makes phone numbers up: they may be somebody's")
        if self.profile == "production" and (faults := list(self._unsafe())):
            raise ValueError("unsafe in production: " + "; ".join(faults))
        return self

    def _unsafe(self) -> list[str]:
        faults = []
        if len(self.secret_key.get_secret_value()) < 32:  # noqa: PLR2004 - 256 bits as text
            faults.append("set WEBFLOW_SECRET_KEY to at least 32 random characters")
        if not self.public_url.startswith("https://"):
            faults.append("set WEBFLOW_PUBLIC_URL to the https:// address of the portal")
        if self.sms.channel == "demo":
            faults.append("set WEBFLOW_SMS__CHANNEL to a real channel (twilio)")
        if self.nextstep.auth == "none":
            faults.append("set WEBFLOW_NEXTSTEP__AUTH: the API would let every caller in")
        if self.bank.adapter == "demo":
            faults.append("set WEBFLOW_BANK__ADAPTER: the demo bank takes one password for all")
        return faults

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
    def embedded(self) -> bool:
        """Whether everything lives in one SQLite file beside the processes."""
        return self.database.startswith("sqlite")


def root_secret(settings: Settings) -> bytes:
    """Return the secret from which all keys are derived.

    The demo makes one for itself, once: a file that only its owner can read. Processes that
    start together agree on it, since the file appears whole or not at all.
    """
    if given := settings.secret_key.get_secret_value():
        return given.encode()
    settings.var_dir.mkdir(parents=True, exist_ok=True)
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
