"""The passkey of a walker: it signs what the pages hand to the browser."""

import html
import json
import re
from typing import Any

from flask import Flask

from tests.support.authenticator import Authenticator
from tests.support.browser import Page
from tests.support.passkeys import Passkeys
from tests.support.walker import USER, Walker

OPTIONS = re.compile(r'data-options="([^"]+)"')


def options_of(page: Page) -> dict[str, Any]:
    """Return what a page hands to the browser."""
    found = OPTIONS.search(page.html)
    assert found, page.text
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


class WalkerPasskey:
    """A passkey of the usual customer."""

    def __init__(self, app: Flask, user: str = USER, **known: Any) -> None:
        self.key = Authenticator(**known)
        self.room = Passkeys(app)
        self.registration_id = self.room.enrol(self.key, user)

    def sign(self, walker: Walker, **lies: Any) -> Page:
        """Press the main button, and let the script do its work."""
        return walker.press("continue", assertion=self.answer(walker, **lies))

    def answer(self, walker: Walker, **lies: Any) -> str:
        """Return what the script would post."""
        return json.dumps(self.key.get(options_of(walker.page), **lies))
