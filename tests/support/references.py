"""The façades, and their OpenAPI documents."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask

from app.mtoken.demo_access import DEMO_ACCESS_KEY
from tests.support.cloud import Cloud, admin

Document = dict[str, Any]
INSTANCE: Final = "demo"
OWN: Final = ("/v3/api-docs", "/openapi.json", "/swagger-ui", "/swagger-ui/index.html")
"""Where every façade tells of itself."""
PAGES: Final = {f"/nevis/{INSTANCE}/open"}
"""What people open, below the address of a façade."""


@dataclass(frozen=True)
class Facade:
    """One API, by its base path."""

    name: str
    prefix: str

    def __str__(self) -> str:
        return self.name

    def document(self, app: Flask) -> Document:
        """Return what the façade says of itself."""
        answer = app.test_client().get(f"{self.prefix}/v3/api-docs")
        assert answer.status_code == 200
        assert answer.json is not None
        return dict(answer.json)

    def served(self, app: Flask) -> set[tuple[str, str]]:
        """Return what the application answers below the base path."""
        return {
            (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path), method)
            for rule in app.url_map.iter_rules()
            if (path := str(rule).replace("<instance>", INSTANCE)).startswith(f"{self.prefix}/")
            if path not in PAGES
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }

    def headers(self, app: Flask, path: str) -> dict[str, str]:
        """Return how somebody proves itself who may make a call."""
        if self is NEVIS:
            return {} if "/nevisfido/" in path else {"Authorization": f"Bearer {DEMO_ACCESS_KEY}"}
        if self is not CLOUD:
            return {}
        caller = admin(app) if path.startswith(f"{self.prefix}/admin/") else Cloud(app)
        return caller.headers


CLOUD: Final = Facade("cloud", "/powerauth-cloud")
NEXTSTEP: Final = Facade("nextstep", "/powerauth-nextstep")
DEVICE: Final = Facade("device", "/enrollment-server")
NEVIS: Final = Facade("nevis", f"/nevis/{INSTANCE}")
FACADES: Final = (CLOUD, NEXTSTEP, DEVICE, NEVIS)


def calls(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and description of every call."""
    for path, methods in document["paths"].items():
        for method, made in methods.items():
            yield path, method.upper(), made


def schemas(value: object, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield everything in a document that is an object, with its place."""
    if isinstance(value, dict):
        yield place, value
        for name, inner in value.items():
            yield from schemas(inner, f"{place}/{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from schemas(inner, f"{place}/{number}")
