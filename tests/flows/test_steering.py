"""What a back end does to an operation, as the customer's browser meets it."""

import pytest

from app.store.attempts import UserAttempts
from app.store.flows import Flow, FlowRecord
from tests.support.backend import BackEnd
from tests.support.banks import FakeBank, SlowBank
from tests.support.patience import LONG
from tests.support.store import on_sqlite, only_one, put_in, reading
from tests.support.threads import at_once
from tests.support.walker import USER, Walker

OUT_OF_DATE = "This page was out of date"


def opened(app, *, operation="authorize_payment_sca", **more):
    """Return a customer on the first page of a payment, and the bank's back end."""
    bank, walker = BackEnd(app), Walker(app)
    walker.start(bank.payment(operation, **more))
    return walker, bank


def test_a_browser_sees_the_next_step_on_its_next_look(app):
    walker, bank = opened(app)
    before = walker.nonce
    bank.update(walker.flow().id, "USER_ID_ASSIGN", "CONFIRMED", userId=USER)
    page = walker.reload()
    assert walker.flow().step == "APPROVAL_SCA"
    assert "account" in page.html
    assert walker.nonce != before


def test_an_answer_to_the_page_from_before_the_update_is_not_taken(app):
    walker, bank = opened(app)
    answer = walker.filled("continue", username=USER)
    bank.update(walker.flow().id, "LOGIN_SCA", "AUTH_FAILED")
    page = walker.send(answer)
    assert OUT_OF_DATE in page.text or "User authentication failed" in page.text
    assert walker.flow().phase == ""
    assert walker.messages() == []


@on_sqlite
def test_a_step_that_was_begun_leaves_no_code_behind(app):
    walker, bank = opened(app)
    walker.name()
    code = walker.code()
    bank.update(walker.flow().id, "LOGIN_SCA", "CONFIRMED", userId=USER)
    assert walker.flow().sms_id is None
    walker.reload()
    walker.choose()
    assert walker.code() != code


@on_sqlite
def test_a_confirmed_consent_ends_the_flow_in_the_browser(app):
    walker, bank = opened(app)
    walker.log_in()
    walker.approve()
    assert bank.update(walker.flow().id, "CONSENT", "CONFIRMED")["result"] == "DONE"
    assert "Payment approved" in walker.reload().text
    assert "code" in walker.leave()


@on_sqlite
@pytest.mark.parametrize("step", ["INIT", "LOGIN_SCA"])
def test_a_cancelled_operation_is_over_in_the_browser(app, step):
    walker, bank = opened(app)
    walker.name()
    bank.update(
        walker.flow().id, step, "CANCELED", authStepResultDescription="UNEXPECTED_OPERATION"
    )
    assert walker.way_back if "resume" in walker.reload().html else False
    assert walker.leave()["error"] == "access_denied"


@on_sqlite
def test_the_last_failure_told_by_a_back_end_ends_the_flow_in_the_browser(app):
    walker, bank = opened(app)
    walker.name()
    for _ in range(3):
        walker.prove(walker.wrong_code())
    bank.update(walker.flow().id, "LOGIN_SCA", "AUTH_FAILED")
    assert bank.update(walker.flow().id, "LOGIN_SCA", "AUTH_FAILED")["result"] == "FAILED"
    assert "All attempts have been used" in walker.reload().text


@on_sqlite
def test_a_user_named_meanwhile_gets_a_page_and_a_code_of_their_own(app):
    walker, bank = opened(app)
    walker.name("mallory1")
    bank("PUT", "/operation/user", operationId=walker.flow().id, userId=USER)
    walker.reload()
    assert USER in walker.page.html
    assert [message.user_id for message in walker.messages()] == ["mallory1", USER]
    old, new = (message.authorization_code for message in walker.messages())
    walker.prove(old)
    assert walker.flow().step == "LOGIN_SCA"
    walker.prove(new)
    assert walker.flow().step == "APPROVAL_SCA"


@on_sqlite
def test_whoever_has_signed_in_is_not_exchanged(app):
    walker, bank = opened(app)
    walker.log_in()
    for path, more in (
        ("/operation/user", {}),
        ("/operation", {"authMethod": "APPROVAL_SCA", "authStepResult": "AUTH_FAILED"}),
    ):
        wanted = {"operationId": walker.flow().id, "userId": "mallory1", **more}
        assert bank.refused("PUT", path, **wanted) == "INVALID_REQUEST"
    assert walker.flow().user_id == USER


@on_sqlite
def test_an_account_that_is_not_active_looks_like_a_wrong_code(app):
    walker, bank = opened(app)
    wanted = {"userId": USER, "accountStatus": "NOT_ACTIVE"}
    bank("PUT", "/operation/user", operationId=walker.flow().id, **wanted)
    walker.reload()
    for _ in range(4):
        assert "User authentication failed" in walker.prove().text
    assert "All attempts have been used" in walker.prove().text
    assert only_one(app, UserAttempts).blocked_until is not None  # nothing was forgiven


