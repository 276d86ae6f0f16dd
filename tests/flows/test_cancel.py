"""Cancelling, on every page."""

import pytest

from app.store.outbox import OutboxRow
from tests.support.store import on_sqlite, only_one
from tests.support.walker import Walker

STAGES = {
    "name": [],
    "factors": ["name"],
    "review": ["log_in"],
    "approval": ["log_in", "choose"],
    "consent": ["log_in", "approve"],
}
STEPS = {"name": "LOGIN_SCA", "factors": "LOGIN_SCA", "consent": "CONSENT"}


@on_sqlite
@pytest.mark.parametrize("stage", STAGES)
def test_whoever_cancels_is_sent_back_with_access_denied(app, stage):  # 92, 111
    walker = Walker(app)
    walker.start_payment()
    for act in STAGES[stage]:
        getattr(walker, act)()
    page = walker.press("reject" if stage == "consent" else "cancel")
    assert "You cancelled the request" in page.text
    assert "The payment was not sent." in page.text
    flow = walker.flow()
    assert (flow.result, flow.canceled, flow.step) == ("FAILED", True, None)
    assert walker.history()[-1] == (STEPS.get(stage, "APPROVAL_SCA"), "CANCELED", "FAILED")
    assert walker.leave() == {
        "error": "access_denied",
        "error_description": "User canceled authentication request",
        "state": walker.state,
        "iss": "http://localhost:8080",
    }


PLAIN = {
    ("login", "name"): [],
    ("login", "consent"): ["sign_in"],
    ("authorize_payment", "name"): [],
    ("authorize_payment", "review"): ["sign_in"],
    ("authorize_payment", "approval"): ["sign_in", "choose"],
    ("authorize_payment", "consent"): ["sign_in", "choose", "prove_alone"],
    ("authorize_payment_single_sca", "name"): [],
    ("authorize_payment_single_sca", "approval"): ["sign_in", "choose"],
}


@on_sqlite
@pytest.mark.parametrize(("operation", "stage"), PLAIN)
def test_every_screen_of_a_variant_without_sca_can_be_cancelled(app, operation, stage):  # 111
    walker = Walker(app)
    walker.start_plain(operation)
    for act in PLAIN[operation, stage]:
        getattr(walker, act)()
    page = walker.press("reject" if stage == "consent" else "cancel")
    assert "You cancelled the request" in page.text
    assert page.content.refresh == (3, walker.way_back)
    told = walker.leave()
    assert (told["error"], told["state"]) == ("access_denied", walker.state)
    assert told["error_description"] == "User canceled authentication request"
    assert "code" not in told


@on_sqlite
def test_a_cancelled_flow_cannot_be_finished(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    tab = walker.tab()
    tab.press("cancel")
    before = walker.state_of_things()
    page = walker.send(walker.filled("confirm", code=walker.code(), password="test"))
    assert "You cancelled the request" in page.text
    assert walker.state_of_things() == before


def test_cancelling_kills_the_code_and_the_message_that_waits(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    walker.press("cancel")
    assert walker.messages()[0].timestamp_replaced is not None
    row = only_one(app, OutboxRow)
    assert (row.state, row.payload) == ("void", None)


@on_sqlite
def test_cancelling_twice_is_cancelling_once(app):
    walker = Walker(app)
    walker.start_login()
    cancel = walker.filled("cancel")
    walker.send(cancel)
    before = walker.state_of_things()
    walker.send(cancel)
    assert walker.state_of_things() == before


@on_sqlite
def test_a_login_that_was_cancelled_says_that_nothing_was_shared(app):
    walker = Walker(app)
    walker.start_login()
    assert "Nothing was shared with Demo application" in walker.press("cancel").text


@on_sqlite
def test_whoever_has_proved_nothing_never_sees_what_was_to_be_paid(app):
    walker = Walker(app)
    walker.start_payment()
    page = walker.press("cancel")
    assert "The payment was not sent." in page.text
    assert "238400856/0300" not in page.text
    assert "100" not in page.text.split("Ended")[0]
    walker.start_payment()
    walker.log_in()
    assert "238400856/0300" in walker.press("cancel").text
