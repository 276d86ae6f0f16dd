"""From the demo client's form to the token, through real processes, by plain HTTP."""

import re
import time

import httpx2
import pytest

from tests.support.tiers import RESEND_AFTER

ALL_PASSED = re.compile(r"\b(\d+) of \1 checks passed")


def test_a_payment_ends_with_tokens_for_the_user_who_approved_it(walk):
    result = walk.pay(amount="1234.50", note="Rent")
    assert "Payment approved" in result.text
    assert ALL_PASSED.search(result.text)
    assert re.search(r"\bwf_at_\S+", result.html)
    assert walk.user in result.text


def test_each_page_of_a_payment_shows_what_is_paid_and_the_message_says_it_too(walk):
    walk.start(amount="77.70", currency="EUR", account="DE89370400440532013000")
    walk.say_who()
    assert "to LOG IN" in walk.page.text
    first = walk.code()
    assert "to LOG IN" in walk.messages()[0]["text"]
    walk.confirm(first)
    assert "\N{EURO SIGN}77.70 (EUR)" in walk.page.text
    walk.review()
    assert "\N{EURO SIGN}77.70 (EUR)" in walk.page.text
    second = walk.code()
    text = walk.messages()[0]["text"]
    assert "77.7" in text
    assert "EUR" in text
    assert "DE89370400440532013000" in text.replace(" ", "")
    assert first != second


def test_a_login_ends_with_tokens(walk):
    result = walk.log_in()
    assert ALL_PASSED.search(result.text)
    assert re.search(r"\bwf_at_\S+", result.html)
    assert walk.user in result.text


def test_a_prepared_operation_is_authorized_by_its_id(walk, portal):
    body = {"requestObject": {"operationName": "login_sca", "operationData": "A2", "params": []}}
    created = httpx2.post(f"{portal.address}/powerauth-nextstep/operation", json=body)
    operation_id = created.json()["responseObject"]["operationId"]
    walk.start("authorize", operation_id=operation_id)
    walk.say_who()
    walk.confirm(walk.code())
    walk.consent()
    assert walk.user in walk.browser.wait_for_refresh().text
    assert operation_id == walk.operation_id


@pytest.mark.parametrize("stop_at", ["login", "login sms", "review", "approval sms", "consent"])
def test_a_cancelled_payment_comes_back_without_tokens(walk, stop_at):
    walk.start()
    if stop_at != "login":
        walk.say_who()
    if stop_at in {"review", "approval sms", "consent"}:
        walk.confirm(walk.code())
    if stop_at in {"approval sms", "consent"}:
        walk.review()
    if stop_at == "consent":
        walk.confirm(walk.code())
    ended = walk.browser.press("reject" if stop_at == "consent" else "cancel")
    assert ended.content.refresh is not None
    result = walk.browser.wait_for_refresh()
    assert "access_denied" in result.text
    assert "wf_at_" not in result.html


def test_the_right_code_can_be_tried_again_after_a_wrong_password(walk):
    walk.start()
    walk.say_who()
    code = walk.code()
    page = walk.confirm(code, password="wrong")
    assert "Remaining attempts: 4" in page.text
    assert page.form.with_autocomplete("one-time-code").value == ""
    walk.confirm(code)
    assert walk.page.form_with(account="*")
    assert len(walk.messages()) == 1


def test_the_fifth_wrong_answer_ends_the_payment(walk):
    walk.start()
    walk.say_who()
    code = walk.code()
    for _ in range(5):
        walk.confirm(code, password="wrong")
    assert walk.page.content.refresh is not None
    assert "access_denied" in walk.browser.wait_for_refresh().text


def test_a_new_code_kills_the_old_one(walk):
    walk.start()
    walk.say_who()
    old = walk.code()
    walk.resend()
    assert len(walk.messages()) == 1  # too early: nothing was sent
    time.sleep(RESEND_AFTER)
    walk.resend()
    new = walk.code()
    walk.confirm(old)
    assert walk.page.form.with_autocomplete("one-time-code")
    walk.confirm(new)
    assert walk.page.form_with(account="*")


def test_reloading_and_another_language_send_nothing(walk):
    walk.start()
    walk.say_who()
    code = walk.code()
    english = walk.page.text
    assert walk.browser.open(walk.page.url).text == english
    czech = walk.browser.open("?lang=cs")
    assert czech.text != english
    assert "Heslo" in czech.text
    assert len(walk.messages()) == 1
    walk.confirm(code)
    assert walk.page.form_with(account="*")


def test_going_back_and_answering_an_old_page_changes_nothing(walk):
    walk.start()
    old = walk.page.form
    walk.say_who()
    code = walk.code()
    walk.browser.press(form=old, username="somebody-else")
    walk.confirm(code)
    assert walk.page.form_with(account="*")
    assert len(walk.messages()) == 1
