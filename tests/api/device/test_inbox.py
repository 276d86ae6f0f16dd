"""The inbox as a phone reads it (checklist 119)."""

from datetime import datetime, timedelta

import pytest
import time_machine

from app import clock
from app.mtoken.inbox import NewInboxMessage
from tests.support.device import KNOWLEDGE, change, now, paired
from tests.support.store import serving
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

INBOX = "/api/inbox"
CALLS = ("/count", "/message/list", "/message/detail", "/message/read", "/message/read-all")
USERS = iter(range(10_000_000, 99_999_999))
FAILED = {
    "status": "ERROR",
    "responseObject": {"code": "INBOX_FAILED", "message": "Unable to process inbox request."},
}


class Reader:
    """A user with a phone that has its token, and a bank that writes."""

    def __init__(self, app, user=None):
        self.app = app
        self.user = user or str(next(USERS))
        self.phone = paired(app, user_id=self.user)
        self.phone.create_token()

    def write(self, application=None, user=None, **more):
        """Leave a message, in the phone's application unless another one is named."""
        usual = {
            "user_id": user or self.user,
            "kind": "text",
            "subject": "Opening hours",
            "summary": "We are here until eight.",
            "body": "Until eight,\non Fridays until six.",
        }
        with serving(self.app) as services:
            if application is not None:
                services.mtoken.applications.ensure(application, application)
            named = application or self.phone.row.application_id
            made = services.mtoken.inbox.post(NewInboxMessage(**{**usual, **more}), {named})
            services.commit()
        return made.id

    def ask(self, path, wanted=None, name="possession_universal"):
        value = {} if wanted is None else {"requestObject": wanted}
        call = self.phone.handset.with_token(INBOX + path, value, now(), name)
        return self.phone.post(call)

    def told(self, path, wanted=None):
        answer = self.ask(path, wanted)
        assert answer.status_code == 200, answer.text
        assert answer.json["status"] == "OK"
        return answer.json.get("responseObject")

    def listed(self, **wanted):
        return self.told("/message/list", wanted)

    def unread(self):
        told = self.told("/count")
        assert list(told) == ["countUnread"]
        return told["countUnread"]


@pytest.fixture
def reader(lasting_app):
    return Reader(lasting_app)


def refusal(answer):
    return answer.status_code, answer.json["responseObject"]["code"]


def test_a_message_is_listed_without_its_body_and_told_in_full(reader):
    made = reader.write()
    (shown,) = reader.listed()
    moment = shown.pop("timestampCreated")
    assert datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S%z").utcoffset() == timedelta(0)
    assert moment.endswith("+0000")
    assert shown == {
        "id": made,
        "type": "text",
        "subject": "Opening hours",
        "summary": "We are here until eight.",
        "read": False,
    }
    body = "Until eight,\non Fridays until six."
    full = reader.told("/message/detail", {"id": made})
    assert full == {**shown, "timestampCreated": moment, "body": body}
    assert reader.unread() == 1


def test_reading_counts_once_and_says_so_to_every_phone_of_the_person(reader):  # 119
    second = Reader(reader.app, reader.user)
    first, other = reader.write(), reader.write()
    assert reader.unread() == 2
    for _ in range(2):
        assert reader.told("/message/read", {"id": first}) is None
        assert (reader.unread(), second.unread()) == (1, 1)
    assert {each["id"]: each["read"] for each in second.listed()} == {first: True, other: False}
    assert [each["id"] for each in reader.listed(onlyUnread=True)] == [other]


def test_everything_is_read_at_once(reader):
    stranger = Reader(reader.app)
    for _ in range(3):
        reader.write()
    stranger.write()
    assert reader.told("/message/read-all") is None
    assert (reader.unread(), stranger.unread()) == (0, 1)
    assert reader.listed(onlyUnread=True) == []
    assert len(reader.listed()) == 3


