"""What back ends say of steps: the rules of an update (checklist, section on operations)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from app import clock
from app.store.flows import FlowRecord
from tests.support.backend import BackEnd, history, steps
from tests.support.store import on_sqlite, reading, writing
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

CONFIRMED, CANCELED, FAILED = "CONFIRMED", "CANCELED", "AUTH_FAILED"


@pytest.fixture
def bank(lasting_app) -> BackEnd:
    return BackEnd(lasting_app)


def moment(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z")


def test_a_login_goes_on_to_the_consent_and_is_done_after_it(bank):  # 10
    operation = bank.login()
    answer = bank.update(operation, "LOGIN_SCA", CONFIRMED, userId="10045678")
    assert (answer["result"], steps(answer)) == ("CONTINUE", ["CONSENT"])
    answer = bank.update(operation, "CONSENT", CONFIRMED)
    assert (answer["result"], steps(answer), answer["resultDescription"]) == ("DONE", [], None)
    assert history(bank.detail(operation)) == [
        ("INIT", "CONFIRMED", "CONTINUE"),
        ("LOGIN_SCA", "CONFIRMED", "CONTINUE"),
        ("CONSENT", "CONFIRMED", "DONE"),
    ]


def test_a_payment_goes_from_login_to_approval_to_consent(bank):  # 11
    operation = bank.payment()
    assert steps(bank.update(operation, "LOGIN_SCA", CONFIRMED)) == ["APPROVAL_SCA"]
    assert steps(bank.update(operation, "APPROVAL_SCA", CONFIRMED)) == ["CONSENT"]
    assert bank.update(operation, "CONSENT", CONFIRMED)["result"] == "DONE"


def test_the_plain_login_offers_a_program_to_name_the_user_before_the_password(bank):  # 12
    created = bank("POST", "/operation", operationName="login", operationData="A2")
    assert steps(created) == ["USER_ID_ASSIGN", "USERNAME_PASSWORD_AUTH"]


def test_after_the_password_the_plain_payment_offers_the_code(bank):  # 13: no phone is known yet
    operation = bank.payment("authorize_payment")
    answer = bank.update(operation, "USERNAME_PASSWORD_AUTH", CONFIRMED, userId="10045678")
    assert steps(answer) == ["SMS_KEY"]


def test_a_program_can_name_the_user_in_place_of_the_login(bank):  # decision 19
    operation = bank.payment()
    answer = bank.update(
        operation, "USER_ID_ASSIGN", CONFIRMED, userId="SME.1", organizationId="SME"
    )
    assert steps(answer) == ["APPROVAL_SCA"]
    assert (answer["userId"], answer["organizationId"]) == ("SME.1", "SME")


def test_to_name_nobody_is_no_step(bank):
    operation = bank.payment()
    assert bank.update_refused(operation, "USER_ID_ASSIGN", CONFIRMED) == "INVALID_REQUEST"
    assert len(bank.detail(operation)["history"]) == 1


def test_four_failures_stay_at_the_step_and_the_fifth_is_final(bank):  # 14, 32
    operation = bank.login()
    for left in (4, 3, 2, 1):
        answer = bank.update(operation, "LOGIN_SCA", FAILED)
        assert (answer["result"], steps(answer)) == ("CONTINUE", ["LOGIN_SCA"])
        assert bank.detail(operation)["remainingAttempts"] == left
    answer = bank.update(operation, "LOGIN_SCA", FAILED)
    assert (answer["result"], steps(answer)) == ("FAILED", [])
    detail = bank.detail(operation)
    assert detail["remainingAttempts"] == 0
    assert history(detail)[-1] == ("LOGIN_SCA", "AUTH_METHOD_FAILED", "FAILED")


def test_a_step_that_is_given_up_ends_the_operation(bank):  # 32
    operation = bank.login()
    assert bank.update(operation, "LOGIN_SCA", "AUTH_METHOD_FAILED")["result"] == "FAILED"
    assert bank.detail(operation)["remainingAttempts"] == 0


@on_sqlite
def test_an_operation_may_have_fewer_attempts_at_a_step(app):  # 15
    bank = BackEnd(app)
    bank(
        "POST", "/operation/auth-method/config",
        operationName="login_sca", authMethod="LOGIN_SCA", maxAuthFails=2,
    )  # fmt: skip
    operation = bank.login()
    assert bank.detail(operation)["remainingAttempts"] == 2
    assert bank.update(operation, "LOGIN_SCA", FAILED)["result"] == "CONTINUE"
    assert bank.update(operation, "LOGIN_SCA", FAILED)["result"] == "FAILED"


@on_sqlite
def test_a_step_without_a_limit_says_so(app):  # 32
    bank = BackEnd(app)
    methods = bank("GET", "/auth-method")["authMethods"]
    consent = next(m for m in methods if m["authMethod"] == "CONSENT")
    bank("PUT", "/auth-method", **consent | {"checkAuthFails": False, "maxAuthFails": None})
    operation = bank.login()
    bank.update(operation, "LOGIN_SCA", CONFIRMED)
    for _ in range(7):
        assert bank.update(operation, "CONSENT", FAILED)["result"] == "CONTINUE"
    assert bank.detail(operation)["remainingAttempts"] is None


def test_a_code_by_itself_may_be_tried_three_times(bank):  # 16
    methods = bank("GET", "/auth-method")["authMethods"]
    assert {m["authMethod"]: m["maxAuthFails"] for m in methods}["OTP_CODE"] == 3


@pytest.mark.parametrize("result", [CONFIRMED, FAILED, "AUTH_METHOD_FAILED"])
@pytest.mark.parametrize("step", ["APPROVAL_SCA", "CONSENT", "SMS_KEY", "SHOW_OPERATION_DETAIL"])
def test_what_is_not_on_offer_cannot_be_answered(bank, step, result):  # 17
    operation = bank.payment()
    assert bank.update_refused(operation, step, result) == "INVALID_REQUEST"
    assert len(bank.detail(operation)["history"]) == 1


def test_showing_the_detail_may_be_reported_where_a_step_shows_it(bank):  # rule 2, 27
    operation = bank.payment("authorize_payment")
    bank.update(operation, "USERNAME_PASSWORD_AUTH", CONFIRMED)
    answer = bank.update(operation, "SHOW_OPERATION_DETAIL", CONFIRMED)
    assert (answer["result"], answer["resultDescription"]) == ("FAILED", "error.noAuthMethod")


def test_what_has_ended_cannot_go_on(bank):  # 18
    done, failed, canceled = bank.login(), bank.login(), bank.login()
    bank.update(done, "LOGIN_SCA", CONFIRMED)
    bank.update(done, "CONSENT", CONFIRMED)
    bank.update(failed, "LOGIN_SCA", "AUTH_METHOD_FAILED")
    bank.update(canceled, "LOGIN_SCA", CANCELED)
    refused = [bank.update_refused(o, "CONSENT", CONFIRMED) for o in (done, failed, canceled)]
    assert refused == [
        "OPERATION_ALREADY_FINISHED", "OPERATION_ALREADY_FAILED", "OPERATION_ALREADY_CANCELED"
    ]  # fmt: skip
    assert bank.update_refused(done, "CONSENT", CANCELED) == "OPERATION_ALREADY_FINISHED"


def test_a_cancellation_may_come_twice(bank):  # 19
    operation = bank.login()
    first = bank.update(operation, "LOGIN_SCA", CANCELED)
    again = bank.update(operation, "LOGIN_SCA", CANCELED, authStepResultDescription="UNKNOWN")
    assert first == again
    assert len(bank.detail(operation)["history"]) == 2


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("INCORRECT_DATA", "canceled.incorrect_data"),
        ("UNEXPECTED_OPERATION", "canceled.unexpected_operation"),
        ("TIMED_OUT_OPERATION", "canceled.timed_out_operation"),
        (None, "canceled.unknown"),
        ("<script>", "canceled.unknown"),
    ],
)
def test_a_cancellation_tells_its_reason(bank, reason, told):  # 20
    operation = bank.login()
    answer = bank.update(operation, "LOGIN_SCA", CANCELED, authStepResultDescription=reason)
    assert (answer["result"], answer["resultDescription"]) == ("FAILED", told)
    assert bank.detail(operation)["history"][-1]["authStepResultDescription"] == told


@pytest.mark.parametrize("step", ["LOGIN_SCA", "INIT", "CONSENT", "SMS_KEY"])
def test_every_step_can_cancel(bank, step):  # 21, rule 2
    operation = bank.login()
    assert bank.update(operation, step, CANCELED)["result"] == "FAILED"
    assert history(bank.detail(operation))[-1] == (step, "CANCELED", "FAILED")


@pytest.mark.parametrize(
    "result", [CONFIRMED, FAILED, "AUTH_METHOD_FAILED", "AUTH_METHOD_DOWNGRADE"]
)
def test_the_beginning_is_no_step_to_answer(bank, result):  # 21
    operation = bank.login()
    assert bank.update_refused(operation, "INIT", result) == "INVALID_REQUEST"


@pytest.mark.parametrize("missing", ["authMethod", "authStepResult"])
def test_an_update_says_which_step_and_how_it_ended(bank, missing):  # rule 1
    wanted = {"authMethod": "LOGIN_SCA", "authStepResult": CONFIRMED, missing: None}
    assert (
        bank.refused("PUT", "/operation", operationId=bank.login(), **wanted) == "INVALID_REQUEST"
    )


def test_an_unknown_operation_is_not_found(bank):
    assert bank.update_refused("nobody", "CONSENT", CONFIRMED) == "OPERATION_NOT_FOUND"


def test_a_history_that_does_not_begin_with_init_is_not_valid(lasting_app, bank):  # rule 1
    operation = bank.login()
    with writing(lasting_app) as session:
        session.get(FlowRecord, (operation, 1)).step = "LOGIN_SCA"
    assert bank.update_refused(operation, "LOGIN_SCA", CONFIRMED) == "OPERATION_NOT_VALID"
    with writing(lasting_app) as session:
        session.delete(session.get(FlowRecord, (operation, 1)))
    assert bank.update_refused(operation, "LOGIN_SCA", CANCELED) == "OPERATION_NOT_VALID"


@on_sqlite
def test_a_step_that_was_deleted_is_not_found(app):
    bank = BackEnd(app)
    bank("POST", "/auth-method/delete", authMethod="OTP_CODE")
    operation = bank.login()
    assert bank.update_refused(operation, "OTP_CODE", CANCELED) == "AUTH_METHOD_NOT_FOUND"


def test_an_update_that_comes_too_late_fails_the_operation(bank):  # 22
    with time_machine.travel(clock.now(), tick=False) as time:
        operation = bank.login()
        ends = bank.detail(operation)["timestampExpires"]
        time.shift(timedelta(minutes=5))
        answer = bank.update(operation, "LOGIN_SCA", CONFIRMED, userId="10045678")
    assert (answer["result"], answer["resultDescription"]) == ("FAILED", "operation.timeout")
    assert (answer["timestampExpires"], answer["userId"]) == (ends, None)
    assert history(bank.detail(operation))[-1] == ("LOGIN_SCA", "AUTH_METHOD_FAILED", "FAILED")


@pytest.mark.parametrize("result", [CONFIRMED, FAILED])
def test_an_update_in_time_gives_five_more_minutes(bank, result):  # 23
    with time_machine.travel(clock.now(), tick=False) as time:
        operation = bank.login()
        before = moment(bank.detail(operation)["timestampExpires"])
        time.shift(timedelta(minutes=4))
        answer = bank.update(operation, "LOGIN_SCA", result)
    assert moment(answer["timestampExpires"]) - before == timedelta(minutes=4)


def test_no_update_gives_more_than_thirty_minutes(bank):  # RTS: an operation does not live for ever
    with time_machine.travel(clock.now(), tick=False) as time:
        operation = bank.payment()
        bank.update(operation, "LOGIN_SCA", CONFIRMED)
        for _ in range(4):
            time.shift(timedelta(minutes=4.5))
            bank.update(operation, "APPROVAL_SCA", FAILED)
        for _ in range(3):
            time.shift(timedelta(minutes=4))
            answer = bank.update(operation, "APPROVAL_SCA", "AUTH_METHOD_CHOSEN",
                                 targetAuthMethod="APPROVAL_SCA")  # fmt: skip
    lived = moment(answer["timestampExpires"]) - moment(answer["timestampCreated"])
    assert lived == timedelta(minutes=30)


def test_looking_gives_no_more_time(bank):  # 24
    with time_machine.travel(clock.now(), tick=False) as time:
        operation = bank.login(userId="10045678", externalTransactionId="T1")
        before = bank.detail(operation)["timestampExpires"]
        time.shift(timedelta(minutes=4))
        bank("GET", "/user/operation", userId="10045678")
        bank("POST", "/operation/lookup/external", externalTransactionId="T1")
        assert bank.detail(operation)["timestampExpires"] == before


def test_a_downgrade_without_a_target_fails_the_operation(bank):  # 28
    operation = bank.login()
    answer = bank.update(operation, "LOGIN_SCA", "AUTH_METHOD_DOWNGRADE")
    assert (answer["result"], answer["resultDescription"]) == ("FAILED", "error.invalidRequest")


@pytest.mark.parametrize("target", ["CONSENT", "USER_ID_ASSIGN", "OTP_CODE"])
def test_a_downgrade_to_what_is_not_on_offer_fails_the_operation(bank, target):  # rule 10
    operation = bank.payment()
    answer = bank.update(operation, "LOGIN_SCA", "AUTH_METHOD_DOWNGRADE", targetAuthMethod=target)
    assert (answer["result"], answer["resultDescription"]) == ("FAILED", "error.noAuthMethod")


def test_a_downgrade_leaves_only_its_target(bank):  # decision 19
    operation = bank.payment()
    answer = bank.update(
        operation, "USER_ID_ASSIGN", "AUTH_METHOD_DOWNGRADE", targetAuthMethod="LOGIN_SCA"
    )
    assert (answer["result"], steps(answer)) == ("CONTINUE", ["LOGIN_SCA"])
    assert answer["chosenAuthMethod"] == "LOGIN_SCA"


def test_a_choice_keeps_the_offer_and_is_remembered(bank):  # decision 19
    operation = bank.payment()
    answer = bank.update(operation, "INIT", "AUTH_METHOD_CHOSEN", targetAuthMethod="USER_ID_ASSIGN")
    assert steps(answer) == ["LOGIN_SCA", "USER_ID_ASSIGN"]
    assert answer["chosenAuthMethod"] == "USER_ID_ASSIGN"
    assert bank.detail(operation)["chosenAuthMethod"] == "USER_ID_ASSIGN"
    assert history(bank.detail(operation))[-1] == ("INIT", "AUTH_METHOD_CHOSEN", "CONTINUE")


@pytest.mark.parametrize(
    ("step", "target"),
    [("LOGIN_SCA", "USER_ID_ASSIGN"), ("INIT", "CONSENT"), ("INIT", None), ("INIT", "INIT")],
)
def test_a_choice_follows_the_last_step_and_is_made_from_the_offer(bank, step, target):  # rule 2
    operation = bank.payment()
    wanted = {"targetAuthMethod": target}
    assert bank.update_refused(operation, step, "AUTH_METHOD_CHOSEN", **wanted) == "INVALID_REQUEST"


def test_an_unknown_organization_changes_nothing(bank):
    operation = bank.login()
    refused = bank.update_refused(operation, "LOGIN_SCA", CONFIRMED, organizationId="NOBODY")
    assert refused == "ORGANIZATION_NOT_FOUND"
    assert steps(bank.detail(operation)) == ["LOGIN_SCA"]


def test_an_update_may_say_who_the_operation_is_for(bank):
    operation = bank.login()
    context = {"id": "tpp", "name": "Another", "originalScopes": ["aisp"], "extras": {"a": [1]}}
    bank.update(operation, "LOGIN_SCA", CONFIRMED, applicationContext=context)
    assert bank.detail(operation)["applicationContext"] == {**context, "description": None}


def test_what_the_phone_said_is_kept(bank):
    operation = bank.login()
    told = {"signatureType": "POSSESSION_KNOWLEDGE", "remainingAttempts": 4, "blocked": False}
    bank.update(operation, "LOGIN_SCA", FAILED, authenticationContext=told)
    assert bank.detail(operation)["history"][-1]["paAuthenticationContext"] == told


def test_the_history_knows_who_said_it(lasting_app, bank):  # decision 18
    operation = bank.login()
    bank.update(operation, "LOGIN_SCA", CONFIRMED, authInstruments=["CREDENTIAL", "OTP_KEY"])
    with reading(lasting_app) as session:
        first, second = (session.get_one(FlowRecord, (operation, number)) for number in (1, 2))
    assert (first.caller, second.caller) == (None, "anonymous")
    assert second.instruments == ["CREDENTIAL", "OTP_KEY"]


def test_whoever_proved_who_they_are_stays_that_person(bank):
    operation = bank.login()
    bank.update(
        operation, "LOGIN_SCA", CONFIRMED, userId="10045678", authInstruments=["CREDENTIAL"]
    )
    assert bank.update_refused(operation, "CONSENT", CONFIRMED, userId="other") == "INVALID_REQUEST"
    assert bank.detail(operation)["userId"] == "10045678"
    assert bank.update(operation, "CONSENT", CONFIRMED, userId="10045678")["result"] == "DONE"


def test_of_two_confirmations_at_once_exactly_one_counts(lasting_app, bank):
    operation = bank.payment()
    backs = [BackEnd(lasting_app) for _ in range(4)]
    wanted = {"operationId": operation, "authMethod": "LOGIN_SCA", "authStepResult": CONFIRMED}
    answers = at_once(*(lambda b=b: b.ask("PUT", "/operation", **wanted) for b in backs))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    codes = {a.json["responseObject"].get("code") for a in answers if a.status_code == 400}
    assert codes == {"INVALID_REQUEST"}
    detail = bank.detail(operation)
    assert (steps(detail), len(detail["history"])) == (["APPROVAL_SCA"], 2)


def test_of_many_failures_at_once_none_is_forgotten(lasting_app, bank):
    operation = bank.login()
    backs = [BackEnd(lasting_app) for _ in range(8)]
    wanted = {"operationId": operation, "authMethod": "LOGIN_SCA", "authStepResult": FAILED}
    answers = at_once(*(lambda b=b: b.ask("PUT", "/operation", **wanted) for b in backs))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [400] * 3
    entries = history(bank.detail(operation))
    assert [result for _, result, _ in entries[1:]] == [FAILED] * 4 + ["AUTH_METHOD_FAILED"]
