"""Whole walks, from the third party's link to the way back."""

import pytest

from app.nextstep.vocabulary import Instrument
from app.store.flows import Flow
from tests.support.store import all_of, on_sqlite, serving
from tests.support.walker import APPLICATION, Walker, detail, next_step, prepared

LOGIN = {
    "operationName": "login_sca",
    "operationData": "A2",
    "applicationContext": {**APPLICATION, "originalScopes": ["aisp"]},
}


def test_a_login_goes_through_both_factors_and_consent_to_a_code(app):  # 10, 110
    walker = Walker(app)
    assert "Login number" in walker.start_login().text
    assert "Password" in walker.name().text
    assert "consent" in walker.prove().text.lower()
    assert "Sign-in confirmed" in walker.agree().text
    given = walker.leave()
    assert given["state"] == walker.state
    assert given["code"]
    assert "error" not in given
    assert walker.history() == [
        ("INIT", "CONFIRMED", "CONTINUE"),
        ("LOGIN_SCA", "CONFIRMED", "CONTINUE"),
        ("CONSENT", "CONFIRMED", "DONE"),
    ]


def test_a_payment_goes_through_login_approval_and_consent_to_a_code(app):  # 2, 11, 110
    walker = Walker(app)
    walker.start_payment()
    walker.log_in()
    assert "Check this payment" in walker.page.text
    walker.approve()
    assert "consent" in walker.page.text.lower()
    assert "Payment approved" in walker.agree().text
    given = walker.leave()
    assert given["state"] == walker.state
    assert given["code"]
    assert walker.history() == [
        ("INIT", "CONFIRMED", "CONTINUE"),
        ("LOGIN_SCA", "CONFIRMED", "CONTINUE"),
        ("APPROVAL_SCA", "CONFIRMED", "CONTINUE"),
        ("CONSENT", "CONFIRMED", "DONE"),
    ]


@on_sqlite
def test_a_login_that_a_back_end_prepared_is_walked_like_any_other(app):  # 1
    answer = next_step(app, LOGIN)
    walker = Walker(app)
    walker.start_login(operation_id=answer.json["responseObject"]["operationId"])
    walker.log_in()
    walker.agree()
    assert "code" in walker.leave()


@on_sqlite
def test_only_a_confirmed_consent_ends_a_flow_well(app):  # 92
    walker = Walker(app)
    walker.start_payment()
    for act in (walker.log_in, walker.choose, walker.prove):
        assert walker.flow().result == "CONTINUE"
        act()
    assert walker.flow().result == "CONTINUE"
    walker.agree()
    assert walker.flow().result == "DONE"


@on_sqlite
def test_a_flow_that_is_not_over_brings_nobody_back_to_the_third_party(app):
    walker = Walker(app)
    walker.start_login()
    answer = walker.client.get(walker.flow().return_to)
    assert answer.status_code == 303
    assert answer.location == walker.address
    walker.log_in()
    answer = walker.client.get(walker.flow().return_to)
    assert answer.location == walker.address


@on_sqlite
def test_the_address_of_a_page_tells_neither_the_operation_nor_anything_of_it(app):
    walker = Walker(app)
    operation = prepared(app)
    walker.start(operation)
    assert operation not in walker.address
    assert len(walker.address.removeprefix("/flow/")) >= 32
    other = Walker(app)
    other.start_payment()
    assert other.address != walker.address


@on_sqlite
def test_what_was_proved_is_what_the_provider_hears(app):
    walker = Walker(app, language="cs")
    walker.start_payment()
    walker.log_in()
    with serving(app, writing=False) as services:
        flow = walker.flow()
        outcome = services.flows.outcome(flow.id, flow.browser_id)
    assert outcome.result == "CONTINUE"
    walker.approve()
    walker.agree()
    with serving(app, writing=False) as services:
        outcome = services.flows.outcome(flow.id, flow.browser_id)
    assert outcome.result == "DONE"
    assert outcome.sca
    assert outcome.instruments == (Instrument.CREDENTIAL, Instrument.OTP_KEY)
    assert outcome.user_id == "10045678"
    assert outcome.organization_id == "RETAIL"
    assert outcome.language == "cs"
    assert outcome.authenticated_at == walker.flow().authenticated_at


@on_sqlite
@pytest.mark.parametrize("username", ["unknown77", "blocked77"])
def test_a_flow_in_which_nothing_was_proved_names_nobody(app, username):
    walker = Walker(app)
    walker.start_login()
    walker.name(username)
    walker.prove("12345678")
    with serving(app, writing=False) as services:
        flow = walker.flow()
        outcome = services.flows.outcome(flow.id, flow.browser_id)
    assert outcome.user_id is None
    assert outcome.instruments == ()
    assert not outcome.sca
    assert outcome.authenticated_at is None


@on_sqlite
def test_the_bank_sees_who_took_which_step(app):  # 9
    walker = Walker(app)
    walker.start_payment()
    before = detail(app, walker.flow().id)
    assert [entry["authMethod"] for entry in before["history"]] == ["INIT"]
    assert before["history"][0]["requestAuthStepResult"] == "CONFIRMED"
    assert before["userId"] is None
    walker.log_in()
    after = detail(app, walker.flow().id)
    assert [entry["authMethod"] for entry in after["history"]] == ["INIT", "LOGIN_SCA"]
    assert after["userId"] == "10045678"
    assert after["organizationId"] == "RETAIL"
    assert [step["authMethod"] for step in after["steps"]] == ["APPROVAL_SCA"]


@on_sqlite
def test_every_login_begins_from_nothing(app):  # 133: no single sign-on
    walker = Walker(app)
    walker.start_login()
    walker.log_in()
    walker.agree()
    walker.leave()
    assert "Login number" in walker.start_login().text
    assert len(all_of(app, Flow)) == 2
