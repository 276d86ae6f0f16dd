"""A portal that stands where the demo client's own house ends, and browsers in front of both."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from app.demo import create_client
from app.demo.environment import Environment
from tests.demo.standin import Browser, StandIn


@pytest.fixture(scope="session")
def server() -> Iterator[HTTPServer]:
    # One for all: stopping one takes half a second.
    with HTTPServer() as server:
        yield server


@pytest.fixture
def portal(server: HTTPServer) -> Iterator[StandIn]:
    if not server.is_running():
        server.start()
    yield StandIn(server)
    server.check_assertions()
    server.clear()


@pytest.fixture
def environment(portal: StandIn, tmp_path: Path) -> Environment:
    return Environment.read(
        {
            "WEBFLOW_PUBLIC_URL": portal.address,
            "WEBFLOW_DEMO_PORT": "80",
            "WEBFLOW_DEMO_CLIENT_PHONES": str(tmp_path / "phones"),
        }
    )


@pytest.fixture
def new_browser(portal: StandIn, environment: Environment) -> Callable[[], Browser]:
    app = create_client(environment)
    return lambda: Browser(app.test_client(), portal)


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    return new_browser()
