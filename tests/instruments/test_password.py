"""The password: judged by the bank, bounded in number, and never in a transaction."""

from threading import Event

import pytest

from app.bank.demo import DemoBank
from app.errors import Overloaded
from app.hashing import HashingGate
from app.instruments.password import Password
from app.store.attempts import UserAttempts
from tests.support.banks import SlowBank
from tests.support.patience import LONG
from tests.support.store import all_of, on_sqlite, put_in, writing
from tests.support.threads import at_once
from tests.support.walker import Walker


@on_sqlite
def test_a_crowd_before_the_hashing_is_told_to_come_again_and_loses_nothing(app):
    gate = HashingGate(1)
    put_in(app, gate=gate)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    right = walker.filled("confirm", code=walker.code(), password="test")
    with gate():
        answer = walker.post(right)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Too many people are here at the moment" in answer.text
    assert walker.flow().attempts == 0
    assert [row.failures for row in all_of(app, UserAttempts)] == [0]
    assert walker.history() == [("INIT", "CONFIRMED", "CONTINUE")]
    walker.reload()
    walker.prove()
    assert walker.flow().step == "CONSENT"


def test_a_slot_is_free_again_however_the_hashing_ended():
    gate = HashingGate(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), gate():
            raise ZeroDivisionError
    with gate():
        pass


def test_only_as_many_hashes_run_at_once_as_there_are_slots():
    gate, inside, go = HashingGate(2), Event(), Event()

    def hold():
        with gate():
            inside.set()
            assert go.wait(LONG)

    def third():
        assert inside.wait(LONG)
        try:
            with gate(), gate():
                pass
        except Overloaded:
            return "overloaded"
        finally:
            go.set()
        return "let in"

    assert "overloaded" in at_once(hold, third)


def test_nobody_has_no_password_whatever_the_bank_says():
    class Generous(DemoBank):
        def check_password(self, *, user_id, organization_id, password):
            return True

    password = Password(Generous("Demo Bank"), HashingGate(1))
    assert password.is_right("test", user_id="10045678", organization_id="RETAIL")
    assert not password.is_right("test", user_id=None, organization_id="RETAIL")


def test_no_transaction_is_open_while_the_bank_judges_a_password(app):
    bank = SlowBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()

    def write():
        assert bank.asked.wait(LONG)
        try:
            with writing(app) as session:
                session.add(
                    UserAttempts(
                        organization_id="X",
                        username="somebody",
                        counter="code",
                        updated_at=walker.flow().created_at,
                    )
                )
        finally:
            bank.go.set()

    right = walker.filled("confirm", code=walker.code(), password="test")
    at_once(lambda: walker.post(right), write)
    assert walker.flow().step == "CONSENT"


def test_the_attempt_is_counted_before_the_bank_judges(app):
    bank = SlowBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()

    def look():
        assert bank.asked.wait(LONG)
        try:
            return walker.flow().attempts
        finally:
            bank.go.set()

    right = walker.filled("confirm", code=walker.code(), password="test")
    assert 1 in at_once(lambda: walker.post(right).status_code, look)
