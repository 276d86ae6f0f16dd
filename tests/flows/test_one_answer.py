"""One page, one answer: repeated, late and simultaneous answers."""

from datetime import timedelta

import pytest

from app.store.attempts import UserAttempts
from app.store.consents import GivenConsent
from app.store.flows import Flow
from tests.support.banks import SlowBank
from tests.support.patience import LONG
from tests.support.store import all_of, on_sqlite, put_in, writing
from tests.support.threads import at_once
from tests.support.walker import Walker

OUT_OF_DATE = "This page was out of date"


def test_an_answer_to_the_same_page_counts_once(app):
    walker = Walker(app)
    walker.start_login()
    answer = walker.filled("continue", username="10045678")
    walker.send(answer)
    before = walker.state_of_things()
    page = walker.send(answer)
    assert OUT_OF_DATE in page.text
    assert walker.state_of_things() == before
    assert len(walker.messages()) == 1


@on_sqlite
def test_a_repeated_wrong_answer_spends_no_second_attempt(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    answer = walker.filled("confirm", code=walker.wrong_code(), password="test")
    walker.send(answer)
    before = walker.state_of_things()
    for _ in range(5):
        walker.send(answer)
    assert walker.state_of_things() == before
    assert walker.flow().attempts == 1


@on_sqlite
def test_the_right_answer_to_an_older_page_is_not_taken(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    right = walker.filled("confirm", code=walker.code(), password="test")
    walker.prove(walker.wrong_code())
    before = walker.state_of_things()
    walker.send(right)
    assert walker.state_of_things() == before
    assert walker.flow().step == "LOGIN_SCA"


@on_sqlite
def test_what_the_present_page_has_to_say_comes_before_the_older_page(app):
    walker = Walker(app)
    walker.start_login()
    old = walker.filled("continue", username="10045678")
    walker.name("")
    assert "Fill in the login number" in walker.send(old).text
    assert OUT_OF_DATE not in walker.page.text


@on_sqlite
@pytest.mark.parametrize("nonce", ["", "x", "A" * 10_000, "\x00", "é", "' OR 1=1 --"])
def test_a_made_up_one_time_number_is_not_taken(app, nonce):
    walker = Walker(app)
    walker.start_login()
    before = walker.state_of_things()
    page = walker.press("continue", username="10045678", step=nonce)
    assert OUT_OF_DATE in page.text
    assert walker.state_of_things() == before


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("field", ["step", "username", "organization", "action"])
def test_a_nul_character_in_an_answer_is_no_failure_of_ours(app, field):
    walker = Walker(app)
    walker.start_login()
    fields = walker.filled("continue", username="10045678")
    fields[field] = "1004\x005678"
    answer = walker.post(fields)
    assert answer.status_code in (303, 400), answer.text
    assert walker.flow().phase == ""


@on_sqlite
@pytest.mark.parametrize("action", ["resend", "CONTINUE", "nonsense", "\x00", "x" * 1000])
def test_an_action_that_the_page_does_not_have_goes_nowhere(app, action):
    walker = Walker(app)
    walker.start_login()
    fields = walker.filled("continue", username="10045678")
    fields["action"] = action
    page = walker.send(fields)
    assert OUT_OF_DATE in page.text
    assert walker.flow().step == "LOGIN_SCA"
    assert walker.flow().phase == ""
    assert walker.flow().attempts == 0
    assert walker.messages() == []


@on_sqlite
def test_an_answer_that_names_no_button_goes_forward(app):
    walker = Walker(app)
    walker.start_login()
    for values in (
        {"username": "10045678"},
        {"password": "test", "code": None},
        {"option": "CONSENT_LOGIN"},
    ):
        if "code" in values:
            values["code"] = walker.code()
        fields = walker.filled(**values)
        fields.poplist("action")
        walker.send(fields)
    assert walker.flow().result == "DONE"


@on_sqlite
@pytest.mark.parametrize("action", ["continue", "confirm", "resend", "nonsense"])
def test_no_action_of_another_page_passes_the_review(app, action):
    walker = Walker(app)
    walker.start_payment()
    walker.log_in()
    fields = walker.filled("continue", account="", option=["CONSENT_INIT", "CONSENT_PAYMENT"])
    fields["action"] = action
    walker.send(fields)
    assert walker.flow().step == "APPROVAL_SCA"
    assert walker.flow().phase == ""
    assert len(walker.messages()) == 1


def test_of_two_right_answers_at_once_exactly_one_is_taken(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    tabs = [walker.double(), walker.double()]
    right = walker.filled("confirm", code=walker.code(), password="test")
    answers = at_once(*(lambda tab=tab: tab.post(right) for tab in tabs))
    taken = [a for a in answers if a.status_code == 303 and "notice" not in a.location]
    assert len(taken) == 1
    assert {answer.status_code for answer in answers} <= {303, 409}  # its cookie may be too old
    assert walker.flow().step == "CONSENT"
    assert [step for step, *_ in walker.history()] == ["INIT", "LOGIN_SCA"]
    assert [message.verify_request_count for message in walker.messages()] == [1]


def test_an_answer_that_comes_while_another_is_judged_has_an_attempt_of_its_own(app):
    bank = SlowBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    tab = walker.tab()
    code = walker.code()

    def second():
        assert bank.asked.wait(LONG)
        tab.reload()
        bank.go.set()
        return tab.post(tab.filled("confirm", code=tab.wrong_code(), password="test"))

    right = walker.filled("confirm", code=code, password="test")
    at_once(lambda: walker.post(right), second)
    flow = walker.flow()
    # Whoever was judged last decides; nobody's attempt is forgotten, and nobody passes twice.
    if flow.step == "CONSENT":
        assert [step for step, *_ in walker.history()].count("LOGIN_SCA") == 1
    else:
        assert flow.attempts == 2


def test_a_verdict_applies_only_to_the_page_that_was_answered(app):  # decision 7
    bank = SlowBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    tab = walker.tab()

    def move_on():
        assert bank.asked.wait(LONG)
        try:
            tab.reload()
            return tab.post(tab.filled("resend"))
        finally:
            bank.go.set()

    right = walker.filled("confirm", code=walker.code(), password="test")
    answers = at_once(lambda: walker.post(right), move_on)
    assert [answer.status_code for answer in answers] == [303, 303]
    assert walker.flow().step == "LOGIN_SCA"
    assert walker.flow().attempts == 1
    assert not walker.messages()[0].verified


@pytest.mark.parametrize(
    ("way", "action", "step", "failures"),
    [("/extend", "", "CONSENT", 0), ("/leave", "", None, 1), ("", "override", "LOGIN_SCA", 1)],
)
def test_nothing_that_a_page_sends_while_an_answer_is_judged_gives_an_attempt_back(
    app, way, action, step, failures
):
    bank = SlowBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    tab = walker.tab()

    def meanwhile():
        assert bank.asked.wait(LONG)
        try:
            tab.reload()
            fields = tab.filled("confirm", code="0", password="test")
            fields["action"] = action
            return tab.client.post(tab.address + way, data=fields)
        finally:
            bank.go.set()

    right = walker.filled("confirm", code=walker.code(), password="test")
    at_once(lambda: walker.post(right), meanwhile)
    assert walker.flow().step == step
    assert sum(row.failures for row in all_of(app, UserAttempts)) == failures
    assert walker.flow().result == ("FAILED" if step is None else "CONTINUE")


@on_sqlite
def test_a_right_answer_comes_too_late_when_the_flow_was_cancelled_meanwhile(app):
    bank = SlowBank()
    put_in(app, bank=bank)
    walker = Walker(app)
    walker.start_login()
    walker.name()
    tab = walker.tab()

    def cancel():
        assert bank.asked.wait(LONG)
        tab.reload()
        answer = tab.post(tab.filled("cancel"))
        bank.go.set()
        return answer

    right = walker.filled("confirm", code=walker.code(), password="test")
    answers = at_once(lambda: walker.post(right), cancel)
    assert [answer.status_code for answer in answers] == [303, 303]
    flow = walker.flow()
    assert (flow.result, flow.canceled) == ("FAILED", True)
    assert "You cancelled the request" in walker.reload().text


def test_of_two_consents_at_once_one_is_kept(app):
    walker = Walker(app)
    walker.start_login()
    walker.log_in()
    tabs = [walker.double(), walker.double()]
    given = walker.filled("confirm", option="CONSENT_LOGIN")
    answers = at_once(*(lambda tab=tab: tab.post(given) for tab in tabs))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert walker.flow().result == "DONE"
    assert len(all_of(app, GivenConsent)) == 1


def test_of_two_requests_for_a_new_code_at_once_one_is_heard(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    with writing(app) as session:
        flow = session.get(Flow, walker.flow().id)
        flow.sms_sent_at -= timedelta(seconds=61)
    tabs = [walker.double(), walker.double()]
    again = walker.filled("resend")
    answers = at_once(*(lambda tab=tab: tab.post(again) for tab in tabs))
    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(walker.messages()) == 2


@on_sqlite
def test_after_the_end_an_answer_changes_nothing(app):
    walker = Walker(app)
    walker.start_login()
    walker.log_in()
    given = walker.filled("confirm", option="CONSENT_LOGIN")
    walker.send(given)
    before = walker.state_of_things()
    for action in ("confirm", "reject", "cancel", "continue", "resend"):
        given["action"] = action
        page = walker.send(given)
        assert "Sign-in confirmed" in page.text
        assert walker.state_of_things() == before
    assert len(all_of(app, GivenConsent)) == 1
