"""More time for whoever asks for it, and the end of a flow whose page was left."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from tests.support.databases import built
from tests.support.store import on_sqlite
from tests.support.walker import Walker, detail

MINUTES = timedelta(minutes=1)
LEFT = "The request was interrupted"


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def walker(app, time):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    return walker


def tell(walker, what, **changes):
    """What a script of the page posts."""
    fields = walker.filled()
    proof = {name: fields[name] for name in ("csrf_token", "step")}
    return walker.client.post(f"{walker.address}/{what}", data=proof | changes)


def signal(walker):
    answer = walker.client.get(f"{walker.address}/signal")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json


def test_whoever_stays_signed_in_has_another_five_minutes_and_keeps_the_page(walker, time):  # 112
    walker.prove()
    right = walker.filled("continue", account="1")
    time.shift(4 * MINUTES)
    assert tell(walker, "extend").status_code == 204
    assert walker.flow().expires_at == clock.now() + 5 * MINUTES
    assert signal(walker)["secondsLeft"] == 300
    time.shift(4 * MINUTES)
    walker.send(right)  # the page that was open all the time
    assert "Code from the SMS" in walker.page.text


@on_sqlite
def test_a_page_hears_how_long_it_has_got_and_hearing_gives_no_more(walker, time):  # 24
    assert [signal(walker)["secondsLeft"] for _ in range(2)] == [300, 300]
    time.shift(timedelta(seconds=270, milliseconds=500))
    assert signal(walker) | {"signal": ""} == {
        "signal": "", "secondsLeft": 30, "mayExtend": True,
    }  # fmt: skip
    time.shift(30)
    assert signal(walker) == {"signal": "ended", "secondsLeft": 0, "mayExtend": False}


@on_sqlite
def test_nobody_stays_beyond_half_an_hour(walker, time):
    end = walker.flow().ends_at
    for _ in range(7):
        time.shift(4 * MINUTES)
        assert tell(walker, "extend").status_code == 204
    assert walker.flow().expires_at == end
    assert not signal(walker)["mayExtend"]
    time.move_to(end)
    assert tell(walker, "extend").status_code == 204
    assert signal(walker)["secondsLeft"] == 0


@on_sqlite
def test_what_is_over_is_not_prolonged(walker, time):
    before = walker.flow().expires_at
    time.shift(5 * MINUTES)
    tell(walker, "extend")
    assert walker.flow().expires_at == before
    assert "timed out" in walker.reload().text


def test_a_page_that_is_left_ends_its_flow(app, walker):  # 118
    assert tell(walker, "leave").status_code == 204
    flow = walker.flow()
    assert (flow.result, flow.result_reason, flow.canceled) == (
        "FAILED", "canceled.page_left", True,
    )  # fmt: skip
    assert detail(app, flow.id)["result"] == "FAILED"
    page = walker.reload()
    assert LEFT in page.text
    assert "The payment was not sent." in page.text
    told = walker.leave()
    assert (told["error"], told["error_description"], told["state"]) == (
        "access_denied", "The customer left the page", walker.state,
    )  # fmt: skip


@on_sqlite
def test_an_older_page_that_is_left_ends_nothing(app, walker):
    older = walker.tab()
    walker.prove()
    before = walker.state_of_things()
    assert tell(older, "leave").status_code == 409
    assert tell(older, "extend").status_code == 409
    assert walker.state_of_things() == before


@on_sqlite
@pytest.mark.parametrize("what", ["leave", "extend"])
@pytest.mark.parametrize("proof", ["csrf_token", "step"])
def test_without_the_proof_of_its_page_nobody_prolongs_or_ends_a_flow(walker, time, what, proof):
    before = walker.state_of_things()
    time.shift(MINUTES)
    assert tell(walker, what, **{proof: ""}).status_code in (403, 409)
    assert walker.state_of_things() == before


@on_sqlite
@pytest.mark.parametrize("what", ["leave", "extend"])
def test_another_browser_neither_prolongs_nor_ends_a_flow(app, walker, time, what):
    stranger = Walker(app)
    stranger.start_login()
    before = walker.state_of_things()
    proof = {"csrf_token": stranger.filled()["csrf_token"], "step": walker.nonce}
    time.shift(MINUTES)
    answer = stranger.client.post(f"{walker.address}/{what}", data=proof)
    assert answer.status_code == 409
    assert walker.state_of_things() == before


@on_sqlite
def test_an_operator_may_have_it_that_leaving_does_nothing(settings):
    flow = settings.flow.model_copy(update={"refresh_policy": "keep"})
    with built(settings.model_copy(update={"flow": flow})) as app:
        walker = Walker(app)
        walker.start_login()
        before = walker.state_of_things()
        assert "leave.js" not in walker.page.html
        assert tell(walker, "leave").status_code == 204
        assert walker.state_of_things() == before


@on_sqlite
def test_without_a_script_the_page_is_loaded_anew_when_the_time_is_over(walker, time):  # 113
    page = walker.reload()
    assert page.content.refresh == (301, "")
