"""A server that judges pushes as Apple's do: HTTP/2 over TLS, provider tokens, headers, payload.

Independent of the code that it judges. Time is the machine's, so a test that moves it moves both.
"""

import json
import re
import socket
import ssl
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

from tests.support.push_authority import HOST, Authority, opened, pem_of

TOKEN_AGE = 3600
UPDATE_SECONDS = 20 * 60
MOST_BYTES = 4096
DEVICE = re.compile(r"[0-9a-f]{64}")


@dataclass
class Team:
    """A team at Apple with one signing key and one app."""

    topic: str = "com.example.bank"
    key_id: str = "ABC123DEFG"
    team_id: str = "DEF123GHIJ"
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def file(self) -> bytes:
        """The .p8 file."""
        return pem_of(self.key)


@dataclass(frozen=True)
class Taken:
    """A push that the server has taken."""

    device: str
    headers: Mapping[str, str]
    payload: Mapping[str, Any]

    @property
    def provider_token(self) -> str:
        """The token that came with it."""
        return self.headers["authorization"].removeprefix("bearer ")


Reply = tuple[int, dict[str, Any], dict[str, str]]


class ApnsServer:
    """One environment of Apple's; `devices` are the tokens that it knows."""

    def __init__(self, authority: Authority, team: Team) -> None:
        self.team = team
        self.devices: set[str] = set()
        self.unregistered: dict[str, int] = {}
        """Devices that have gone, and when, in milliseconds."""
        self.replies: list[Reply] = []
        """Said instead of taking the next pushes, in order, once they were found right."""
        self.taken: list[Taken] = []
        self.refused: list[str] = []
        self.connections = 0
        self._updates: dict[str, float] = {}
        self._open: list[ssl.SSLSocket] = []
        self._silent: list[ssl.SSLSocket] = []
        self._lock = Lock()
        self._context = authority.context("h2")
        self._listening = socket.create_server((HOST, 0))
        self.url = f"https://{HOST}:{self._listening.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def refuse_next(self, status: int, reason: str, **headers: str) -> None:
        """Refuse the next push that is right."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.replies.append((status, {"reason": reason}, named))

    def hang_up(self) -> None:
        """End every connection, as Apple does now and then."""
        with self._lock:
            gone, self._open = self._open, []
        for each in gone:
            _hang_up(each)

    def fall_silent(self) -> None:
        """Leave every connection open, and hear nothing on it any more, like a lost NAT entry."""
        with self._lock:
            self._silent.extend(self._open)

    def close(self) -> None:
        """Serve nobody any more."""
        _hang_up(self._listening)
        self._listening.close()
        self.hang_up()

    def _accept(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            Thread(target=self._greet, args=(plain,), daemon=True).start()

    def _greet(self, plain: socket.socket) -> None:
        try:
            secured = self._context.wrap_socket(plain, server_side=True)
        except (OSError, ssl.SSLError):
            plain.close()
            return
        with self._lock:
            self.connections += 1
            self._open.append(secured)
        try:
            if secured.selected_alpn_protocol() == "h2":
                self._serve(secured)
        except (OSError, ProtocolError):
            pass
        finally:
            secured.close()

    def _serve(self, client: ssl.SSLSocket) -> None:
        connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        client.sendall(connection.data_to_send())
        heads: dict[int, dict[str, str]] = {}
        bodies: dict[int, bytes] = {}
        while received := client.recv(65536):
            if client in self._silent:
                continue
            for event in connection.receive_data(received):
                if isinstance(event, RequestReceived):
                    heads[event.stream_id] = {str(k): str(v) for k, v in event.headers}
                    bodies[event.stream_id] = b""
                elif isinstance(event, DataReceived):
                    bodies[event.stream_id] += event.data
                    size = event.flow_controlled_length
                    connection.acknowledge_received_data(size, event.stream_id)
                elif isinstance(event, StreamEnded):
                    reply = self._judged(heads.pop(event.stream_id), bodies.pop(event.stream_id))
                    _answer(connection, event.stream_id, reply)
            client.sendall(connection.data_to_send())

    def _judged(self, head: dict[str, str], body: bytes) -> Reply:
        with self._lock:
            status, reason = self._fault(head, body)
            if reason == "Unregistered":
                when = self.unregistered[head[":path"].removeprefix("/3/device/")]
                return status, {"reason": reason, "timestamp": when}, {}
            if reason:
                self.refused.append(reason)
                return status, {"reason": reason}, {}
            if self.replies:
                return self.replies.pop(0)
            device = head[":path"].removeprefix("/3/device/")
            self.taken.append(Taken(device, head, json.loads(body)))
            return 200, {}, {"apns-id": head["apns-id"]}

    def _fault(self, head: dict[str, str], body: bytes) -> tuple[int, str]:
        if head[":method"] != "POST":
            return 405, "MethodNotAllowed"
        if not head[":path"].startswith("/3/device/"):
            return 404, "BadPath"
        if fault := self._token_fault(head.get("authorization", "")):
            return fault
        return self._device_fault(head) or _message_fault(head, body) or (200, "")

    def _token_fault(self, authorization: str) -> tuple[int, str] | None:
        if not authorization.startswith("bearer "):
            return 403, "MissingProviderToken"
        token = authorization.removeprefix("bearer ")
        found = opened(token, self.team.key.public_key())
        if found is None:
            return 403, "InvalidProviderToken"
        header, claims = found
        if (header.get("kid"), claims.get("iss")) != (self.team.key_id, self.team.team_id):
            return 403, "InvalidProviderToken"
        now, made = time.time(), claims.get("iat")
        if not isinstance(made, int) or made > now + 1:
            return 403, "InvalidProviderToken"
        if now - made > TOKEN_AGE:
            return 403, "ExpiredProviderToken"
        self._updates.setdefault(token, now)
        young = [at for at in self._updates.values() if now - at < UPDATE_SECONDS]
        return (429, "TooManyProviderTokenUpdates") if len(young) > 2 else None

    def _device_fault(self, head: dict[str, str]) -> tuple[int, str] | None:
        if "apns-topic" not in head:
            return 400, "MissingTopic"
        if head["apns-topic"] != self.team.topic:
            return 400, "TopicDisallowed"
        device = head[":path"].removeprefix("/3/device/")
        if device in self.unregistered:
            return 410, "Unregistered"
        if not DEVICE.fullmatch(device) or device not in self.devices:
            return 400, "BadDeviceToken"
        return None


def _message_fault(head: dict[str, str], body: bytes) -> tuple[int, str] | None:
    kind, priority = head.get("apns-push-type"), head.get("apns-priority")
    try:
        uuid.UUID(head.get("apns-id", ""))
    except ValueError:
        return 400, "BadMessageId"
    if not head.get("apns-expiration", "").isdigit():
        return 400, "BadExpirationDate"
    if len(head.get("apns-collapse-id", "").encode()) > 64:
        return 400, "BadCollapseId"
    if len(body) > MOST_BYTES:
        return 413, "PayloadTooLarge"
    aps = json.loads(body).get("aps") if body else None
    if not isinstance(aps, dict):
        return 400, "PayloadEmpty"
    if kind == "background":
        is_right = aps == {"content-available": 1} and priority == "5"
    else:
        is_right = kind == "alert" and "alert" in aps and priority == "10"
    return None if is_right else (400, "InvalidPushType")


def _answer(connection: H2Connection, stream: int, reply: Reply) -> None:
    status, said, headers = reply
    body = json.dumps(said).encode() if said else b""
    head = [(":status", str(status)), *headers.items()]
    connection.send_headers(stream, head, end_stream=not body)
    if body:
        connection.send_data(stream, body, end_stream=True)


def _hang_up(each: socket.socket) -> None:
    """End a connection; who reads from it closes it: its number could be another one's by then."""
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
