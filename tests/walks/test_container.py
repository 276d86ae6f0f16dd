"""What the image runs, from its own files that nobody may write to, as the guide starts it.

Two containers start at once on one empty database, as a deployment of several does.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psutil
import psycopg
import pytest
from sqlalchemy import make_url

from app.settings.guide import NAMES
from tests.support.image import lay_out, let_go, stages, variables, without_privileges
from tests.support.patience import LONG
from tests.support.processes import die_with_parent, free_ports

ROOT = Path(__file__).parents[2]
ADMIN = ("system-admin", "changeme")
IMAGE = stages()[-1]
SECRET = "a secret that both containers know"

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="images are for Linux"),
    pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True),
]


class Container:
    """One start of the image's command."""

    def __init__(
        self, app: Path, folder: Path, ports: tuple[int, int], env_list: dict[str, str]
    ) -> None:
        self.port, demo_port = ports
        self.log, self.var = folder / "log", folder / "var"
        self.var.mkdir(parents=True)
        self.address = f"http://127.0.0.1:{self.port}"
        here = {
            "WEBFLOW_HOST": "127.0.0.1",
            "WEBFLOW_PORT": str(self.port),
            "WEBFLOW_DEMO_PORT": str(demo_port),
            "WEBFLOW_VAR_DIR": str(self.var),
            "WEBFLOW_SERVER__PROCESSES": "1",
        }
        self.environment = {**IMAGE.environment, "PATH": os.environ["PATH"], **env_list, **here}
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(  # noqa: S603 - ours
                (*without_privileges(), sys.executable, "-m", *IMAGE.command),
                cwd=app,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one C call, and nothing else can
            )

    @property
    def is_healthy(self) -> bool:
        """Ask as the engine does."""
        command = (sys.executable, *IMAGE.health[1:])
        done = subprocess.run(  # noqa: S603 - ours
            command, env=self.environment, capture_output=True, check=False
        )
        return done.returncode == 0

    def wait(self) -> None:
        until = time.monotonic() + 180
        while "Ready." not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < until, self.log.read_text()
            time.sleep(0.1)

    def call(self, method: str, path: str, body: object = None) -> httpx2.Response:
        return httpx2.request(
            method,
            f"{self.address}/powerauth-cloud{path}",
            json=body,
            auth=ADMIN,
            timeout=20,
            trust_env=False,
        )


@pytest.fixture
def app(tmp_path) -> Iterator[Path]:
    folder = tmp_path / "app"
    lay_out(folder)
    yield folder
    let_go(folder)


@pytest.fixture
def env_list(empty_database) -> dict[str, str]:
    """The example with the address of a database that is there."""
    url = make_url(empty_database)
    socket = Path(str(url.query["host"]))
    socket.chmod(0o711)  # who starts without privileges has to get there
    ours = (f"jdbc:postgresql:///{url.database}?host={socket}", url.username, "")
    example = variables((ROOT / "env.list.example").read_text())
    return {**example, **dict(zip(NAMES.values(), ours, strict=True)), "WEBFLOW_SECRET_KEY": SECRET}


@pytest.fixture
def containers(app, tmp_path, env_list) -> Iterator[list[Container]]:
    ports = free_ports(4)
    pairs = {"one": (ports[0], ports[1]), "two": (ports[2], ports[3])}
    started = [Container(app, tmp_path / name, pair, env_list) for name, pair in pairs.items()]
    yield started
    for container in started:
        container.process.kill()
        container.process.wait()


def test_two_containers_start_on_an_empty_database_answer_the_guide_and_end(
    containers, app, empty_database
):
    laid_out = set(app.rglob("*"))
    for container in containers:
        container.wait()
        assert container.is_healthy
    said = [container.log.read_text() for container in containers]
    # Each migration ran once: the other container waited, and found nothing left to do.
    assert sum(text.count("Running upgrade  -> 0001") for text in said) <= 1
    assert not any("Traceback" in text for text in said)
    one, two = containers
    made = one.call("POST", "/admin/users", {"username": "shop-user"})
    assert made.status_code == 200, made.text
    assert two.call("POST", "/admin/applications", {"id": "my-application"}).status_code == 200
    granted = one.call("POST", "/admin/users/shop-user/applications/my-application")
    assert granted.status_code == 200, granted.text
    assert_seeded_once(empty_database)
    programs = [p for c in containers for p in psutil.Process(c.process.pid).children()]
    for container in containers:
        container.process.send_signal(signal.SIGTERM)
    assert [container.process.wait(60) for container in containers] == [0, 0]
    assert not psutil.wait_procs(programs, timeout=LONG)[1]
    assert not one.is_healthy
    assert set(app.rglob("*")) == laid_out
    for container in containers:
        assert not (container.var / "webflow.db").exists()


def assert_seeded_once(database: str) -> None:
    plain = make_url(database).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection:
        query = "SELECT count(*) FROM pa_cloud_user WHERE username = 'system-admin'"
        assert connection.execute(query).fetchone() == (1,)
