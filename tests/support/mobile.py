"""A phone of `app.demo.phone` that calls a portal of processes, as a real one does."""

import re
import time
from typing import Any, Final

import httpx2

from app.demo.phone.calls import Call
from app.demo.phone.configuration import Configuration
from app.demo.phone.handset import Handset, ask_for_app_key
from app.demo.phone.offline import ScannedOperation
from app.demo.phone.pairing import Owner, pair
from app.demo.phone.sealing import Route
from app.demo.phone.signing import POSSESSION, Proof
from tests.support.portal import Portal

APP: Final = "/api/auth/token/app/operation"
PIN: Final = "2468"
KNOWLEDGE: Final = Proof("possession_knowledge", PIN)
SDK = re.compile(r"mobileSdkConfig\s+(\S+)")
CODE = re.compile(r"\b([A-Z2-7]{5}(?:-[A-Z2-7]{5}){3})\b")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MobilePhone:
    """One phone, paired with one user by the operator's commands."""

    def __init__(self, portal: Portal, user: str, name: str = "Pixel 8") -> None:
        self._portal = portal
        configuration = Configuration.read(
            _found(SDK, portal.flask("mtoken", "application", "show", "demo"))
        )
        said = portal.flask("mtoken", "registration", "create", user)
        asked = ask_for_app_key(configuration, _now())
        route = Route(asked.read(self._post(asked.call).content).target, _now())
        pairing = pair(configuration, _found(CODE, said), Owner(name), route)
        self._handset = Handset(pairing.finish(self._post(pairing.call).content, PIN))
        portal.flask("mtoken", "registration", "commit", _found(ID, said))
        key = self._handset.ask_for_key(_now())
        token = self._handset.create_token(
            Route(key.read(self._post(key.call).content).target, _now())
        )
        token.read(self._post(token.call).content)

    def pending(self) -> list[dict[str, Any]]:
        """Return what waits for this phone."""
        answer = self._post(self._handset.with_token(f"{APP}/list", {}, _now()))
        found: list[dict[str, Any]] = answer.json()["responseObject"]
        return found

    def approve(self, name: str) -> None:
        """Approve the one operation that waits, by PIN; it must be of this type."""
        (operation,) = self.pending()
        assert operation["name"] == name
        wanted = {"id": operation["id"], "data": operation["data"]}
        self._sign("/authorize", "/operation/authorize", wanted, KNOWLEDGE)

    def offline_code(self, text: str) -> str:
        """Scan a code without a network, and confirm by PIN: `12345678-12345678`."""
        return ScannedOperation.read(text).approve(self._handset.state, PIN)

    def reject(self) -> None:
        """Reject the one operation that waits."""
        (operation,) = self.pending()
        wanted = {"id": operation["id"], "reason": "UNEXPECTED_OPERATION"}
        self._sign("/cancel", "/operation/cancel", wanted, POSSESSION)

    def _sign(self, path: str, uri_id: str, wanted: dict[str, Any], proof: Proof) -> None:
        value = {"requestObject": wanted}
        answer = self._post(self._handset.signed(f"{APP}{path}", uri_id, value, proof))
        assert answer.status_code == 200, answer.text

    def _post(self, call: Call) -> httpx2.Response:
        address = f"{self._portal.address}/enrollment-server{call.path}"
        return httpx2.post(address, content=call.body, headers=call.headers, trust_env=False)


def _found(wanted: re.Pattern[str], text: str) -> str:
    found = wanted.search(text)
    assert found is not None, text
    return found[found.lastindex or 0]


def _now() -> int:
    return int(time.time() * 1000)
