"""How soon waiting pages are woken, and what one costs the process that holds its socket."""

import random
import selectors
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import psutil
from redis import Redis
from sqlalchemy import create_engine, text

from app.hints import CHANNEL
from bench.customer import CALLBACK, Customer
from tests.support.databases import postgres_database
from tests.support.mobile import MobilePhone
from tests.support.portal import Portal, running_portal
from tests.support.postgres import running_postgres
from tests.support.redis import own_redis
from tests.support.sockets import Socket

PAGES = (1, 100, 1000)
WAKES = 200
USER = "waiting0"
PATIENCE = 10.0


@dataclass
class Crowd:
    """Pages that wait, each with a flow and a browser of its own."""

    portal: Portal
    redis: Redis
    pages: list[tuple[str, str, Socket]] = field(default_factory=list)
    """Flow, cookie and socket of each."""
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def grow(self, count: int) -> None:
        """Let so many pages wait."""
        opened: list[tuple[str, str]] = []
        for _ in range(count - len(self.pages)):
            customer = Customer(urlsplit(self.portal.address).port or 0, lambda _: "", USER)
            customer.begin("bench", "openid aisp")
            customer.give_name()
            opened.append((customer.handle, customer.http.cookie("wf_browser")))
            customer.http.close()
            self.read(0)
        ids = self._flow_ids()
        for handle, cookie in opened:
            self.pages.append((ids[handle], cookie, self._open(handle, cookie)))
            self.read(0)
        self._handles = {flow: handle for handle, flow in ids.items()}

    def wake(self) -> float:
        """Wake one page; return how long it took until its browser heard of it, in ms."""
        number = random.randrange(len(self.pages))  # noqa: S311 - any page will do
        flow, cookie, page = self.pages[number]
        began = time.perf_counter()
        self.redis.publish(CHANNEL, flow)
        while not page.hints and time.perf_counter() - began < PATIENCE:
            self.read(PATIENCE)
        took = 1000 * (page.hints[0] - began)
        self.selector.unregister(page)
        page.close()
        self.pages[number] = (flow, cookie, self._open(self._handles[flow], cookie))
        return took

    def read(self, seconds: float) -> None:
        """Take what has come, pings for one."""
        if self.selector.get_map():
            for key, _ in self.selector.select(seconds):
                page: Socket = key.data
                page.read()

    def close(self) -> None:
        """Let everybody go."""
        for _, _, page in self.pages:
            page.close()
        self.selector.close()

    def _open(self, handle: str, cookie: str) -> Socket:
        page = Socket(
            self.portal.sockets,
            handle,
            cookie=f"wf_browser={cookie}",
            origin=self.portal.address,
        )
        if not page.wait(PATIENCE, "is_joined"):
            raise RuntimeError(f"no socket: {page.status}\n{self.portal.output}")
        self.selector.register(page, selectors.EVENT_READ, page)
        return page

    def _flow_ids(self) -> dict[str, str]:
        engine = create_engine(self.portal.settings.database)
        with engine.connect() as connection:
            found = connection.execute(text("SELECT handle, id FROM flows"))
            ids = {str(handle): str(id_) for handle, id_ in found}
        engine.dispose()
        return ids


def measure(pages: Sequence[int] = PAGES) -> Iterator[tuple[int, float, float, float, int]]:
    """Yield for each number of pages: p50 and p95 in ms, MB of the process, pages in a GiB."""
    with crowd() as waiting:
        live = waiting.portal.find("live")
        waiting.grow(1)  # what is loaded at the first one is no page's
        base = _resident(live)
        for count in pages:
            waiting.grow(count)
            for _ in range(10):
                waiting.wake()
            times = sorted(waiting.wake() for _ in range(WAKES))
            cuts = quantiles(times, n=20)
            memory = _resident(live)
            each = max(memory - base, 1) / count
            yield count, cuts[9], cuts[18], memory / 1e6, int((2**30 - base) / each)


@contextmanager
def crowd() -> Iterator[Crowd]:
    """Start one machine's portal, and one phone whose user everybody is."""
    with ExitStack() as stack:
        server = stack.enter_context(running_postgres(durable=True))
        redis = stack.enter_context(own_redis())
        folder = stack.enter_context(TemporaryDirectory(prefix="webflow-bench-"))
        settings = {
            "WEBFLOW_DATABASE_URL": stack.enter_context(postgres_database(server)),
            "WEBFLOW_REDIS_URL": redis.url,
            "WEBFLOW_SERVER__PROCESSES": "2",
            "WEBFLOW_LOG_LEVEL": "WARNING",
            "WEBFLOW_RATE_LIMITS__AUTHORIZE": "",  # one address asks for everybody
        }
        portal = stack.enter_context(running_portal(Path(folder), settings))
        portal.flask("clients", "create", "bench", "--name", "bench", "--redirect-uri", CALLBACK)
        MobilePhone(portal, USER)
        waiting = Crowd(portal, stack.enter_context(Redis.from_url(redis.url)))
        stack.callback(waiting.close)
        yield waiting


def _resident(process: psutil.Process) -> int:
    return int(process.memory_info().rss)
