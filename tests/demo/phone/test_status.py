"""What the portal says about a registration, and counters that meet or do not."""

import json

import pytest

from app.crypto.activation import State
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.signing import Proof
from tests.crypto.vectors import text64
from tests.demo.phone.conftest import PIN

KNOWLEDGE = Proof("possession_knowledge", PIN)


def approve(phone):
    return phone.approve("id", "A2", KNOWLEDGE)


def test_the_status_is_read(portal, phone):
    portal.state = State.BLOCKED
    asked = phone.status()
    status = asked.read(portal.answer(asked.call))
    assert status.state == "BLOCKED"
    assert (status.failed_attempts, status.max_failed_attempts) == (1, 5)
    assert (status.current_version, status.upgrade_version) == (3, 3)


@pytest.fixture
def status_of(portal):
    def ask_status(phone):
        asked = phone.status()
        return asked.read(portal.answer(asked.call))

    return ask_status


@pytest.mark.parametrize("steps", [0, 1, 20])
@pytest.mark.parametrize("version", ["3.3", "3.2", "3.1"])
def test_a_phone_that_is_behind_catches_up(portal, phone, status_of, steps):
    for _ in range(steps):
        portal.counter = portal.counter.next()
    assert status_of(phone).catch_up(phone.state) == steps
    assert phone.state.counter == portal.counter.number
    assert portal.judge(approve(phone), "/operation/authorize")


@pytest.mark.parametrize("version", ["3.3", "3.2", "3.1"])
def test_a_phone_that_is_ahead_waits(portal, phone, status_of):
    for _ in range(19):
        approve(phone)
    assert status_of(phone).catch_up(phone.state) == 0
    assert phone.state.counter == 19
    assert portal.judge(approve(phone), "/operation/authorize")


@pytest.mark.parametrize("steps", [-21, 21, 100])
@pytest.mark.parametrize("version", ["3.3", "3.1"])
def test_counters_that_never_meet_are_told_and_left(portal, phone, status_of, steps):
    for _ in range(max(steps, 0)):
        portal.counter = portal.counter.next()
    for _ in range(max(-steps, 0)):
        approve(phone)
    before = phone.state.to_json()
    with pytest.raises(PhoneRefused):
        status_of(phone).catch_up(phone.state)
    assert phone.state.to_json() == before


def test_the_status_of_nobody_is_refused(portal, phone):
    asked = phone.status()
    answer = json.loads(portal.answer(asked.call))
    for blob in (b"x" * 32, bytes(31), bytes(48), b""):
        answer["responseObject"]["encryptedStatusBlob"] = text64(blob)
        with pytest.raises(PhoneRefused):
            asked.read(json.dumps(answer).encode())
