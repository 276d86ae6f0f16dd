"""Callbacks as administrators and back ends make and change them (checklist 33 to 37, 50)."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from app import clock
from app.calls import Calls
from app.channels.webhook import Webhooks
from app.mtoken.callback_views import ATTRIBUTES
from app.store.audit import AuditEntry
from app.store.callbacks import CallbackRow
from app.store.outbox import OutboxRow
from tests.support.cloud import APP, Cloud, admin, approve, integrator, pending
from tests.support.databases import built
from tests.support.device import WRONG
from tests.support.receiver import receiving
from tests.support.store import all_of, census, on_sqlite, parts_of, writing
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

PATH = f"/v2/admin/applications/{APP}/callbacks"
INTERNAL = "/internal/callback/operation"
OPERATION, REGISTRATION = "OPERATION_STATUS_CHANGE", "REGISTRATION_STATUS_CHANGE"
PASSWORD, SECRET = "a-password-nobody-may-see", "a-secret-nobody-may-see"
SIGNING = "whsec_" + base64.b64encode(bytes(32)).decode()
FULL = {
    "name": "Shop",
    "type": OPERATION,
    "callbackUrl": "https://shop.example/hook?tenant=7",
    "attributes": ["status", "userId"],
    "authentication": {
        "httpBasic": {"enabled": True, "username": "bank", "password": PASSWORD},
        "oauth2": {
            "enabled": True,
            "clientId": "bank-app",
            "clientSecret": SECRET,
            "clientSecretSet": True,  # the guide's example sends it
            "tokenUri": "https://shop.example/token",
            "scope": "hooks",
        },
    },
    "retentionPeriod": "P30D",
    "initialBackoff": "PT2S",
    "maxAttempts": 1,
}
SHOWN = {
    "applicationId": APP,
    "name": "Shop",
    "type": OPERATION,
    "callbackUrl": "https://shop.example/hook?tenant=7",
    "attributes": ["status", "userId"],
    "authentication": {
        "httpBasic": {"enabled": True, "username": "bank", "passwordSet": True},
        "oauth2": {
            "enabled": True,
            "clientId": "bank-app",
            "clientSecretSet": True,
            "tokenUri": "https://shop.example/token",
            "scope": "hooks",
        },
    },
    "retentionPeriod": "P30D",
    "initialBackoff": "PT2S",
    "maxAttempts": 1,
}
LEAST = {"name": "x", "type": OPERATION, "callbackUrl": "https://shop.example/"}


@pytest.fixture
def cloud(lasting_app):
    return Cloud(lasting_app)


def put(cloud, made, **changes):
    return cloud("PUT", f"{PATH}/{made['callbackId']}", FULL | changes)


def stored(cloud, callback):
    (row,) = [row for row in all_of(cloud.app, CallbackRow) if row.id == callback]
    return row


def told(answer):
    return answer.json["responseObject"]


# --- what is made is shown, but for its secrets ---------------------------------------------------


def test_a_callback_is_shown_as_the_guide_has_it_without_a_secret(cloud):  # 33
    made = cloud("POST", PATH, FULL)
    callback = made["callbackId"]
    assert made == SHOWN | {"callbackId": callback}
    assert made in cloud("GET", PATH)["callbacks"]
    assert put(cloud, made, name="Other") == made | {"name": "Other"}
    assert cloud("DELETE", f"{PATH}/{callback}") == {"status": "OK"}
    assert callback not in json.dumps(cloud("GET", PATH))
    assert cloud.refused("DELETE", f"{PATH}/{callback}") == "ERROR_ADMIN"
    assert cloud.refused("PUT", f"{PATH}/{callback}", FULL) == "ERROR_ADMIN"


def test_what_is_not_said_is_as_the_guide_has_it(cloud):
    made = cloud("POST", PATH, LEAST)
    assert made == {
        "applicationId": APP, "callbackId": made["callbackId"], "name": "x", "type": OPERATION,
        "callbackUrl": "https://shop.example/", "attributes": [],
        "authentication": {
            "httpBasic": {"enabled": False, "passwordSet": False},
            "oauth2": {"enabled": False, "clientSecretSet": False},
        },
        "retentionPeriod": "P30D", "initialBackoff": "PT2S", "maxAttempts": 1,
    }  # fmt: skip


def test_secrets_are_neither_answered_nor_stored_nor_told(cloud):
    made = cloud("POST", PATH, FULL | {"signingSecret": SIGNING})
    assert made["signingSecretSet"] is True
    seen = json.dumps([made, cloud("GET", PATH)])
    for row in (*all_of(cloud.app, AuditEntry), *all_of(cloud.app, CallbackRow)):
        seen += str({name: value for name, value in vars(row).items() if name[0] != "_"})
    for secret in (PASSWORD, SECRET, SIGNING, SIGNING[6:]):
        assert secret not in seen
    named = [e for e in all_of(cloud.app, AuditEntry) if e.subject == made["callbackId"]]
    assert [(e.name, e.actor) for e in named] == [("callback.created", "system:integration-user")]


def test_a_secret_that_is_not_given_stays(cloud):  # 36
    made = cloud("POST", PATH, FULL | {"signingSecret": SIGNING})
    before = stored(cloud, made["callbackId"])
    kept = json.loads(json.dumps(FULL["authentication"]))
    del kept["httpBasic"]["password"], kept["oauth2"]["clientSecret"]
    assert put(cloud, made, authentication=kept) == made
    after = stored(cloud, made["callbackId"])
    for column in ("basic_password_sealed", "oauth2_secret_sealed", "signing_secret_sealed"):
        assert getattr(after, column) == getattr(before, column) is not None


def test_what_is_taken_away_is_forgotten(cloud):
    made = cloud("POST", PATH, FULL | {"signingSecret": SIGNING})
    left = cloud("PUT", f"{PATH}/{made['callbackId']}", LEAST | {"signingSecret": ""})
    assert "signingSecretSet" not in left
    assert left["authentication"]["httpBasic"] == {"enabled": False, "passwordSet": False}
    row = stored(cloud, made["callbackId"])
    assert (row.basic_password_sealed, row.oauth2_secret_sealed) == (None, None)
    assert row.signing_secret_sealed is None


def test_a_callback_can_be_switched_off(cloud):
    made = cloud("POST", PATH, LEAST | {"enabled": False})
    assert made["enabled"] is False
    assert "enabled" not in put(cloud, made)


@pytest.mark.parametrize(
    ("field", "given", "shown"),
    [
        ("retentionPeriod", "P1DT12H", "P1DT12H"),
        ("retentionPeriod", "P365D", "P365D"),  # years are none of java.time.Duration's
        ("retentionPeriod", "P1Y35DT1S", "P400DT1S"),
        ("retentionPeriod", "PT0S", "PT0S"),
        ("initialBackoff", "PT0.5S", "PT0.5S"),
        ("initialBackoff", "PT59M59.999S", "PT59M59.999S"),
        ("initialBackoff", "PT1M30S", "PT1M30S"),
        ("maxAttempts", 10, 10),
        ("maxAttempts", 0, 0),
        ("attributes", ["status", "operationId", "status"], ["status"]),
    ],
)
def test_times_and_numbers_are_kept_as_they_were_given(cloud, field, given, shown):
    made = cloud("POST", PATH, LEAST | {field: given})
    assert made[field] == shown
    (listed,) = [e for e in cloud("GET", PATH)["callbacks"] if e == made]
    assert listed[field] == shown


@pytest.mark.parametrize("kind", [OPERATION, REGISTRATION])
def test_every_attribute_of_the_guide_can_be_asked_for(cloud, kind):
    wanted = [*ATTRIBUTES[kind]]
    assert cloud("POST", PATH, LEAST | {"type": kind, "attributes": wanted})["attributes"] == wanted


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        ({"name": None}, "name", "Invalid method parameter value"),
        ({"name": ""}, "name", "Invalid method parameter value"),
        ({"type": "ACTIVATION"}, "type", "Invalid method parameter value"),
        ({"callbackUrl": 7}, "callbackUrl", "Invalid method parameter value"),
        ({"attributes": ["status", "pin"]}, "attributes", "Invalid method parameter value"),
        ({"attributes": ["activationStatus"]}, "attributes", "Invalid method parameter value"),
        ({"attributes": "status"}, "attributes", "Invalid method parameter value"),
        ({"maxAttempts": -1}, "maxAttempts", "Invalid method parameter value"),
        ({"maxAttempts": 1001}, "maxAttempts", "Invalid method parameter value"),
        ({"initialBackoff": "soon"}, "initialBackoff", "Invalid method parameter value"),
        ({"initialBackoff": "-PT1S"}, "initialBackoff", "Invalid method parameter value"),
        ({"retentionPeriod": "P11Y"}, "retentionPeriod", "Invalid method parameter value"),
        ({"signingSecret": "whsec_short"}, "signingSecret", "Invalid method parameter value"),
        (
            {"authentication": {"httpBasic": {"username": "a:b"}}},
            "authentication.httpBasic.username",
            "Invalid method parameter value",
        ),
        (
            {"authentication": {"httpBasic": {"enabled": "so"}}},
            "authentication.httpBasic.enabled",
            "Invalid method parameter value",
        ),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named(lasting_apps, more, field, message):
    cloud = Cloud(lasting_apps("sqlite"))
    before = census(cloud.app)
    answer = cloud.ask("POST", PATH, LEAST | more)
    assert answer.status_code == 400
    assert (told(answer)["code"], told(answer)["message"]) == ("ERROR_REQUEST", message)
    assert [each["fieldName"] for each in told(answer)["violations"]] == [field]
    assert census(cloud.app) == before


@pytest.mark.parametrize("field", ["name", "type", "callbackUrl"])
def test_a_field_that_is_needed_is_named(lasting_apps, field):
    body = {name: value for name, value in LEAST.items() if name != field}
    answer = Cloud(lasting_apps("sqlite")).ask("POST", PATH, body)
    assert told(answer) == {
        "code": "ERROR_REQUEST",
        "message": f"Required String parameter '{field}' is not present",
        "violations": [{"fieldName": field, "hint": "must not be null"}],
    }


def test_a_wrong_secret_is_not_repeated(lasting_apps):
    wrong = "x" * 1000 + "-secret-" + "x" * 1000
    basic = {"enabled": True, "username": "u", "password": wrong}
    oauth2 = {"enabled": True, "clientId": "c", "clientSecret": wrong}
    body = LEAST | {
        "authentication": {"httpBasic": basic, "oauth2": oauth2},
        "signingSecret": "whsec_-secret-",
    }
    answer = Cloud(lasting_apps("sqlite")).ask("POST", PATH, body)
    assert len(told(answer)["violations"]) == 3
    assert "invalidValue" not in answer.text
    assert "xxx" not in answer.text
    assert "-secret-" not in answer.text


@pytest.mark.parametrize(
    "url",
    ["x", "ftp://a.example/", "http://", "http://u:p@a.example/", "http://a b/", "x" * 3000],
)
def test_an_address_that_is_none_is_refused(lasting_apps, url):  # 34
    cloud = Cloud(lasting_apps("sqlite"))
    answer = cloud.ask("POST", PATH, LEAST | {"callbackUrl": url})
    assert told(answer) == {"code": "ERROR_ADMIN", "message": "Callback URL is not valid."}
    oauth2 = {"enabled": False, "tokenUri": url}
    answer = cloud.ask("POST", PATH, LEAST | {"authentication": {"oauth2": oauth2}})
    assert told(answer) == {"code": "ERROR_ADMIN", "message": "Token URI is not valid."}


@on_sqlite
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::ffff:10.0.0.1]"])
def test_the_houses_own_networks_are_refused_where_they_are_not_allowed(settings, host):
    strict = settings.callbacks.model_copy(update={"allow_private": False})
    with built(settings.model_copy(update={"callbacks": strict})) as app:
        body = LEAST | {"callbackUrl": f"http://{host}/hook"}
        assert Cloud(app).refused("POST", PATH, body) == "ERROR_ADMIN"
        made = Cloud(app)("POST", PATH, LEAST)
        assert Cloud(app).refused("PUT", f"{PATH}/{made['callbackId']}", body) == "ERROR_ADMIN"


def test_production_refuses_them_unless_it_is_told_otherwise(app, settings):
    given = settings.callbacks
    assert given.allows_private("demo")
    assert not given.allows_private("production")
    assert given.model_copy(update={"allow_private": True}).allows_private("production")
    assert not given.model_copy(update={"allow_private": False}).allows_private("demo")


@pytest.mark.parametrize(
    "authentication",
    [
        {"httpBasic": {"enabled": True}},
        {"httpBasic": {"enabled": True, "username": "u"}},
        {"httpBasic": {"enabled": True, "password": "p"}},
        {"oauth2": {"enabled": True, "clientId": "c", "tokenUri": "https://a.example/"}},
        {"oauth2": {"enabled": True, "clientId": "c", "clientSecret": "s"}},
        {"oauth2": {"enabled": True, "tokenUri": "https://a.example/", "clientSecret": "s"}},
    ],
)
def test_an_authentication_needs_a_name_and_a_secret(lasting_apps, authentication):
    cloud = Cloud(lasting_apps("sqlite"))
    body = LEAST | {"authentication": authentication}
    assert cloud.refused("POST", PATH, body) == "ERROR_ADMIN"
    made = cloud("POST", PATH, LEAST)
    assert cloud.refused("PUT", f"{PATH}/{made['callbackId']}", body) == "ERROR_ADMIN"
    assert cloud("GET", PATH)["callbacks"][-1] == made  # nothing was changed


# --- who may call ---------------------------------------------------------------------------------


def test_an_administrator_sees_all_a_back_end_its_own(lasting_app, request):  # 37
    name = f"other-{abs(hash(request.node.name))}"
    cloud, chief = Cloud(lasting_app), admin(lasting_app)
    other = integrator(lasting_app, name, name)
    made = cloud("POST", PATH, LEAST)
    one = f"{PATH}/{made['callbackId']}"
    strange = f"/v2/admin/applications/{name}/callbacks"
    assert other("POST", strange, LEAST)["applicationId"] == name
    for method, path, body in (
        ("GET", PATH, None), ("POST", PATH, LEAST), ("PUT", one, LEAST), ("DELETE", one, None),
        ("PUT", f"{strange}/{made['callbackId']}", LEAST),
        ("DELETE", f"{strange}/{made['callbackId']}", None),
        ("GET", "/v2/admin/applications/unknown/callbacks", None),
    ):  # fmt: skip
        answer = other.ask(method, path, body)
        assert (answer.status_code, told(answer)["code"]) == (400, "ERROR_ADMIN"), path
    assert made in chief("GET", PATH)["callbacks"]
    assert len(chief("GET", strange)["callbacks"]) == 1
    assert chief("PUT", one, LEAST | {"name": "y"})["name"] == "y"
    assert chief("DELETE", one) == {"status": "OK"}


def test_nobody_else_is_let_in(lasting_app):
    stranger = integrator(lasting_app, f"none-{id(lasting_app)}", authority="ROLE_NOTHING")
    for method, path in (("GET", PATH), ("POST", PATH), ("POST", INTERNAL)):
        assert stranger.ask(method, path, LEAST if method == "POST" else None).status_code == 403
        answer = Cloud(lasting_app, "integration-user", "wrong").ask(method, path)
        assert (answer.status_code, told(answer)["code"]) == (401, "HTTP_401")


# --- the internal callback ------------------------------------------------------------------------


def test_the_internal_callback_needs_an_operation(lasting_apps):  # 50
    cloud = Cloud(lasting_apps("sqlite"))
    answer = cloud.ask("POST", INTERNAL, {})
    assert told(answer)["message"] == "Required String parameter 'operationId' is not present"
    assert cloud.refused("POST", INTERNAL, {"operationId": "x"}) == "ERROR_REQUEST"
    unknown = {"operationId": "00000000-0000-4000-8000-000000000000"}
    assert cloud.refused("POST", INTERNAL, unknown) == "ERROR_OPERATION_NOT_FOUND"


def test_the_internal_callback_ends_what_is_over_and_tells_it_once(app):  # 49
    cloud = Cloud(app)
    cloud.phone("internal")
    with receiving() as receiver:
        body = LEAST | {"callbackUrl": receiver.url, "attributes": ["status"]}
        cloud("POST", PATH, body)
        given = {"operationId": cloud.open("internal")["operationId"]}
        assert cloud("POST", INTERNAL, given) == {"status": "OK"}
        with time_machine.travel(clock.now().timestamp() + 301):
            for caller in (cloud, admin(app)):
                assert caller("POST", INTERNAL, given) == {"status": "OK"}
            deliver(app)
    assert [each["status"] for each in receiver.told] == ["PENDING", "EXPIRED"]
    stranger = integrator(app, "elsewhere", "elsewhere")
    assert stranger.refused("POST", INTERNAL, given) == "ERROR_OPERATION_NOT_FOUND"


# --- what is told: the examples of docs/callbacks.md ----------------------------------------------


def deliver(app):
    """Do what the worker does."""
    settings = parts_of(app).settings
    channel = Webhooks(settings.callbacks, allow_private=True)
    Calls(parts_of(app), channel, later=lambda _wait: None).drain()


def examples():
    """The payloads that docs/callbacks.md shows."""
    page = (Path(__file__).parents[3] / "docs" / "callbacks.md").read_text()
    return [json.loads(each) for each in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]


def test_the_story_of_a_phone_and_a_payment_is_told(app):  # 38, 39, 48
    cloud = Cloud(app)
    with receiving() as receiver:
        for kind in (REGISTRATION, OPERATION):
            wanted = {"type": kind, "callbackUrl": receiver.url, "attributes": ATTRIBUTES[kind]}
            cloud("POST", PATH, LEAST | wanted)
        device = cloud.phone("10045678", flags=["VIP"])
        operation = cloud.open("10045678", externalId="T-1")["operationId"]
        (shown,) = pending(device)
        assert approve(device, shown, WRONG).status_code == 401
        assert approve(device, shown).status_code == 200
        cloud.change(device.id, "BLOCK", blockReason="LOST")
        cloud.change(device.id, "REMOVE")
        deliver(app)
    phone = [each for each in receiver.told if each["type"] == "ACTIVATION"]
    assert [each["activationStatus"] for each in phone] == [
        "CREATED", "PENDING_COMMIT", "ACTIVE", "BLOCKED", "REMOVED",
    ]  # fmt: skip
    assert phone[3] == {
        "type": "ACTIVATION", "activationId": device.id, "userId": "10045678",
        "activationName": phone[3]["activationName"], "deviceInfo": phone[3]["deviceInfo"],
        "platform": phone[3]["platform"], "protocol": "powerauth", "activationFlags": ["VIP"],
        "activationStatus": "BLOCKED", "blockedReason": "LOST", "applicationId": APP,
    }  # fmt: skip
    payment = [each for each in receiver.told if each["type"] == "OPERATION"]
    assert [(each["status"], each["failureCount"]) for each in payment] == [
        ("PENDING", 0), ("PENDING", 1), ("APPROVED", 1),
    ]  # fmt: skip
    detail = cloud.operation(operation)
    assert payment[0]["timestampFinalized"] is None
    assert payment[2] == {
        "type": "OPERATION", "operationId": operation, "userId": "10045678",
        "applications": [APP], "operationType": "authorize_payment",
        "parameters": detail["parameters"], "additionalData": detail["additionalData"],
        "activationFlag": None, "status": "APPROVED", "data": detail["data"], "failureCount": 1,
        "maxFailureCount": 5, "signatureType": ["possession_knowledge", "possession_biometry"],
        "externalId": "T-1", "timestampCreated": detail["timestampCreated"],
        "timestampExpires": detail["timestampExpires"],
        "timestampFinalized": detail["timestampFinalized"],
    }  # fmt: skip
    assert [[*payment[2]], [*phone[3]]] == [[*each] for each in examples()]
    assert len({call.key for call in receiver.calls}) == 8
    assert all(re.fullmatch(r"[0-9a-f-]{36}", call.key) for call in receiver.calls)
    assert {row.payload for row in all_of(app, OutboxRow) if row.kind == "callback"} == {None}


def test_what_changes_nothing_is_not_told(app):  # 65
    cloud = Cloud(app)
    device = cloud.phone("10045678")
    with receiving() as receiver:
        wanted = {"type": REGISTRATION, "attributes": ["activationStatus", "blockedReason"]}
        cloud("POST", PATH, LEAST | wanted | {"callbackUrl": receiver.url})
        for reason in ("LOST", "OTHER"):
            cloud.change(device.id, "BLOCK", blockReason=reason)
            cloud("PUT", f"/v2/registrations/{device.id}/name", {"name": reason})
        for _ in range(2):
            cloud.change(device.id, "UNBLOCK")
        deliver(app)
    told = [(each["activationStatus"], each["blockedReason"]) for each in receiver.told]
    assert told == [("BLOCKED", "LOST"), ("ACTIVE", None)]


def test_only_what_was_asked_for_is_told(app):  # 39
    cloud = Cloud(app)
    cloud.phone("10045678")
    with receiving() as receiver:
        cloud("POST", PATH, LEAST | {"callbackUrl": receiver.url})
        cloud("POST", PATH, LEAST | {"callbackUrl": receiver.url, "attributes": ["status"]})
        operation = cloud.open("10045678")["operationId"]
        deliver(app)
    plain = {"type": "OPERATION", "operationId": operation}
    found = sorted(receiver.told, key=len)
    assert found == [plain, plain | {"status": "PENDING"}]


def test_secrets_do_not_follow_a_callback_to_another_place(cloud):
    made = cloud("POST", PATH, FULL)
    basic = {"httpBasic": {"enabled": True, "username": "bank"}}
    moved = FULL | {"authentication": basic, "callbackUrl": "https://shop.example.evil.example/"}
    assert cloud.refused("PUT", f"{PATH}/{made['callbackId']}", moved) == "ERROR_ADMIN"
    same = FULL | {"authentication": basic, "callbackUrl": "https://shop.example/other"}
    kept = cloud("PUT", f"{PATH}/{made['callbackId']}", same)
    assert kept["authentication"]["httpBasic"]["passwordSet"]
    tokens = {
        "oauth2": {"enabled": True, "clientId": "b", "tokenUri": "https://evil.example/token"}
    }
    made = cloud("POST", PATH, FULL)
    moved = FULL | {"authentication": tokens}
    assert cloud.refused("PUT", f"{PATH}/{made['callbackId']}", moved) == "ERROR_ADMIN"
    assert (
        cloud.refused(
            "PUT",
            f"{PATH}/{made['callbackId']}",
            FULL
            | {
                "authentication": {
                    "oauth2": {"enabled": True, "clientId": "b", "tokenUri": "http://[x"}
                }
            },
        )
        == "ERROR_ADMIN"
    )


@pytest.mark.parametrize("secret", ["whsec_" + "A" * 32 + "AA=", "whsec_" + "A" * 32 + "B==="])
def test_a_signing_secret_that_is_no_base64_is_refused(cloud, secret):
    answer = cloud.ask("POST", PATH, LEAST | {"signingSecret": secret})
    assert answer.status_code == 400
    assert secret not in answer.text


def test_changes_and_removals_at_once_wait_for_each_other(app):
    cloud = Cloud(app)
    for _ in range(3):
        made = cloud("POST", PATH, LEAST)
        one = f"{PATH}/{made['callbackId']}"
        acts = [
            lambda one=one: cloud.ask("PUT", one, FULL),
            lambda one=one: cloud.ask("DELETE", one),
        ]
        answers = at_once(*acts, *acts)
        assert {answer.status_code for answer in answers} <= {200, 400}
        assert sum(answer.status_code == 200 for answer in answers[1::2]) == 1


def test_the_password_of_one_change_does_not_follow_the_address_of_another(app):
    cloud = Cloud(app)
    made = cloud("POST", PATH, FULL)
    with ThreadPoolExecutor(1) as pool:
        with writing(app) as session:  # another change, of which the second one has not heard
            held = select(CallbackRow).where(CallbackRow.id == made["callbackId"])
            row = session.scalars(held.with_for_update()).one()
            row.url, row.basic_password_sealed = "https://elsewhere.example/", None
            session.flush()
            second = pool.submit(put, cloud, made)
            wait([second], 0.5)
        second.result()
    assert stored(cloud, made["callbackId"]).url == FULL["callbackUrl"]
