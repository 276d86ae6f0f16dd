"""Programs that start, stop, die and come back together."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.patience import LONG, comes

ROOT = Path(__file__).parents[1]
STAYS = "print('up', flush=True); import time; time.sleep(60)"
DIES = "print('up', flush=True); import sys; sys.stdout.write('last words'); sys.exit(3)"
DEAF = (
    "import signal, time;"
    "signal.signal(signal.SIGTERM, lambda *_: print('not now', flush=True));"
    "print('up', flush=True); time.sleep(600)"
)
HAS_CHILDREN = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time;"
    " time.sleep(61)']); print('up', flush=True); time.sleep(60)"
)


class House:
    """A supervisor in a process of its own, and what it printed."""

    def __init__(self, folder: Path, programs: dict[str, str], *, ready: str, grace: float) -> None:
        script = folder / "house.py"
        script.write_text(
            textwrap.dedent(f"""
                import sys
                from app.supervise import Program, Supervisor
                sys.exit(Supervisor(
                    [Program(name, (sys.executable, "-c", code), {{"GREETING": "hello"}})
                     for name, code in {programs!r}.items()],
                    ready=lambda: {ready}, announce=lambda: print("READY", flush=True),
                    grace={grace},
                ).run())
            """)
        )
        self.log = folder / "log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - ours
                (sys.executable, script),
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines()

    def wait_for(self, *wanted: str, count: int = 1) -> None:
        is_there = comes(lambda: all(self.lines.count(line) >= count for line in wanted))
        assert is_there, "\n".join(self.lines)

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def start(tmp_path) -> Iterator:
    houses: list[House] = []

    def start(ready="True", grace=5.0, **programs: str) -> House:
        houses.append(House(tmp_path, programs, ready=ready, grace=grace))
        return houses[-1]

    yield start
    for house in houses:
        house.process.kill()
        house.process.wait()


def gone(processes: list[psutil.Process]) -> bool:
    assert processes
    return not psutil.wait_procs(processes, timeout=LONG)[1]


def test_each_line_carries_the_name_of_its_program(start):
    house = start(web=STAYS, worker=STAYS)
    house.wait_for("web    | up", "worker | up", "READY")


def test_a_program_gets_its_own_variables(start):
    house = start(web="import os; print(os.environ['GREETING'], flush=True);" + STAYS)
    house.wait_for("web | hello")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_everything(start, number):
    house = start(web=STAYS, worker=STAYS)
    house.wait_for("web    | up", "worker | up", "READY")
    tree = house.tree()
    house.process.send_signal(number)
    assert house.process.wait(LONG) == 0
    assert gone(tree)
    assert "ended" not in house.log.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can promise it")
def test_nobody_survives_a_supervisor_that_was_killed(start):
    house = start(web=STAYS, worker=STAYS)
    house.wait_for("web    | up", "worker | up")
    tree = house.tree()
    house.process.kill()
    assert gone(tree)


def test_a_program_that_was_killed_starts_again(start):
    house = start(web=STAYS, worker=STAYS)
    house.wait_for("web    | up", "worker | up", "READY")
    first = house.tree()[0]
    first.kill()
    house.wait_for("       | web ended (SIGKILL), starting it again in 0.5 s")
    house.wait_for("web    | up", count=2)
    assert len(house.tree()) == 2
    assert house.lines.count("worker | up") == 1


def test_what_a_dead_program_started_does_not_live_on(start):
    house = start(web=HAS_CHILDREN)
    house.wait_for("web | up", "READY")
    parent, child = house.tree()
    parent.kill()
    assert gone([child])
    house.wait_for("web | up", count=2)


def test_last_words_are_passed_on_and_the_pauses_grow(start):
    house = start(web=STAYS, worker=DIES)
    house.wait_for("READY", "worker | last words")
    house.wait_for("       | worker ended (exit code 3), starting it again in 0.5 s")
    house.wait_for("       | worker ended (exit code 3), starting it again in 1 s")


def test_what_never_comes_up_is_given_up(start):
    house = start(ready="False", web=STAYS, worker=DIES)
    assert house.process.wait(LONG) == 1
    assert house.lines.count("worker | last words") == 3
    assert house.lines[-1] == "       | giving up: see the lines above"


def test_a_deaf_program_is_killed_after_the_grace(start):
    house = start(grace=0.5, web=DEAF)
    house.wait_for("web | up", "READY")
    tree = house.tree()
    house.process.terminate()
    assert house.process.wait(LONG) == 0
    assert gone(tree)


def test_a_second_signal_does_not_wait_for_the_grace(start):
    house = start(grace=60.0, web=DEAF)
    house.wait_for("web | up", "READY")
    house.process.terminate()
    house.wait_for("web | not now")  # two signals at the same moment are one
    house.process.terminate()
    assert house.process.wait(LONG) == 0


def test_output_without_a_newline_or_beyond_utf_8_is_passed_on(start):
    loud = "import sys; sys.stdout.buffer.write(b'\\xff' + b'x' * 200000);"
    house = start(web=loud + "print(); " + STAYS)
    house.wait_for("web | up")
    assert f"web | \N{REPLACEMENT CHARACTER}{'x' * 200000}" in house.lines
