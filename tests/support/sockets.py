"""A waiting page's socket as Chromium opens one: Socket.IO over a WebSocket, and nothing else."""

import select
import socket
import time
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, RejectConnection, Request, TextMessage
from wsproto.extensions import PerMessageDeflate

OPEN, PING, PONG, CONNECT = "0", "2", "3", "40"
HINT = '42["flow:changed"]'
TARGET = "/socket.io/?EIO=4&transport=websocket"


class Socket:
    """One connection; its handshake is over when it exists, whatever came of it."""

    def __init__(
        self, address: str, handle: str, *, cookie: str, origin: str = "", target: str = TARGET
    ) -> None:
        there = urlsplit(address)
        self._tcp = socket.create_connection(("127.0.0.1", there.port or 80), timeout=10)
        self._ws = WSConnection(ConnectionType.CLIENT)
        self.status = 0
        self.is_joined = False
        self.is_closed = False
        self.hints: list[float] = []
        """Moments at which it was told to look again."""
        extra = [("Origin", origin), ("Cookie", cookie)]
        request = Request(
            host=there.netloc,
            target=f"{target}&flow={handle}",
            extensions=[PerMessageDeflate()],
            extra_headers=[(name.encode(), value.encode()) for name, value in extra if value],
        )
        self._tcp.sendall(self._ws.send(request))
        while not (self.status or self.is_closed):
            self.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """Return what can be waited for."""
        return self._tcp.fileno()

    def close(self) -> None:
        """Hang up."""
        self._tcp.close()

    def say(self, text: str) -> None:
        """Send a message."""
        self._tcp.sendall(self._ws.send(TextMessage(data=text)))

    def say_bytes(self, raw: bytes) -> None:
        """Send what may be no message at all."""
        self._tcp.sendall(raw)

    def read(self) -> None:
        """Take what has come, and answer it as the library on the page does."""
        try:
            data = self._tcp.recv(4096)
        except ConnectionError:
            data = b""
        self.is_closed = not data
        self._ws.receive_data(data or None)
        for event in self._ws.events():
            match event:
                case AcceptConnection():
                    self.status = 101
                case RejectConnection(status_code=status):
                    self.status = status
                case TextMessage(data=text) if text.startswith(OPEN):
                    self.say(CONNECT)
                case TextMessage(data=text) if text.startswith(CONNECT):
                    self.is_joined = True
                case TextMessage(data=text) if text == PING:
                    self.say(PONG)
                case TextMessage(data=text) if text == HINT:
                    self.hints.append(time.perf_counter())
                case _:
                    pass

    def wait(self, seconds: float, until: str) -> bool:
        """Read until an attribute is true; False after so many seconds, or at the end."""
        end = time.monotonic() + seconds
        while not getattr(self, until):
            left = end - time.monotonic()
            if left <= 0 or self.is_closed or not select.select([self], [], [], left)[0]:
                return bool(getattr(self, until))
            self.read()
        return True
