"""Telemetry and the audit log: what has happened, and to whose phones."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from app import clock
from app.store.registrations import Registration
from tests.support.cloud import APP, Cloud, admin, approve, integrator, pending
from tests.support.device import USER
from tests.support.store import serving, writing

pytest_plugins = ["tests.support.lasting"]

USERS = f"/admin/telemetry/applications/{APP}/users"
LOG = "/audit/log"
DAY = timedelta(days=1)


def told(answer):
    assert answer.status_code == 400, answer.text
    return answer.json["responseObject"]


def violation(answer):
    (found,) = told(answer)["violations"]
    return found


def millis(moment):
    return int(moment.timestamp() * 1000)


def used(app, registration, ago):
    with writing(app) as session:
        changed = update(Registration).where(Registration.id == registration)
        session.execute(changed.values(last_used_at=clock.now() - ago))


# --- telemetry --------------------------------------------------------------------------------


def test_users_are_counted_once_and_of_one_application_alone(app):  # 31
    cloud, boss = Cloud(app), admin(app)
    for user, ago in (
        ("anna", 3 * DAY), ("anna", 20 * DAY), ("bert", 20 * DAY), ("carl", 40 * DAY)
    ):  # fmt: skip
        used(app, cloud.phone(user).id, ago)
    cloud.register("dora")  # has never used a phone
    robot = integrator(app, "robot", "other-app")
    used(app, robot.register("emil", app_id="other-app")["registrationId"], DAY)
    assert boss("GET", USERS) == {"applicationId": APP, "days": 30, "users": 2}
    for days, users in ((1, 0), (7, 1), (365, 3)):
        assert boss("GET", USERS, days=days) == {"applicationId": APP, "days": days, "users": users}
    other = boss("GET", USERS.replace(APP, "other-app"))
    assert other == {"applicationId": "other-app", "days": 30, "users": 1}


@pytest.mark.parametrize(
    ("days", "hint"),
    [
        (366, "must be less than or equal to 365"), (0, "must be greater than or equal to 1"),
        (-7, "must be greater than or equal to 1"),
    ],
)  # fmt: skip
def test_days_are_at_most_a_year(lasting_app, days, hint):  # 32
    answer = admin(lasting_app).ask("GET", USERS, days=days)
    assert told(answer)["message"] == "Required Long parameter 'days' is invalid"
    expected = {"fieldName": "getActiveUsers.days", "invalidValue": days, "hint": hint}
    assert violation(answer) == expected


@pytest.mark.parametrize("days", ["400.0", "1e3", "\uff19\uff19\uff19", "+999"])
def test_days_in_odd_digits_are_refused_as_well(lasting_app, days):
    assert admin(lasting_app).refused("GET", USERS, days=days) == "ERROR_REQUEST"


def test_telemetry_is_for_administrators_and_of_what_there_is(lasting_app):
    assert Cloud(lasting_app).ask("GET", USERS).status_code == 403
    assert admin(lasting_app).refused("GET", USERS.replace(APP, "nothing")) == "ERROR_ADMIN"
    assert admin(lasting_app).refused("GET", USERS, days="many") == "ERROR_REQUEST"


# --- audit ------------------------------------------------------------------------------------


def test_the_log_tells_what_happened_to_a_users_phones_the_newest_first(app):  # 99
    cloud = Cloud(app)
    device = cloud.phone()
    operation = cloud.open()["operationId"]
    assert approve(device, pending(device)[0]).status_code == 200
    cloud.change(device.id, "BLOCK", blockReason="LOST", externalUserId="E1")
    items = cloud("GET", LOG, userId=USER)["items"]
    assert all(
        set(item) in ({"activationId", "eventType", "eventData", "timestamp"},
                      {"eventType", "eventData", "timestamp"})
        for item in items
    )  # fmt: skip
    assert [item["timestamp"] for item in items] == sorted(
        (item["timestamp"] for item in items), reverse=True
    )
    named = {item["eventType"]: item for item in items}
    assert items[0] == named["registration.blocked"]
    assert {
        "registration.created", "registration.activated", "registration.signature.accepted",
        "operation.created", "operation.approved", "registration.blocked",
    } <= set(named)  # fmt: skip
    assert named["registration.blocked"]["activationId"] == device.id
    approved = named["operation.approved"]
    assert approved["activationId"] == device.id
    assert json.loads(approved["eventData"])["operationId"] == operation


def test_the_log_is_asked_by_dates_and_pages(app):
    cloud = Cloud(app)
    cloud.register()
    everything = cloud("GET", LOG, userId=USER)["items"]
    for _ in range(3):
        cloud.register()
    items = cloud("GET", LOG, userId=USER)["items"]
    assert len(items) == 4
    pages = [cloud("GET", LOG, userId=USER, page=page, size=3)["items"] for page in range(3)]
    assert [len(page) for page in pages] == [3, 1, 0]
    assert [*pages[0], *pages[1]] == items
    now = clock.now()
    old = {"timestampFrom": millis(now - 3 * DAY), "timestampTo": millis(now - DAY)}
    assert cloud("GET", LOG, userId=USER, **old) == {"items": []}
    assert len(cloud("GET", LOG, userId=USER, timestampFrom=millis(now - DAY))["items"]) == 4
    assert everything == items[-1:]


def test_the_moment_of_an_entry_finds_it(lasting_app, request):
    cloud, user = Cloud(lasting_app), f"user-{abs(hash(request.node.name))}"
    with time_machine.travel(clock.now().replace(microsecond=123_999), tick=False):
        cloud.register(user)
        (item,) = cloud("GET", LOG, userId=user)["items"]
        told = item["timestamp"]
        assert cloud("GET", LOG, userId=user, timestampFrom=told, timestampTo=told) == {
            "items": [item]
        }
        assert cloud("GET", LOG, userId=user, timestampTo=told - 1) == {"items": []}


def test_dates_that_are_none_are_refused_with_their_names(lasting_app):  # 9
    cloud = Cloud(lasting_app)
    answer = cloud.ask("GET", LOG, userId=USER, timestampFrom=-1000)
    assert told(answer) == {
        "code": "ERROR_REQUEST",
        "message": "Required Long parameter 'timestampFrom' is invalid",
        "violations": [
            {
                "fieldName": "getAuditLog.timestampFrom",
                "invalidValue": -1000,
                "hint": "must be greater than or equal to 0",
            }
        ],
    }
    assert violation(cloud.ask("GET", LOG, userId=USER, timestampTo="now"))["fieldName"] == (
        "getAuditLog.timestampTo"
    )
    missing = told(cloud.ask("GET", LOG))
    assert missing["message"] == "Required String parameter 'userId' is not present"


def test_a_time_that_ends_before_it_begins_is_refused(lasting_app):
    cloud = Cloud(lasting_app)
    cloud.register()
    assert cloud.refused("GET", LOG, userId=USER, timestampFrom=2, timestampTo=1) == "ERROR_AUDIT"


def test_nobody_reads_of_phones_in_applications_of_others(app):
    cloud = Cloud(app)
    cloud.phone("anna")
    robot = integrator(app, "robot", "other-app")
    refusals = [robot.ask("GET", LOG, userId=user) for user in ("anna", "nobody")]
    assert {told(answer)["code"] for answer in refusals} == {"ERROR_AUDIT"}
    assert refusals[0].data == refusals[1].data
    other = robot.register("anna", app_id="other-app")["registrationId"]
    items = robot("GET", LOG, userId="anna")["items"]
    assert [(item["eventType"], item["activationId"]) for item in items] == [
        ("registration.created", other)
    ]


def test_a_phone_of_others_that_signed_a_shared_operation_is_not_named(app):
    device = Cloud(app).phone("anna")
    robot = integrator(app, "robot", "other-app")
    with serving(app) as services:
        services.administration.grant("integration-user", "other-app")
        services.commit()
    robot.register("anna", app_id="other-app")
    Cloud(app).open("anna")
    assert approve(device, pending(device)[0]).status_code == 200
    answer = robot.ask("GET", LOG, userId="anna")
    assert "operation.approved" in answer.text
    assert device.id not in answer.text


def test_the_log_is_for_integration_users(lasting_app):
    assert admin(lasting_app).ask("GET", LOG, userId=USER).status_code == 403
