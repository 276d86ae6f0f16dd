"""One flow, one browser; one browser, one flow."""

from threading import Thread

import pytest
from sqlalchemy import select

from app.store.flows import Flow
from app.store.sessions import Browser
from tests.support.store import all_of, census, on_sqlite, reading, wait_for_a_lock
from tests.support.threads import at_once
from tests.support.walker import Walker, prepared

INTERRUPTED = "This request has been interrupted by a newer one."
NOT_HERE = "This request is not available"


def test_another_browser_sees_nothing_of_a_flow_and_changes_nothing(app):  # 120
    walker, stranger = Walker(app), Walker(app)
    walker.start_login()
    walker.name()
    stranger.start_login()  # it has a cookie and a CSRF token of its own
    before = walker.state_of_things()
    answer = walker.filled("confirm", code=walker.code(), password="test")
    answer["csrf_token"] = stranger.filled()["csrf_token"]
    stranger.address = walker.address
    for response in (stranger.get(), stranger.post(answer)):
        assert response.status_code == 409
        assert NOT_HERE in response.text
        assert "10045678" not in response.text
        assert walker.flow().id not in response.text
    assert walker.state_of_things() == before
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
@pytest.mark.parametrize("cookie", [None, "", "x", "\x00", "a" * 4000, "é", "../../etc/passwd"])
def test_a_browser_without_its_cookie_is_another_one(app, cookie):
    walker = Walker(app)
    walker.start_login()
    before = walker.state_of_things()
    answer = walker.filled("continue", username="10045678")
    walker.client.delete_cookie("wf_browser")
    if cookie is not None:
        walker.client.set_cookie("wf_browser", cookie)
    assert walker.get().status_code == 409
    assert walker.post(answer).status_code == 409
    assert walker.state_of_things() == before


@on_sqlite
def test_the_database_does_not_know_the_cookie_of_a_browser(app):
    walker = Walker(app)
    walker.start_login()
    cookie = walker.client.get_cookie("wf_browser")
    assert len(cookie.value) >= 43
    (browser,) = all_of(app, Browser)
    assert cookie.value not in (browser.id, browser.token_digest)
    walker.client.set_cookie("wf_browser", browser.id)
    assert walker.get().status_code == 409
    walker.client.set_cookie("wf_browser", browser.token_digest)
    assert walker.get().status_code == 409


@on_sqlite
@pytest.mark.parametrize("answer", ["wrong", "right"])
def test_the_cookie_changes_with_each_factor_that_was_proved_and_with_nothing_else(app, answer):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    walker.press("resend")
    before = walker.double()
    walker.prove(walker.wrong_code() if answer == "wrong" else None)
    has_changed = (
        walker.client.get_cookie("wf_browser").value != before.client.get_cookie("wf_browser").value
    )
    assert has_changed == (answer == "right")
    assert len(all_of(app, Browser)) == 1


