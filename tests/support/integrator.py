"""A bank's back end beside a portal of processes: it speaks the second façade."""

import re
from typing import Any, Final

import httpx2

from tests.support.portal import Portal

INSTANCE: Final = "demo"
KEY = re.compile(r"^\S+\.\S+\.\S+$", re.MULTILINE)


class Integrator:
    """Enrols users' apps, and asks them for approvals."""

    def __init__(self, portal: Portal, instance: str = INSTANCE) -> None:
        self.base = f"{portal.address}/nevis/{instance}"
        found = KEY.search(portal.flask("access-keys", "create", instance, "tests"))
        assert found is not None
        self._key = found[0]

    def enroll(self, username: str | None) -> dict[str, Any]:
        """Begin an enrolment; return the user, with `enrollment`."""
        return self._call("/users/enroll", {"username": username} if username else {})

    def ask(self, username: str | None, **wanted: object) -> dict[str, Any]:
        """Ask for an approval."""
        named = {"username": username} if username else {}
        return self._call("/approval", {**named, "channel": "app", **wanted})

    def status(self, begun: dict[str, Any]) -> str:
        """Return how a transaction stands."""
        token = begun.get("enrollment", begun)["statusToken"]
        return str(self._call("/status", {"statusToken": token})["status"])

    def _call(self, path: str, body: object) -> dict[str, Any]:
        answer = httpx2.post(
            f"{self.base}/api/v1{path}",
            json=body,
            headers={"Authorization": f"Bearer {self._key}"},
            trust_env=False,
            timeout=20,
        )
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found
