"""Waiting for what comes by itself: so long that no slow machine makes a test fail.

How soon it comes is measured by `make bench`.
"""

import time
from collections.abc import Callable

LONG = 60.0
"""Seconds after which it does not come any more."""
BEFORE_THE_SWEEP = 20.0
"""Seconds in which it comes if the worker was woken; by itself it looks once a minute."""


def comes(what: Callable[[], object], *, within: float = LONG) -> bool:
    """Wait until something is true; False when it does not become so."""
    until = time.monotonic() + within
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True
