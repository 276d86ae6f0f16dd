"""What phones cost: signatures that are judged, and operations that are approved."""

import base64
import json
import re
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection

from app.demo.phone import pairing
from app.demo.phone.calls import Call
from app.demo.phone.configuration import Configuration
from app.demo.phone.handset import Handset, ask_for_app_key
from app.demo.phone.sealing import Route
from app.demo.phone.signing import Proof
from bench.house import House
from bench.load import cpu_of

SIGNATURES = 600
APPROVALS = 300
USER, PIN = "benchphone", "2468"
KNOWLEDGE = Proof("possession_knowledge", PIN)
BACK_END = "Basic " + base64.b64encode(b"integration-user:changeme").decode()
DEVICE, CLOUD = "/enrollment-server", "/powerauth-cloud/v2"
CODE = re.compile(r"[A-Z2-7]{5}(?:-[A-Z2-7]{5}){3}")
PAYMENT = {
    "userId": USER,
    "template": "payment",
    "parameters": {"amount": "100", "currency": "CZK", "iban": "CZ2730300000001165254011"},
}


class Line:
    """One connection to the portal that is kept."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Send something that must be taken."""
        kind = {"Content-Type": "application/json"}
        self._connection.request("POST", path, body, {**kind, **headers})
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:  # noqa: PLR2004 - OK
            raise RuntimeError(f"{path}: {answer.status} {said!r}")
        return said

    def ask(self, path: str, value: object) -> dict[str, object]:
        """Send something as a back end does."""
        body = json.dumps(value).encode()
        found: dict[str, object] = json.loads(
            self.post(CLOUD + path, body, {"Authorization": BACK_END})
        )
        return found

    def call(self, call: Call) -> bytes:
        """Send something as a phone does."""
        return self.post(DEVICE + call.path, call.body, call.headers)


def rates(house: House) -> Mapping[str, float]:
    """Return each rate in units per CPU-second of the web process."""
    handset = pair(house)
    signed = [handset.signed(*_validate(), KNOWLEDGE) for _ in range(SIGNATURES)]
    found = {"signatures": cpu_of(house, lambda: _send(house, signed))}
    line = Line(house.port)
    opened = [line.ask("/operations", PAYMENT) for _ in range(APPROVALS)]
    approvals = [
        handset.approve(str(each["operationId"]), str(each["data"]), KNOWLEDGE) for each in opened
    ]
    return found | {"approvals": cpu_of(house, lambda: _send(house, approvals))}


def _validate() -> tuple[str, str, object]:
    return "/pa/v3/signature/validate", "/pa/signature/validate", {}


def _send(house: House, calls: Sequence[Call]) -> int:
    line = Line(house.port)
    for call in calls:
        line.call(call)
    return len(calls)


def pair(house: House, user: str = USER) -> Handset:
    """Return a phone that is paired with a user."""
    line = Line(house.port)
    shown = house.flask("mtoken", "application", "show", "demo")
    found = re.search(r"mobileSdkConfig\s+(\S+)", shown)
    if found is None:
        raise RuntimeError(shown)
    configuration = Configuration.read(found[1])
    made = line.ask("/registrations", {"userId": user, "appId": "demo"})
    code = CODE.match(str(made["activationQrCodeData"]))
    if code is None:
        raise RuntimeError("no activation code")
    now = int(time.time() * 1000)
    asked = ask_for_app_key(configuration, now)
    route = Route(asked.read(line.call(asked.call)).target, now)
    offer = pairing.pair(configuration, code[0], pairing.Owner("Bench"), route)
    handset = Handset(offer.finish(line.call(offer.call), PIN))
    line.ask(f"/registrations/{made['registrationId']}/commit", {"externalUserId": "bench"})
    return handset
