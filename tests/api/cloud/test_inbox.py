"""The inbox as back ends fill and read it (checklist 97, 98, 106)."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.mtoken.inbox import NewInboxMessage
from app.mtoken.operation_views import Handset
from app.store.inbox import InboxApplication, InboxMessageRow
from tests.support.cloud import APP, Cloud, integrator
from tests.support.device import now
from tests.support.pushing import delivered, reachable
from tests.support.store import all_of, census, reading, serving
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

INBOX = "/v2/inbox/messages"
MESSAGE = {
    "type": "html",
    "subject": "Message subject",
    "summary": "Message summary",
    "body": "<p>Message content</p>",
}
UNKNOWN = "ERROR_INBOX_NOT_FOUND"


@pytest.fixture
def cloud(lasting_app):
    return Cloud(lasting_app)


@pytest.fixture
def user(request):
    return f"user-{abs(hash(request.node.name))}"


def post(cloud, user, **more):
    return cloud("POST", INBOX, {"userId": user} | MESSAGE | more)


def listed(cloud, user, **query):
    return cloud("GET", INBOX, userId=user, **query)["messages"]


def unread(cloud, user):
    answer = cloud("GET", f"{INBOX}/count", userId=user)
    assert list(answer) == ["countUnread"]
    return answer["countUnread"]


def other_of(cloud, user):
    return integrator(cloud.app, f"robot-{user}", f"app-{user}")


# --- posting ------------------------------------------------------------------------------------


def test_a_message_is_answered_with_its_id_unread_and_its_time(cloud, user):  # 97
    before = now()
    made = post(cloud, user)
    assert set(made) == {"id", "subject", "summary", "body", "read", "type", "timestamp"}
    assert {name: made[name] for name in MESSAGE} == MESSAGE
    assert len(made["id"]) == 36
    assert made["read"] is False
    assert type(made["timestamp"]) is int
    assert before <= made["timestamp"] <= before + 60_000
    assert cloud("GET", f"{INBOX}/{made['id']}") == made
    shown = {name: value for name, value in made.items() if name != "body"}
    assert listed(cloud, user) == [shown]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("subject", "x" * 7, "size must be between 8 and 255"),
        ("subject", "x" * 256, "size must be between 8 and 255"),
        ("subject", "", "size must be between 8 and 255"),
        ("subject", " " * 8, "must not be blank"),
        ("summary", "x" * 7, "size must be between 8 and 255"),
        ("summary", "x" * 256, "size must be between 8 and 255"),
        ("summary", None, "must not be null"),
        ("body", "", "must not be blank"),
        ("body", None, "must not be null"),
        ("type", "markdown", "must be 'text' or 'html'"),
        ("type", "HTML", "must be 'text' or 'html'"),
        ("userId", "", "must not be empty"),
        ("userId", "x" * 256, None),
        ("userId", 7, None),
        ("silent", "so", None),
        ("body", {"a": 1}, None),
    ],
)
def test_a_wrong_field_is_named(cloud, user, name, value, hint):  # 98
    before = census(cloud.app)
    answer = cloud.ask("POST", INBOX, {"userId": user} | MESSAGE | {name: value})
    assert answer.status_code == 400
    told = answer.json["responseObject"]
    assert told["code"] == "ERROR_REQUEST"
    assert [violation["fieldName"] for violation in told["violations"]] == [name]
    if hint is not None:
        assert told["violations"][0]["hint"] == hint
    assert census(cloud.app) == before


def test_a_field_that_is_missing_is_named(cloud, user):
    for name in ("userId", *MESSAGE):
        wanted = {"userId": user} | MESSAGE
        del wanted[name]
        told = cloud.ask("POST", INBOX, wanted).json["responseObject"]
        assert told["message"] == f"Required String parameter '{name}' is not present"


def test_texts_may_be_as_long_and_as_short_as_the_limits_say(cloud, user):
    for size in (8, 255):
        heading = "ř" * size
        made = post(cloud, user, subject=heading, summary=heading, type="text", body="ř")
        assert cloud("GET", f"{INBOX}/{made['id']}")["subject"] == heading
    longest = (user * 20)[:255]
    post(cloud, longest)
    assert len(listed(cloud, longest)) == 1
    body = "<p>" + "š" * 40_000
    made = post(cloud, user, body=body)
    assert cloud("GET", f"{INBOX}/{made['id']}")["body"] == body


def test_who_has_no_phone_yet_finds_the_message_later(cloud, user):
    made = post(cloud, user)
    device = cloud.phone(user)
    device.create_token()
    wanted = {"requestObject": {}}
    answer = device.post(device.handset.with_token("/api/inbox/message/list", wanted, now()))
    assert [each["id"] for each in answer.json["responseObject"]] == [made["id"]]


def test_a_caller_without_an_application_posts_nothing(cloud, user):
    nobody = integrator(cloud.app, f"robot-{user}")
    before = census(cloud.app)
    assert nobody.refused("POST", INBOX, {"userId": user} | MESSAGE) == "ERROR_INBOX"
    assert census(cloud.app) == before
    assert listed(nobody, user) == []


# --- the push on arrival ------------------------------------------------------------------------


def phone_of(cloud, user):
    device = cloud.phone(user)
    reachable(cloud.app, Handset(device.id, user, APP), device.id)
    return device


def pushed(app, device):
    return [push for push in delivered(app) if push.registration_id == device.id]


def test_a_message_that_arrives_is_pushed(cloud, user):
    device = phone_of(cloud, user)
    made = post(cloud, user)
    (push,) = pushed(cloud.app, device)
    assert (push.title, push.text, push.is_silent) == (made["subject"], made["summary"], False)
    assert push.extras == {
        "messageType": "mtoken.inboxMessage.new",
        "inboxId": made["id"],
        "activationId": device.id,
    }


def test_a_silent_message_is_not_pushed(cloud, user):
    device = phone_of(cloud, user)
    post(cloud, user, silent=True)
    assert pushed(cloud.app, device) == []
    assert unread(cloud, user) == 1


def test_a_phone_that_is_blocked_or_of_another_application_hears_of_nothing(cloud, user):  # 106
    device = phone_of(cloud, user)
    post(other_of(cloud, user), user)
    assert pushed(cloud.app, device) == []
    cloud.change(device.id, "BLOCK")
    delivered(cloud.app)
    post(cloud, user)
    assert pushed(cloud.app, device) == []


def test_message_and_push_are_written_together_or_not_at_all(cloud, user):
    phone_of(cloud, user)
    before = census(cloud.app)
    with serving(cloud.app) as services:
        wanted = NewInboxMessage(user, "text", "Message subject", "Message summary", "x")
        services.mtoken.inbox.post(wanted, {APP})
        services.session.flush()
    assert census(cloud.app) == before
    post(cloud, user)
    after = census(cloud.app)
    grown = {name for name in after if after[name] > before[name]}
    assert grown == {"inbox_messages", "inbox_applications", "outbox", "audit"}


# --- lists --------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gaps_even_within_one_moment(cloud, user):
    with time_machine.travel(clock.now(), tick=False) as time:
        ids = [post(cloud, user)["id"] for _ in range(5)]
        time.shift(timedelta(seconds=1))
        newest = post(cloud, user)["id"]
    pages = [[each["id"] for each in listed(cloud, user, page=n, size=2)] for n in range(4)]
    assert [len(page) for page in pages] == [2, 2, 2, 0]
    assert pages[0][0] == newest
    seen = [each for page in pages for each in page]
    assert set(seen[1:]) == set(ids)
    assert seen == [each["id"] for each in listed(cloud, user)]
    for read in seen[::2]:  # what is read meanwhile moves nothing
        cloud("PUT", f"{INBOX}/{read}/read")
    assert [each["id"] for each in listed(cloud, user)] == seen


def test_only_what_is_unread_may_be_asked_for(cloud, user):
    first, second = post(cloud, user)["id"], post(cloud, user)["id"]
    cloud("PUT", f"{INBOX}/{first}/read")
    assert [each["id"] for each in listed(cloud, user, onlyUnread="true")] == [second]
    assert {each["id"]: each["read"] for each in listed(cloud, user)} == {
        first: True,
        second: False,
    }


@pytest.mark.parametrize(
    ("method", "path", "query", "field"),
    [
        ("GET", "", {}, "getMessageList.userId"),
        ("GET", "", {"userId": ""}, "getMessageList.userId"),
        ("GET", "", {"userId": "x", "page": -1}, "getMessageList.page"),
        ("GET", "", {"userId": "x", "size": 0}, "getMessageList.size"),
        ("GET", "", {"userId": "x", "size": 501}, "getMessageList.size"),
        ("GET", "", {"userId": "x", "onlyUnread": "so"}, "getMessageList.onlyUnread"),
        ("GET", "/count", {}, "getUnreadMessageCount.userId"),
        ("PUT", "/read-all", {}, "readAllMessages.userId"),
        ("PUT", "/read-all", {"userId": "x" * 256}, "readAllMessages.userId"),
    ],
)
def test_a_wrong_parameter_is_named(cloud, method, path, query, field):
    answer = cloud.ask(method, INBOX + path, **query)
    assert answer.status_code == 400
    (violation,) = answer.json["responseObject"]["violations"]
    assert violation["fieldName"] == field


# --- reading ------------------------------------------------------------------------------------


def test_looking_is_not_reading_and_reading_twice_is_once(cloud, user):
    made = post(cloud, user)["id"]
    cloud("GET", f"{INBOX}/{made}")
    listed(cloud, user)
    assert unread(cloud, user) == 1
    assert cloud("PUT", f"{INBOX}/{made}/read") == {"status": "OK"}
    first = moment_of(cloud, made)
    assert unread(cloud, user) == 0
    assert cloud("PUT", f"{INBOX}/{made}/read", {}) == {"status": "OK"}
    assert moment_of(cloud, made) == first
    assert cloud("GET", f"{INBOX}/{made}")["read"] is True


def moment_of(cloud, message_id):
    with reading(cloud.app) as session:
        return session.get(InboxMessageRow, message_id).read_at


def test_all_of_one_user_are_read_at_once(cloud, user):
    for _ in range(3):
        post(cloud, user)
    post(cloud, f"{user}-2")
    assert cloud("PUT", f"{INBOX}/read-all", userId=user) == {"status": "OK"}
    assert (unread(cloud, user), unread(cloud, f"{user}-2")) == (0, 1)
    assert cloud("PUT", f"{INBOX}/read-all", userId=user) == {"status": "OK"}
    assert cloud("PUT", f"{INBOX}/read-all", userId=f"{user}-nobody") == {"status": "OK"}


def test_parallel_reads_are_counted_once(cloud, user):
    first, _ = post(cloud, user)["id"], post(cloud, user)["id"]
    answers = at_once(*[lambda: cloud.ask("PUT", f"{INBOX}/{first}/read").status_code] * 6)
    assert answers == [200] * 6
    assert unread(cloud, user) == 1
    everything = [lambda: cloud.ask("PUT", f"{INBOX}/read-all", userId=user).status_code] * 3
    one = [lambda: cloud.ask("PUT", f"{INBOX}/{first}/read").status_code] * 3
    assert at_once(*everything, *one) == [200] * 6
    assert unread(cloud, user) == 0


# --- what exists for whom -----------------------------------------------------------------------


def test_a_message_of_other_applications_does_not_exist(cloud, user):
    other = other_of(cloud, user)
    ours, theirs = post(cloud, user)["id"], post(other, user)["id"]
    for method, path in (("GET", ""), ("PUT", "/read")):
        answers = {
            (answer.status_code, answer.data)
            for given in (theirs, "00000000-0000-4000-8000-000000000000", "x")
            if (answer := cloud.ask(method, f"{INBOX}/{given}{path}"))
        }
        assert len(answers) == 1
        assert cloud.refused(method, f"{INBOX}/{theirs}{path}") == UNKNOWN
    assert [each["id"] for each in listed(cloud, user)] == [ours]
    assert (unread(cloud, user), unread(other, user)) == (1, 1)
    cloud("PUT", f"{INBOX}/read-all", userId=user)
    assert (unread(cloud, user), unread(other, user)) == (0, 1)


def test_a_message_belongs_to_the_applications_that_its_sender_had(cloud, user):
    other = integrator(cloud.app, f"robot-{user}", APP, f"app-{user}")
    alone = integrator(cloud.app, f"robot-{user}-2", f"app-{user}")
    made = post(other, user)["id"]
    links = {
        link.application_id
        for link in all_of(cloud.app, InboxApplication)
        if link.message_id == made
    }
    assert links == {APP, f"app-{user}"}
    assert [each["id"] for each in listed(cloud, user)] == [made]
    assert [each["id"] for each in listed(alone, user)] == [made]
    alone("PUT", f"{INBOX}/{made}/read")
    assert unread(cloud, user) == 0
