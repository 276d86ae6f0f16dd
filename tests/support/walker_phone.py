"""The phone of a walker: it signs what the pages show, online and offline."""

import html
import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.demo.phone.calls import Call
from app.demo.phone.offline import ScannedOperation
from app.demo.phone.pairing import Owner
from app.demo.phone.signing import POSSESSION, Proof
from tests.support.browser import Page
from tests.support.device import KNOWLEDGE, PIN, PREFIX, now, paired
from tests.support.walker import USER

AREA = re.compile(r'<textarea id="qr-text".*?>(.*?)</textarea>', re.DOTALL)
APP = "/api/auth/token/app/operation"


def text_of(page: Page) -> str:
    """Return what the QR code of a page says."""
    found = AREA.search(page.html)
    assert found, page.text
    return html.unescape(found[1])


class WalkerPhone:
    """The phone of the usual customer."""

    def __init__(self, app: Flask, user: str = USER, name: str = "Pixel 8") -> None:
        self.app, self.device = app, paired(app, owner=Owner(name), user_id=user)
        self.device.create_token()

    def pending(self) -> list[dict[str, Any]]:
        call = self.device.handset.with_token(f"{APP}/list", {}, now())
        answer = self.send(call).json
        assert answer is not None
        found: list[dict[str, Any]] = answer["responseObject"]
        return found

    def approve(self, proof: Proof = KNOWLEDGE) -> TestResponse:
        (operation,) = self.pending()
        value = {"requestObject": {"id": operation["id"], "data": operation["data"]}}
        return self.signed("/authorize", "/operation/authorize", value, proof)

    def reject(self) -> TestResponse:
        (operation,) = self.pending()
        value = {"requestObject": {"id": operation["id"], "reason": "UNKNOWN"}}
        return self.signed("/cancel", "/operation/cancel", value, POSSESSION)

    def signed(self, path: str, uri_id: str, value: object, proof: Proof) -> TestResponse:
        return self.send(self.device.handset.signed(f"{APP}{path}", uri_id, value, proof))

    def send(self, call: Call) -> TestResponse:
        http = self.app.test_client()
        return http.post(PREFIX + call.path, data=call.body, headers=call.headers)

    def scan(self, page: Page) -> ScannedOperation:
        """Read the code that the page shows, as text."""
        return ScannedOperation.read(text_of(page))

    def digits(self, page: Page, pin: str | None = PIN) -> str:
        """Scan, confirm, and return what a person copies; without a PIN by biometry."""
        return self.scan(page).approve(self.device.handset.state, pin)
