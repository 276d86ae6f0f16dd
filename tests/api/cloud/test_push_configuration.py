"""What Apple, Google and Huawei give out, through the API (checklist 27 to 30)."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from app.channels.credentials import ApnsCredentials, FcmCredentials, HmsCredentials
from app.store.applications import PushCredentialsRow
from app.store.audit import AuditEntry
from app.store.outbox import OutboxRow
from tests.support.cloud import APP, CAME, Cloud, admin
from tests.support.device import now
from tests.support.push_authority import pem_of
from tests.support.store import all_of, census, on_sqlite, serving
from tests.support.workers import working

pytest_plugins = ["tests.support.lasting"]

ALL = "/admin/applications"
REACH = "/api/push/device/register/token"
UNKNOWN = {"code": "ERROR_ADMIN", "message": "No enabled application version was found"}
KEY = pem_of(ec.generate_private_key(ec.SECP256R1()))
ACCOUNT = {
    "type": "service_account",
    "project_id": "file-project",
    "private_key_id": "0f1e2d",
    "private_key": pem_of(rsa.generate_private_key(65537, 2048)).decode(),
    "client_email": "pusher@file-project.iam.gserviceaccount.com",
}


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


APNS = {
    "topic": "com.wultra.apns.topic",
    "keyId": "ABC123DEFG",
    "teamId": "DEF123GHIJ",
    "environment": "PRODUCTION",
    "privateKeyBase64": b64(KEY),
}
FCM = {"projectId": "fcm-project-id", "privateKeyBase64": b64(json.dumps(ACCOUNT))}
HMS = {
    "projectId": "hms-project-id",
    "appId": "my-app-id",
    "clientId": "my-client-id",
    "clientSecret": "a-client-secret-of-huawei",
}
BODIES = {"apns": APNS, "fcm": FCM, "hms": HMS}
TOLD = {
    "apns": {name: APNS[name] for name in APNS if name != "privateKeyBase64"},
    "fcm": {"projectId": "fcm-project-id"},
    "hms": {"projectId": "hms-project-id"},
}


@pytest.fixture
def boss(lasting_app):
    return admin(lasting_app)


@pytest.fixture
def name(request, boss):
    name = f"app-{abs(hash(request.node.name))}"
    boss("POST", ALL, {"id": name})
    return name


def path(name, provider=""):
    return f"{ALL}/{name}/push{provider and '/' + provider}"


def told(answer):
    assert answer.status_code == 400, answer.text
    return answer.json["responseObject"]


def rows(app, name):
    return {
        row.provider: row for row in all_of(app, PushCredentialsRow) if row.application_id == name
    }


def test_what_is_set_is_told_as_the_guide_has_it_without_a_secret(lasting_app, boss, name):  # 30
    assert boss("GET", path(name)) == {"id": name}
    known = {"id": name}
    for provider, body in BODIES.items():
        known[provider] = TOLD[provider]
        assert boss("POST", path(name, provider), body) == known
    assert boss("GET", path(name)) == known
    assert boss("GET", path(APP)) == {"id": APP}
    with serving(lasting_app, writing=False) as services:
        kept = services.mtoken.push_credentials
        assert kept.find(name, ApnsCredentials).secret == KEY.decode()
        assert kept.find(name, FcmCredentials).secret == ACCOUNT["private_key"]
        assert kept.find(name, HmsCredentials).app_id == "my-app-id"
        assert kept.find(name, HmsCredentials).client_id == "my-client-id"
        assert kept.find(name, HmsCredentials).secret == HMS["clientSecret"]


@pytest.mark.parametrize("given", ["development", "DEVELOPMENT", "Development"])
def test_an_environment_comes_in_any_case_and_goes_in_capitals(boss, name, given):  # 27
    made = boss("POST", path(name, "apns"), APNS | {"environment": given})
    assert made["apns"]["environment"] == "DEVELOPMENT"
    assert boss("GET", path(name)) == made


def test_a_file_that_is_nested_too_deep_is_refused(boss, name):
    answer = boss.ask("POST", path(name, "fcm"), {"privateKeyBase64": b64("[" * 16_000)})
    assert told(answer)["violations"][0]["hint"] == "the file is not JSON"


def test_a_key_that_it_would_take_long_to_check_is_refused_unread(boss, name):
    file = b64(json.dumps(ACCOUNT | {"private_key": ACCOUNT["private_key"] + "\n" * 4096}))
    answer = boss.ask("POST", path(name, "fcm"), {"privateKeyBase64": file})
    assert told(answer)["violations"][0]["hint"] == "the key is too large"


def test_without_a_project_google_s_file_names_it(boss, name):
    made = boss("POST", path(name, "fcm"), {"privateKeyBase64": FCM["privateKeyBase64"]})
    assert made["fcm"] == {"projectId": "file-project"}


def test_what_is_set_anew_is_replaced_alone(lasting_app, boss, name):
    boss("POST", path(name, "apns"), APNS)
    boss("POST", path(name, "hms"), HMS)
    made = boss("POST", path(name, "hms"), HMS | {"projectId": "another"})
    assert made == {"id": name, "apns": TOLD["apns"], "hms": {"projectId": "another"}}
    assert len(rows(lasting_app, name)) == 2


@pytest.mark.parametrize("provider", BODIES)
def test_what_is_removed_is_told_no_more(boss, name, provider):  # 29
    for each, body in BODIES.items():
        boss("POST", path(name, each), body)
    for _ in range(2):
        assert boss("DELETE", path(name, provider)) == {"status": "OK"}
    assert set(boss("GET", path(name))) == {"id", *BODIES} - {provider}


@pytest.mark.parametrize(
    ("provider", "field"),
    [(each, field) for each, body in BODIES.items() for field in body]
)  # fmt: skip
def test_a_field_that_is_needed_is_named_as_the_guide_says(boss, name, provider, field):  # 28
    body = {each: value for each, value in BODIES[provider].items() if each != field}
    if (provider, field) == ("fcm", "projectId"):
        return  # the guide has no star there; see above
    said = told(boss.ask("POST", path(name, provider), body))
    assert said["code"] == "ERROR_REQUEST"
    assert said["message"] == f"Required String parameter '{field}' is not present"
    assert boss("GET", path(name)) == {"id": name}


def test_an_environment_that_is_none_is_told_as_it_came(boss, name):
    answer = boss.ask("POST", path(name, "apns"), APNS | {"environment": "development|production"})
    (violation,) = told(answer)["violations"]
    assert violation["invalidValue"] == "development|production"


OTHER_CURVE = pem_of(ec.generate_private_key(ec.SECP384R1()))
WRONG = [
    ("apns", {"privateKeyBase64": "no Base64!"}, "privateKeyBase64"),
    ("apns", {"privateKeyBase64": b64("no key")}, "privateKeyBase64"),
    ("apns", {"privateKeyBase64": KEY.decode()}, "privateKeyBase64"),
    ("apns", {"privateKeyBase64": b64(KEY[:-40])}, "privateKeyBase64"),
    ("apns", {"privateKeyBase64": b64(OTHER_CURVE)}, "privateKeyBase64"),
    ("apns", {"privateKeyBase64": ""}, "privateKeyBase64"),
    ("apns", {"environment": "staging"}, "environment"),
    ("apns", {"environment": None}, "environment"),
    ("apns", {"topic": "com.example\r\nx: y"}, "topic"),
    ("apns", {"keyId": "../x"}, "keyId"),
    ("apns", {"teamId": " "}, "teamId"),
    ("fcm", {"privateKeyBase64": b64("{")}, "privateKeyBase64"),
    ("fcm", {"privateKeyBase64": b64(json.dumps(ACCOUNT | {"private_key": "x"}))},
     "privateKeyBase64"),
    ("fcm", {"privateKeyBase64": b64(json.dumps(ACCOUNT | {"private_key_id": "a/b"}))},
     "privateKeyBase64"),
    ("fcm", {"projectId": "a/b"}, "projectId"),
    ("hms", {"clientSecret": ""}, "clientSecret"),
    ("hms", {"clientSecret": "x" * 1025}, "clientSecret"),
    ("hms", {"appId": "a/b"}, "appId"),
    ("hms", {"clientId": 7}, "clientId"),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "wrong", "field"), WRONG)
def test_what_cannot_be_right_is_refused_and_changes_nothing(boss, name, provider, wrong, field):
    boss("POST", path(name, provider), BODIES[provider])
    kept, before = vars(rows(boss.app, name)[provider]), census(boss.app)
    answer = boss.ask("POST", path(name, provider), BODIES[provider] | wrong)
    said = told(answer)
    assert (said["code"], said["message"]) == ("ERROR_REQUEST", "Invalid method parameter value")
    (violation,) = said["violations"]
    assert violation["fieldName"] == field
    assert violation["hint"]
    if field in ("privateKeyBase64", "clientSecret"):
        assert "invalidValue" not in violation
    after = vars(rows(boss.app, name)[provider])
    assert (after["facts"], after["secret_sealed"]) == (kept["facts"], kept["secret_sealed"])
    assert census(boss.app) == before


def test_an_application_that_is_not_there_has_none(boss):
    before = census(boss.app)
    assert told(boss.ask("GET", path("nothing"))) == UNKNOWN
    for provider, body in BODIES.items():
        assert told(boss.ask("POST", path("nothing", provider), body)) == UNKNOWN
        assert told(boss.ask("DELETE", path("nothing", provider))) == UNKNOWN
    assert census(boss.app) == before


def test_an_integration_user_configures_no_pushes(boss, name):
    boss("POST", path(name, "hms"), HMS)
    robot = Cloud(boss.app)
    assert robot.ask("GET", path(APP)).status_code == 403
    for provider, body in BODIES.items():
        assert robot.ask("POST", path(name, provider), body).status_code == 403
        assert robot.ask("DELETE", path(name, provider)).status_code == 403
    assert boss("GET", path(name)) == {"id": name, "hms": TOLD["hms"]}


def test_the_trail_names_who_configures_and_repeats_no_secret(lasting_app, boss, name):
    boss("POST", path(name, "hms"), HMS)
    boss("DELETE", path(name, "hms"))
    boss("DELETE", path(name, "hms"))
    written = [each for each in all_of(lasting_app, AuditEntry) if each.subject == name]
    assert [(each.name, each.facts) for each in written] == [
        ("application.created", CAME),
        ("application.push.changed", {"platform": "hms"} | CAME),
        ("application.push.removed", {"platform": "hms"} | CAME),
    ]
    assert {each.actor for each in written} == {"system:system-admin"}


def test_of_many_who_configure_at_once_all_succeed(app):
    boss = admin(app)
    calls = [("POST", "hms", HMS), ("POST", "fcm", FCM), ("DELETE", "hms", None)] * 3

    def make(call):
        method, provider, body = call
        return boss.ask(method, path(APP, provider), body).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(make, calls)) == {200}
    assert len(rows(app, APP)) <= 2
    assert boss("POST", path(APP, "hms"), HMS)["fcm"] == TOLD["fcm"]


@on_sqlite
def test_the_worker_pushes_by_what_was_set_a_moment_ago(app, settings, push_world):
    with working(settings.model_copy(update={"push": push_world.settings})) as worker:
        _push_by_what_is_set(app, push_world, worker)


def _push_by_what_is_set(app, world, worker):
    boss, cloud, google = admin(app), Cloud(app), world.fcm
    device = cloud.phone()
    device.create_token()
    google.devices.add("google:token")
    address = {"requestObject": {"platform": "fcm", "token": "google:token"}}
    assert device.post(device.handset.with_token(REACH, address, now())).status_code == 200

    def ends():
        before = {row.id for row in all_of(app, OutboxRow)}
        cloud.open()
        worker.drain()
        return [(r.state, r.error) for r in all_of(app, OutboxRow) if r.id not in before]

    assert ends() == [("failed", "no_credentials")]
    boss("POST", path(APP, "fcm"), {"privateKeyBase64": b64(google.file)})
    assert ends() == [("delivered", "")]
    boss("DELETE", path(APP, "fcm"))
    assert ends() == [("failed", "no_credentials")]
    boss("POST", path(APP, "fcm"), {"privateKeyBase64": b64(google.file)})
    assert ends() == [("delivered", "")]
    assert len(google.taken) == 2
