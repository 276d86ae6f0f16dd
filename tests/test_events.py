"""What is told to listeners: ids and codes, never a secret, never a person."""

import pytest

from app.events import Event, Journal, Name
from tests.support.store import on_sqlite, put_in
from tests.support.walker import Walker


@pytest.fixture
def heard(app):
    """Everything that listeners of the application hear."""
    events = []
    put_in(app, listeners=[events.append])
    return events


def names(events):
    return [event.name for event in events]


def test_a_payment_tells_its_story_in_order(app, heard):
    walker = Walker(app)
    walker.start_payment()
    walker.name()
    walker.prove(walker.wrong_code())
    walker.prove()
    walker.approve()
    walker.agree()
    assert names(heard) == [
        Name.FLOW_CREATED,
        Name.FLOW_OPENED,
        Name.SMS_REQUESTED,
        Name.STEP_REJECTED,
        Name.STEP_CONFIRMED,
        Name.SMS_REQUESTED,
        Name.STEP_CONFIRMED,
        Name.CONSENT_GIVEN,
        Name.FLOW_DONE,
    ]
    assert {event.subject for event in heard} == {walker.flow().id}
    walker.leave()
    assert names(heard)[-1] == Name.CODE_ISSUED


@on_sqlite
def test_no_event_carries_a_secret_or_a_person(app, heard):
    walker = Walker(app)
    walker.start_payment()
    secrets = [walker.client.get_cookie("wf_browser").value, walker.nonce]
    walker.name("johnny-doe-77")
    secrets += [walker.code(), walker.messages()[0].message_text, walker.nonce]
    walker.prove(password="swordfish")
    walker.prove()
    walker.approve()
    secrets += [message.authorization_code for message in walker.messages()]
    walker.agree()
    secrets += [walker.leave()["code"], walker.address.rpartition("/")[2], walker.way_back]
    secrets += ["johnny-doe-77", "swordfish", "+420", "12345671/1234", "238400856", "Utility"]
    told = "\n".join(f"{event.name} {event.subject} {dict(event.facts)}" for event in heard)
    assert not [secret for secret in secrets if secret in told]


@on_sqlite
@pytest.mark.parametrize("username", ["unknown1", "blocked1"])
def test_nobody_hears_of_a_message_that_was_never_made(heard, app, username):
    walker = Walker(app)
    walker.start_login()
    walker.name(username)
    assert Name.SMS_REQUESTED not in names(heard)


@on_sqlite
def test_every_end_is_told_once_with_its_reason(app, heard):
    walker = Walker(app)
    walker.start_login()
    walker.press("cancel")
    walker.start_login()
    walker.start_login()
    ends = [event for event in heard if event.name is Name.FLOW_FAILED]
    assert [event.facts["reason"] for event in ends] == [
        "canceled.unknown",
        "canceled.interrupted_operation",
    ]


def test_a_journal_tells_each_fact_once():
    heard = []
    journal = Journal([heard.append])
    journal.record(Name.FLOW_DONE, "7f3c", step="CONSENT", tries=2)
    assert heard == []
    journal.publish()
    journal.publish()
    assert heard == [Event(Name.FLOW_DONE, "7f3c", {"step": "CONSENT", "tries": 2})]


def test_a_journal_forgets_what_was_rolled_back():
    heard = []
    journal = Journal([heard.append])
    journal.record(Name.FLOW_DONE, "7f3c")
    journal.forget()
    journal.publish()
    assert heard == []


def test_names_of_events_are_nouns_with_verbs_in_the_past():
    for name in Name:
        assert name.value.count(".") >= 1
        assert name.value.rpartition(".")[2].endswith(("ed", "done", "given"))
