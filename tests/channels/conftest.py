"""Time that stands still, and channels that let go of their connections."""

import pytest
import time_machine


@pytest.fixture
def world(push_world):
    return push_world


@pytest.fixture
def time():
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        yield traveller


@pytest.fixture
def closing():
    """Build a channel whose connections end with the test."""
    built = []

    def keep(channel):
        built.append(channel)
        return channel

    yield keep
    for channel in built:
        for _, account in channel._accounts._kept.values():  # noqa: SLF001 - a process ends and takes them along
            account.close()
