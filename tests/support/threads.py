"""Do things at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

T = TypeVar("T")


def at_once(*acts: Callable[[], T]) -> Sequence[T]:
    """Start all acts together, each in a thread of its own; return what they return."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], T]) -> T:
        gate.wait(10)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
