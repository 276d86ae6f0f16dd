"""Servers that judge pushes as Google's and Huawei's do: access tokens, messages, their errors.

Independent of the code that they judge; Apple's is `apns_server.py`. One server plays both the
place where tokens are given out and the one where messages are taken.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.push_authority import HOST, Authority, opened, pem_of

MOST_BYTES = 4096
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
TTL = 3600

Reply = tuple[int, dict[str, Any], dict[str, str]]


class Provider:
    """What the two have in common: TLS, forms for tokens, JSON for messages, replies on order."""

    token_path = "/token"

    def __init__(self, authority: Authority) -> None:
        self.devices: set[str] = set()
        self.taken: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self.tokens: dict[str, float] = {}
        """Access tokens, and until when each is good."""
        self.replies: list[Reply] = []
        """Said instead of taking the next messages, once their access token was found right."""
        self.token_replies: list[Reply] = []
        self.token_requests = 0
        self._lock = Lock()
        self._server = ThreadingHTTPServer((HOST, 0), _handler(self))
        self._server.daemon_threads = True
        self._server.socket = authority.context("http/1.1").wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://{HOST}:{self._server.server_port}"
        self.token_url = self.url + self.token_path
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        """Serve nobody any more."""
        self._server.shutdown()
        self._server.server_close()

    def forget_tokens(self) -> None:
        """Refuse every access token that was given out."""
        self.tokens.clear()

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Judge one POST."""
        with self._lock:
            if path == self.token_path:
                self.token_requests += 1
                if self.token_replies:
                    return self.token_replies.pop(0)
                form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
                return self.give_token(form)
            token = headers.get("Authorization", "").removeprefix("Bearer ")
            if self.tokens.get(token, 0) <= time.time():
                return self.refuse_token()
            if self.replies:
                return self.replies.pop(0)
            return self.judge(path, json.loads(body))

    def give_token(self, form: Mapping[str, str]) -> Reply:
        """Answer a request for an access token."""
        raise NotImplementedError

    def refuse_token(self) -> Reply:
        """Answer a message whose access token is not good."""
        raise NotImplementedError

    def judge(self, path: str, said: dict[str, Any]) -> Reply:
        """Answer a message."""
        raise NotImplementedError

    def new_token(self) -> Reply:
        """Give an access token out."""
        token = f"ya29.{secrets.token_urlsafe(24)}"
        self.tokens[token] = time.time() + TTL
        return 200, {"access_token": token, "expires_in": TTL, "token_type": "Bearer"}, {}


