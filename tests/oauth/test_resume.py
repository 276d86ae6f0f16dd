"""The way back: one answer, to the right browser, with the right words."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from app import clock
from tests.oauth.conftest import CALLBACK, STATE, reading, sent_back, writing
from tests.oauth.test_start import resume_address


def codes_of(app):
    from app.store.oauth import AuthorizationCode  # noqa: PLC0415

    with reading(app) as session:
        return session.scalar(select(func.count()).select_from(AuthorizationCode))


def test_a_finished_flow_comes_back_with_a_code_the_exact_state_and_the_issuer(tpp):
    answer = tpp.finish()

    told = sent_back(answer)
    assert set(told) == {"code", "state", "iss"}
    assert (told["state"], told["iss"]) == (STATE, "http://localhost:8080")
    assert len(told["code"]) >= 43
    assert answer.status_code == 303
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.get_data() == b""


def test_every_state_comes_back_as_it_went(tpp):  # §2.6
    states = ["x" * 2048, "čeština 😀", "%00%20+&=;/?#", "<script>", "'\"\\", "a b"]
    for state in states:
        assert sent_back(tpp.authorize(state=state, prompt="none"))["state"] == state
    strangest = "".join(states)[-100:]
    assert sent_back(tpp.finish(state=strangest))["state"] == strangest


def test_without_a_state_none_comes_back(tpp):
    assert set(sent_back(tpp.finish(state=None))) == {"code", "iss"}
    assert "state" not in sent_back(tpp.authorize(state=None, prompt="none"))


def test_the_query_of_a_registered_redirect_uri_is_kept(tpp, register):
    register("democlient", redirect_uris=[CALLBACK + "?shop=1&iss=mine"])

    answer = tpp.browser.get(tpp.walk(tpp.start(redirect_uri=CALLBACK + "?shop=1&iss=mine")))

    assert answer.location.startswith(CALLBACK + "?shop=1&iss=mine&code=")
    assert answer.location.endswith("&iss=http%3A%2F%2Flocalhost%3A8080")


def test_a_second_visit_gets_a_page_and_no_second_code(tpp):
    back = tpp.walk(tpp.start())
    assert tpp.browser.get(back).status_code == 303

    again = tpp.browser.get(back)

    assert again.status_code == 409
    assert again.location is None
    assert "already been finished" in again.text
    assert codes_of(tpp.app) == 1


def test_of_many_visits_at_once_one_is_answered(tpp):
    back = tpp.walk(tpp.start())
    cookie = tpp.browser.get_cookie("wf_browser").value

    def visit(_):
        browser = tpp.app.test_client()
        browser.set_cookie("wf_browser", cookie)
        return browser.get(back).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(visit, range(8)))

    assert answers == [303] + [409] * 7
    assert codes_of(tpp.app) == 1


def test_another_browser_gets_nothing(tpp):
    back = tpp.walk(tpp.start())
    stranger, newcomer = tpp.app.test_client(), tpp.app.test_client()
    newcomer.get("/oauth2/authorize", query_string=tpp.request())

    for other in (stranger, newcomer):
        answer = other.get(back)
        assert answer.status_code == 403
        assert answer.location is None
        assert "another browser" in answer.text
    assert sent_back(tpp.browser.get(back))["code"]


def test_a_flow_that_is_not_done_sends_the_browser_back_to_its_page(tpp):
    page = tpp.start()

    answer = tpp.browser.get(resume_address(tpp.app))

    assert (answer.status_code, answer.location) == (303, page)
    assert sent_back(tpp.browser.get(tpp.walk(page)))["code"]


@pytest.mark.parametrize("bad", ["x", "x" * 43, "x" * 5000, "%00" * 43, "%FF" * 43, "..%2F" * 9])
def test_an_unknown_way_back_is_not_found(tpp, bad):
    answer = tpp.browser.get(f"/oauth2/resume/{bad}")

    assert answer.status_code == 404
    assert answer.location is None


def test_a_head_request_does_not_use_up_the_answer(tpp):
    back = tpp.walk(tpp.start())

    assert tpp.browser.head(back).status_code == 405
    assert sent_back(tpp.browser.get(back))["code"]


def test_canceling_is_told_as_access_denied(tpp):  # §2.5; checklist 127
    back = tpp.walk(tpp.start(), action="cancel")

    assert sent_back(tpp.browser.get(back)) == {
        "error": "access_denied",
        "error_description": "User canceled authentication request",
        "state": STATE,
        "iss": "http://localhost:8080",
    }
    assert codes_of(tpp.app) == 0
    assert tpp.browser.get(back).status_code == 409


def test_using_up_all_attempts_is_told_as_access_denied(tpp):  # §2.19
    back = tpp.walk(tpp.start(), password="wrong")

    told = sent_back(tpp.browser.get(back))
    assert told["error"] == "access_denied"
    assert told["error_description"] == "Authentication failed"
    assert (told["state"], told["iss"]) == (STATE, "http://localhost:8080")


def test_a_timeout_is_told_as_access_denied(tpp):  # §2.19
    tpp.start()
    back = resume_address(tpp.app)

    with time_machine.travel(clock.now() + timedelta(minutes=6)):
        told = sent_back(tpp.browser.get(back))

    assert told["error"] == "access_denied"
    assert told["error_description"] == "The request timed out"
    assert told["state"] == STATE


def test_a_flow_that_a_newer_one_interrupted_says_so(tpp):
    tpp.start()
    back = resume_address(tpp.app)
    tpp.start()

    told = sent_back(tpp.browser.get(back))

    assert told["error"] == "access_denied"
    assert told["error_description"] == "The request was interrupted by a newer one"


def test_a_finished_flow_that_is_fetched_too_late_gives_no_code(tpp):
    back = tpp.walk(tpp.start())

    with time_machine.travel(clock.now() + timedelta(minutes=40)):
        told = sent_back(tpp.browser.get(back))

    assert (told["error"], told["error_description"]) == ("access_denied", "The request timed out")
    assert codes_of(tpp.app) == 0


@pytest.mark.parametrize("action", [None, "cancel"])
def test_a_client_that_was_disabled_meanwhile_gets_nothing(tpp, action):
    from app.store.oauth import OAuthClient  # noqa: PLC0415

    back = tpp.walk(tpp.start(), action=action)
    with writing(tpp.app) as session:
        session.get(OAuthClient, "democlient").disabled_at = clock.now()

    answer = tpp.browser.get(back)

    assert answer.status_code == 400
    assert answer.location is None
    assert codes_of(tpp.app) == 0


@pytest.mark.parametrize("action", [None, "cancel"])
def test_a_redirect_uri_that_was_withdrawn_meanwhile_is_not_used(
    tpp, register, action
):  # checklist 127
    back = tpp.walk(tpp.start(), action=action)
    register("democlient", redirect_uris=["https://elsewhere.example/cb"])

    answer = tpp.browser.get(back)

    assert answer.status_code == 400
    assert answer.location is None
    assert codes_of(tpp.app) == 0


def test_a_scope_that_was_withdrawn_meanwhile_is_not_granted(tpp, register):
    back = tpp.walk(tpp.start())
    register("democlient", scopes=["openid", "profile"])

    told = sent_back(tpp.browser.get(back))

    assert (told["error"], told["state"]) == ("invalid_scope", STATE)
    assert codes_of(tpp.app) == 0
