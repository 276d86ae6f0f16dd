"""Whatever a customer does in whatever order: what must hold for every walk."""

from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.walker import Walker

ACTIONS = st.sampled_from(
    ["right", "right", "right", "right", "wrong", "empty", "old", "resend", "nonsense", "leave"]
)


def act(walker, action, first):
    """Do one thing on the page that is shown; a page that has no such button is left alone."""
    buttons = {c.value for f in walker.page.forms for c in f.controls if c.name == "action"}
    fields = walker.filled()
    match action:
        case "right":
            fields["username"], fields["account"] = "10045678", "1"
            fields["password"] = "test"
            fields["code"] = walker.code() if walker.messages() else ""
            with suppress(LookupError):
                fields.setlist("option", walker.options())
        case "wrong":
            fields["username"], fields["account"] = "a b", "3"
            fields["password"], fields["code"] = "wrong", walker.wrong_code()
            fields.setlist("option", ["FORGED"])
        case "old":
            fields = first
        case "resend" if "resend" in buttons:
            fields = walker.filled("resend")
        case "leave":
            fields["action"] = "cancel"
        case "nonsense":
            fields["action"] = "nonsense"
    walker.send(fields)


@given(actions=st.lists(ACTIONS, min_size=4, max_size=14))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flow_is_done_only_after_every_step_was_proved(shared_app, actions):
    walker = Walker(shared_app)
    walker.start_payment()
    first = walker.filled()
    for action in actions:
        if walker.flow().result != "CONTINUE":
            break
        act(walker, action, first)
        flow, messages = walker.flow(), walker.messages()
        assert 0 <= flow.attempts <= 5
        living = [m for m in messages if not m.verified and m.timestamp_replaced is None]
        assert [m.message_id for m in living] == ([flow.sms_id] if flow.sms_id else [])
        confirmed = [step for step, result, _ in walker.history() if result == "CONFIRMED"]
        assert confirmed == ["INIT", "LOGIN_SCA", "APPROVAL_SCA", "CONSENT"][: len(confirmed)]
        proved = [m for m in messages if m.verified]
        assert len(proved) == len([s for s in confirmed if s in ("LOGIN_SCA", "APPROVAL_SCA")])
        if flow.result == "DONE":
            assert confirmed[-1] == "CONSENT"
            assert "code" in walker.leave()
        elif flow.result == "FAILED":
            assert walker.leave()["error"] == "access_denied"
