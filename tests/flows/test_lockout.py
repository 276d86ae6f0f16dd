"""Failures in a row block a user for a growing time, over steps and flows (decision 7)."""

from datetime import timedelta
from threading import Thread

import pytest
import time_machine
from sqlalchemy import delete

from app import clock
from app.events import Name
from app.store.attempts import UserAttempts
from tests.support.browser import Page
from tests.support.store import (
    all_of,
    on_postgresql,
    on_sqlite,
    only_one,
    put_in,
    wait_for_a_lock,
    writing,
)
from tests.support.threads import at_once
from tests.support.walker import Walker, normalised

FAILED = "User authentication failed."


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


def at_factors(app, username="customer1", **more):
    walker = Walker(app)
    walker.start_login()
    walker.name(username, **more)
    return walker


def fail(app, times, username="customer1"):
    walker = at_factors(app, username)
    for _ in range(times):
        if walker.flow().result != "CONTINUE":
            walker = at_factors(app, username)
        walker.prove("12345678", "wrong")


def is_let_in(walker):
    walker.prove()
    return walker.flow().step == "CONSENT"


def test_five_failures_over_several_flows_block_a_user_for_a_minute(app, time):
    fail(app, 3)
    fail(app, 2)
    walker = at_factors(app)
    assert FAILED in walker.prove().text
    assert "Remaining attempts: 4" in walker.page.text
    assert not walker.messages()[0].verified
    time.shift(59)
    assert not is_let_in(walker)
    time.shift(1)
    assert is_let_in(walker)


@on_sqlite
def test_every_block_lasts_longer_than_the_one_before(app, time):
    for minutes in (1, 5, 30, 30):
        fail(app, 5)
        lasting = timedelta(minutes=minutes)
        assert only_one(app, UserAttempts).blocked_until == clock.now() + lasting
        time.shift(lasting - timedelta(seconds=1))
        assert not is_let_in(at_factors(app))
        time.shift(1)
    assert is_let_in(at_factors(app))


@on_sqlite
def test_a_success_forgives_what_was_before(app, time):
    fail(app, 4)
    assert is_let_in(at_factors(app))
    fail(app, 4)
    assert is_let_in(at_factors(app))
    assert only_one(app, UserAttempts).level == 0


@on_sqlite
def test_failures_of_the_approval_count_too(app, time):
    walker = Walker(app)
    walker.start_payment()
    walker.log_in("customer1")
    walker.choose()
    for _ in range(3):
        walker.prove(walker.wrong_code())
    fail(app, 2)
    assert FAILED in walker.prove().text
    time.shift(60)
    walker.prove()
    assert walker.flow().step == "CONSENT"


def sign_in(app, *passwords):
    walker = Walker(app)
    walker.start_plain("login")
    walker.sign_in("customer1", *passwords)
    return walker


@on_sqlite
def test_a_block_keeps_from_every_step_whatever_was_wrong(app, time):
    fail(app, 5)
    assert sign_in(app).flow().step == "USERNAME_PASSWORD_AUTH"
    time.shift(60)
    assert sign_in(app).flow().step == "CONSENT"
    for _ in range(5):
        sign_in(app, "wrong")
    assert not is_let_in(at_factors(app))


@on_sqlite
def test_wrong_passwords_and_wrong_codes_are_one_row_of_failures(app, time):
    fail(app, 4)
    sign_in(app, "wrong")
    assert not is_let_in(at_factors(app))
    time.shift(60)
    assert is_let_in(at_factors(app))
    fail(app, 4)
    sign_in(app)  # forgives wrong passwords, of which there are none
    fail(app, 1)
    assert not is_let_in(at_factors(app))


@on_sqlite
def test_a_block_hits_one_user_only(app, time):
    fail(app, 5, "customer1")
    assert is_let_in(at_factors(app, "customer2"))
    assert is_let_in(at_factors(app, "customer1", organization="SME"))


@on_sqlite
def test_another_spelling_of_the_name_gives_no_more_attempts(app, time):
    for name in ("customer1", "CUSTOMER1", "Customer1", "cusTomer1", "custoMER1"):
        fail(app, 1, name)
    assert not is_let_in(at_factors(app, "customer1"))


@on_sqlite
def test_users_who_do_not_exist_are_blocked_alike(app, time):
    pages = {}
    for name in ("customer1", "unknown12", "blocked12"):
        fail(app, 5, name)
        walker = at_factors(app, name)
        page = walker.prove("12345678")
        pages[name] = normalised(page, U=name)
    assert len(all_of(app, UserAttempts)) == 3
    assert {row.failures for row in all_of(app, UserAttempts)} == {5}
    assert pages["unknown12"] == pages["blocked12"] == pages["customer1"]


def test_guesses_at_the_same_time_are_all_counted(app):
    walkers = [at_factors(app) for _ in range(4)]
    guesses = [w.filled("confirm", code="12345678", password="wrong") for w in walkers]
    at_once(
        *(
            lambda w=walker, g=guess: w.post(g)
            for walker, guess in zip(walkers, guesses, strict=True)
        )
    )
    assert only_one(app, UserAttempts).failures == 4


@on_sqlite
def test_testers_see_and_lift_a_block(app, time):
    fail(app, 5)
    client = app.test_client()
    index = client.get("/demo/")
    assert "customer1" in index.text
    forms = Page("/demo/", 200, index.text).forms
    fields = next(form.sent_by(form.submits[0]) for form in forms if form.fields("username"))
    assert client.post("/demo/blocks/lift", data={"username": "customer1"}).status_code == 400
    assert not is_let_in(at_factors(app))
    assert client.post("/demo/blocks/lift", data=dict(fields)).status_code == 303
    assert is_let_in(at_factors(app))


def test_a_fifth_answer_that_is_right_tells_of_no_block(app):
    told = []
    put_in(app, listeners=(told.append,))
    walker = Walker(app)
    walker.start_login()
    walker.name("customer1")
    for _ in range(4):
        walker.prove(walker.wrong_code())
    walker.prove()
    assert walker.flow().step == "CONSENT"
    assert Name.USER_BLOCKED not in [event.name for event in told]


@on_postgresql
def test_failures_that_are_forgotten_at_the_moment_of_a_new_one_fail_no_request(app):
    fail(app, 1)
    walker = at_factors(app)
    trying = Thread(target=lambda: walker.prove(walker.wrong_code()))
    with writing(app) as session:  # the cleaning, before its commit
        session.execute(delete(UserAttempts))
        trying.start()
        wait_for_a_lock(app)
    trying.join()
    assert "Remaining attempts: 4" in walker.page.text
    assert only_one(app, UserAttempts).failures == 1
