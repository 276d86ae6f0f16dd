"""How long a flow lasts, and what prolongs it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from app import clock
from app.store.flows import Flow
from tests.support.store import on_sqlite, reading, serving, writing
from tests.support.walker import Walker, detail, prepared

TIMED_OUT = "The request timed out"
MINUTES = timedelta(minutes=1)


@pytest.fixture
def time():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@on_sqlite
def test_a_prepared_operation_waits_five_minutes(app, time):  # 8
    operation = prepared(app)
    assert read(app, operation).expires_at - read(app, operation).created_at == 5 * MINUTES
    time.shift(5 * MINUTES - timedelta(seconds=1))
    assert Walker(app).authorize(scope="pisp", operation_id=operation).status_code == 303
    late = prepared(app)
    time.shift(5 * MINUTES)
    assert Walker(app).authorize(scope="pisp", operation_id=late).status_code == 409


@on_sqlite
def test_every_answer_right_or_wrong_gives_another_five_minutes(app, time):  # 23
    walker = Walker(app)
    walker.start_payment()
    for act in (
        lambda: walker.name(""),
        walker.name,
        lambda: walker.prove(walker.wrong_code()),
        lambda: walker.press("resend"),
        walker.prove,
        walker.choose,
    ):
        time.shift(2 * MINUTES)
        act()
        assert walker.flow().expires_at == clock.now() + 5 * MINUTES


@on_sqlite
@pytest.mark.parametrize("user", ["10045678", "unknown-one"])
def test_a_page_that_outlives_its_code_says_so(app, time, user):
    walker = Walker(app)
    walker.start_login()
    walker.name(user)
    time.shift(3 * MINUTES)
    walker.prove("00000000")
    time.shift(2 * MINUTES - timedelta(seconds=1))
    assert "The code is valid until" in walker.reload().text
    time.shift(timedelta(seconds=1))
    page = walker.reload()
    assert "Its code was valid until" in page.text
    assert "Ask for a new one." in page.text
    assert "The code is valid until" in walker.press("resend").text


@on_sqlite
def test_looking_gives_no_more_time(app, time):  # 24
    walker = Walker(app)
    walker.start_login()
    walker.name()
    end = walker.flow().expires_at
    for _ in range(4):
        time.shift(MINUTES)
        walker.reload()
        walker.reload("?lang=cs")
        detail(app, walker.flow().id)
        walker.client.get(walker.flow().return_to)
    assert walker.flow().expires_at == end
    time.shift(MINUTES)
    assert TIMED_OUT in walker.reload("?lang=en").text


@on_sqlite
def test_an_answer_to_an_older_page_gives_no_more_time(app, time):
    walker = Walker(app)
    walker.start_login()
    old = walker.filled("continue", username="10045678")
    walker.name()
    end = walker.flow().expires_at
    time.shift(MINUTES)
    walker.send(old)
    assert walker.flow().expires_at == end


@on_sqlite
def test_no_activity_prolongs_a_flow_beyond_half_an_hour(app, time):
    walker = Walker(app)
    walker.start_login()
    for _ in range(7):
        time.shift(4 * MINUTES)
        walker.name("")
    time.shift(2 * MINUTES - timedelta(seconds=1))
    walker.name("")
    assert walker.flow().expires_at == clock.now() + timedelta(seconds=1)
    time.shift(1)
    assert TIMED_OUT in walker.reload().text


@on_sqlite
def test_opening_a_flow_again_does_not_prolong_it_beyond_half_an_hour(app, time):
    walker = Walker(app)
    operation = prepared(app)
    walker.start(operation)
    end = walker.flow().ends_at
    for _ in range(6):
        time.shift(4 * MINUTES)
        walker.start(operation)
    assert walker.flow().ends_at == end


@on_sqlite
@pytest.mark.parametrize("stage", ["name", "factors", "review", "approval", "consent"])
def test_after_five_minutes_every_page_says_that_the_time_is_over(app, time, stage):  # 113
    walker = Walker(app)
    walker.start_payment()
    stages = {
        "name": [],
        "factors": [walker.name],
        "review": [walker.log_in],
        "approval": [walker.log_in, walker.choose],
        "consent": [walker.log_in, walker.approve],
    }
    for act in stages[stage]:
        act()
    last = walker.filled("reject" if stage == "consent" else "cancel")
    time.shift(5 * MINUTES)
    page = walker.reload()
    assert TIMED_OUT in page.text
    assert "The payment was not sent." in page.text
    assert "action" not in [c.name for form in page.forms for c in form.controls]
    assert TIMED_OUT in walker.send(last).text
    assert walker.flow().result == "FAILED"
    assert walker.flow().result_reason == "operation.timeout"
    assert not walker.flow().canceled


def test_a_right_answer_after_the_end_comes_too_late(app, time):  # 22
    walker = Walker(app)
    walker.start_login()
    walker.name()
    right = walker.filled("confirm", code=walker.code(), password="test")
    end = walker.flow().expires_at
    time.move_to(end)
    assert TIMED_OUT in walker.send(right).text
    flow = walker.flow()
    assert (flow.result, flow.result_reason) == ("FAILED", "operation.timeout")
    assert flow.expires_at == end
    assert flow.attempts == 0
    assert walker.history()[-1] == ("LOGIN_SCA", "AUTH_METHOD_FAILED", "FAILED")
    assert not walker.messages()[0].verified


@on_sqlite
def test_an_answer_one_second_before_the_end_is_in_time(app, time):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    time.move_to(walker.flow().expires_at - timedelta(seconds=1))
    walker.prove()
    assert walker.flow().step == "CONSENT"


def test_the_third_party_hears_of_the_timeout(app, time):  # 113
    walker = Walker(app)
    walker.start_login()
    time.shift(5 * MINUTES)
    walker.reload()
    told = walker.leave()
    assert told["error"] == "access_denied"
    assert told["error_description"] == TIMED_OUT
    assert told["state"] == walker.state


@on_sqlite
@pytest.mark.parametrize(
    ("operation", "acts"),
    [
        ("login", []),
        ("login", ["sign_in"]),
        ("authorize_payment", []),
        ("authorize_payment", ["sign_in"]),
        ("authorize_payment", ["sign_in", "choose"]),
    ],
)
def test_every_screen_of_a_variant_without_sca_times_out(app, time, operation, acts):  # 113
    walker = Walker(app)
    walker.start_plain(operation)
    for act in acts:
        getattr(walker, act)()
    time.shift(5 * MINUTES - timedelta(seconds=1))
    assert TIMED_OUT not in walker.reload().text
    time.shift(1)
    page = walker.reload()
    assert TIMED_OUT in page.text
    assert page.content.refresh == (3, walker.way_back)
    told = walker.leave()
    assert (told["error"], told["state"]) == ("access_denied", walker.state)
    with serving(app) as services:
        assert services.flows.expire() == 1
        services.commit()
    assert detail(app, walker.flow().id)["result"] == "FAILED"


def test_the_sweep_ends_what_nobody_finished_and_nothing_else(app, time):
    late, open_, done = Walker(app), Walker(app), Walker(app)
    late.start_login()
    late.name()
    waiting = prepared(app)
    done.start_login()
    done.log_in()
    done.agree()
    time.shift(4 * MINUTES)
    open_.start_login()
    time.shift(MINUTES)
    with serving(app) as services:
        assert services.flows.expire() == 2
        services.commit()
        assert services.flows.expire() == 0
    assert late.flow().result == read(app, waiting).result == "FAILED"
    assert late.flow().result_reason == read(app, waiting).result_reason == "operation.timeout"
    assert open_.flow().result == "CONTINUE"
    assert done.flow().result == "DONE"
    assert TIMED_OUT in late.reload().text
    assert late.messages()[0].timestamp_replaced is not None


@on_sqlite
def test_the_sweep_leaves_alone_what_came_back_to_life_meanwhile(app, time):
    walker = Walker(app)
    walker.start_login()
    time.shift(5 * MINUTES)
    with writing(app) as session:
        session.get(Flow, walker.flow().id).expires_at = clock.now() + MINUTES
    with serving(app) as services:
        assert services.flows.expire() == 0


@on_sqlite
def test_the_page_says_when_the_request_ends(app, time):
    walker = Walker(app)
    page = walker.start_login()
    end = (clock.now() + 5 * MINUTES).astimezone(ZoneInfo("Europe/Prague"))
    assert f"this request ends at {end:%H:%M:%S}" in page.text
    assert f'datetime="{end.isoformat()}"' in page.html


def read(app, operation_id):
    with reading(app) as session:
        return session.get_one(Flow, operation_id)
