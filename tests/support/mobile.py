"""A phone of `app.demo.phone` in the hand of a test, let in by the bank's own systems."""

import re
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from app.demo.phone.configuration import App
from app.demo.phone.mobile import Approval, Mobile, knowledge
from app.demo.phone.operations import Operation
from app.demo.phone.shop import Shop, Wish
from tests.support.back_office import BackOffice
from tests.support.portal import Portal

PIN: Final = "2468"
TOLD = re.compile(r"Mobile app\s+({.+})")


class MobilePhone:
    """One phone, paired with one user."""

    def __init__(
        self, portal: Portal, user: str, name: str = "Pixel 8", *, let_in: bool = True
    ) -> None:
        self.bank = BackOffice(portal)
        self.registration_id, qr = self.bank.register(user)
        self.folder = Path(mkdtemp(prefix="phones", dir=portal.settings.var_dir))
        self.shop = Shop(self.folder)
        self.phone: Mobile = self.shop.pair(Wish(app_of(portal), qr, PIN, name=name))
        if let_in:
            self.bank.commit(self.registration_id)

    def pending(self) -> list[Operation]:
        """Return what waits for this phone."""
        return self.phone.pending()

    def approve(self, name: str) -> None:
        """Approve the one operation that waits, by PIN; it must be of this type."""
        (operation,) = self.pending()
        assert operation.name == name
        self.phone.approve(Approval(operation.id, operation.data, knowledge(PIN)))

    def offline_code(self, text: str) -> str:
        """Scan a code without a network, and confirm by PIN: four groups of digits."""
        return self.phone.offline_code(text, PIN)

    def reject(self) -> None:
        """Reject the one operation that waits."""
        (operation,) = self.pending()
        self.phone.reject(operation.id, "UNEXPECTED_OPERATION")


def app_of(portal: Portal) -> App:
    """Return the app as a tester installs it: by the JSON that `make run` prints."""
    return App.read(told_of(portal))


def told_of(portal: Portal) -> str:
    """Return the environment JSON."""
    found = TOLD.search(portal.output)
    assert found is not None, portal.output
    return found[1]
