"""The export of logs: what happened in one instance, and no word of another one."""

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from flask import Flask

from app.store.audit import AuditEntry
from app.upkeep import instance_log
from tests.support.device import register
from tests.support.nevis import USERNAME, Nevis, other_instance
from tests.support.nevis_users import user_of
from tests.support.store import all_of

PATH = "/api/v1/logs/export"


def export(nevis: Nevis, **asked: str) -> list[dict[str, str]]:
    answer = nevis.ask("GET", PATH, query_string=asked)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(StringIO(answer.text)))


def refused(nevis: Nevis, **asked: str) -> str:
    return nevis.refused(422, "GET", PATH, query_string=asked)


def events(lines: list[dict[str, str]]) -> list[str]:
    return [line["event"] for line in lines]


def a_day(nevis: Nevis):
    """An app that is enrolled, approves and declines."""
    phone = nevis.with_app()
    phone.approve(nevis.approve(channel="app")["appLinkUri"])
    phone.decline(nevis.approve(channel="app")["appLinkUri"])
    return phone


def test_the_newest_comes_first_with_who_did_what_to_whom(app: Flask):
    nevis = Nevis(app)
    phone = a_day(nevis)
    lines = export(nevis)
    assert events(lines)[:9] == [
        "operation.rejected",
        "operation.created",
        "operation.approved",
        "operation.created",
        "registration.activated",
        "operation.approved",
        "operation.created",
        "registration.created",
        "customer.created",
    ]
    times = [line["timestamp"] for line in lines]
    assert times == sorted(times, reverse=True)
    assert all(time.endswith("Z") for time in times)
    approved = next(line for line in lines if line["event"] == "operation.approved")
    user_id = user_of(nevis)["userId"]
    assert (approved["userId"], approved["username"]) == (user_id, USERNAME)
    assert (approved["category"], approved["channel"]) == ("authentication", "app")
    assert (approved["status"], approved["authenticatorId"]) == ("succeeded", phone.id)
    created = next(line for line in lines if line["event"] == "customer.created")
    assert (created["actorType"], created["category"]) == ("api", "management")
    assert created["actor"].startswith("key:")
    assert created["userId"] == user_id


def test_it_is_a_file_for_spreadsheets(app: Flask):
    answer = Nevis(app).ask("GET", PATH)
    assert answer.headers["Content-Disposition"] == "attachment; filename=logs.csv"
    assert answer.mimetype == "text/csv"
    assert answer.text.splitlines()[0].split(",") == [
        "timestamp",
        "event",
        "category",
        "channel",
        "status",
        "actorType",
        "actor",
        "userId",
        "username",
        "transactionId",
        "authenticatorId",
        "requestId",
    ]


@pytest.mark.parametrize(
    "asked",
    [
        {"timespan": "P1D", "fromDate": "2026-01-01"},
        {"timespan": "P1D", "toDate": "2026-01-01T00:00:00Z"},
        {"fromDate": "2026-01-02", "toDate": "2026-01-01"},
    ],
)
def test_the_time_is_given_in_one_way_alone(app: Flask, asked):
    assert refused(Nevis(app), **asked) == "request.invalid"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("filter", "a"),
        ("filter", ""),
        ("timespan", "30"),
        ("timespan", "-P1D"),
        ("timespan", "P0D"),
        ("timespan", "P11Y"),
        ("timespan", "PT"),
        ("fromDate", "yesterday"),
        ("fromDate", "0"),
        ("toDate", "2026-13-01"),
        ("fromDate", "0001-01-01T00:00:00+14:00"),
        ("status", "unknown"),
        ("category", "all"),
        ("channel", "telex"),
        ("actorType", "god"),
    ],
)
def test_what_cannot_be_asked_is_refused(app: Flask, name, value):
    assert refused(Nevis(app), **{name: value}) == f"{name}.invalid"


@pytest.mark.parametrize(
    "asked",
    [
        {"fromDate": "0001-01-01"},
        {"toDate": "9999-12-31"},
        {"toDate": "9999-12-31T23:59:59.999999Z"},
        {"fromDate": "0001-01-01T00:00:00Z", "toDate": "0001-01-01T00:00:00Z"},
        {"toDate": "0001-01-02"},
        {"timespan": "P1Y2M3DT4H5M6S"},
        {"timespan": "PT1S"},
    ],
)
def test_any_time_can_be_asked_for(app: Flask, asked):
    export(Nevis(app), **asked)


