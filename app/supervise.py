"""Run several programs as one: started and stopped together, restarted when they die.

`supervisor` was tried first: its programs outlive a killed parent, their lines carry no name,
and it cannot tell when everything answers. Nothing here knows what the programs do.
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

TICK = 0.1
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 10.0
GIVE_UP_AFTER = 3
LAST_WORDS = 1.0
PR_SET_PDEATHSIG = 1


@dataclass(eq=False)
class Program:
    """One program that has to run, e.g. `Program("web", ("gunicorn", "wsgi:app"))`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    pause: float = FIRST_PAUSE
    deaths: int = 0
    unfinished: bytes = field(default=b"", repr=False)


class Supervisor:
    """Keeps programs running until a signal says stop; one thread, so that forks are safe."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        ready: Callable[[], bool],
        announce: Callable[[], None],
        grace: float = 10.0,
    ) -> None:
        self._programs = programs
        self._ready = ready
        self._announce = announce
        self._grace = grace
        self._width = max(len(program.name) for program in programs)
        self._output = selectors.DefaultSelector()
        self._signals = 0
        self._announced = False
        self._stopping = False

    def run(self) -> int:
        """Run until SIGTERM, SIGINT or SIGHUP; return 1 if a program never came up, else 0."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._heard)
        try:
            while not self._signals:
                self._start_what_is_due()
                self._pass_on(TICK)
                self._bury_the_dead()
                if not self._announced and any(p.deaths >= GIVE_UP_AFTER for p in self._programs):
                    self._say("giving up: see the lines above")
                    return 1
                if not self._announced and self._ready():
                    self._announced = True
                    self._announce()
            return 0
        finally:
            self._stop()

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _start_what_is_due(self) -> None:
        for program in self._programs:
            if program.process is None and program.due <= time.monotonic():
                program.started = time.monotonic()
                program.process = subprocess.Popen(  # noqa: S603 - our own programs
                    (sys.executable, "-m", "app.supervise", str(os.getpid()), *program.command),
                    env={**os.environ, **program.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    process_group=0,  # Ctrl+C reaches us alone, and we stop all in good order
                )
                assert program.process.stdout is not None  # noqa: S101 - PIPE gave us one
                os.set_blocking(program.process.stdout.fileno(), False)
                self._output.register(program.process.stdout, selectors.EVENT_READ, program)

    def _pass_on(self, timeout: float) -> None:
        if not self._output.get_map():
            time.sleep(timeout)
            return
        for key, _ in self._output.select(timeout):
            program: Program = key.data
            read = os.read(key.fd, 65536)
            if not read:
                self._output.unregister(key.fileobj)
            *lines, program.unfinished = (program.unfinished + read).split(b"\n")
            for line in lines:
                self._say(line.decode(errors="replace"), program.name)

    def _bury_the_dead(self) -> None:
        for program in self._programs:
            process = program.process
            if process is None or process.poll() is None:
                continue
            self._clear_away(program)
            if time.monotonic() - program.started > HEALTHY_AFTER:
                program.pause = FIRST_PAUSE
            program.deaths += 1
            program.due = time.monotonic() + program.pause
            if not self._stopping:
                self._say(
                    f"{program.name} ended ({_ending(process.returncode)}), "
                    f"starting it again in {program.pause:g} s"
                )
            program.pause = min(2 * program.pause, LONGEST_PAUSE)

    def _clear_away(self, program: Program) -> None:
        """Leave nothing of a dead program: neither its own children nor its last words."""
        process, program.process = program.process, None
        assert process is not None  # noqa: S101 - callers have looked
        assert process.stdout is not None  # noqa: S101 - PIPE gave us one
        _signal_group(process.pid, signal.SIGKILL)
        until = time.monotonic() + LAST_WORDS
        while _registered(self._output, process.stdout) and time.monotonic() < until:
            self._pass_on(TICK)
        if _registered(self._output, process.stdout):  # somebody of another group holds it
            self._output.unregister(process.stdout)
        process.stdout.close()
        if program.unfinished:
            self._say(program.unfinished.decode(errors="replace"), program.name)
            program.unfinished = b""

    def _stop(self) -> None:
        self._stopping = True
        for process in self._running():
            process.terminate()
        until, impatient = time.monotonic() + self._grace, self._signals + 1
        while self._running():
            self._pass_on(TICK)
            self._bury_the_dead()
            if time.monotonic() > until or self._signals >= impatient:
                for process in self._running():
                    _signal_group(process.pid, signal.SIGKILL)
        self._output.close()

    def _running(self) -> list[subprocess.Popen[bytes]]:
        return [program.process for program in self._programs if program.process]

    def _say(self, line: str, name: str = "") -> None:
        try:
            sys.stdout.write(f"{name:<{self._width}} | {line}\n")
            sys.stdout.flush()
        except OSError:  # the terminal is gone, and so are we
            self._signals += 1


def _registered(selector: selectors.BaseSelector, stream: IO[bytes]) -> bool:
    return any(key.fileobj is stream for key in selector.get_map().values())


def _signal_group(leader: int, number: signal.Signals) -> None:
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return  # nobody is left


def _ending(returncode: int) -> str:
    return signal.Signals(-returncode).name if returncode < 0 else f"exit code {returncode}"


def end_with(parent: int, by: signal.Signals = signal.SIGTERM) -> None:
    """Let this process end when `parent` does, even by SIGKILL; only Linux can promise it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)  # survives exec
        if os.getppid() != parent:
            sys.exit("the supervisor is gone")


def become(parent: int, command: list[str]) -> None:
    """Turn this process into `command`, which ends when `parent` does, even by SIGKILL."""
    end_with(parent)
    os.execv(command[0], command)  # noqa: S606 - no shell is what we want


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
