"""A bank's instance where the demo client's own house ends, written from docs/nevis.md alone."""

import base64
import json
import re
from hashlib import sha256
from typing import Any
from uuid import uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

PIN = "2468"


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def link_of(base: str, fields: object) -> str:
    inside = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    return f"{base}/open?dispatchTokenResponse={b64url(inside)}"


def fields_of(base: str, purpose: str, token: str) -> dict[str, Any]:
    redeem_url = f"{base}/nevisfido/token/redeem/{purpose}"
    return {
        "nma_data": {"token": token, "redeem_url": redeem_url},
        "nma_data_content_type": "application/json",
        "nma_data_version": "1",
    }


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("*", "\\*").replace("\n", "\\n")


class Bank:
    """Redeems, and judges signatures; tests bend what it says."""

    attempts = 5

    def __init__(self, server: HTTPServer, instance: str = "demo") -> None:
        self.portal = server.url_for("").rstrip("/")
        self.base = f"{self.portal}/nevis/{instance}"
        self.offers: dict[str, dict[str, Any]] = {}
        self.pending: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, bytes] = {}
        self.answers: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.refuses: tuple[int, object] | None = None
        self.loses = False
        """Whether its answers get lost on their way."""
        self.taken: dict[tuple[str, str], dict[str, object]] = {}
        self.pushes: list[dict[str, Any]] = []
        path = re.escape(f"/nevis/{instance}/nevisfido/")
        server.expect_request(re.compile(f"^{path}")).respond_with_handler(self._answer)
        server.expect_request("/demo/push.json").respond_with_handler(
            lambda _: Response(json.dumps(self.pushes), content_type="application/json")
        )

    def invite(self, username: str | None = "u12345", **bent: object) -> str:
        """Return the link that adds an account."""
        new, user = str(uuid4()), str(uuid4())
        asked = {"userId": user, "authenticatorId": new, "data": f"A2*R{new}"}
        return self._offer(
            "registration", asked | ({"username": username} if username else {}), bent
        )

    def ask(self, authenticator_id: str | None, message: str = "", **bent: object) -> str:
        """Return the link that asks for an approval."""
        kind = "text/html" if message.startswith("<html>") else "text/plain"
        asked: dict[str, object] = {"data": f"A2*T{escaped(message)}" if message else "A2"}
        if message:
            asked["transaction"] = [{"contentType": kind, "content": message}]
        if authenticator_id:
            asked["authenticatorId"] = authenticator_id
        return self._offer("authentication", asked, bent)

    def push(self, token: str, link: str) -> None:
        """Keep a push that carries what a link does."""
        fields = json.loads(unb64url(link.rpartition("=")[2]))
        extras = fields | {"nma_data": json.dumps(fields["nma_data"])}
        self.pushes.insert(0, {"token": token, "extras": extras, "title": "Approve"})

    def _offer(self, purpose: str, asked: dict[str, object], bent: dict[str, object]) -> str:
        operation, token = str(uuid4()), str(uuid4())
        hashed = f"webflow.challenge\n{operation}\n{asked['data']}".encode()
        op = "Reg" if purpose == "registration" else "Auth"
        request = asked | {
            "header": {"op": op, "appID": f"{self.base}/", "serverData": str(uuid4())},
            "transactionId": operation,
            "challenge": b64url(sha256(hashed).digest()),
        }
        answer = {"statusCode": 1200, "op": op, "lifetimeMillis": 120_000, "uafRequest": request}
        for path, value in bent.items():
            place: dict[str, Any] = answer
            *way, last = path.split("__")
            for step in way:
                place = place[step]
            place[last] = value
        self.offers[f"{purpose} {token}"] = answer
        return link_of(self.base, fields_of(self.base, purpose, token))

    def _answer(self, request: Request) -> Response:
        self.paths.append(request.path)
        status, body = self.refuses or self._said(request.path, request.get_json())
        if self.loses:
            status, body = 502, "<html>"
        text = body if isinstance(body, str) else json.dumps(body)
        return Response(text, status, content_type="application/json")

    def _said(self, path: str, given: dict[str, Any]) -> tuple[int, object]:
        if path.endswith("/uaf/response"):
            return self._judged(given)
        offer = self.offers.pop(f"{path.rpartition('/')[2]} {given['token']}", None)
        if offer is None:
            return 404, error("token.unknown")
        secret = (offer["uafRequest"]["header"] or {}).get("serverData")
        self.pending[secret] = {"offer": offer["uafRequest"], "failures": 0}
        return 200, offer

    def _judged(self, given: dict[str, Any]) -> tuple[int, object]:
        pending = self.pending.get(given["serverData"])
        mine = (given["serverData"], given.get("publicKey") or given.get("authenticatorId", "no"))
        known = self.taken.get(mine)
        if pending is None:
            return (200, known) if known else (404, error("token.unknown"))
        if pending["failures"] >= self.attempts:
            return 422, error("transaction.over")
        offer = pending["offer"]
        if not given.get("rejected") and not self._is_signed(offer, given):
            pending["failures"] += 1
            return 403, error("signature.wrong")
        del self.pending[given["serverData"]]
        self.answers.append(given)
        told: dict[str, object] = {"statusCode": 1200}
        if "publicKey" in given:
            self.keys[offer["authenticatorId"]] = unb64url(given["publicKey"])
            told |= {name: offer[name] for name in ("authenticatorId", "userId")}
        self.taken[mine] = told
        return 200, told

    def _is_signed(self, offer: dict[str, Any], given: dict[str, Any]) -> bool:
        header = offer["header"]
        lines = ["webflow.app.v1", header["op"], header["appID"], offer["challenge"]]
        lines += [given["userVerification"]]
        new = given.get("publicKey")
        point = unb64url(new) if new else self.keys[given["authenticatorId"]]
        assert len(point) == 65
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        text = "\n".join([*lines, *([new] if new else [])]).encode()
        try:
            key.verify(unb64url(given["signature"]), text, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def error(code: str) -> dict[str, object]:
    return {"errors": [{"code": code, "message": "No."}]}