def test_a_line_is_found_from_its_day_to_its_day(app: Flask):
    nevis = Nevis(app)
    with time_machine.travel(datetime(2026, 11, 1, 12, tzinfo=UTC), tick=False):
        nevis.enroll("early")
    with time_machine.travel(datetime(2026, 11, 2, 23, 59, tzinfo=UTC), tick=False):
        nevis.enroll("later")

    def who(**asked: str) -> set[str]:
        return {line["username"] for line in export(nevis, **asked)} - {""}

    assert who(fromDate="2026-11-01", toDate="2026-11-02") == {"early", "later"}
    assert who(fromDate="2026-11-02", toDate="2026-11-02") == {"later"}
    assert who(fromDate="2026-11-01", toDate="2026-11-01T12:00:00+00:00") == {"early"}
    assert who(fromDate="2026-11-01T12:00:01", toDate="2026-11-01T23:00:00") == set()
    assert who(toDate="2026-11-01") == {"early"}
    assert who(fromDate="20261102", toDate="20261102") == {"later"}
    assert who(fromDate="2026-W45-1", toDate="2026-W45-1") == {"later"}
    with time_machine.travel(datetime(2026, 12, 2, 12, tzinfo=UTC), tick=False):
        assert who() == {"later"}  # thirty days
        assert who(timespan="P29D") == set()
        assert who(timespan="P40D") == {"early", "later"}


def test_lines_are_chosen_by_what_they_are_about(app: Flask):
    nevis = Nevis(app)
    a_day(nevis)
    nevis.enroll(channel="sms", phone="+420777123456")
    nevis.enroll(channel="recovery")
    failed = export(nevis, status="failed")
    assert set(events(failed)) == {"operation.rejected"}
    assert "operation.created" not in events(export(nevis, status="succeeded"))
    categories = {line["category"] for line in export(nevis)}
    assert categories == {"registration", "authentication", "management"}
    for category in ("registration", "authentication", "management"):
        found = export(nevis, category=category)
        assert {line["category"] for line in found} == {category}
    assert export(nevis, category="none") == []
    assert set(events(export(nevis, channel="recovery"))) == {"customer.recovery_codes.created"}
    assert set(events(export(nevis, channel="sms"))) == {"operation.created", "sms.requested"}
    assert {line["actorType"] for line in export(nevis, actorType="api")} == {"api"}


def test_lines_are_found_by_what_they_contain(app: Flask):
    nevis = Nevis(app)
    nevis.enroll("anna")
    nevis.enroll("boris")
    assert {line["username"] for line in export(nevis, filter="ANN")} == {"anna"}
    assert export(nevis, filter="%n") == []
    assert set(events(export(nevis, filter="customer.cre"))) == {"customer.created"}


def test_another_instance_tells_nothing_of_this_one(app: Flask):
    nevis, other = Nevis(app), other_instance(app)
    phone = a_day(nevis)
    nevis.enroll("gone")
    nevis.ask("DELETE", f"/api/v1/users/{user_of(nevis, 'gone')['userId']}")
    register(app, user_id=USERNAME)
    other.enroll("theirs")
    theirs = export(other)
    told = str(theirs)
    for secret in (USERNAME, phone.id, "gone", user_of(nevis)["userId"]):
        assert secret not in told
    assert {line["username"] for line in theirs} - {""} == {"theirs"}
    assert "theirs" not in str(export(nevis))


def test_the_lines_of_a_user_who_is_gone_stay(app: Flask):
    nevis = Nevis(app)
    user_id = nevis.enroll()["userId"]
    nevis.ask("DELETE", f"/api/v1/users/{user_id}")
    lines = [line for line in export(nevis) if line["userId"] == user_id]
    assert events(lines) == ["customer.removed", "customer.created"]


def test_no_cell_is_a_formula(app: Flask):
    nevis = Nevis(app)
    nevis.enroll("-1.@SUM")
    nevis.enroll("@x")
    names = {line["username"] for line in export(nevis)} - {""}
    assert names == {"'-1.@SUM", "'@x"}


def test_no_secret_is_exported(app: Flask):
    nevis = Nevis(app)
    user = nevis.enroll(channel="recovery")
    begun = nevis.enroll(channel="sms", phone="+420777123456")["enrollment"]
    intent = nevis.intent("approve")
    whole = nevis.ask("GET", PATH).text
    for secret in (*user["recoveryCodes"], begun["statusToken"], "777123456", intent, nevis.key):
        assert secret not in whole


def test_no_more_lines_than_there_may_be_are_told(app: Flask, monkeypatch):
    nevis = Nevis(app)
    a_day(nevis)
    monkeypatch.setattr(instance_log, "MOST", 3)
    assert len(export(nevis)) == 3
    assert export(nevis)[0]["event"] == "operation.rejected"


def test_who_exports_is_written_down(app: Flask):
    nevis = Nevis(app)
    export(nevis)
    last = all_of(app, AuditEntry)[-1]
    assert (last.name, last.facts["application"]) == ("audit.exported", "demo")
    assert last.actor.startswith("key:")


def test_only_a_key_exports(app: Flask):
    nevis = Nevis(app)
    nevis.enroll()
    assert nevis.refused(401, "GET", PATH, bearer=None) == "authorization.missing"
    intent = nevis.intent("approve")
    assert nevis.refused(403, "GET", PATH, bearer=intent) == "authorization.invalid"
