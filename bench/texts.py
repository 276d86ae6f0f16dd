"""How soon a text message leaves: from the transaction that asks for it until it is delivered."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from statistics import quantiles

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.store.outbox import OutboxRow
from bench.house import House
from bench.load import walk
from tests.support.patience import comes

USERS = (1, 8, 32)
FLOWS = 96


def lags(house: House) -> list[tuple[object, ...]]:
    """Return for so many users at once p50, p95 and the longest, in milliseconds."""
    walk(house, "login_sca")
    return [(users, *_lag(house, users)) for users in USERS]


def _lag(house: House, users: int) -> tuple[float, float, float]:
    begun = clock.now()
    with ThreadPoolExecutor(users) as pool:
        list(pool.map(lambda _: walk(house, "login_sca"), range(FLOWS)))
    if not comes(lambda: len(_waited(house, begun)) >= FLOWS):
        raise TimeoutError("some messages were not delivered")
    waited = sorted(_waited(house, begun))
    cuts = quantiles(waited, n=100, method="inclusive")
    return cuts[49], cuts[94], waited[-1]


def _waited(house: House, begun: datetime) -> list[float]:
    query = select(OutboxRow.created_at, OutboxRow.finished_at).where(
        OutboxRow.kind == "sms", OutboxRow.state == "delivered", OutboxRow.created_at > begun
    )
    with Session(house.engine) as session:
        rows = session.execute(query).all()
    return [1000 * (end - begin).total_seconds() for begin, end in rows if end]
