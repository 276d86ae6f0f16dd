"""Hints that a waiting page should look again; told after the commit, and they may get lost.

Between processes they travel through Redis. Whoever hears one reads the truth from the database.
"""

import atexit
import time
from collections.abc import Callable, Iterator
from queue import Full, Queue
from threading import Lock, Thread
from typing import Any

import structlog
from redis import Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import RedisError
from redis.retry import Retry

from app.events import Event, Listener, Name

log = structlog.get_logger("webflow.hints")

CHANNEL = "webflow.flow.changed"
REDIS_TIMEOUT = 0.5
"""Seconds that anybody waits for Redis, before they go on without."""

AGAIN_SECONDS = 1.0
"""How long after a failure Redis is asked again; and how long it may be silent."""

MOST_KEPT = 1000
"""Hints that wait for a Redis that is lost; newer ones are dropped."""

LAST_SECONDS = 0.5
"""How long a process that ends waits until its hints have left."""

ENDED = frozenset(
    {
        Name.OPERATION_APPROVED,
        Name.OPERATION_REJECTED,
        Name.OPERATION_FAILED,
        Name.OPERATION_CANCELED,
        Name.OPERATION_EXPIRED,
    }
)
"""A page waits for the end of an operation; a flow that leaves a step or ends cancels it."""

Hear = Callable[[str], None]


def redis_options() -> dict[str, Any]:
    """Return how Redis is asked: briefly, and once."""
    return {
        "socket_timeout": REDIS_TIMEOUT,
        "socket_connect_timeout": REDIS_TIMEOUT,
        "retry": Retry(NoBackoff(), 0),  # the library's own would wait for seconds
    }


def listener(hear: Hear) -> Listener:
    """Return a listener of the journal that tells whose page should look again."""

    def listen(event: Event) -> None:
        if event.name in ENDED and event.external_id:
            hear(event.external_id)

    return listen


class Sender:
    """Sends hints through Redis, from a thread of its own: no request ever waits for Redis."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._waiting: Queue[str] = Queue(MOST_KEPT)
        self._started = Lock()

    def __call__(self, flow_id: str) -> None:
        """Tell all who listen that a flow has changed."""
        if self._started.acquire(blocking=False):  # at the first use: most commands need none
            Thread(target=self._keep_sending, name="hints", daemon=True).start()
            atexit.register(self._finish)
        try:
            self._waiting.put_nowait(flow_id)
        except Full:
            log.debug("hint.dropped")

    def _keep_sending(self) -> None:
        with Redis.from_url(self._url, **redis_options()) as redis:
            while True:
                flow_id, is_lost = self._waiting.get(), False
                while not self._is_sent(redis, flow_id, quiet=is_lost):
                    is_lost = True
                    time.sleep(AGAIN_SECONDS)
                self._waiting.task_done()

    def _is_sent(self, redis: Redis, flow_id: str, *, quiet: bool) -> bool:
        try:
            redis.publish(CHANNEL, flow_id)
        except (RedisError, OSError):
            if not quiet:
                log.warning("hint.not_sent", exc_info=True)
            return False
        return True

    def _finish(self) -> None:
        until = time.monotonic() + LAST_SECONDS
        while self._waiting.unfinished_tasks and time.monotonic() < until:
            time.sleep(0.005)


def keep_hearing(
    url: str, hear: Hear, *, begun: Callable[[], None], lost: Callable[[], None]
) -> None:
    """Hear hints for ever; the others are told when they begin to come, and when they are lost."""
    is_lost = False
    while True:
        try:
            with Redis.from_url(url, **redis_options()) as redis, redis.pubsub() as heard:
                heard.subscribe(CHANNEL)
                for kind, data in _messages(heard):
                    if kind == "subscribe":
                        is_lost = False
                        begun()
                        log.info("hints.heard")
                    elif kind == "message":
                        hear(data.decode(errors="replace"))
        except (RedisError, OSError):
            if not is_lost:
                log.warning("hints.lost", exc_info=True)
            is_lost = True
            lost()
        time.sleep(AGAIN_SECONDS)


def _messages(heard: PubSub) -> Iterator[tuple[str, Any]]:
    """Yield what comes; end when Redis has not even answered a question."""
    is_asked = False
    while True:
        message = heard.get_message(timeout=AGAIN_SECONDS)
        if message is not None:
            is_asked = False
            yield message["type"], message["data"]
        elif is_asked:
            raise TimeoutError("Redis is silent")
        else:
            is_asked = True
            heard.ping()