@on_sqlite
def test_a_cookie_from_before_the_factor_is_worthless_once_the_new_one_was_seen(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    thief = walker.double()
    walker.prove()
    assert thief.get().status_code == 409
    assert thief.post(walker.filled("confirm", option="CONSENT_LOGIN")).status_code == 409
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_cookie_from_before_the_factors_is_worth_nothing_after_them(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    planted = walker.double()  # whoever knows the cookie of before
    walker.post(walker.filled("confirm", code=walker.code(), password="test"))
    assert "consent" in walker.page.text.lower()
    assert planted.get().status_code == 409


@pytest.mark.parametrize("handle", ["x", "A" * 32, "a" * 4000, "%00", "%C3%28"])
def test_an_unknown_flow_is_not_found_by_anybody(app, handle):
    walker = Walker(app)
    walker.start_login()
    answer = walker.filled("continue", username="10045678")
    walker.address = f"/flow/{handle}"
    assert walker.get().status_code == 404
    assert walker.post(answer).status_code == 404


@on_sqlite
def test_the_operation_id_is_not_the_address_of_a_flow(app):
    walker = Walker(app)
    walker.start_login()
    walker.address = f"/flow/{walker.flow().id}"
    assert walker.get().status_code == 404


def test_a_newer_flow_interrupts_the_older_one_of_the_browser(app):  # 119
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    older = walker.tab()
    right = older.filled("confirm", code=older.code(), password="test")
    walker.start_login()
    assert INTERRUPTED in older.reload().text
    assert "The payment was not sent." in older.page.text
    before = older.state_of_things()
    assert INTERRUPTED in older.send(right).text
    assert older.state_of_things() == before
    flow = older.flow()
    assert (flow.result, flow.result_reason) == ("FAILED", "canceled.interrupted_operation")
    assert older.messages()[0].timestamp_replaced is not None
    walker.log_in()
    walker.agree()
    assert "code" in walker.leave()


@on_sqlite
def test_the_third_party_of_an_interrupted_flow_hears_of_it(app):
    walker = Walker(app)
    walker.start_login()
    older = walker.tab()
    walker.start_login()
    older.reload()
    told = older.leave()
    assert told["error"] == "access_denied"
    assert "interrupted" in told["error_description"]


@on_sqlite
def test_flows_of_different_browsers_do_not_touch_each_other(app):
    first, second = Walker(app), Walker(app)
    first.start_login()
    second.start_payment()
    first.log_in()
    second.log_in()
    first.agree()
    second.approve()
    second.agree()
    assert "code" in first.leave()
    assert "code" in second.leave()


@on_sqlite
def test_a_flow_that_has_ended_is_not_interrupted(app):
    walker = Walker(app)
    walker.start_login()
    walker.log_in()
    walker.agree()
    older = walker.tab()
    walker.start_login()
    assert "Sign-in confirmed" in older.reload().text
    assert older.flow().result == "DONE"


@on_sqlite
def test_the_same_browser_opens_its_prepared_operation_again_on_the_same_page(app):
    walker = Walker(app)
    operation = prepared(app)
    walker.start(operation)
    walker.name()
    address, messages = walker.address, len(walker.messages())
    assert "Password" in walker.start(operation).text
    assert walker.address == address
    assert len(walker.messages()) == messages
    assert walker.flow().step == "LOGIN_SCA"


@on_sqlite
def test_another_browser_cannot_open_a_prepared_operation_that_is_taken(app):
    walker, thief = Walker(app), Walker(app)
    operation = prepared(app)
    walker.start(operation)
    before, rows = walker.state_of_things(), census(app)
    answer = thief.authorize(scope="pisp", operation_id=operation)
    assert answer.status_code == 409
    assert NOT_HERE in answer.text
    assert walker.state_of_things() == before
    assert census(app) == rows


def test_of_two_browsers_at_once_one_gets_a_prepared_operation(app):
    operation = prepared(app)
    walkers = [Walker(app) for _ in range(4)]
    answers = at_once(
        *(lambda w=walker: w.authorize(scope="pisp", operation_id=operation) for walker in walkers)
    )
    assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
    winner = walkers[[answer.status_code for answer in answers].index(303)]
    winner.address = next(answer.location for answer in answers if answer.status_code == 303)
    winner.reload()
    winner.log_in()
    assert winner.flow().step == "APPROVAL_SCA"


@on_sqlite
@pytest.mark.parametrize("stage", ["done", "cancelled"])
def test_an_operation_that_has_ended_cannot_be_opened_again(app, stage):
    walker = Walker(app)
    operation = prepared(app)
    walker.start(operation)
    if stage == "done":
        walker.log_in()
        walker.approve()
        walker.agree()
    else:
        walker.press("cancel")
    before = walker.state_of_things()
    for someone in (walker, Walker(app)):
        answer = someone.authorize(scope="pisp", operation_id=operation)
        assert answer.status_code == 409
    assert walker.state_of_things() == before


@on_sqlite
def test_an_operation_of_another_client_cannot_be_opened(app):  # 136
    operation = prepared(app, applicationContext={"id": "othertpp", "name": "Another one"})
    rows = census(app)
    answer = Walker(app).authorize(scope="pisp", operation_id=operation)
    assert answer.status_code == 409
    assert NOT_HERE in answer.text
    assert census(app) == rows
    (flow,) = all_of(app, Flow)
    assert flow.browser_id is None


@on_sqlite
def test_an_operation_without_an_application_belongs_to_the_first_client_that_presents_it(app):
    walker = Walker(app)
    page = walker.start_payment(applicationContext=None)
    assert "Demo application" in page.text
    assert walker.flow().client_id == "democlient"


@on_sqlite
def test_only_the_browser_of_the_flow_is_sent_back_with_the_result(app):
    walker, stranger = Walker(app), Walker(app)
    stranger.start_login()
    walker.start_login()
    walker.log_in()
    walker.agree()
    answer = stranger.client.get(walker.way_back)
    assert answer.status_code == 403
    assert "code" in walker.leave()


@on_sqlite
@pytest.mark.parametrize("operation", ["unknown", "\x00", "a" * 256, "a" * 257])
def test_an_unknown_operation_makes_no_flow_and_names_nobody(app, operation):  # 128
    before = census(app)
    answer = Walker(app).authorize(scope="pisp", operation_id=operation)
    assert answer.status_code in (302, 303, 400)
    assert "/flow/" not in answer.headers.get("Location", "")
    assert "code=" not in answer.headers.get("Location", "")
    assert census(app) == before


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_newer_request_and_an_answer_in_another_tab_wait_for_each_other_in_one_order(app):
    walker = Walker(app)
    walker.start_login()
    flow, answers = walker.flow(), []
    newer = Thread(target=lambda: answers.append(walker.double().authorize()))
    with reading(app) as session:  # an answer: it changes the flow first, then the browser
        session.execute(select(Flow).where(Flow.id == flow.id).with_for_update())
        newer.start()
        wait_for_a_lock(app)
        mine = select(Browser).where(Browser.id == flow.browser_id)
        session.execute(mine.with_for_update(nowait=True))
    newer.join()
    assert [answer.status_code for answer in answers] == [303]
    assert walker.flow().result == "FAILED"


@on_sqlite
def test_whoever_has_no_cookies_is_told_so(app):
    walker = Walker(app)
    walker.start_login()
    for name in ("wf_browser", "wf_session"):
        walker.client.delete_cookie(name)
    answer = walker.get()
    assert answer.status_code == 409
    assert "Your browser sent no cookie" in answer.text


def test_whoever_comes_back_after_the_return_stays_on_the_last_page(app):  # D8
    walker = Walker(app)
    walker.start_login()
    walker.press("cancel")
    way_back = walker.way_back
    assert walker.leave()["error"] == "access_denied"
    page = walker.reload()
    assert "You cancelled the request" in page.text
    assert "The application has got the result." in page.text
    assert way_back not in page.html
    assert page.content.refresh is None
    assert walker.client.get(way_back).status_code == 409
