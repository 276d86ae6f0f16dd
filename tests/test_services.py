"""One request, one transaction: what is committed is told, what failed leaves nothing."""

import pytest
from flask import abort

from app.errors import Unavailable
from app.events import Name
from app.flows.views import NewOperation
from app.services import services
from app.store.attempts import UserAttempts
from app.store.flows import Flow
from app.store.outbox import OutboxRow
from tests.support.banks import FakeBank
from tests.support.store import all_of, census, on_sqlite, put_in, reading, serving, waking
from tests.support.walker import Walker, next_step

LOGIN = NewOperation("login_sca", "A2")


class Listener(list):
    """Hears events, and looks into the database while it does."""

    def __init__(self, app):
        super().__init__()
        self.app = app

    def __call__(self, event):
        with reading(self.app) as session:
            self.append((event.name, session.get(Flow, event.subject) is not None))


def test_listeners_hear_of_a_change_once_it_can_be_seen_by_all(app):
    heard = Listener(app)
    put_in(app, listeners=[heard])
    with serving(app) as house:
        house.flows.create(LOGIN)
        assert heard == []
        house.commit()
    assert heard == [(Name.FLOW_CREATED, True)]


@on_sqlite
def test_nobody_hears_of_what_was_rolled_back(app):
    heard = Listener(app)
    put_in(app, listeners=[heard])
    with serving(app) as house:
        house.flows.create(LOGIN)
        house.close()
        house.commit()
    assert heard == []
    assert all_of(app, Flow) == []


@on_sqlite
def test_a_deaf_listener_silences_nobody(app):
    heard = Listener(app)

    def deaf(event):
        raise RuntimeError("cannot hear")

    put_in(app, listeners=[deaf, heard, deaf])
    answer = next_step(app, {"operationName": "login_sca", "operationData": "A2"})
    assert answer.status_code == 200
    assert heard == [(Name.FLOW_CREATED, True)]


@on_sqlite
def test_the_worker_is_woken_after_the_commit_and_only_when_something_waits(app):
    woken = []
    walker = Walker(app)
    with waking(app, lambda: woken.append(len(all_of(app, OutboxRow)))):
        walker.start_login()
        walker.name("")
        assert woken == []
        walker.name()
        assert woken == [1]
        walker.reload()
        walker.prove(walker.wrong_code())
    assert woken == [1]


@on_sqlite
def test_a_request_that_reads_commits_nothing(app):
    @app.get("/testing/read")
    def read():
        services().flows.create(LOGIN)
        return "done"

    before = census(app)
    assert app.test_client().get("/testing/read").text == "done"
    assert app.test_client().head("/testing/read").status_code == 200
    assert census(app) == before


@on_sqlite
def test_a_request_that_reads_may_begin_to_write(app):
    @app.get("/testing/write")
    def write():
        services().begin_writing()
        services().flows.create(LOGIN)
        return "done"

    app.test_client().get("/testing/write")
    assert len(all_of(app, Flow)) == 1


@pytest.mark.parametrize("failure", [ZeroDivisionError, Unavailable, lambda: abort(400)])
def test_a_request_that_fails_leaves_nothing_and_tells_nobody(app, failure):
    heard = Listener(app)
    put_in(app, listeners=[heard])

    @app.get("/testing/fail")
    def fail():
        services().begin_writing()
        services().flows.create(LOGIN)
        services().session.flush()
        raise failure()

    before = census(app)
    assert app.test_client().get("/testing/fail").status_code >= 400
    assert census(app) == before
    assert heard == []


@on_sqlite
def test_one_request_sees_nothing_of_another_s(app):
    seen = []

    @app.get("/testing/services")
    def show():
        seen.append(services())
        return ""

    for _ in range(2):
        app.test_client().get("/testing/services")
    assert seen[0] is not seen[1]
    with pytest.raises(LookupError):
        services()


@on_sqlite
def test_an_attempt_stays_counted_when_our_house_burns_down_meanwhile(app):
    bank = FakeBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    right = walker.filled("confirm", code=walker.code(), password="test")
    bank.failure = RuntimeError("a bug")
    answer = walker.post(right)
    assert answer.status_code == 500
    assert walker.flow().attempts == 1
    assert [row.failures for row in all_of(app, UserAttempts)] == [1]
    bank.failure = None
    walker.reload()
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_an_attempt_is_given_back_when_the_bank_does_not_answer(app):
    bank = FakeBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    bank.failure = Unavailable("no answer")
    for _ in range(6):
        page = walker.prove()
        assert "Something went wrong. Please try again." in page.text
    assert walker.flow().attempts == 0
    assert [row.failures for row in all_of(app, UserAttempts)] == [0]
    bank.failure = None
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_bank_that_does_not_answer_about_the_user_name_can_be_asked_again(app):
    bank = FakeBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    bank.failure = Unavailable("no answer")
    assert "Please try again." in walker.name().text
    assert walker.flow().phase == ""
    assert all_of(app, OutboxRow) == []
    bank.failure = None
    walker.log_in()
    assert walker.flow().step == "CONSENT"
