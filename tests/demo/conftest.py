"""A portal that stands where the demo client's own house ends, and browsers in front of both."""

from collections.abc import Callable, Iterator

import pytest
from pytest_httpserver import HTTPServer

from app.demo import create_client
from app.demo.environment import Environment
from tests.demo.standin import Browser, StandIn


@pytest.fixture
def portal() -> Iterator[StandIn]:
    with HTTPServer() as server:
        stand_in = StandIn(server)
        yield stand_in
        server.check_assertions()


@pytest.fixture
def environment(portal: StandIn) -> Environment:
    return Environment.read({"WEBFLOW_PUBLIC_URL": portal.address, "WEBFLOW_DEMO_PORT": "80"})


@pytest.fixture
def new_browser(portal: StandIn, environment: Environment) -> Callable[[], Browser]:
    app = create_client(environment)
    return lambda: Browser(app.test_client(), portal)


@pytest.fixture
def browser(new_browser: Callable[[], Browser]) -> Browser:
    return new_browser()
