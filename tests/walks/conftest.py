"""Every walk in every tier."""

import os
from collections.abc import Iterator

import pytest

from tests.support.portal import Portal
from tests.support.tiers import TIERS
from tests.support.walk import Walk


@pytest.fixture(params=TIERS)
def portal(request, tiers) -> Portal:
    return tiers.shared(request.param)


@pytest.fixture
def walk(portal) -> Iterator[Walk]:
    """One visitor, who must have seen no fault in the end."""
    walk = Walk(portal, user=f"user{os.urandom(4).hex()}")
    with walk.browser:
        yield walk
    assert walk.faults() == []