class FcmServer(Provider):
    """Google, with one Firebase project and its service account."""

    project = "bank-app-4711"
    email = "pusher@bank-app-4711.iam.gserviceaccount.com"
    key_id = "0f1e2d3c4b5a"

    def __init__(self, authority: Authority) -> None:
        self.key = _service_key()
        self.gone: set[str] = set()
        super().__init__(authority)

    @property
    def file(self) -> bytes:
        """The JSON file that the console gives out."""
        return json.dumps(
            {
                "type": "service_account",
                "project_id": self.project,
                "private_key_id": self.key_id,
                "private_key": pem_of(self.key).decode(),
                "client_email": self.email,
                "client_id": "1",
                "token_uri": "https://elsewhere.example/token",
            }
        ).encode()

    def refuse_next(self, status: int, code: str, **headers: str) -> None:
        """Refuse the next message whose access token is good."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies.append((*fcm_error(status, code, "It does not work.")[:2], named))

    def give_token(self, form: Mapping[str, str]) -> Reply:
        found = opened(form.get("assertion", ""), self.key.public_key())
        now = time.time()
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        if found is None or form.get("grant_type") != grant:
            return 400, {"error": "invalid_grant", "error_description": "Bad signature."}, {}
        header, claims = found
        audience = "https://oauth2.googleapis.com/token"
        right = (
            header["kid"] == self.key_id,
            (claims["iss"], claims["aud"], claims["scope"]) == (self.email, audience, SCOPE),
            claims["iat"] <= now + 1 and now < claims["exp"] <= claims["iat"] + TTL,
        )
        return self.new_token() if all(right) else (400, {"error": "invalid_grant"}, {})

    def refuse_token(self) -> Reply:
        return 401, {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "No."}}, {}

    def judge(self, path: str, said: dict[str, Any]) -> Reply:
        message = said["message"]
        if path != f"/v1/projects/{self.project}/messages:send":
            self.refused.append("path")
            return 404, {"error": {"code": 404, "status": "NOT_FOUND", "message": "No."}}, {}
        if message["token"] in self.gone:
            return fcm_error(404, "UNREGISTERED", "Requested entity was not found.")
        if message["token"] not in self.devices:
            words = "The registration token is not a valid FCM registration token"
            return fcm_error(400, "INVALID_ARGUMENT", words)
        if fault := _fcm_fault(message):
            self.refused.append(fault)
            return fcm_error(400, "INVALID_ARGUMENT", fault, field=fault)
        self.taken.append(message)
        return 200, {"name": f"projects/{self.project}/messages/0:{len(self.taken)}"}, {}


class HmsServer(Provider):
    """Huawei, with one app."""

    app_id, client_id, secret = "102345", "102345-client", "a-client-secret-of-huawei"

    def refuse_next(self, code: str, status: int = 200, **headers: str) -> None:
        """Refuse the next message whose access token is good."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies.append((*_hms(code, status)[:2], named))

    def give_token(self, form: Mapping[str, str]) -> Reply:
        expected = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.secret,
        }
        if form != expected:
            return 400, {"error": 1101, "sub_error": 20001, "error_description": "no client"}, {}
        return self.new_token()

    def refuse_token(self) -> Reply:
        return _hms("80200003")

    def judge(self, path: str, said: dict[str, Any]) -> Reply:
        if path != f"/v1/{self.app_id}/messages:send":
            return _hms("80300002")
        message = said["message"]
        if fault := _hms_fault(message):
            self.refused.append(fault)
            return _hms("80100003", 400)
        if len(json.dumps(message, ensure_ascii=False).encode()) > MOST_BYTES:
            return _hms("80300008", 400)
        if message["token"][0] not in self.devices:
            return _hms("80300007")
        self.taken.append(message)
        return _hms("80000000")


@cache
def _service_key() -> rsa.RSAPrivateKey:
    """Make the key once: it takes long."""
    return rsa.generate_private_key(65537, 2048)


def fcm_error(status: int, code: str, words: str, *, field: str = "") -> Reply:
    """Return an error in Google's words."""
    details: list[dict[str, Any]] = [{"@type": FCM_ERROR, "errorCode": code}]
    if field:
        violation = {"field": field, "description": "It is not right."}
        details.append(
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [violation]}
        )
    error = {"code": status, "message": words, "status": code, "details": details}
    return status, {"error": error}, {}


def _fcm_fault(message: dict[str, Any]) -> str:
    """Return the field that is not right."""
    data, android = message.get("data", {}), message.get("android", {})
    shown = android.get("notification", {})
    if not all(isinstance(each, str) for each in data.values()):
        return "message.data"
    if android.get("priority") not in ("HIGH", "NORMAL"):
        return "message.android.priority"
    if not android.get("ttl", "").removesuffix("s").isdigit():
        return "message.android.ttl"
    if shown and set(shown) - {"title", "body", "sound", "tag"}:
        return "message.android.notification"
    size = len(json.dumps([data, shown], ensure_ascii=False).encode())
    return "message.android" if size > MOST_BYTES else ""


def _hms_fault(message: dict[str, Any]) -> str:
    android = message.get("android", {})
    shown = android.get("notification")
    if not isinstance(message.get("data"), str):
        return "data"
    if not android.get("ttl", "").removesuffix("s").isdigit():
        return "ttl"
    if not isinstance(message.get("token"), list) or len(message["token"]) != 1:
        return "token"
    if shown is not None and not (
        shown.get("title") and "body" in shown and shown.get("click_action", {}).get("type")
    ):
        return "notification"
    return ""


def _hms(code: str, status: int = 200) -> Reply:
    return status, {"code": code, "msg": "As the code says.", "requestId": "1"}, {}


def _handler(provider: Provider) -> Callable[..., BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, said, headers = provider.answer(self.path, dict(self.headers), body)
            told = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(told)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
