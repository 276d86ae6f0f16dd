"""The commands of `flask`."""

import socket
from pathlib import Path

import pytest

from app.cli import up
from app.cli.docs import configuration_page
from app.cli.up import banner, taken_ports
from app.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_taken_port_is_told_with_the_setting_that_changes_it(taken):
    settings = Settings(port=taken, demo_port=1)
    assert list(taken_ports(settings))[0].startswith(  # noqa: RUF015 - the first of several
        f"Port {taken} is taken: stop what listens there, or set WEBFLOW_PORT to another one"
    )


def test_the_demo_s_port_is_looked_at_in_the_demo_only(taken, monkeypatch):
    assert any("WEBFLOW_DEMO_PORT" in m for m in taken_ports(Settings(demo_port=taken)))


def test_a_port_is_given_to_one_program_only():
    told = taken_ports(Settings(port=7000, demo_port=7000, worker={"port": 7000}))
    assert [each for each in told if "twice" in each] == [
        f"Port 7000 is asked for twice: set {name} to another one than WEBFLOW_PORT."
        for name in ("WEBFLOW_DEMO_PORT", "WEBFLOW_WORKER__PORT")
    ]


def test_the_worker_s_port_is_looked_at_if_it_has_one(taken):
    assert any("WEBFLOW_WORKER__PORT" in m for m in taken_ports(Settings(worker={"port": taken})))


def test_the_banner_says_where_to_start_who_to_be_and_where_codes_are():
    said = banner(Settings(port=8081, demo_port=8889))
    for words in (
        "http://localhost:8081",
        "http://localhost:8889  <- start here",
        "http://localhost:8081/demo/sms",
        "democlient / changeme",
        "system-admin, integration-user / changeme",
        "http://localhost:8081/powerauth-cloud/swagger-ui/index.html",
        'password "test"',
    ):
        assert words in said


def test_the_banner_says_how_many_processes_run_on_what():
    assert "1 web process and 1 worker on SQLite" in banner(Settings())
    machine = {"database_url": "postgresql://db/webflow", "server": {"processes": 3}}
    assert "3 web processes and 1 worker on PostgreSQL\n" in banner(Settings(**machine))
    hints = banner(Settings(**machine, redis_url="redis://localhost"))
    assert "on PostgreSQL and Redis" in hints


def test_the_page_of_settings_is_up_to_date():
    assert (ROOT / "docs" / "configuration.md").read_text() == configuration_page(), "run make docs"


def test_every_setting_has_a_meaning():
    rows = [line for line in configuration_page().splitlines() if line.startswith("| `WEBFLOW_")]
    assert len(rows) > 30
    assert all(len(row.split(" | ")[3]) > 10 for row in rows)


def test_no_secret_is_printed_as_a_default():
    secrets = [line for line in configuration_page().splitlines() if " | secret | " in line]
    assert len(secrets) >= 2
    assert all(" | secret | empty | " in line for line in secrets)


def test_the_demo_client_tells_the_time_of_the_pages():
    settings = Settings(web={"timezone": "America/Lima"})
    (demo,) = [each for each in up._programs(settings, "{}") if each.name == "demo"]  # noqa: SLF001 - what it starts
    assert demo.environment["TZ"] == "America/Lima"
