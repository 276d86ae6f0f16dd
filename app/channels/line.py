"""A connection to one address that ends at a moment, however busy it is."""

import socket
import ssl
import time
from typing import Self

import httpcore2

Tls = tuple[ssl.SSLContext, str]
"""Whom to trust, and by which name the other side must be known."""


class Line(httpcore2.NetworkStream):
    """Reads and writes; each takes no longer than what is left, so a byte starts no new time."""

    def __init__(self, connected: socket.socket, until: float) -> None:
        self._socket = connected
        self._until = until

    @classmethod
    def to(cls, address: str, port: int, *, until: float, at_most: float, tls: Tls | None) -> Self:
        """Connect, if that takes no longer than `at_most` seconds. Raises OSError."""
        until_connected = min(until, time.monotonic() + at_most)
        connected = socket.create_connection((address, port), _left(until_connected))
        try:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls is not None:
                connected.settimeout(_left(until_connected))
                context, name = tls
                connected = context.wrap_socket(connected, server_hostname=name)
        except BaseException:
            connected.close()
            raise
        return cls(connected, until)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - theirs
        """Return some bytes; none, if the other side has ended."""
        self._socket.settimeout(_left(self._until))
        return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - theirs
        """Send all of it; who hangs up meanwhile may still have answered."""
        rest = memoryview(buffer)
        while rest:
            self._socket.settimeout(_left(self._until))
            try:
                rest = rest[self._socket.send(rest) :]
            except ConnectionError as error:
                raise httpcore2.WriteError from error

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def _left(until: float) -> float:
    if (left := until - time.monotonic()) <= 0:
        raise TimeoutError
    return left
