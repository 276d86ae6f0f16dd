"""Revocation: a client gives back its own tokens; strangers change nothing and learn nothing."""

import pytest

from tests.oauth.conftest import basic
from tests.oauth.test_refresh import SCOPE, events_of

INACTIVE = {"active": False}
HINTS = ["access_token", "refresh_token", "unknown", "", None]


@pytest.fixture
def tokens(tpp):
    return tpp.tokens(scope=SCOPE)


def done(answer):
    return (answer.status_code, answer.json, answer.headers["Cache-Control"]) == (
        200,
        {},
        "no-store",
    )


@pytest.mark.parametrize("hint", HINTS)
def test_an_access_token_revokes_itself_whatever_the_hint_says(tpp, tokens, hint):
    assert done(tpp.revoke(tokens["access_token"], token_type_hint=hint))

    assert tpp.introspect(tokens["access_token"]).json == INACTIVE
    assert tpp.get("/oauth2/userinfo", tokens["access_token"]).status_code == 401
    assert tpp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("hint", HINTS)
def test_a_refresh_token_revokes_its_family_whatever_the_hint_says(tpp, tokens, hint):  # §2.16
    second = tpp.refresh(tokens["refresh_token"]).json

    assert done(tpp.revoke(second["refresh_token"], token_type_hint=hint))

    for each in (tokens, second):
        assert tpp.introspect(each["access_token"]).json == INACTIVE
    refused = tpp.refresh(second["refresh_token"])
    assert (refused.status_code, refused.json) == (400, {"error": "invalid_grant"})
    assert events_of(tpp.app)[-1] == "oauth.token.revoked"


def test_a_used_refresh_token_revokes_its_family_as_well(tpp, tokens):
    second = tpp.refresh(tokens["refresh_token"]).json

    assert done(tpp.revoke(tokens["refresh_token"]))

    assert tpp.introspect(second["access_token"]).json == INACTIVE


def test_once_more_changes_nothing_and_is_told_once(tpp, tokens):
    for _ in range(2):
        assert done(tpp.revoke(tokens["access_token"]))
        assert done(tpp.revoke(tokens["refresh_token"]))

    assert events_of(tpp.app).count("oauth.token.revoked") == 2


@pytest.mark.parametrize("token", ["x", "wf_at_" + "x" * 43, "wf_rt_" + "x" * 43, '"\\', "č"])
def test_an_unknown_token_is_nothing_to_do(asking, token):
    assert done(asking.revoke(token))


def test_the_token_of_another_client_is_nothing_to_do(tpp, another_tpp, tokens):  # §2.16
    assert done(another_tpp.revoke(tokens["access_token"]))
    assert done(another_tpp.revoke(tokens["refresh_token"]))

    assert tpp.introspect(tokens["access_token"]).json["active"]
    assert tpp.refresh(tokens["refresh_token"]).status_code == 200


def test_a_public_client_revokes_its_own_by_its_name(tpp, register):  # RFC 7009, 2.1
    register("native", secret=None, token_endpoint_auth_method="none")
    tpp.client_id = "native"
    who = {"headers": {}, "client_id": "native"}
    tokens = tpp.exchange(tpp.code(scope=SCOPE), **who).json

    assert done(tpp.revoke(tokens["refresh_token"], **who))

    assert tpp.refresh(tokens["refresh_token"], **who).status_code == 400
    assert tpp.get("/oauth2/userinfo", tokens["access_token"]).status_code == 401


def test_whoever_does_not_authenticate_revokes_nothing(tpp, tokens):
    by_name = tpp.revoke(tokens["access_token"], headers={}, client_id="democlient")
    wrong = tpp.revoke(tokens["access_token"], headers=basic("democlient", "wrong"))

    assert by_name.status_code == wrong.status_code == 401
    assert tpp.introspect(tokens["access_token"]).json["active"]


@pytest.mark.parametrize("token", [None, "", "a\x00b", "x" * 2049, ["x", "y"]])
def test_a_request_without_one_sound_token_is_refused(asking, token):
    answer = asking.revoke(token)

    assert (answer.status_code, answer.json["error"]) == (400, "invalid_request")
