"""What a reviewer with bad intentions tried, each as the rule that it broke."""

import pytest

from app.flows.versions import Versions
from app.store.attempts import UserAttempts
from app.store.consents import GivenConsent
from app.store.flows import Flow
from tests.support.store import all_of, writing
from tests.support.walker import APPLICATION, PAYMENT, Walker, next_step, prepared

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PLAIN_LOGIN = {"operationName": "login", "operationData": "A2"}


@on_sqlite
def test_every_change_of_a_flow_makes_open_pages_out_of_date(app):
    walker = Walker(app)
    walker.start_payment()
    shown = walker.nonce
    with writing(app) as session:
        flow = session.get_one(Flow, walker.flow().id)
        assert Versions(session).grow(flow)  # as the end of work beside a transaction does
    assert walker.flow().nonce != shown
    answer = walker.post(walker.filled("continue", username="10045678"))
    assert "out_of_date" in answer.location
    assert walker.flow().username is None


@on_sqlite
def test_the_consent_speaks_of_what_the_token_will_allow(app):
    walker = Walker(app)
    application = {**APPLICATION, "originalScopes": []}
    operation = prepared(
        app, operationName="login_sca", operationData="A2", applicationContext=application
    )
    walker.start_login(operation_id=operation, scope="openid")
    walker.start_login(operation_id=operation, scope="openid profile aisp")
    assert walker.flow().scopes == ["openid", "profile", "aisp"]
    walker.log_in()
    assert "information about your accounts" in walker.page.text


@on_sqlite
@pytest.mark.parametrize("scope", ["openid", "openid profile aisp"])
def test_a_scope_that_the_back_end_did_not_name_is_refused(app, scope):
    walker = Walker(app)
    answer = walker.authorize(operation_id=prepared(app), scope=scope)
    assert "error=invalid_scope" in answer.location


@on_sqlite
def test_a_right_password_alone_forgives_no_wrong_code(app):
    payment = {**PAYMENT, "operationName": "authorize_payment"}
    for expected in (2, 4):
        walker = Walker(app)
        walker.start_payment(**payment)
        walker.press("continue", username="10045678", password="test")
        walker.press("continue", account="1")
        for _ in range(2):
            walker.press("confirm", code=walker.wrong_code())
        counted = {row.counter: row.failures for row in all_of(app, UserAttempts)}
        assert counted["code"] == expected
        assert counted["password"] == 0


@on_sqlite
def test_a_consent_in_words_that_were_not_shown_is_not_taken(app):
    walker = Walker(app)
    walker.start_login()
    walker.log_in()
    english = walker.filled("confirm", option=walker.options())
    walker.reload("?lang=cs")
    page = walker.send(english)
    assert "Souhlas" in page.text
    assert walker.flow().result == "CONTINUE"
    assert all_of(app, GivenConsent) == []
    walker.agree()
    assert walker.flow().result == "DONE"


@on_sqlite
def test_a_cookie_that_was_planted_opens_no_flow(app):
    planted = Walker(app)
    planted.start_login()
    customer = planted.double()
    customer.start_login()  # a newer flow in the browser that holds the planted cookie
    planted.address = customer.address
    assert planted.get().status_code == 409


@on_sqlite
@pytest.mark.parametrize(
    "attribute",
    [
        {"type": "KEY_VALUE", "id": "operation.currency", "value": "EUR"},
        {"type": "KEY_VALUE", "id": "operation.bankAccountChoice", "value": "1/0100"},
        {"type": "AMOUNT", "id": "fee", "amount": 1, "currency": "EUR",
         "currencyId": "operation.account"},
    ],
)  # fmt: skip
def test_no_attribute_speaks_in_the_name_of_what_is_signed(app, attribute):
    answer = next_step(app, {**PAYMENT, "formData": {"parameters": [attribute]}})
    assert answer.status_code == 400
    assert answer.json["responseObject"]["code"] == "REQUEST_VALIDATION_FAILED"


@on_sqlite
def test_any_bytes_in_a_query_are_no_failure_of_ours(app):
    answer = app.test_client().open("/healthz", environ_overrides={"QUERY_STRING": "\x80\xff=\xfe"})
    assert answer.status_code == 200
