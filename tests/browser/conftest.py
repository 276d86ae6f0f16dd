"""Chromium in front of a portal of processes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.support.chromium import ARGUMENTS, chromium
from tests.support.portal import Portal
from tests.support.sample_site import SampleSite, running_samples
from tests.support.viewer import Viewer
from tests.support.visitor import Phone

SCREENSHOTS = "WEBFLOW_TEST_SCREENSHOTS"
expect.set_options(timeout=30_000)
"""Milliseconds, as for everything else: nothing takes so long, even where others work beside it."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def portal(tiers) -> Portal:
    return tiers.shared("embedded")


@pytest.fixture
def context(browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture
def forgiven() -> list[str]:
    """Beginnings of complaints that a test brings about."""
    return []


@pytest.fixture
def page(context, forgiven) -> Iterator[Page]:
    """A page on which neither a script nor the content security policy may complain."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    assert [each for each in complaints if not each.startswith(tuple(forgiven))] == []


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory) -> Iterator[SampleSite]:
    with running_samples(tmp_path_factory.mktemp("words")) as site:
        yield site


@pytest.fixture(scope="session")
def only_viewer(browser) -> Iterator[Viewer]:
    context = browser.new_context()
    context.set_default_timeout(30_000)
    yield Viewer(context.new_page())
    context.close()


@pytest.fixture
def viewer(only_viewer) -> Iterator[Viewer]:
    """One page for all tests, which opens quickly; each answers for its own complaints."""
    only_viewer.complaints.clear()
    yield only_viewer
    assert only_viewer.complaints == []


@pytest.fixture
def phone(portal) -> Phone:
    return Phone(portal)


@pytest.fixture
def user() -> str:
    return f"user{os.urandom(4).hex()}"


@pytest.fixture(scope="session")
def gallery(tmp_path_factory) -> Path:
    """Where screenshots go: a folder that WEBFLOW_TEST_SCREENSHOTS names, or a temporary one."""
    if not (given := os.environ.get(SCREENSHOTS)):
        return tmp_path_factory.mktemp("screenshots")
    folder = Path(given)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
