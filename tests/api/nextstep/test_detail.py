"""GET /operation/detail and its POST twin."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from tests.support.store import census, on_sqlite
from tests.support.walker import OPERATION, Walker, detail, next_step, prepared

DETAIL = f"{OPERATION}/detail"


@on_sqlite
def test_both_ways_to_ask_give_the_same_answer(app):  # 36
    operation = prepared(app)
    posted = next_step(app, {"operationId": operation}, path=DETAIL)
    assert posted.status_code == 200
    assert posted.json["responseObject"] == detail(app, operation)


@on_sqlite
def test_the_answer_has_every_field_of_the_paper(app):
    told = detail(app, prepared(app))
    assert set(told) >= {
        "operationId", "operationName", "userId", "organizationId", "operationNameExternal",
        "externalTransactionId", "result", "resultDescription", "timestampCreated",
        "timestampExpires", "operationData", "steps", "history", "afsActions", "formData",
        "remainingAttempts", "applicationContext",
    }  # fmt: skip
    assert told["history"] == [
        {
            "authMethod": "INIT",
            "authResult": "CONTINUE",
            "requestAuthStepResult": "CONFIRMED",
            "authStepResultDescription": None,
            "mobileTokenActive": False,
            "powerAuthOperationId": None,
            "paAuthenticationContext": None,
        }
    ]


@on_sqlite
def test_asking_changes_nothing(app):  # 24
    walker = Walker(app)
    walker.start_payment()
    before = walker.state_of_things()
    for _ in range(3):
        detail(app, walker.flow().id)
        next_step(app, {"operationId": walker.flow().id}, path=DETAIL)
    assert walker.state_of_things() == before


@on_sqlite
def test_an_end_is_told_with_its_reason(app):
    cancelled, failed = Walker(app), Walker(app)
    cancelled.start_payment()
    cancelled.press("cancel")
    told = detail(app, cancelled.flow().id)
    assert (told["result"], told["resultDescription"]) == ("FAILED", "canceled.unknown")
    assert told["remainingAttempts"] is None
    assert told["history"][-1]["authStepResultDescription"] == "canceled.unknown"
    failed.start_payment()
    failed.name()
    for _ in range(5):
        failed.prove(failed.wrong_code())
    told = detail(app, failed.flow().id)
    assert told["resultDescription"] == "authentication.maxAttemptsExceeded"
    assert told["remainingAttempts"] == 0


@pytest.mark.parametrize("operation", ["unknown", "\x00", "a\x00b", "' OR 1=1 --", "é" * 256])
def test_an_unknown_operation_is_refused(app, operation):
    before = census(app)
    for answer in (
        app.test_client().get(DETAIL, query_string={"operationId": operation}),
        next_step(app, {"operationId": operation}, path=DETAIL),
    ):
        assert answer.status_code == 400, answer.text
        assert answer.json["status"] == "ERROR"
    assert census(app) == before


@on_sqlite
def test_the_refusal_of_an_unknown_operation_says_so(app):
    answer = next_step(app, {"operationId": "unknown"}, path=DETAIL)
    assert answer.json == {
        "status": "ERROR",
        "responseObject": {"code": "OPERATION_NOT_FOUND", "message": "Operation not found."},
    }


@on_sqlite
@pytest.mark.parametrize(
    "query", ["", "?operationId=", "?operationid=x", "?operationId=" + "a" * 257]
)
def test_a_question_without_a_good_id_names_the_field(app, query):
    answer = app.test_client().get(DETAIL + query)
    assert answer.status_code == 400
    body = answer.json["responseObject"]
    assert body["code"] == "REQUEST_VALIDATION_FAILED"
    assert [v["fieldName"] for v in body["violations"]] == ["operationId"]


def test_an_operation_whose_time_is_over_has_failed_at_once(app):  # 24, 113
    with time_machine.travel(clock.now(), tick=False) as time:
        operation = prepared(app)
        time.shift(timedelta(minutes=5) - timedelta(seconds=1))
        assert detail(app, operation)["result"] == "CONTINUE"
        time.shift(1)
        told = detail(app, operation)
        assert (told["result"], told["resultDescription"]) == ("FAILED", "operation.timeout")
        assert (told["steps"], told["remainingAttempts"]) == ([], 0)
        assert told["history"] == detail(app, operation)["history"]
