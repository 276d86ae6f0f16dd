import os
import subprocess
import sys

import httpx2
import pytest

from app.demo.environment import Environment, EnvironmentRefused
from tests.support.patience import LONG, comes
from tests.support.processes import free_ports


def test_nothing_set_means_the_addresses_of_make_run():
    environment = Environment.read({"WEBFLOW_PORT": ""})
    assert environment.portal == "http://localhost:8080"
    assert environment.redirect_uri == "http://localhost:8888/connect/demo"
    assert environment.host == "127.0.0.1"
    assert environment.client_id == "democlient"
    assert environment.integration_user == "integration-user"
    assert not environment.is_secure


def test_addresses_lose_their_trailing_slash_and_give_the_origin():
    environment = Environment.read({"WEBFLOW_PUBLIC_URL": "https://bank.example/sca/"})
    assert environment.portal == "https://bank.example/sca"
    assert environment.portal_origin == "https://bank.example"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBFLOW_PORT", "http"),
        ("WEBFLOW_DEMO_PORT", "0"),
        ("WEBFLOW_DEMO_PORT", "65536"),
        ("WEBFLOW_PUBLIC_URL", "bank.example"),
        ("WEBFLOW_DEMO_URL", "ftp://tpp.example"),
        ("WEBFLOW_DEMO_URL", "http://[broken"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(name, value):
    with pytest.raises(EnvironmentRefused, match=name):
        Environment.read({name: value})


def test_a_process_of_its_own_answers_and_stops_on_a_signal():
    [port] = free_ports(1)
    process = subprocess.Popen(
        (sys.executable, "-m", "app.demo"), env={**os.environ, "WEBFLOW_DEMO_PORT": str(port)}
    )
    try:
        assert comes(lambda: answers(port))
    finally:
        process.terminate()
    assert process.wait(LONG) == 0


def test_a_process_that_cannot_start_says_which_variable_is_wrong():
    done = subprocess.run(
        (sys.executable, "-m", "app.demo"),
        env={**os.environ, "WEBFLOW_DEMO_PORT": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "WEBFLOW_DEMO_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def answers(port):
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).text == "ok"
    except httpx2.TransportError:
        return False
