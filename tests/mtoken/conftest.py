"""Operations on a real database, and the phones that are asked to sign them."""

import pytest
import time_machine

from app import clock
from tests.support.operations import Room


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def room(app) -> Room:
    return Room(app)
