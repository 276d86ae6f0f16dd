"""Everything else that back ends do to operations, and the twin of each call."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.store.flows import Flow
from tests.support.backend import BackEnd, history, steps
from tests.support.store import reading
from tests.support.walker import PAYMENT

pytest_plugins = ["tests.support.lasting"]

CONTEXT = {
    "id": "tpp",
    "name": "A third party",
    "description": None,
    "originalScopes": ["pisp"],
    "extras": {"owner": "Owner", "list": [1, {"a": None}]},
}


@pytest.fixture(params=[False, True], ids=["methods", "twins"])
def bank(lasting_app, request) -> BackEnd:
    return BackEnd(lasting_app, twins=request.param)


@pytest.fixture
def user(request) -> str:
    return f"user-{abs(hash(request.node.name))}"


@pytest.mark.parametrize("name", ["login", "login_sca"])
def test_the_history_of_an_operation_begins_with_init(bank, name):  # 9
    detail = bank.detail(bank.login(name))
    assert history(detail) == [("INIT", "CONFIRMED", "CONTINUE")]


# --- the user --------------------------------------------------------------------------------


def test_the_user_can_be_named_before_they_prove_it(bank):
    operation = bank.payment()
    wanted = {"userId": "SME.1", "organizationId": "SME", "accountStatus": "ACTIVE"}
    assert bank("PUT", "/operation/user", operationId=operation, **wanted) is None
    assert wanted.items() <= bank.detail(operation).items()


def test_an_unknown_operation_or_organization_has_no_user(bank):
    operation = bank.login()
    refused = bank.refused("PUT", "/operation/user", operationId="nobody", userId="x")
    assert refused == "OPERATION_NOT_FOUND"
    wanted = {"operationId": operation, "userId": "x", "organizationId": "NOBODY"}
    assert bank.refused("PUT", "/operation/user", **wanted) == "ORGANIZATION_NOT_FOUND"
    assert bank.detail(operation)["userId"] is None


def test_an_account_that_is_not_active_confirms_nothing(bank):
    operation = bank.login()
    wanted = {"userId": "10045678", "accountStatus": "NOT_ACTIVE"}
    bank("PUT", "/operation/user", operationId=operation, **wanted)
    assert bank.update_refused(operation, "LOGIN_SCA", "CONFIRMED") == "INVALID_REQUEST"
    assert bank.update(operation, "LOGIN_SCA", "AUTH_FAILED")["result"] == "CONTINUE"


def test_nothing_of_an_ended_operation_can_be_changed(bank):
    operation = bank.login()
    bank.update(operation, "LOGIN_SCA", "CONFIRMED", userId="10045678")
    bank.update(operation, "CONSENT", "CONFIRMED")
    before = bank.detail(operation)
    over = "OPERATION_ALREADY_FINISHED"
    for path, wanted in (
        ("/operation/user", {"userId": "other"}),
        ("/operation/formData", {"formData": {"userInput": {"a": "b"}}}),
        ("/operation/application", {"applicationContext": CONTEXT}),
        ("/operation/mobileToken/status", {"mobileTokenActive": False}),
    ):
        assert bank.refused("PUT", path, operationId=operation, **wanted) == over
    wanted = {"operationId": operation, "chosenAuthMethod": "CONSENT"}
    assert bank.refused("PUT", "/operation/chosenAuthMethod", **wanted) == "INVALID_REQUEST"
    assert bank.detail(operation) == before


def test_nothing_of_an_operation_that_is_too_late_can_be_changed(bank):
    with time_machine.travel(clock.now(), tick=False) as time:
        operation = bank.login()
        time.shift(timedelta(minutes=5))
        wanted = {"operationId": operation, "userId": "x"}
        assert bank.refused("PUT", "/operation/user", **wanted) == "OPERATION_ALREADY_FAILED"
        wanted = {"operationId": operation, "chosenAuthMethod": "LOGIN_SCA"}
        assert bank.refused("PUT", "/operation/chosenAuthMethod", **wanted) == "INVALID_REQUEST"


# --- form data -------------------------------------------------------------------------------


def test_of_the_form_data_only_the_user_input_is_merged(bank):  # 29
    operation = bank.payment()
    before = bank.detail(operation)["formData"]
    amount = {"type": "AMOUNT", "id": "operation.amount", "amount": 1, "currency": "EUR"}
    for given in ({"a": "1", "b": "2"}, {"b": "3", "c": None}):
        form = {"title": {"id": "evil"}, "parameters": [amount], "userInput": given}
        bank("PUT", "/operation/formData", operationId=operation, formData=form)
    assert bank.detail(operation)["formData"] == before | {"userInput": {"a": "1", "b": "3"}}


@pytest.mark.parametrize(
    "given", [{"a": 1}, {"x" * 257: "a"}, {"a": "x" * 257}, {f"k{n}": "" for n in range(65)}, "x"]
)
def test_user_input_is_a_few_short_texts(bank, given):
    operation = bank.login()
    wanted = {"operationId": operation, "formData": {"userInput": given}}
    assert bank.refused("PUT", "/operation/formData", **wanted) == "REQUEST_VALIDATION_FAILED"
    assert bank.detail(operation)["formData"]["userInput"] == {}


def test_user_input_does_not_grow_without_end(bank):
    operation = bank.login()
    for start, works in ((0, True), (40, False)):
        form = {"userInput": {f"k{start + n}": "x" for n in range(40)}}
        answer = bank.ask("PUT", "/operation/formData", operationId=operation, formData=form)
        assert (answer.status_code == 200) == works
    assert len(bank.detail(operation)["formData"]["userInput"]) == 40


# --- choice, application, phone -----------------------------------------------------------------


def test_one_of_the_steps_on_offer_can_be_chosen(bank):  # 30
    operation = bank.payment()
    wanted = {"operationId": operation, "chosenAuthMethod": "USER_ID_ASSIGN"}
    assert bank("PUT", "/operation/chosenAuthMethod", **wanted) is None
    detail = bank.detail(operation)
    assert detail["chosenAuthMethod"] == "USER_ID_ASSIGN"
    assert steps(detail) == ["LOGIN_SCA", "USER_ID_ASSIGN"]
    assert len(detail["history"]) == 1


@pytest.mark.parametrize("step", ["CONSENT", "APPROVAL_SCA", "INIT"])
def test_what_is_not_on_offer_cannot_be_chosen(bank, step):  # 30
    operation = bank.payment()
    wanted = {"operationId": operation, "chosenAuthMethod": step}
    assert bank.refused("PUT", "/operation/chosenAuthMethod", **wanted) == "INVALID_REQUEST"
    assert bank.detail(operation)["chosenAuthMethod"] is None


def test_who_the_operation_is_for_can_be_said_anew(bank):
    operation = bank.login(applicationContext=PAYMENT["applicationContext"])
    wanted = {"operationId": operation, "applicationContext": CONTEXT}
    assert bank("PUT", "/operation/application", **wanted) is None
    assert bank.detail(operation)["applicationContext"] == CONTEXT


def test_there_is_no_phone_to_ask(bank):
    operation = bank.login()
    wanted = {"operationId": operation, "mobileTokenActive": True}
    assert bank.refused("PUT", "/operation/mobileToken/status", **wanted) == "INVALID_CONFIGURATION"
    wanted["mobileTokenActive"] = False
    assert bank("PUT", "/operation/mobileToken/status", **wanted) is None
    wanted = {"userId": "x", "operationName": "login_sca", "authMethod": "LOGIN_SCA"}
    answer = bank("GET", "/operation/mobileToken/config/detail", **wanted)
    assert answer == {"mobileTokenEnabled": False}


# --- lists -----------------------------------------------------------------------------------


def test_the_pending_operations_of_a_user_are_listed_by_their_end(bank, user):  # 31
    with time_machine.travel(clock.now(), tick=False) as time:
        late = bank.login(userId=user)
        time.shift(timedelta(minutes=4))
        first, second = bank.login(userId=user), bank.payment(userId=user)
        done, failed = bank.login(userId=user), bank.login(userId=user)
        time.shift(timedelta(minutes=2))
        bank.update(second, "LOGIN_SCA", "AUTH_FAILED")
        bank.update(done, "LOGIN_SCA", "CONFIRMED")
        bank.update(done, "CONSENT", "CONFIRMED")
        bank.update(failed, "LOGIN_SCA", "CANCELED")
        found = bank("GET", "/user/operation", userId=user)
        assert [operation["operationId"] for operation in found] == [first, second]
        assert found[0] == bank.detail(first)
        assert bank.detail(late)["result"] == "FAILED"  # though nobody has ended it yet


def test_no_operation_waits_for_a_phone(bank, user):  # 31
    bank.login(userId=user)
    assert bank("GET", "/user/operation", userId=user, mobileTokenOnly=True) == []
    assert len(bank("GET", "/user/operation", userId=user, mobileTokenOnly=False)) == 1
    assert bank("GET", "/user/operation", userId="nobody at all") == []


def test_all_operations_of_one_transaction_are_found(bank, user):  # 33
    made = [bank.login(externalTransactionId=user) for _ in range(3)]
    bank.login(externalTransactionId=user + "x")
    bank.update(made[1], "LOGIN_SCA", "CANCELED")
    answer = bank("POST", "/operation/lookup/external", externalTransactionId=user)
    assert {o["operationId"] for o in answer["operations"]} == set(made)
    answer = bank("POST", "/operation/lookup/external", externalTransactionId="nobody")
    assert answer == {"operations": []}


# --- the way to ask ----------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_path_may_end_with_a_slash(lasting_app, slash):  # decision 22
    bank = BackEnd(lasting_app)
    operation = bank.login()
    wanted = {"operationId": operation, "authMethod": "LOGIN_SCA", "authStepResult": "AUTH_FAILED"}
    assert bank("PUT", f"/operation{slash}", **wanted)["result"] == "CONTINUE"
    assert bank("POST", f"/operation/update{slash}", **wanted)["result"] == "CONTINUE"
    assert bank("GET", f"/organization{slash}")["organizations"]


def test_unknown_fields_are_ignored(bank):  # decision 22
    operation = bank.login()
    wanted = {"operationId": operation, "userId": "x", "surprise": [{"a": 1}]}
    assert bank("PUT", "/operation/user", **wanted) is None


def test_another_sites_page_cannot_call(lasting_app):
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = BackEnd(lasting_app, headers=headers).ask("GET", "/organization")
    assert answer.status_code == 403
    assert answer.json["responseObject"]["code"] == "ERROR_FORBIDDEN"


def test_reading_writes_nothing(lasting_app, user):
    bank = BackEnd(lasting_app)
    operation = bank.login(userId=user)

    def version():
        with reading(lasting_app) as session:
            return session.get_one(Flow, operation).version

    before = version()
    bank.detail(operation)
    bank("GET", "/user/operation", userId=user)
    assert version() == before
