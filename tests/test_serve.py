"""The web processes on PostgreSQL: real ones, started as `flask up` starts them."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.support.databases import SECRET
from tests.support.patience import LONG, comes
from tests.support.processes import die_with_parent, free_ports, wait_until

ROOT = Path(__file__).parents[1]
LONG_QUESTION = "token=" + "x" * 2000

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


class House:
    """Web processes, and what they wrote."""

    def __init__(self, database: str, folder: Path, **more: str) -> None:
        self.port = int(more.get("WEBFLOW_PORT") or free_ports(1)[0])
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        settings = {
            "WEBFLOW_DATABASE_URL": database,
            "WEBFLOW_PORT": str(self.port),
            "WEBFLOW_VAR_DIR": str(folder),
            "WEBFLOW_SECRET_KEY": SECRET,
            "WEBFLOW_SERVER__PROCESSES": "2",
            **more,
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WEBFLOW_")}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                (sys.executable, "serve.py"),
                cwd=ROOT,
                env={**kept, **settings},
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
            )

    def answers(self) -> bool:
        try:
            return self.ask("/healthz").is_success
        except httpx2.TransportError:
            return False

    def ask(self, path: str, **headers: str) -> httpx2.Response:
        """Ask on a connection of its own, so that any process may answer."""
        return httpx2.get(self.address + path, headers=headers, timeout=LONG, trust_env=False)

    @property
    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children()

    def begin_a_request(self) -> socket.socket:
        """Send most of a request: some process works on it, and waits for the rest."""
        head = (
            "POST /oauth2/introspect HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Authorization: Basic ZGVtb2NsaWVudDpjaGFuZ2VtZQ==\r\n"
            f"Content-Length: {len(LONG_QUESTION)}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=LONG)
        connection.sendall(head.encode() + LONG_QUESTION[:-9].encode())
        assert comes(lambda: connection.getsockname() in self.connected)
        time.sleep(0.3)  # and has read what came
        return connection

    @property
    def connected(self) -> set[tuple[str, int]]:
        """Whom the processes have let in."""
        held = (each for worker in self.workers for each in worker.net_connections())
        return {tuple(each.raddr) for each in held if each.raddr}


@pytest.fixture
def start(database, tmp_path) -> Iterator:
    houses: list[House] = []

    def start(**more: str) -> House:
        house = House(database, tmp_path, **more)
        houses.append(house)
        wait_until(house.answers, house.process, house.log)
        assert comes(lambda: house.log.read_text().count("Started worker-") == 2)
        return house

    yield start
    for house in houses:
        house.process.kill()
        house.process.wait()


def gone(processes: list[psutil.Process]) -> bool:
    assert processes
    return not psutil.wait_procs(processes, timeout=LONG)[1]


def answered(house: House) -> float:
    """How many answers all processes have counted together."""
    lines = house.ask("/metrics").text.splitlines()
    key = 'webflow_request_seconds_count{method="GET",route="/oauth2/jwks",status="2xx"}'
    return float(next((line.split()[-1] for line in lines if line.startswith(key)), 0))


def test_numbers_of_all_processes_are_added_up_and_begin_anew_with_each_start(start, tmp_path):
    house = start()
    for _ in range(30):
        assert house.ask("/oauth2/jwks").status_code == 200
    assert {answered(house) for _ in range(10)} == {30}
    kept = tmp_path / f"metrics-{house.port}"
    assert len({path.stem.rpartition("_")[2] for path in kept.glob("*.db")}) == 2
    (stale := kept / "counter_1.db").write_bytes(b"")
    house.process.terminate()
    house.process.wait(LONG)
    again = start(WEBFLOW_PORT=str(house.port))
    assert not stale.exists()
    assert answered(again) == 0


def test_each_process_answers_one_request_at_a_time_and_others_do_not_wait(start):
    house = start()
    with house.begin_a_request() as running, ThreadPoolExecutor(8) as pool:
        waits = [pool.submit(house.ask, "/healthz") for _ in range(8)]
        assert wait_for(waits, LONG, FIRST_COMPLETED).done
        running.sendall(LONG_QUESTION[-9:].encode())
        assert [wait.result().status_code for wait in waits] == [200] * 8


def test_a_request_that_runs_is_finished_when_everything_stops(start):
    house = start()
    workers, running = house.workers, house.begin_a_request()
    house.process.terminate()
    time.sleep(0.5)
    running.sendall(LONG_QUESTION[-9:].encode())
    with running, running.makefile("rb") as answer:
        said = answer.read().decode()
    assert said.startswith("HTTP/1.1 200")
    assert said.endswith('{"active": false}')
    assert house.process.wait(LONG) == 0
    assert gone(workers)


def test_a_stop_does_not_wait_for_ever(start):
    house = start()
    with house.begin_a_request():
        house.process.terminate()
        house.process.wait(LONG)


def test_a_process_that_was_killed_starts_again_while_the_other_answers(start):
    house = start()
    died, other = house.workers
    died.kill()
    time.sleep(0.3)
    assert house.ask("/readyz").status_code == 200
    assert comes(lambda: died not in house.workers and len(house.workers) == 2)
    assert other in house.workers


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can promise it")
def test_nobody_survives_a_parent_that_was_killed(start):
    house = start()
    workers = house.workers
    house.process.kill()
    assert gone(workers)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can promise it")
@pytest.mark.parametrize("wait", [0, 0.3, 1, 2])
def test_nor_does_a_process_that_was_just_starting(start, wait):
    house = start()
    died = house.workers[0]
    died.kill()
    assert comes(lambda: died not in house.workers and len(house.workers) == 2)
    workers = house.workers
    time.sleep(wait)
    house.process.kill()
    assert gone(workers)


def test_each_line_of_the_log_is_structured_and_tells_no_query(start):
    house = start(WEBFLOW_LOG_LEVEL="DEBUG", WEBFLOW_SERVER__ACCESS_LOG="true")
    house.ask("/healthz?password=letmein")
    house.workers[0].kill()
    time.sleep(1)
    house.process.terminate()
    house.process.wait(LONG)
    said = house.log.read_text()
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"_granian", "webflow.access"} <= {line["logger"] for line in lines}
    assert "letmein" not in said


def test_an_unsafe_database_is_refused_before_anybody_is_served(database, tmp_path):
    # The demo's bank is all there is, so settings of production have to be made without a check.
    script = f"""
import serve
from pathlib import Path
from pydantic import SecretStr
from app.settings import Settings
demo = Settings(database_url={database!r}, var_dir=Path({str(tmp_path)!r}))
production = {{"profile": "production", "secret_key": SecretStr({SECRET!r})}}
serve.settings_or_exit = lambda: demo.model_copy(update=production)
serve.main()
"""
    done = subprocess.run(  # noqa: S603 - ours
        (sys.executable, "-c", script),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "In the database:\n  - the client democlient has the demo's secret" in done.stderr
    assert "Listening" not in done.stderr


def test_sqlite_is_refused(database, tmp_path):
    house = House(f"sqlite:///{tmp_path / 'x.db'}", tmp_path)
    assert house.process.wait(LONG) == 1
    assert "set WEBFLOW_DATABASE_URL" in house.log.read_text()


def test_a_database_that_takes_connections_and_says_nothing_is_not_waited_for(database, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        house = House(url, tmp_path)
        try:
            wait_until(house.answers, house.process, house.log)
            assert house.ask("/readyz").status_code == 503
        finally:
            house.process.kill()
            house.process.wait()
