"""Many at once: one gets through, nobody gets a server error, and nothing that was copied lives."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from sqlalchemy import func, select

from tests.oauth.conftest import reading
from tests.support.threads import at_once

THREADS = 20
REFUSED = (400, "invalid_grant")
SCOPE = "openid aisp offline_access"
INACTIVE = {"active": False}


def told(answer):
    return answer.status_code, answer.json.get("error")


def many_at_once(times, act):
    """Do something `times` times, from threads that start together; return what came."""
    gate = Barrier(THREADS)

    def run(share):
        gate.wait(30)
        return [act() for _ in range(share)]

    with ThreadPoolExecutor(THREADS) as pool:
        shares = pool.map(run, [times // THREADS] * THREADS)
        return [answer for share in shares for answer in share]


def winner(answers):
    """Return what the only one who got through was given; all others were refused alike."""
    assert Counter(map(told, answers)) == {(200, None): 1, REFUSED: len(answers) - 1}
    return next(answer.json for answer in answers if answer.status_code == 200)


def live(app):
    """Count the tokens that have not been revoked."""
    from app.store.oauth import RefreshToken, Token  # noqa: PLC0415

    with reading(app) as session:
        return [
            session.scalar(select(func.count()).select_from(t).where(t.revoked_at.is_(None)))
            for t in (Token, RefreshToken)
        ]


def test_of_a_thousand_exchanges_of_one_code_one_wins_and_the_others_cost_it_its_tokens(
    tpp,
):  # §1b.1
    code = tpp.code(scope=SCOPE)

    tokens = winner(many_at_once(1000, lambda: tpp.exchange(code)))

    assert tpp.introspect(tokens["access_token"]).json == INACTIVE
    assert told(tpp.refresh(tokens["refresh_token"])) == REFUSED
    assert live(tpp.app) == [0, 0]


def test_of_a_hundred_refreshes_of_one_token_one_wins_and_the_others_cost_it_its_tokens(
    tpp,
):  # §1b.2
    first = tpp.tokens(scope=SCOPE)

    second = winner(many_at_once(100, lambda: tpp.refresh(first["refresh_token"])))

    for tokens in (first, second):
        assert tpp.introspect(tokens["access_token"]).json == INACTIVE
        assert told(tpp.refresh(tokens["refresh_token"])) == REFUSED
    assert live(tpp.app) == [0, 0]


def test_whatever_races_with_a_revocation_nothing_of_the_family_lives(tpp):
    for _ in range(10):
        code = tpp.code(scope=SCOPE)
        first = tpp.exchange(code).json["refresh_token"]
        second = tpp.refresh(first).json["refresh_token"]

        at_once(
            partial(tpp.refresh, second),
            partial(tpp.refresh, second),
            partial(tpp.revoke, second),
            partial(tpp.exchange, code),
            partial(tpp.refresh, first),
        )

    assert live(tpp.app) == [0, 0]
