"""A phone of `app.demo.phone` in the hand of a test, paired by the operator's commands."""

import re
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from app.demo.phone.configuration import App
from app.demo.phone.mobile import Approval, Mobile, knowledge
from app.demo.phone.operations import Operation
from app.demo.phone.shop import Shop, Wish
from tests.support.portal import Portal

PIN: Final = "2468"
SDK = re.compile(r"mobileSdkConfig\s+(\S+)")
CODE = re.compile(r"QR text\s+(\S+)")
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class MobilePhone:
    """One phone, paired with one user."""

    def __init__(self, portal: Portal, user: str, name: str = "Pixel 8") -> None:
        self._portal = portal
        app = App.read(found(SDK, portal.flask("mtoken", "application", "show", "demo")),
                       portal.address)  # fmt: skip
        said = portal.flask("mtoken", "registration", "create", user)
        self.registration_id = found(ID, said)
        shop = Shop(Path(mkdtemp(prefix="phones", dir=portal.settings.var_dir)))
        self.phone: Mobile = shop.pair(Wish(app, found(CODE, said), PIN, name=name))
        portal.flask("mtoken", "registration", "commit", self.registration_id)

    def pending(self) -> list[Operation]:
        """Return what waits for this phone."""
        return self.phone.pending()

    def approve(self, name: str) -> None:
        """Approve the one operation that waits, by PIN; it must be of this type."""
        (operation,) = self.pending()
        assert operation.name == name
        self.phone.approve(Approval(operation.id, operation.data, knowledge(PIN)))

    def reject(self) -> None:
        """Reject the one operation that waits."""
        (operation,) = self.pending()
        self.phone.reject(operation.id, "UNEXPECTED_OPERATION")


def found(wanted: re.Pattern[str], text: str) -> str:
    """Return what an operator reads in what a command says."""
    match = wanted.search(text)
    assert match is not None, text
    return match[match.lastindex or 0]
