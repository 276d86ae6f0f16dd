"""`make gallery`: pictures of the pages with their sample data, the same every time.

The clock of server and browser stands still; only the fonts are those of the machine.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.chromium import ARGUMENTS, chromium
from tests.support.pictures import small_png
from tests.support.sample_pages import NOW
from tests.support.sample_site import SampleSite, running_samples
from tests.support.viewer import Scheme


class Look(NamedTuple):
    """How a page is looked at."""

    scheme: Scheme
    language: str
    device: str
    width: int
    height: int

    @property
    def name(self) -> str:
        """The end of the picture's name."""
        return f"{self.scheme}-{self.language}-{self.device}"


LOOKS = (
    Look("light", "en", "desktop", 1280, 720),
    Look("dark", "en", "phone", 360, 640),
    Look("light", "cs", "phone", 360, 640),
    Look("dark", "cs", "desktop", 1280, 720),
)

WARNING = "time-out"
"""No sample of its own: the page with password and code, a minute before its end."""

PAGES = {
    "Sign-in": {
        "username": "Who are you? Two kinds of account to choose from",
        "username-empty": "The login number was forgotten",
        "username-list": "Many kinds of account; the chosen one is unknown",
        "android": "Everything on one Android device",
        "password": "Password and code from the SMS",
        "password-failed": "One of them was wrong",
        "password-resent": "A new code was sent",
        WARNING: "A minute before the request ends",
        "plain-login": "User name and password on one page",
        "token": "The phone is asked",
        "passkey": "A security key or a passkey is asked",
        "offline-incomplete": "The phone has no network and a very long name; digits are missing",
    },
    "Payment": {
        "review": "What is paid, and from which account",
        "review-rich": "Warnings, a fee and a shop, as the bank sends them",
        "plain-review-unchosen": "A review that asks how to approve; nothing was chosen",
        "approval": "Password and code from the SMS",
        "approval-failed": "One of them was wrong; one attempt is left",
        "token-near": "The phone is asked, and must be near",
        "passkey-payment": "A security key or a passkey is asked",
        "token-rejected": "Rejected on the phone",
        "offline-payment": "The phone has no network; there are three of them",
    },
    "Consent": {
        "consent": "A payment",
        "consent-incomplete": "What is required was left open",
        "consent-login": "Accounts",
    },
    "The end": {
        "ended-done": "The payment was approved",
        "ended-canceled": "Cancelled",
        "ended-timeout": "The time was over",
        "error-retry": "A failure of ours",
    },
    "Links": {
        "link": "A link to the app was opened in a browser",
        "link-over": "It was used already",
    },
    "Testers": {
        "demo-moved": "The clock, and who is blocked",
        "outbox": "Text messages",
    },
}


def main(folder: Path) -> None:
    """Take all pictures anew and write the page that shows them."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with TemporaryDirectory() as words, running_samples(Path(words)) as site, _browser() as browser:
        for look in LOOKS:
            context = browser.new_context(
                viewport={"width": look.width, "height": look.height},
                color_scheme=look.scheme,
                reduced_motion="reduce",
            )
            page, worker = context.new_page(), context.new_page()
            for names in PAGES.values():
                for name in names:
                    _show(page, site, name, look)
                    picture = small_png(worker, page.screenshot(full_page=name != WARNING))
                    (folder / _file(name, look)).write_bytes(picture)
            context.close()
    (folder / "index.md").write_text("\n".join(_index()))


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


def _show(page: Page, site: SampleSite, name: str, look: Look) -> None:
    page.clock.set_fixed_time(NOW)
    if name != WARNING:
        page.goto(site.page(name, look.language))
        return
    page.goto(site.page("password", look.language))
    site.seconds_left = 50
    page.clock.set_fixed_time(NOW + timedelta(seconds=300 - site.seconds_left))
    page.locator("dialog [data-countdown]:not(:empty)").wait_for()
    site.seconds_left = 300


def _file(name: str, look: Look) -> str:
    return f"{name}.{look.name}.png"


def _index() -> Iterator[str]:
    yield "# Gallery"
    yield ""
    yield "The portal's pages with sample data, by `make gallery`. Click a picture to see it whole."
    for kind, names in PAGES.items():
        yield f"\n## {kind}\n"
        yield f"| page | {' | '.join(look.name.replace('-', ', ') for look in LOOKS)} |"
        yield f"| --- {'| --- ' * len(LOOKS)}|"
        for name, what in names.items():
            pictures = (
                f'<a href="{_file(name, look)}"><img src="{_file(name, look)}" width="180"'
                f' alt="{what}: {look.name}"></a>'
                for look in LOOKS
            )
            yield f"| {what} | {' | '.join(pictures)} |"
    yield ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
