"""Static files: addresses that change with their content, and less to send."""

import gzip
import hashlib
from http import HTTPStatus
from pathlib import Path

from flask import Response, request, url_for

PACKED = frozenset({"text/css", "text/javascript", "text/html", "image/svg+xml"})

VERSION = 8
"""Hexadecimal digits of a file's hash: each page, which is not compressed, has a dozen of them."""


class StaticFiles:
    """Addresses of static files with the hash of their content: under these they never change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions: dict[str, str] = {}
        self._addresses: dict[tuple[str, str], str] = {}
        self._packed: dict[str, bytes] = {}

    def address(self, path: str) -> str:
        """Return the address of a file, with its content's hash."""
        known = (request.script_root, path)
        if known not in self._addresses:
            self._addresses[known] = url_for("static", filename=path, v=self._version(path))
        return self._addresses[known]

    def is_present(self, response: Response) -> bool:
        """Tell whether a file was asked for by the hash that it has now."""
        asked = request.args.get("v")
        if asked is None or response.status_code >= HTTPStatus.BAD_REQUEST:
            return False
        return asked == self._version((request.view_args or {})["filename"])

    def pack(self, response: Response) -> None:
        """Compress a file for a browser that takes it so; each is compressed once.

        Never a page: what a stranger put in and our secrets, compressed together, would show
        in the answer's length what they have in common (BREACH). These are the same for all.
        """
        if response.mimetype not in PACKED:
            return
        response.vary.add("Accept-Encoding")
        etag, _ = response.get_etag()
        if response.status_code != HTTPStatus.OK or etag is None:
            return
        # Weak, for the bytes differ and the content does not; so 304 goes on working.
        response.set_etag(etag, weak=True)
        if not request.accept_encodings.quality("gzip"):
            return
        if etag not in self._packed:
            response.direct_passthrough = False
            self._packed[etag] = gzip.compress(response.get_data(), mtime=0)
        response.close()
        response.direct_passthrough = False
        response.set_data(self._packed[etag])
        response.content_encoding = "gzip"

    def _version(self, path: str) -> str:
        if path not in self._versions:
            content = (self._folder / path).read_bytes()
            self._versions[path] = hashlib.sha256(content).hexdigest()[:VERSION]
        return self._versions[path]
