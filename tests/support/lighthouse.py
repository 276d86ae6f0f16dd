"""`make lighthouse`: Lighthouse looks at pages of a running portal, as on a phone with slow 4G.

Playwright walks to a page; Lighthouse opens it again in the same browser, without a cache.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from tests.support.chromium import ARGUMENTS, chromium
from tests.support.portal import Portal, running_portal
from tests.support.processes import free_ports
from tests.support.visitor import Phone

LIGHTHOUSE = Path(__file__).parents[1] / "lighthouse/node_modules/.bin/lighthouse"
LEAST = 98
CATEGORIES = ("performance", "accessibility")
METRICS = (
    "largest-contentful-paint",
    "total-blocking-time",
    "cumulative-layout-shift",
    "total-byte-weight",
)
OPTIONS = (
    "--quiet",
    "--output=json",
    f"--only-categories={','.join(CATEGORIES)}",
    "--disable-storage-reset",  # the cookies say whose flow it is
    "--no-emulatedUserAgent",  # Android is warned first
    "--skip-audits=bf-cache",  # it leaves the page, which ends the flow
)


def main() -> None:
    """Write a line for each page; fail if one is below LEAST."""
    worst = 100
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        with running_portal(folder, {"WEBFLOW_RATE_LIMITS__AUTHORIZE": "1000/minute"}) as portal:
            (port,) = free_ports(1)
            context = playwright.chromium.launch_persistent_context(
                folder / "browser",
                executable_path=chromium(),
                args=[*ARGUMENTS, f"--remote-debugging-port={port}"],
                locale="en-GB",
            )
            for title, page in _pages(context, portal):
                report = _audit(page, port)
                scores = [round(100 * report["categories"][each]["score"]) for each in CATEGORIES]
                shown = [report["audits"][each]["displayValue"] for each in METRICS]
                row = " | ".join([title, *map(str, scores), *shown])
                print(f"| {row.replace('Total size was ', '')} |", flush=True)  # noqa: T201 - told as it goes on
                worst = min(worst, *scores)
            context.close()
    if worst < LEAST:
        sys.exit(f"{worst} is less than {LEAST}")


def _pages(context: BrowserContext, portal: Portal) -> Iterator[tuple[str, Page]]:
    """Yield pages, each of a new flow: being left by Lighthouse ends the flow."""
    titles = ("user name", "password and code", "review", "approval", "consent")
    for steps, title in enumerate(titles):
        page, phone = context.new_page(), Phone(portal)
        for walk in _walk(page, portal, phone)[: steps + 1]:
            walk()
        yield title, page
        page.close()


def _walk(page: Page, portal: Portal, phone: Phone) -> list[Any]:
    def begin() -> None:
        page.goto(portal.demo)
        page.get_by_role("button", name="Payment SCA").click()

    def name() -> None:
        page.get_by_label("Login number").fill(f"user{os.urandom(4).hex()}")
        page.get_by_role("button", name="Continue").click()

    def prove(about: str) -> None:
        page.get_by_label("Password", exact=True).fill("test")
        page.get_by_label("Code from the SMS").fill(phone.code(about))
        page.locator("button[value=confirm]").click()

    return [
        begin,
        name,
        lambda: prove("LOG IN"),
        lambda: page.locator("button[value=continue]").click(),
        lambda: prove("PAY 100 CZK"),
    ]


def _audit(page: Page, port: int) -> dict[str, Any]:
    page.wait_for_load_state("networkidle")
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    done = subprocess.run(  # noqa: S603 - ours
        (LIGHTHOUSE, page.url, f"--port={port}", *OPTIONS),
        capture_output=True,
        text=True,
        check=True,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


if __name__ == "__main__":
    main()
