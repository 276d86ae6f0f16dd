from concurrent.futures import ThreadPoolExecutor

from app.demo import session
from app.demo.session import Transaction, Visit, Visits


def transaction():
    return Transaction(operation_name="login_sca", scope="openid aisp", issuer="http://portal")


def test_a_browser_is_forgotten_an_hour_after_it_was_last_seen(time_machine):
    time_machine.move_to("2026-11-22T14:00:00Z")
    visits = Visits()
    visits.open("quiet")
    visits.open("busy")
    time_machine.shift(50 * 60)
    assert visits.find("busy")
    time_machine.shift(20 * 60)
    assert visits.find("quiet") is None
    assert visits.find("busy")


def test_the_longest_unseen_browser_goes_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(session, "MOST_VISITS", 3)
    visits = Visits()
    for name in ("first", "second", "third"):
        visits.open(name)
    visits.find("first")
    visits.open("fourth")
    assert visits.find("second") is None
    assert all(visits.find(name) for name in ("first", "third", "fourth"))


def test_opening_a_known_browser_again_keeps_what_is_known():
    visits = Visits()
    visits.open("browser").add(made := transaction())
    assert visits.open("browser").expecting(made.state) is made


def test_the_oldest_transaction_of_a_browser_goes_when_there_are_too_many():
    visit = Visit()
    made = [transaction() for _ in range(session.MOST_TRANSACTIONS + 1)]
    for each in made:
        visit.add(each)
    assert visit.expecting(made[0].state) is None
    assert visit.transactions() == made[1:]


def test_of_many_at_once_only_one_may_take_an_answer():
    visit = Visit()
    visit.add(made := transaction())
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: visit.take(made), range(200)))
    assert taken.count(True) == 1
