"""Many at once: one gets through, nobody gets a server error, and nothing that was copied lives."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier

from sqlalchemy import func, select, update

from app import clock
from tests.oauth.conftest import reading, writing
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


def still_waits(future):
    """Tell whether something has not happened after a while."""
    try:
        future.result(0.5)
    except TimeoutError:
        return True
    return False


def test_a_token_that_is_being_issued_is_revoked_with_its_family(tpp):
    from app.store.oauth import AuthorizationCode, RefreshToken  # noqa: PLC0415

    first, now = tpp.tokens(scope=SCOPE)["refresh_token"], clock.now()
    with ThreadPoolExecutor(1) as pool:
        with writing(tpp.app) as session:
            grant = session.scalars(select(AuthorizationCode).with_for_update()).one()
            session.add(
                RefreshToken(
                    token_hash="f" * 64, family=grant.family, client_id=grant.client_id,
                    issued_at=now, expires_at=now + timedelta(days=1),
                )
            )  # fmt: skip
            session.flush()
            revoking = pool.submit(tpp.revoke, first)
            assert still_waits(revoking)
        assert revoking.result(10).status_code == 200

    assert live(tpp.app) == [0, 0]


def test_a_refresh_waits_for_a_revocation_and_neither_blocks_the_other_for_ever(tpp):
    from app.store.oauth import AuthorizationCode, RefreshToken  # noqa: PLC0415

    first = tpp.tokens(scope=SCOPE)["refresh_token"]
    with ThreadPoolExecutor(1) as pool:
        with writing(tpp.app) as session:
            session.scalars(select(AuthorizationCode).with_for_update()).one()
            refreshing = pool.submit(tpp.refresh, first)
            assert still_waits(refreshing)
            session.execute(update(RefreshToken).values(revoked_at=clock.now()))
        assert told(refreshing.result(10)) == REFUSED

    assert live(tpp.app)[1] == 0
