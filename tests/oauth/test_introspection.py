"""Introspection: a client learns about its own tokens, and nothing about others."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from tests.oauth.conftest import USER

INACTIVE = {"active": False}


def test_a_token_of_a_login_with_sca_in_czech(tpp):  # checklist 130
    before = int(clock.now().timestamp())
    tokens = tpp.tokens(ui_locales="cs")

    answer = tpp.introspect(tokens["access_token"])

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    iat = answer.json["iat"]
    assert before <= answer.json["auth_time"] <= iat
    assert answer.json == {
        "active": True,
        "client_id": "democlient",
        "token_type": "Bearer",
        "scope": "openid profile aisp",
        "sub": USER,
        "username": USER,
        "iss": "http://localhost:8080",
        "iat": iat,
        "exp": iat + 300,
        "auth_time": answer.json["auth_time"],
        "sca": True,
        "acr": "urn:webflow:sca",
        "amr": ["pwd", "otp", "sms", "mfa"],
        "language": "cs",
        "organization_id": "RETAIL",
    }


def test_a_token_stops_working_after_five_minutes(tpp):
    token, now = tpp.tokens()["access_token"], clock.now()

    with time_machine.travel(now + timedelta(seconds=290)):
        assert tpp.introspect(token).json["active"]
        assert tpp.get("/oauth2/userinfo", token).status_code == 200
    with time_machine.travel(now + timedelta(seconds=301)):
        assert tpp.introspect(token).json == INACTIVE
        assert tpp.get("/oauth2/userinfo", token).status_code == 401


def test_the_token_of_another_client_is_not_active(tpp, another_tpp):  # §2.16
    token = tpp.tokens()["access_token"]

    answer = another_tpp.introspect(token)

    assert (answer.status_code, answer.json) == (200, INACTIVE)


@pytest.mark.parametrize("token", ["x", "wf_at_" + "x" * 43, '"\\', "č"])
def test_an_unknown_token_is_not_active(asking, token):
    answer = asking.introspect(token)

    assert (answer.status_code, answer.json) == (200, INACTIVE)


def test_an_id_token_is_not_an_access_token(asking, issued):
    assert asking.introspect(issued["id_token"]).json == INACTIVE


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "unknown", ""])
def test_a_hint_changes_nothing(asking, issued, hint):
    assert asking.introspect(issued["access_token"], token_type_hint=hint).json["active"]


@pytest.mark.parametrize("token", [None, "", "a\x00b", "x" * 2049, ["x", "y"]])
def test_a_request_without_one_sound_token_is_refused(asking, token):
    answer = asking.introspect(token)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")


def test_a_refresh_token_has_no_token_type_and_lives_until_the_end(tpp):
    tokens = tpp.tokens(scope="openid aisp offline_access")
    access, refresh = (
        tpp.introspect(tokens[name]).json for name in ("access_token", "refresh_token")
    )

    assert access.pop("token_type") == "Bearer"
    assert set(refresh) == set(access)
    assert refresh["exp"] == refresh["auth_time"] + 30 * 24 * 3600
    same = set(access) - {"exp", "iat"}
    assert {name: refresh[name] for name in same} == {name: access[name] for name in same}


def test_a_refresh_token_is_shown_to_its_own_client_only_and_asking_uses_nothing_up(
    tpp, another_tpp
):
    token = tpp.tokens(scope="openid aisp offline_access")["refresh_token"]

    assert another_tpp.introspect(token).json == INACTIVE
    assert tpp.introspect(token).json["active"]
    second = tpp.refresh(token).json["refresh_token"]
    assert tpp.introspect(token).json == INACTIVE
    assert tpp.introspect(second).json["active"]
