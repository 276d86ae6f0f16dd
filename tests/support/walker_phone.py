"""The phone of a walker: it signs what the pages show, online and offline."""

import html
import re

from app.demo.phone.offline import ScannedOperation
from app.demo.phone.pairing import Owner
from app.demo.phone.signing import POSSESSION
from tests.support.device import KNOWLEDGE, PIN, PREFIX, now, paired
from tests.support.walker import USER

AREA = re.compile(r'<textarea id="qr-text".*?>(.*?)</textarea>', re.DOTALL)
APP = "/api/auth/token/app/operation"


def text_of(page):
    """Return what the QR code of a page says."""
    found = AREA.search(page.html)
    assert found, page.text
    return html.unescape(found[1])


class WalkerPhone:
    """The phone of the usual customer."""

    def __init__(self, app, user=USER, name="Pixel 8"):
        self.app, self.device = app, paired(app, owner=Owner(name), user_id=user)
        self.device.create_token()

    def pending(self):
        call = self.device.handset.with_token(f"{APP}/list", {}, now())
        return self.send(call).json["responseObject"]

    def approve(self, proof=KNOWLEDGE):
        (operation,) = self.pending()
        value = {"requestObject": {"id": operation["id"], "data": operation["data"]}}
        return self.signed("/authorize", "/operation/authorize", value, proof)

    def reject(self):
        (operation,) = self.pending()
        value = {"requestObject": {"id": operation["id"], "reason": "UNKNOWN"}}
        return self.signed("/cancel", "/operation/cancel", value, POSSESSION)

    def signed(self, path, uri_id, value, proof):
        return self.send(self.device.handset.signed(f"{APP}{path}", uri_id, value, proof))

    def send(self, call):
        http = self.app.test_client()
        return http.post(PREFIX + call.path, data=call.body, headers=call.headers)

    def scan(self, page):
        """Read the code that the page shows, as text."""
        return ScannedOperation.read(text_of(page))

    def digits(self, page, pin=PIN):
        """Scan, confirm, and return what a person copies; without a PIN by biometry."""
        return self.scan(page).approve(self.device.handset.state, pin)
