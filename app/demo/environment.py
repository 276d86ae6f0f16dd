"""The few environment variables of the demo client; it knows nothing of the portal's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

HIGHEST_PORT = 65535
PHONES = "WEBFLOW_DEMO_CLIENT_PHONES"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class EnvironmentRefused(Exception):  # noqa: N818 - it says what happened, as the house does
    """A variable has a value that cannot be meant."""


@dataclass(frozen=True)
class Environment:
    """Where the portal and this client answer, and who this client is."""

    portal: str
    demo: str
    host: str
    demo_port: int
    client_id: str
    client_secret: str = field(repr=False)
    integration_user: str
    """Who this client is for the Cloud API."""
    integration_password: str = field(repr=False)
    instance: str
    """The application whose passkeys and apps the second façade enrols."""
    access_key: str = field(repr=False)
    """Who this client is for the second façade."""
    app: str = field(repr=False)
    """The environment JSON of the mobile app, as testers paste it into theirs; may be empty."""
    phones: Path
    """Folder of the demo phones."""

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """Read the variables; an empty one counts as absent."""
        port = _port(variables, "WEBFLOW_PORT", 8080)
        demo_port = _port(variables, "WEBFLOW_DEMO_PORT", 8888)
        return cls(
            portal=_address(variables, "WEBFLOW_PUBLIC_URL", f"http://localhost:{port}"),
            demo=_address(variables, "WEBFLOW_DEMO_URL", f"http://localhost:{demo_port}"),
            host=variables.get("WEBFLOW_HOST") or "127.0.0.1",
            demo_port=demo_port,
            client_id=variables.get("WEBFLOW_DEMO_CLIENT_ID") or "democlient",
            client_secret=variables.get("WEBFLOW_DEMO_CLIENT_SECRET") or "changeme",
            integration_user=variables.get("WEBFLOW_DEMO_INTEGRATION_USER") or "integration-user",
            integration_password=variables.get("WEBFLOW_DEMO_INTEGRATION_PASSWORD") or "changeme",
            instance=variables.get("WEBFLOW_DEMO_INSTANCE") or "demo",
            access_key=variables.get("WEBFLOW_DEMO_ACCESS_KEY") or "demo-access-key",
            app=variables.get("WEBFLOW_DEMO_CLIENT_ENVIRONMENT") or "",
            phones=default_folder(variables),
        )

    @property
    def portal_origin(self) -> str:
        """Scheme, host and port of the portal, for the content security policy."""
        parts = urlsplit(self.portal)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def redirect_uri(self) -> str:
        """Where the portal sends the browser back to."""
        return f"{self.demo}/connect/demo"

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach this client by https."""
        return self.demo.startswith("https://")


def default_folder(variables: Mapping[str, str]) -> Path:
    """Return where phones are kept unless somebody says otherwise."""
    return Path(variables.get(PHONES) or Path("var", "phones"))


def is_loopback(address: str) -> bool:
    """Tell whether an address such as `http://localhost:8888` is on this machine."""
    return urlsplit(address).hostname in LOOPBACK


def _port(variables: Mapping[str, str], name: str, default: int) -> int:
    given = variables.get(name) or str(default)
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= HIGHEST_PORT):
        raise EnvironmentRefused(f"{name} must be a port from 1 to {HIGHEST_PORT}, not {given!r}")
    return int(given)


def _address(variables: Mapping[str, str], name: str, default: str) -> str:
    given = (variables.get(name) or default).rstrip("/")
    try:
        parts = urlsplit(given)
        whole = parts.scheme in {"http", "https"} and parts.hostname and not parts.query
    except ValueError:
        whole = False
    if not whole:
        raise EnvironmentRefused(f"{name} must be an http:// or https:// address, not {given!r}")
    return given
