"""Refreshing: each refresh token is good once, for its client, until a fixed end."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from app import clock
from tests.oauth.conftest import USER, basic, reading, sent_back, writing
from tests.oauth.test_id_token import read
from tests.support.banks import FakeBank
from tests.support.store import put_in

REFUSED = (400, {"error": "invalid_grant"})
SCOPE = "openid profile aisp offline_access"
INACTIVE = {"active": False}


@pytest.fixture
def first(tpp):
    """What the code has bought."""
    return tpp.tokens(scope=SCOPE)


def told(answer):
    return answer.status_code, answer.json


def refresh_tokens(app):
    from app.store.oauth import RefreshToken  # noqa: PLC0415

    with reading(app) as session:
        return session.scalars(select(RefreshToken)).all()


def events_of(app):
    from app.store.audit import AuditEntry  # noqa: PLC0415

    with reading(app) as session:
        names = session.scalars(select(AuditEntry.name).order_by(AuditEntry.id)).all()
    return [name for name in names if name.startswith("oauth.")]


# --- when there is one -----------------------------------------------------------------------


def test_offline_access_asks_for_a_refresh_token(tpp, first):
    token = first["refresh_token"]

    assert token.startswith("wf_rt_")
    assert len(token) == len("wf_rt_") + 43
    assert first["scope"] == SCOPE


def test_without_offline_access_there_is_none(tpp):
    assert "refresh_token" not in tpp.tokens(scope="openid profile aisp")
    assert refresh_tokens(tpp.app) == []


def test_a_payment_is_authorized_once_and_never_refreshed(tpp):
    told = sent_back(tpp.authorize(scope="openid pisp offline_access", operation_id=tpp.prepare()))

    assert told["error"] == "invalid_scope"


def test_a_client_that_did_not_register_offline_access_cannot_ask_for_it(tpp, register):
    register("democlient", secret="changeme", scopes=["openid", "aisp"])

    assert sent_back(tpp.authorize(scope="openid offline_access"))["error"] == "invalid_scope"


def test_the_customer_reads_how_long_access_lasts(tpp, monkeypatch):
    usual, seen = tpp.browser.get, []
    monkeypatch.setattr(
        tpp.browser, "get", lambda page, **kw: seen.append(usual(page, **kw)) or seen[-1]
    )

    tpp.walk(tpp.start(scope=SCOPE, ui_locales="en"))

    assert "Up to 30 days, also while you are not signed in" in seen[-2].text


# --- what it buys ----------------------------------------------------------------------------


def test_a_refresh_buys_another_access_token_and_the_next_refresh_token(tpp, first):
    answer = tpp.refresh(first["refresh_token"])

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    second = answer.json
    assert set(second) == set(first)
    assert (second["token_type"], second["expires_in"], second["scope"]) == ("Bearer", 300, SCOPE)
    for name in ("access_token", "refresh_token", "id_token"):
        assert second[name] != first[name]
    assert tpp.introspect(first["access_token"]).json["active"]
    assert tpp.introspect(second["access_token"]).json["sca"] is True
    assert tpp.get("/oauth2/userinfo", second["access_token"]).json["sub"] == USER
    assert tpp.refresh(second["refresh_token"]).status_code == 200


def test_the_refreshed_id_token_says_the_same_of_the_login_and_has_no_nonce(tpp):
    first = tpp.tokens(scope=SCOPE)
    before = read(tpp, first["id_token"]).claims

    with time_machine.travel(clock.now() + timedelta(hours=3)):
        second = tpp.refresh(first["refresh_token"]).json

    after = read(tpp, second["id_token"]).claims
    kept = ("iss", "sub", "aud", "auth_time", "acr", "amr")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert set(before) - set(after) == {"nonce"}
    assert after["iat"] > before["iat"] + 3600
    assert after["at_hash"] != before["at_hash"]


def test_the_scope_can_be_narrowed_for_one_access_token(tpp, first):
    narrow = tpp.refresh(first["refresh_token"], scope="openid").json

    assert narrow["scope"] == "openid"
    assert tpp.introspect(narrow["access_token"]).json["scope"] == "openid"
    wide = tpp.refresh(narrow["refresh_token"]).json
    assert wide["scope"] == SCOPE


def test_without_openid_there_is_no_id_token(tpp, first):
    assert "id_token" not in tpp.refresh(first["refresh_token"], scope="aisp").json


@pytest.mark.parametrize("scope", ["openid pisp", "openid unknown", 'openid "x"', " "])
def test_another_scope_is_refused_and_uses_nothing_up(tpp, first, scope):  # §2.7
    answer = tpp.refresh(first["refresh_token"], scope=scope)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
    assert tpp.refresh(first["refresh_token"]).status_code == 200


def test_a_scope_that_was_withdrawn_meanwhile_is_refused_and_uses_nothing_up(tpp, first, register):
    left = ["openid", "aisp", "offline_access"]
    register("democlient", secret="changeme", scopes=left)

    answer = tpp.refresh(first["refresh_token"])

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_scope")
    assert tpp.refresh(first["refresh_token"], scope=" ".join(left)).status_code == 200


def test_a_client_whose_offline_access_was_withdrawn_can_refresh_no_more(tpp, first, register):
    register("democlient", secret="changeme", scopes=["openid", "profile", "aisp"])

    answer = tpp.refresh(first["refresh_token"], scope="openid")

    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


# --- reuse -----------------------------------------------------------------------------------


def test_a_used_refresh_token_revokes_the_whole_family_when_it_comes_back(
    tpp, first
):  # §1b.2; §2.7
    second = tpp.refresh(first["refresh_token"]).json
    third = tpp.refresh(second["refresh_token"]).json

    assert told(tpp.refresh(first["refresh_token"])) == REFUSED

    for tokens in (first, second, third):
        assert tpp.introspect(tokens["access_token"]).json == INACTIVE
        assert tpp.get("/oauth2/userinfo", tokens["access_token"]).status_code == 401
        assert told(tpp.refresh(tokens["refresh_token"])) == REFUSED
    assert events_of(tpp.app)[:5] == [
        "oauth.code.issued", "oauth.token.issued", "oauth.token.refreshed",
        "oauth.token.refreshed", "oauth.refresh.replayed",
    ]  # fmt: skip


def test_other_families_live_on(tpp, first):
    other = tpp.tokens(scope=SCOPE)
    tpp.refresh(first["refresh_token"])
    tpp.refresh(first["refresh_token"])

    assert tpp.introspect(other["access_token"]).json["active"]
    assert tpp.refresh(other["refresh_token"]).status_code == 200


def test_a_replayed_code_revokes_refresh_tokens_too(tpp):
    code = tpp.code(scope=SCOPE)
    first = tpp.exchange(code).json
    second = tpp.refresh(first["refresh_token"]).json

    tpp.exchange(code)

    assert told(tpp.refresh(second["refresh_token"])) == REFUSED
    assert tpp.introspect(second["access_token"]).json == INACTIVE
    assert tpp.introspect(second["refresh_token"]).json == INACTIVE


def test_a_stranger_who_brings_a_used_one_revokes_nothing(tpp, another_tpp, first):
    second = tpp.refresh(first["refresh_token"]).json

    assert told(another_tpp.refresh(first["refresh_token"])) == REFUSED

    assert tpp.refresh(second["refresh_token"]).status_code == 200


# --- refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token", ["x", "wf_rt_" + "x" * 43, "wf_at_" + "x" * 43, '"\\', "č", "eyJ.e30."]
)
def test_an_unknown_one_is_an_invalid_grant(asking, token):
    assert told(asking.refresh(token)) == REFUSED


def test_an_access_token_refreshes_nothing(asking, issued):
    assert told(asking.refresh(issued["access_token"])) == REFUSED


def test_a_refresh_token_opens_nothing(tpp, first):
    for path in ("/oauth2/userinfo", "/api/secure/profile/me"):
        assert tpp.get(path, first["refresh_token"]).status_code == 401


def test_one_of_another_client_is_an_invalid_grant_and_stays_good(tpp, another_tpp, first):
    assert told(another_tpp.refresh(first["refresh_token"])) == REFUSED
    assert tpp.refresh(first["refresh_token"]).status_code == 200


def test_it_ends_thirty_days_after_the_login_however_often_it_is_refreshed(tpp, first):
    start, token = clock.now(), first["refresh_token"]

    for day in (10, 20, 29):
        with time_machine.travel(start + timedelta(days=day)):
            token = tpp.refresh(token).json["refresh_token"]
    with time_machine.travel(start + timedelta(days=30, seconds=1)):
        assert told(tpp.refresh(token)) == REFUSED
        assert tpp.introspect(token).json == INACTIVE


@pytest.mark.parametrize("days", [0, 181])
def test_no_operator_can_let_it_last_longer_than_the_law_allows(days):
    from app.settings import OauthSettings  # noqa: PLC0415

    with pytest.raises(ValueError, match="refresh_token_lifetime"):
        OauthSettings(refresh_token_lifetime=timedelta(days=days))


def test_a_disabled_client_refreshes_nothing(tpp, first):
    from app.store.oauth import OAuthClient  # noqa: PLC0415

    with writing(tpp.app) as session:
        session.get(OAuthClient, "democlient").disabled_at = clock.now()

    answer = tpp.refresh(first["refresh_token"])

    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")


def test_the_client_must_authenticate_and_a_failure_uses_nothing_up(tpp, first):
    wrong = tpp.refresh(first["refresh_token"], headers=basic("democlient", "wrong"))
    nobody = tpp.refresh(first["refresh_token"], headers={}, client_id="democlient")

    assert wrong.status_code == nobody.status_code == 401
    assert tpp.refresh(first["refresh_token"]).status_code == 200


def test_a_public_client_refreshes_with_rotation_too(tpp, register):  # §2.7
    register("native", secret=None, token_endpoint_auth_method="none")
    tpp.client_id = "native"
    who = {"headers": {}, "client_id": "native"}
    first = tpp.exchange(tpp.code(scope=SCOPE), **who).json

    second = tpp.refresh(first["refresh_token"], **who).json

    assert told(tpp.refresh(first["refresh_token"], **who)) == REFUSED
    assert told(tpp.refresh(second["refresh_token"], **who)) == REFUSED


# --- the customer ----------------------------------------------------------------------------


@pytest.mark.parametrize("user_id", ["blocked-user", "unknown-user"])
def test_a_customer_whom_the_bank_has_blocked_or_forgotten_is_refused(tpp, first, user_id):
    from app.store.oauth import AuthorizationCode  # noqa: PLC0415

    with writing(tpp.app) as session:
        session.execute(update(AuthorizationCode).values(user_id=user_id))

    assert told(tpp.refresh(first["refresh_token"])) == REFUSED

    with writing(tpp.app) as session:
        session.execute(update(AuthorizationCode).values(user_id=USER))
    assert tpp.refresh(first["refresh_token"]).status_code == 200


def test_the_bank_is_asked_while_no_transaction_is_open(tpp, first):
    seen = []

    class Watching(FakeBank):
        def user(self, user_id, organization_id):
            with writing(tpp.app) as session:  # in SQLite there is one writer at a time
                seen.append(session.execute(select(1)).scalar())
            return super().user(user_id, organization_id)

    put_in(tpp.app, bank=Watching())

    assert tpp.refresh(first["refresh_token"]).status_code == 200
    assert seen == [1]


def test_a_bank_that_does_not_answer_uses_nothing_up(tpp, first):
    from app.errors import Unavailable  # noqa: PLC0415

    class Down(FakeBank):
        def user(self, user_id, organization_id):
            raise Unavailable("down")

    usual = tpp.app.extensions["webflow"].bank
    put_in(tpp.app, bank=Down())
    answer = tpp.refresh(first["refresh_token"])

    assert told(answer) == (503, {"error": "temporarily_unavailable"})
    put_in(tpp.app, bank=usual)
    assert tpp.refresh(first["refresh_token"]).status_code == 200


def test_a_client_that_is_disabled_while_the_bank_is_asked_is_refused(tpp, first):
    from app.store.oauth import OAuthClient  # noqa: PLC0415

    class Disabling(FakeBank):
        def user(self, user_id, organization_id):
            with writing(tpp.app) as session:
                session.get(OAuthClient, "democlient").disabled_at = clock.now()
            return super().user(user_id, organization_id)

    put_in(tpp.app, bank=Disabling())

    assert tpp.refresh(first["refresh_token"]).status_code == 401
    assert len(refresh_tokens(tpp.app)) == 1


@pytest.mark.parametrize("column", ["revoked_at", "expires_at"])
def test_a_token_that_ends_while_the_bank_is_asked_is_refused(tpp, first, column):
    from app.store.oauth import RefreshToken  # noqa: PLC0415

    class Slow(FakeBank):
        def user(self, user_id, organization_id):
            with writing(tpp.app) as session:
                session.execute(update(RefreshToken).values({column: clock.now()}))
            return super().user(user_id, organization_id)

    put_in(tpp.app, bank=Slow())

    assert told(tpp.refresh(first["refresh_token"])) == REFUSED
    assert len(refresh_tokens(tpp.app)) == 1


# --- at rest ---------------------------------------------------------------------------------


def test_it_is_kept_as_a_hash_and_never_logged(tpp, caplog):
    caplog.set_level("DEBUG")
    first = tpp.tokens(scope=SCOPE)["refresh_token"]
    second = tpp.refresh(first).json["refresh_token"]
    tpp.refresh(first)

    kept = {row.token_hash for row in refresh_tokens(tpp.app)}
    assert {len(each) for each in kept} == {64}
    for secret in (first, second):
        assert secret not in caplog.text
        assert not any(secret in each or secret[6:] in each for each in kept)
