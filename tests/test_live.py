"""The live process on PostgreSQL: a real one, and when it does not start."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from app.cli import up
from app.settings import LiveSettings, Settings
from tests.support.databases import SECRET
from tests.support.patience import comes
from tests.support.processes import die_with_parent, free_ports, stop, wait_until
from tests.support.redis import own_redis

ROOT = Path(__file__).parents[1]
ON_POSTGRES = {"WEBFLOW_DATABASE_URL": "postgresql://localhost:1/none"}
WITH_REDIS = {**ON_POSTGRES, "WEBFLOW_REDIS_URL": "redis://localhost:1"}


def environment(folder: Path, **settings: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WEBFLOW_")}
    return {
        **kept,
        "WEBFLOW_VAR_DIR": str(folder),
        "WEBFLOW_SECRET_KEY": SECRET,
        **settings,
    }


def refusal(folder: Path, program: str, **settings: str) -> str:
    done = subprocess.run(  # noqa: S603 - ours
        (sys.executable, program),
        cwd=ROOT,
        env=environment(folder, **settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "does not start" in done.stderr
    return done.stderr


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[str]:
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            (sys.executable, "live.py"),
            cwd=ROOT,
            env=environment(folder, WEBFLOW_LIVE__PORT=str(port), **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
        )
    try:
        wait_until(lambda: _answers(address), process, folder / "log")
        yield address
    finally:
        stop(process)
        assert process.returncode == 0, (folder / "log").read_text()


def ask(address: str) -> httpx2.Response:
    return httpx2.get(address, timeout=10, trust_env=False)


def _answers(address: str) -> bool:
    try:
        return ask(f"{address}/healthz").is_success
    except httpx2.TransportError:
        return False


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "WEBFLOW_DATABASE_URL"),
        (ON_POSTGRES, "WEBFLOW_REDIS_URL"),
        ({**WITH_REDIS, "WEBFLOW_SURFACES": '["portal"]'}, "WEBFLOW_SURFACES"),
        ({**WITH_REDIS, "WEBFLOW_SURFACES": '["sockets"]'}, "WEBFLOW_SURFACES"),
    ],
)
def test_it_says_why_it_does_not_start(tmp_path, settings, words):
    assert words in refusal(tmp_path, "live.py", **settings)


def test_a_web_process_of_granian_refuses_to_hold_sockets(tmp_path):
    said = refusal(tmp_path, "serve.py", **WITH_REDIS, WEBFLOW_SURFACES='["portal","live"]')
    assert "take live out of WEBFLOW_SURFACES" in said


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_it_tells_whether_it_lives_and_can_work_and_what_it_counts(database, tmp_path):
    with own_redis() as redis:
        settings = {"WEBFLOW_DATABASE_URL": database, "WEBFLOW_REDIS_URL": redis.url}
        with running(tmp_path, **settings) as address:
            wait_until_ready(address)
            assert "webflow_sockets 0.0" in ask(f"{address}/metrics").text
            assert ask(f"{address}/flow/x").status_code == 404
            redis.stop()
            answer = ask(f"{address}/readyz")
            while answer.is_success:
                answer = ask(f"{address}/readyz")
            assert answer.json() == {"status": "DOWN", "failing": ["redis"]}
            assert ask(f"{address}/healthz").is_success


def wait_until_ready(address: str) -> None:
    is_ready = comes(lambda: ask(f"{address}/readyz").is_success)
    assert is_ready, ask(f"{address}/readyz").text


def machine(**more: object) -> Settings:
    return Settings(database_url="postgresql://localhost/none", **more)


def names(settings: Settings) -> list[str]:
    return [program.name for program in up._programs(settings, "{}")]  # noqa: SLF001 - what it starts


def granian(settings: Settings) -> dict[str, str]:
    (web,) = [p for p in up._programs(settings, "{}") if p.name == "web"]  # noqa: SLF001 - as above
    return dict(web.environment)


def test_everything_is_started_that_a_tier_needs():
    redis = {"redis_url": "redis://localhost"}
    assert names(Settings()) == ["web", "worker", "demo"]
    assert names(machine()) == ["web", "worker", "demo"]
    assert names(machine(**redis)) == ["web", "live", "worker", "demo"]
    assert names(machine(**redis, surfaces=("portal", "device"))) == ["web", "worker", "demo"]


def test_the_web_processes_learn_where_the_sockets_are_and_that_they_have_none():
    redis = {"redis_url": "redis://localhost"}
    assert granian(machine(**redis)) == {"WEBFLOW_LIVE__URL": "http://localhost:8081"}
    given = LiveSettings(url="https://live.example.com")
    assert granian(machine(**redis, live=given)) == {}
    behind_a_proxy = machine(**redis, public_url="https://sca.example.com")
    assert granian(behind_a_proxy) == {}
    assert behind_a_proxy.live_address == "https://sca.example.com"
    some = granian(machine(**redis, surfaces=("portal", "live")))
    assert some["WEBFLOW_SURFACES"] == '["portal"]'
    assert machine().live_address is None


@pytest.mark.parametrize("url", ["live.example.com", "https://a b", "https://x/; script-src *"])
def test_the_address_of_sockets_is_an_origin(url):
    with pytest.raises(ValueError, match="begins with http"):
        LiveSettings(url=url)
