"""Operations that a back end prepared, and what the walk makes of them."""

import pytest
import time_machine

from app import clock
from app.errors import Unavailable
from tests.support.banks import FakeBank
from tests.support.store import on_sqlite, put_in
from tests.support.walker import Walker, detail, normalised, prepared


@on_sqlite
def test_the_operation_of_the_bank_tells_the_whole_walk(app):
    walker = Walker(app)
    operation = prepared(
        app,
        operationId="the-bank-s-own-id",
        externalTransactionId="tx-77",
        operationNameExternal="outside name",
    )
    assert operation == "the-bank-s-own-id"
    walker.start(operation)
    walker.name()
    walker.prove(walker.wrong_code())
    walker.prove()
    walker.approve("2")
    walker.agree()
    told = detail(app, operation)
    assert told["result"] == "DONE"
    assert told["steps"] == []
    assert told["externalTransactionId"] == "tx-77"
    assert told["operationNameExternal"] == "outside name"
    assert [(e["authMethod"], e["requestAuthStepResult"]) for e in told["history"]] == [
        ("INIT", "CONFIRMED"),
        ("LOGIN_SCA", "AUTH_FAILED"),
        ("LOGIN_SCA", "CONFIRMED"),
        ("APPROVAL_SCA", "CONFIRMED"),
        ("CONSENT", "CONFIRMED"),
    ]


@on_sqlite
def test_a_named_customer_is_not_asked_for_the_user_name(app):  # 56, 80
    walker = Walker(app)
    page = walker.start_payment(userId="alice123", organizationId="RETAIL")
    (shown,) = [c for form in page.forms for c in form.fields("username")]
    assert shown.value == "alice123"
    assert [message.user_id for message in walker.messages()] == ["alice123"]
    walker.prove()
    assert walker.flow().step == "APPROVAL_SCA"


@on_sqlite
@pytest.mark.parametrize("user", ["unknown1", "blocked1"])
def test_a_named_customer_who_does_not_exist_or_is_blocked_looks_like_any_other(app, user):
    with time_machine.travel(clock.now(), tick=False):
        pages = []
        for name in ("alice123", user):
            walker = Walker(app)
            pages += [
                normalised(walker.start_payment(userId=name, organizationId="RETAIL"), U=name)
            ]
            pages += [normalised(walker.prove("12345678"), U=name)]
        assert pages[:2] == pages[2:]
        assert walker.messages() == []


@on_sqlite
@pytest.mark.parametrize("action", ["continue", "confirm"])
def test_a_named_customer_cannot_be_exchanged_for_another(app, action):  # spec 4.6
    walker = Walker(app)
    walker.start_payment(userId="alice123", organizationId="RETAIL")
    fields = walker.filled("confirm", code=walker.code(), password="test")
    fields["username"], fields["organization"], fields["action"] = "mallory1", "SME", action
    walker.send(fields)
    assert walker.flow().user_id == "alice123"
    assert walker.flow().organization_id == "RETAIL"


@on_sqlite
def test_a_named_customer_stays_named_when_the_bank_was_silent_at_the_start(app):  # spec 4.6
    bank = FakeBank()
    put_in(app, bank=bank)
    bank.failure = Unavailable("no answer")
    walker = Walker(app)
    walker.start_payment(userId="alice123", organizationId="RETAIL")
    assert "Please try again" in walker.page.text
    bank.failure = None
    walker.press(None, username="mallory1")
    assert walker.flow().user_id == "alice123"
    assert [message.user_id for message in walker.messages()] == ["alice123"]


@on_sqlite
def test_an_operation_prepared_for_an_organization_begins_with_it(app):
    walker = Walker(app)
    page = walker.start_payment(organizationId="SME")
    chosen = [c.value for f in page.forms for c in f.fields("organization") if c.checked]
    assert chosen == ["SME"]


@on_sqlite
def test_the_clock_of_an_operation_starts_again_when_it_is_opened(app):
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as time:
        operation = prepared(app)
        time.shift(200)
        walker = Walker(app)
        walker.start(operation)
        flow = walker.flow()
        assert (flow.expires_at - clock.now()).total_seconds() == 300
        assert (flow.ends_at - clock.now()).total_seconds() == 1800
