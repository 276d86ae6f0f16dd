"""The portal: the bank, the flows, the pages, and how long somebody is blocked."""

from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import (
    AfterValidator,
    Field,
)

from app.settings.kit import (
    Attempts,
    Lasting,
    Origin,
    Section,
)


def _known_language(code: str) -> str:
    try:
        Locale.parse(code)
    except (UnknownLocaleError, ValueError):
        raise ValueError("not a language, e.g. cs") from None
    return code


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("not a time zone, e.g. Europe/Prague") from None
    return name


class BankSettings(Section):
    """The bank behind the portal."""

    adapter: Literal["demo"] = "demo"
    """`demo` knows every valid user name, password `test`; refused in production."""

    name: str = "Demo Bank"
    """Name of the bank on pages and in text messages; a `name` in `brand.toml` wins."""


class BrandSettings(Section):
    """The look and the words of a bank over the shipped ones (`docs/branding.md`)."""

    folder: str = ""
    """Folder with `brand.toml`, `brand.css` and `logo.svg`, read at the start; empty: the demo
    bank's own look."""


class FlowSettings(Section):
    """How long a customer has, and how often a step may be tried."""

    timeout: Lasting = timedelta(minutes=5)
    """A flow ends this long after the customer's last activity (RTS art. 4(3)(d))."""

    lifetime: Lasting = timedelta(minutes=30)
    """A flow ends this long after it was opened, whatever the activity."""

    attempts: Attempts = 5
    """Wrong answers to one step before the flow fails (RTS art. 4(3)(b))."""

    warning: timedelta = timedelta(minutes=1)
    """A page warns this long before the flow ends (WCAG 2.2.1: at least 20 seconds)."""

    refresh_policy: Literal["interrupt", "keep"] = "interrupt"
    """What closing or reloading a page does to its flow. `interrupt`: the browser asks, then the
    flow ends. `keep`: nothing; the same page appears again. Without JavaScript it is `keep`."""

    android_warning: bool = True
    """Whether a browser on Android is told first that two devices are safer (RTS art. 9)."""

    ended_redirect: timedelta = timedelta(seconds=3)
    """The last page goes back to the third party by itself after this time."""


class LiveSettings(Section):
    """Sockets that wake waiting pages.

    On SQLite the web process holds them; on PostgreSQL a process of its own does
    (`python live.py`), which needs `redis_url`.
    """

    port: int = Field(default=8081, ge=1, le=65535)
    """Port of the process of its own."""

    url: Origin = ""
    """Address of that process as browsers see it; empty: the portal's own, where a proxy passes
    `/socket.io/` to it."""

    connections: int = Field(default=0, ge=0, le=100_000)
    """Sockets that one process holds; further pages ask every two seconds. 0: 200 on SQLite, where
    each takes four threads, else 20,000."""

    per_browser: int = Field(default=5, ge=1, le=100)
    """Sockets of one browser, e.g. tabs."""


class LockoutSettings(Section):
    """How long a user is blocked after failures in a row, over steps and flows."""

    failures: Attempts = 5
    """Failures in a row that block a user."""

    durations: tuple[timedelta, ...] = Field(
        default=(timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)), min_length=1
    )
    """How long the first, second, … block lasts; the last one repeats."""


class WebSettings(Section):
    """What people see."""

    languages: tuple[Annotated[str, AfterValidator(_known_language)], ...] = Field(
        default=("en", "cs", "de", "fr", "es", "uk", "ro"), min_length=1
    )
    """Languages that the pages offer; the first one is the default."""

    timezone: Annotated[str, AfterValidator(_known_timezone)] = "Europe/Prague"
    """Time zone of times on pages."""
