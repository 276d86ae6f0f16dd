"""Every variant of the demo client, and operations that back ends prepare, to their ends."""

import json
import re
import time
from pathlib import Path

import httpx2
import pytest

from app.flows.demo_clock import EVERY_SECONDS

ALL_PASSED = re.compile(r"\b(\d+) of \1 checks passed")
GUIDE = json.loads(Path(__file__).parents[1].joinpath("api/nextstep/bodies.json").read_text())
DETAILS = {
    "amount": "1234.50",
    "currency": "EUR",
    "account": "DE89370400440532013000",
    "due_date": "2026-12-24",
    "note": "Gift",
}


def claims_of(result):
    """Return what the result page lists of the tokens, by name."""
    rows = re.findall(r"<dt>\s*(.*?)\s*</dt>\s*<dd>\s*(.*?)\s*<", result.html, re.DOTALL)
    return dict(rows)


def connected(walk):
    """Agree, go back, and return what the demo client was told."""
    walk.consent()
    result = walk.browser.wait_for_refresh()
    assert ALL_PASSED.search(result.text), result.text
    assert re.search(r"\bwf_at_\S+", result.html)
    assert walk.user in result.text
    return claims_of(result)


def reviewed(walk):
    """Check that the review says what was typed, and go on."""
    assert "\N{EURO SIGN}1,234.50 (EUR)" in walk.page.text
    assert "DE89370400440532013000" in walk.page.text.replace(" ", "")
    assert "24 Dec 2026" in walk.page.text
    assert "Gift" in walk.page.text
    walk.review()


def test_a_login_without_sca_needs_a_password_and_no_message(walk):
    walk.start("login")
    walk.sign_in()
    claims = connected(walk)
    assert claims["sca"] == "false"
    assert claims["amr"] == "pwd"
    assert walk.messages() == []


def test_a_login_with_sca_needs_password_and_code(walk):
    walk.start("login_sca")
    walk.say_who()
    walk.confirm(walk.code())
    assert connected(walk)["sca"] == "true"


def test_a_payment_without_sca_needs_a_password_then_the_code_alone(walk):
    walk.start("payment", **DETAILS)
    walk.sign_in()
    assert walk.messages() == []
    reviewed(walk)
    assert walk.page.form.with_autocomplete("current-password") is None
    walk.confirm_alone(walk.code())
    claims = connected(walk)
    assert claims["operationName"] == "authorize_payment"
    assert claims["sca"] == "false"


def test_a_payment_with_a_single_sca_asks_for_both_factors_at_the_approval_only(walk):
    walk.start("payment_single_sca", **DETAILS)
    walk.sign_in()
    assert walk.messages() == []
    reviewed(walk)
    walk.confirm(walk.code())
    claims = connected(walk)
    assert claims["operationName"] == "authorize_payment_single_sca"
    assert claims["sca"] == "true"


def test_a_payment_with_sca_asks_for_both_factors_twice(walk):
    walk.start("payment_sca", **DETAILS)
    walk.say_who()
    first = walk.code()
    walk.confirm(first)
    reviewed(walk)
    second = walk.code()
    assert first != second
    walk.confirm(second)
    assert connected(walk)["sca"] == "true"


@pytest.mark.parametrize("name", ["login_sca", "authorize_payment_sca"])
def test_an_operation_of_the_guide_is_prepared_and_authorized_by_its_id(walk, portal, name):
    answer = httpx2.post(f"{portal.address}/powerauth-nextstep/operation", json=GUIDE[name])
    assert answer.status_code == 200, answer.text
    created = answer.json()["responseObject"]
    walk.start("authorize", operation_id=created["operationId"])
    walk.say_who()
    walk.confirm(walk.code())
    if name == "authorize_payment_sca":
        assert "You pay 100.00 CZK To 238400856/0300" in walk.page.text
        assert "29 Jun 2017" in walk.page.text
        assert "Utility Bill Payment - 05/2017" in walk.page.text
        walk.review()
        code = walk.code()
        assert "PAY 100 CZK to 238400856/0300" in walk.messages()[0]["text"]
        walk.confirm(code)
    assert connected(walk)["operationId"] == created["operationId"]


@pytest.mark.parametrize("kind", ["login", "payment", "payment_single_sca"])
@pytest.mark.parametrize("times", [1, 5])
def test_a_variant_without_sca_ends_when_it_is_cancelled_or_the_password_is_wrong(
    walk, kind, times
):
    walk.start(kind)
    if times == 1:
        walk.browser.press("cancel")
    else:
        for left in (4, 3, 2, 1):
            assert f"Remaining attempts: {left}" in walk.sign_in(password="wrong").text
        walk.sign_in(password="wrong")
    result = walk.browser.wait_for_refresh()
    assert "access_denied" in result.text
    assert "wf_at_" not in result.html


def test_the_fifth_wrong_code_ends_a_payment_without_sca(walk):
    walk.start("payment")
    walk.sign_in()
    walk.review()
    right = walk.code()
    wrong = next(code for code in ("00000000", "11111111") if code != right)
    for _ in range(5):
        walk.confirm_alone(wrong)
    assert "access_denied" in walk.browser.wait_for_refresh().text


@pytest.fixture
def move_clock(portal):
    """Moves the portal's clock, waits until every process has followed, and puts it back."""

    def move(offset):
        httpx2.post(f"{portal.address}/demo/clock", json={"offset": offset}).raise_for_status()
        time.sleep(4 * EVERY_SECONDS)

    yield move
    move("PT0S")


def test_a_login_holds_while_testers_move_the_clock_and_the_result_says_so(walk, move_clock):
    move_clock("PT7M")
    walk.start("login")
    walk.sign_in()
    walk.consent()
    result = walk.browser.wait_for_refresh()
    assert ALL_PASSED.search(result.text), result.text
    assert "moved the portal's clock by +420 seconds" in result.text