def test_pages_follow_each_other_the_newest_first(reader):  # 119
    with time_machine.travel(clock.now(), tick=False) as time:
        old = [reader.write() for _ in range(3)]
        time.shift(timedelta(seconds=1))
        new = reader.write()
    pages = [[each["id"] for each in reader.listed(page=n, size=2)] for n in range(3)]
    assert [len(page) for page in pages] == [2, 2, 0]
    assert pages[0][0] == new
    assert {each for page in pages for each in page} == {new, *old}
    assert [each["id"] for each in reader.listed()] == pages[0] + pages[1]


@pytest.mark.parametrize(
    "wanted",
    [
        {"size": 101}, {"size": 0}, {"size": "many"}, {"page": -1}, {"page": 10**9},
        {"page": None}, {"onlyUnread": "so"},
    ],
)  # fmt: skip
def test_a_page_that_cannot_be_meant_is_refused(reader, wanted):
    assert refusal(reader.ask("/message/list", wanted)) == (400, "INVALID_REQUEST")


def test_a_page_may_have_a_hundred_messages(reader):
    made = [reader.write(silent=True) for _ in range(101)]
    assert len(reader.listed(size=100)) == 100
    assert [each["id"] for each in reader.listed(page=1, size=100)] == made[:1]


@pytest.mark.parametrize("path", ["/message/detail", "/message/read"])
def test_a_message_that_is_not_for_this_phone_does_not_exist(reader, path):
    stranger = Reader(reader.app)
    theirs, elsewhere = stranger.write(), reader.write(application="another-app")
    for given in (theirs, elsewhere, "00000000-0000-4000-8000-000000000000", "x"):
        answer = reader.ask(path, {"id": given})
        assert (answer.status_code, answer.json) == (400, FAILED)
    assert stranger.unread() == 1
    assert (reader.listed(), reader.unread()) == ([], 0)
    reader.told("/message/read-all")
    with serving(reader.app, writing=False) as services:
        assert services.mtoken.inbox.of(reader.user).unread() == 1


@pytest.mark.parametrize("path", ["/message/detail", "/message/read"])
@pytest.mark.parametrize("wanted", [None, {}, {"id": None}, {"id": 7}, {"id": ""}])
def test_a_message_has_to_be_named(reader, path, wanted):
    assert refusal(reader.ask(path, wanted)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize("path", CALLS)
def test_only_a_phone_that_works_may_ask(lasting_app, path):
    reader = Reader(lasting_app)
    wanted = {"id": reader.write()}
    client = lasting_app.test_client()
    for headers in ({}, {"X-PowerAuth-Token": "PowerAuth"}):
        answer = client.post(
            f"/enrollment-server{INBOX}{path}", json={"requestObject": wanted}, headers=headers
        )
        assert refusal(answer) == (401, "POWERAUTH_AUTH_FAIL")
    change(lasting_app, "block", reader.phone.id)
    assert refusal(reader.ask(path, wanted)) == (401, "POWERAUTH_AUTH_FAIL")
    change(lasting_app, "unblock", reader.phone.id)
    assert reader.ask(path, wanted).status_code == 200
    change(lasting_app, "remove", reader.phone.id)
    assert refusal(reader.ask(path, wanted)) == (401, "POWERAUTH_AUTH_FAIL")


def test_a_token_of_two_factors_does_as_well(reader):
    reader.phone.create_token(KNOWLEDGE, "strong")
    assert reader.ask("/count", name="strong").json["responseObject"] == {"countUnread": 0}


def test_parallel_reads_of_two_phones_are_counted_once(reader):
    second = Reader(reader.app, reader.user)
    for _ in range(3):
        first, _ = reader.write(), reader.write()
        before = reader.unread()
        answers = at_once(
            *[lambda r=r, m=first: r.ask("/message/read", {"id": m}).status_code
              for r in (reader, second)] * 2
        )  # fmt: skip
        assert answers == [200] * 4
        assert reader.unread() == before - 1
    everything = [lambda r=r: r.ask("/message/read-all").status_code for r in (reader, second)]
    assert at_once(*everything * 2) == [200] * 4
    assert reader.unread() == 0
