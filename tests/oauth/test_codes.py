"""A code is good once, for one client, one redirect URI and one verifier, for a minute."""

import secrets
from datetime import timedelta

import time_machine
from sqlalchemy import func, select

from app import clock
from tests.oauth.conftest import CALLBACK, reading

REFUSED = (400, "invalid_grant")


def told(answer):
    return answer.status_code, answer.json.get("error")


def tokens_of(app):
    from app.store.oauth import Token  # noqa: PLC0415

    with reading(app) as session:
        return session.scalar(select(func.count()).select_from(Token))


def test_a_second_exchange_is_refused_and_revokes_what_the_first_one_gave(
    tpp,
):  # §2.4; checklist 129
    code = tpp.code()
    token = tpp.exchange(code).json["access_token"]
    assert tpp.introspect(token).json["active"]

    assert told(tpp.exchange(code)) == REFUSED

    assert tpp.introspect(token).json == {"active": False}
    assert tpp.get("/oauth2/userinfo", token).status_code == 401
    assert tpp.get("/api/secure/profile/me", token).status_code == 401


def test_a_replay_revokes_only_its_own_family(tpp):
    mine, others = tpp.code(), tpp.tokens()["access_token"]
    tpp.exchange(mine)

    tpp.exchange(mine)

    assert tpp.introspect(others).json["active"]


def test_a_replay_after_the_code_has_expired_still_revokes(tpp):
    code = tpp.code()
    token = tpp.exchange(code).json["access_token"]

    with time_machine.travel(clock.now() + timedelta(seconds=90)):
        assert tpp.introspect(token).json["active"]
        assert told(tpp.exchange(code)) == REFUSED
        assert tpp.introspect(token).json == {"active": False}


def test_a_code_expires_after_a_minute(tpp):  # §2.4; checklist 129
    early, late = tpp.code(), tpp.code()
    now = clock.now()

    with time_machine.travel(now + timedelta(seconds=55)):
        assert told(tpp.exchange(early)) == (200, None)
    with time_machine.travel(now + timedelta(seconds=61)):
        assert told(tpp.exchange(late)) == REFUSED


def test_a_code_is_bound_to_its_client_and_another_one_cannot_burn_it(tpp, another_tpp):  # §2.4
    code = tpp.code()
    another_tpp.verifier = tpp.verifier

    assert told(another_tpp.exchange(code)) == REFUSED
    assert told(tpp.exchange(code)) == (200, None)
    assert told(another_tpp.exchange(code)) == REFUSED


def test_another_client_cannot_revoke_by_a_replay(tpp, another_tpp):
    code = tpp.code()
    token = tpp.exchange(code).json["access_token"]

    another_tpp.exchange(code)

    assert tpp.introspect(token).json["active"]


def test_a_wrong_verifier_is_refused_and_burns_the_code(tpp):  # §2.2; checklist 135
    code = tpp.code()

    assert told(tpp.exchange(code, code_verifier=secrets.token_urlsafe(48))) == REFUSED
    assert told(tpp.exchange(code)) == REFUSED
    assert tokens_of(tpp.app) == 0


def test_the_challenge_itself_is_no_verifier(tpp):
    from tests.oauth.conftest import challenge  # noqa: PLC0415

    assert told(tpp.exchange(tpp.code(), code_verifier=challenge(tpp.verifier))) == REFUSED


def test_another_redirect_uri_is_refused_and_burns_the_code(tpp, register):
    register("democlient", secret="changeme", redirect_uris=[CALLBACK, CALLBACK + "2"])
    code = tpp.code()

    assert told(tpp.exchange(code, redirect_uri=CALLBACK + "2")) == REFUSED
    assert told(tpp.exchange(code)) == REFUSED
    assert tokens_of(tpp.app) == 0


def test_a_scope_that_was_withdrawn_meanwhile_gives_no_token(tpp, register):
    code = tpp.code()
    register("democlient", secret="changeme", scopes=["openid", "profile"])

    assert told(tpp.exchange(code)) == (400, "invalid_scope")
    assert tokens_of(tpp.app) == 0


def test_what_happens_to_codes_is_told_to_listeners_without_a_secret(tpp, caplog):
    caplog.set_level("INFO")
    code = tpp.code()
    token = tpp.exchange(code).json["access_token"]
    tpp.exchange(code)

    told = [r.msg for r in caplog.records if r.name == "webflow.events"]
    events = [fact for fact in told if fact["event"].startswith("oauth.")]
    assert [fact["event"] for fact in events] == [
        "oauth.code.issued",
        "oauth.token.issued",
        "oauth.code.replayed",
    ]
    assert {fact["client_id"] for fact in events} == {"democlient"}
    assert len({fact["subject"] for fact in events}) == 1
    assert code not in caplog.text
    assert token not in caplog.text