@on_sqlite
def test_another_application_cannot_take_over_an_open_page(app):
    walker, bank = opened(app)
    wanted = {"operationId": walker.flow().id}
    context = {"id": "other", "name": "Other", "originalScopes": [], "extras": {}}
    refused = bank.refused("PUT", "/operation/application", **wanted, applicationContext=context)
    assert refused == "INVALID_REQUEST"
    before = walker.nonce
    context["id"], context["name"] = "democlient", "Another name"
    bank("PUT", "/operation/application", **wanted, applicationContext=context)
    assert "Another name" in walker.reload().text
    assert walker.nonce != before


@on_sqlite
def test_user_input_leaves_the_page_as_it_is(app):
    walker, bank = opened(app)
    answer = walker.filled("continue", username=USER)
    form = {"userInput": {"smsFallback.enabled": "true"}}
    bank("PUT", "/operation/formData", operationId=walker.flow().id, formData=form)
    walker.send(answer)
    assert walker.flow().phase == "sms"


@on_sqlite
def test_an_operation_that_nobody_opened_sends_no_code_before_it_is(app):
    bank, walker = BackEnd(app), Walker(app)
    operation = bank.payment("authorize_payment_sca", userId=USER)
    bank("PUT", "/operation/user", operationId=operation, userId="other-user")
    bank.update(operation, "USER_ID_ASSIGN", "CONFIRMED", userId="other-user")
    walker.start(operation)
    assert walker.messages() == []
    assert walker.flow().step == "APPROVAL_SCA"


@on_sqlite
def test_a_bank_that_needs_no_consent_is_asked_when_the_browser_comes(app):
    put_in(app, bank=FakeBank(needs_consent=False))
    bank, walker = BackEnd(app), Walker(app)
    operation = bank.payment()
    bank.update(operation, "USER_ID_ASSIGN", "CONFIRMED", userId=USER)
    bank.update(operation, "APPROVAL_SCA", "CONFIRMED", authInstruments=["CREDENTIAL", "OTP_KEY"])
    assert bank.detail(operation)["result"] == "CONTINUE"
    walker.start(operation)
    assert "Payment approved" in walker.page.text


@on_sqlite
@pytest.mark.parametrize(
    ("instruments", "sca"),
    [
        ([], False),
        (["CREDENTIAL"], False),
        (["OTP_KEY"], False),
        (["CREDENTIAL", "OTP_KEY"], True),
        (["POWERAUTH_TOKEN"], True),
        (["HW_TOKEN"], False),  # it may be one factor; of a passkey that we have asked we know
    ],
)
def test_no_more_is_claimed_than_was_stated(app, instruments, sca):  # decision 18
    bank, walker = BackEnd(app), Walker(app)
    walker.start_login()
    operation = walker.flow().id
    bank.update(operation, "LOGIN_SCA", "AUTH_FAILED", authInstruments=["HW_TOKEN"])
    bank.update(operation, "LOGIN_SCA", "CONFIRMED", userId=USER, authInstruments=instruments)
    with app.test_request_context():
        app.preprocess_request()
        from app.services import services  # noqa: PLC0415 - only inside of a request

        outcome = services().flows.outcome(operation, str(walker.flow().browser_id))
    assert (outcome.sca, [i.value for i in outcome.instruments]) == (sca, instruments)


def test_a_browser_and_a_back_end_do_not_both_confirm(app):
    bank = SlowBank()
    put_in(app, bank=bank)
    walker, back = opened(app)
    walker.name()

    def update():
        assert bank.asked.wait(LONG)
        answer = back.ask(
            "PUT", "/operation", operationId=walker.flow().id, authMethod="LOGIN_SCA",
            authStepResult="CONFIRMED", userId=USER,
        )  # fmt: skip
        bank.go.set()
        return answer

    right = walker.filled("confirm", code=walker.code(), password="test")
    answers = at_once(lambda: walker.post(right), update)
    assert [answer.status_code for answer in answers] == [303, 200]
    assert walker.flow().step == "APPROVAL_SCA"
    assert [step for step, *_ in walker.history()] == ["INIT", "LOGIN_SCA"]


def test_a_storm_of_updates_and_answers_leaves_one_history(app):
    walker, _ = opened(app)
    fields = walker.filled("continue", username="")
    operation = walker.flow().id
    acts = [lambda: walker.tab().post(fields).status_code for _ in range(4)]
    acts += [
        lambda: BackEnd(app).ask(
            "PUT", "/operation", operationId=operation, authMethod="USER_ID_ASSIGN",
            authStepResult="CONFIRMED", userId=USER,
        ).status_code
        for _ in range(4)
    ]  # fmt: skip
    results = at_once(*acts)
    assert set(results[:4]) == {303}
    assert sorted(results[4:]) == [200, 400, 400, 400]
    with reading(app) as session:
        assert session.get_one(Flow, operation).step == "APPROVAL_SCA"
        assert session.get(FlowRecord, (operation, 3)) is None
