"""Things that happen to one operation at the same time: exactly one of them ends it."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.mtoken.operation_views import Operation, Refusal
from tests.support.operations import JANE, JOHNNY
from tests.support.threads import at_once

ROUNDS = 5


@pytest.mark.parametrize("times", [2, 8])
def test_of_parallel_approvals_one_wins(room, times):
    for _ in range(ROUNDS):
        operation = room.create()
        results = at_once(*[lambda o=operation: room.approve(o)] * times)
        assert sorted(results, key=str) == [None, *[Refusal.FINISHED] * (times - 1)]
        assert room.story(operation) == ["created", "approved"]


@pytest.mark.parametrize("other", ["reject", "cancel"])
def test_an_approval_and_another_end_are_never_both_true(room, other):
    for _ in range(ROUNDS):
        operation = room.create()
        approved, ended = at_once(
            lambda o=operation: room.approve(o) is None,
            lambda o=operation: getattr(room, other)(o) in (None, True),
        )
        assert approved != ended
        status = {"reject": "REJECTED", "cancel": "CANCELED"}[other]
        found = room.get(operation.id)
        assert found.status == ("APPROVED" if approved else status)
        assert room.story(operation) == ["created", found.status.lower()]


def test_an_approval_and_the_end_of_the_time_are_never_both_true(room):

    for _ in range(ROUNDS):
        moment = clock.now()
        operation = room.create(expires_at=moment + timedelta(minutes=5))
        with time_machine.travel(operation.expires_at - timedelta(milliseconds=30)):
            approved, expired = at_once(
                lambda o=operation: room.approve(o) is None,
                lambda: sum(room.expire() for _ in range(40)) == 1,
            )
            while not (approved or expired):  # the approval came too late, and nobody noted it
                expired = room.expire() == 1
        assert approved != expired
        found = room.get(operation.id)
        assert found.status == ("APPROVED" if approved else "EXPIRED")
        assert room.story(operation) == ["created", found.status.lower()]


def test_two_workers_note_the_end_of_the_time_once(room):
    operations = [room.create() for _ in range(6)]
    with time_machine.travel(operations[-1].expires_at, tick=False):
        assert sum(at_once(*[room.expire] * 3)) == len(operations)
    for operation in operations:
        assert room.story(operation) == ["created", "expired"]


def test_parallel_failures_are_all_counted_and_end_it_once(room):
    operation = room.create()
    results = at_once(*[lambda: room.fail(operation)] * 8)
    assert results.count(Refusal.ATTEMPT_FAILED) == 4
    assert results.count(Refusal.FAILED) == 4
    found = room.get(operation.id)
    assert (found.status, found.failures) == ("FAILED", 5)
    assert room.story(operation) == ["created", *["attempt_failed"] * 4, "failed"]


def test_of_two_users_one_claims(room):
    for _ in range(ROUNDS):
        operation = room.create(user_id=None)
        results = at_once(
            *[lambda h=handset, o=operation: room.claim(o, h) for handset in (JOHNNY, JANE)]
        )
        (owner,) = [each for each in results if isinstance(each, Operation)]
        assert results.count(Refusal.UNKNOWN) == 1
        assert room.get(operation.id).user_id == owner.user_id
        assert room.story(operation) == ["created", "claimed"]


def test_who_claims_and_who_approves_are_one(room):
    for _ in range(ROUNDS):
        operation = room.create(user_id=None)
        claimed, refused = at_once(
            lambda o=operation: room.claim(o, JANE), lambda o=operation: room.approve(o, JOHNNY)
        )
        assert (refused is None) != isinstance(claimed, Operation)
        owner = JOHNNY if refused is None else JANE
        assert room.get(operation.id).user_id == owner.user_id
