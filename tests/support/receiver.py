"""An integrator's server: keeps what it is called with, and answers as it is told to."""

import base64
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN_PATH = "/token"


@dataclass
class Called:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        """Return the idempotency key."""
        return self.headers["idempotency-key"]

    @property
    def json(self) -> Any:
        """Return the body, read."""
        return json.loads(self.body)


@dataclass
class Receiver:
    """What the server knows; `statuses` are answered one after the other, then 200."""

    port: int = 0
    scheme: str = "http"
    calls: list[Called] = field(default_factory=list)
    tokens: list[Called] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    token_answer: bytes | None = None
    before: Callable[[Called], None] = lambda _called: None
    """Runs before a call is answered, e.g. to be slow."""
    drip: float = 0.0
    """Seconds between the bytes of an answer that does not come to an end."""

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    @property
    def token_uri(self) -> str:
        """Return where it issues tokens."""
        return f"{self.scheme}://127.0.0.1:{self.port}{TOKEN_PATH}"

    @property
    def told(self) -> list[Any]:
        """Return what it was told, in order, whether it said yes or not."""
        return [call.json for call in self.calls]


def verified(call: Called, secret: str) -> bool:
    """Check a signature as Standard Webhooks says."""
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode()
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, signed + call.body, sha256).digest()
    expected = f"v1,{base64.b64encode(digest).decode()}"
    return hmac.compare_digest(call.headers["webhook-signature"], expected)


class Server(ThreadingHTTPServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True

    def __init__(self, receiver: Receiver) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.receiver = receiver
        self.stopped = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: who calls may hang up."""


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Server

    def do_POST(self) -> None:
        """Issue a token, or take a call."""
        receiver = self.server.receiver
        length = int(self.headers.get("Content-Length", "0"))
        headers = {name.lower(): value for name, value in self.headers.items()}
        called = Called(self.path, headers, self.rfile.read(length))
        if self.path == TOKEN_PATH:
            receiver.tokens.append(called)
            usual = {"access_token": f"token-{len(receiver.tokens)}", "expires_in": 3600}
            self._answer(200, receiver.token_answer or json.dumps(usual).encode())
            return
        receiver.calls.append(called)
        status = receiver.statuses.pop(0) if receiver.statuses else 200
        receiver.before(called)
        if receiver.drip:
            self._drip()
        else:
            self._answer(status, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        for name, value in self.server.receiver.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.server.stopped.wait(self.server.receiver.drip):
            self.wfile.write(b"x")
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is named
        """Say nothing."""


@contextmanager
def receiving(*, certificate: tuple[str, str] | None = None) -> Iterator[Receiver]:
    """Run a server, with TLS if there is a certificate and its key."""
    receiver = Receiver()
    server = Server(receiver)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        receiver.scheme = "https"
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
