"""Applications through the API: made with keys, roles and configuration."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.store.applications import ApplicationSetting
from app.store.audit import AuditEntry
from tests.support.cloud import APP, CAME, Cloud, admin
from tests.support.store import all_of, census, on_sqlite, put_in, serving

pytest_plugins = ["tests.support.lasting"]

ALL = "/admin/applications"
UNKNOWN = {"code": "ERROR_ADMIN", "message": "No enabled application version was found"}
FORMATS, AAGUIDS = "fido2_attestation_fmt_allowed", "fido2_aaguids_allowed"
CERTIFICATES, PROVIDERS = "fido2_root_ca_certs", "oauth2_providers"
AAGUID = "b34d6780-4264-459e-9b99-600a21017a69"
PROVIDER = {
    "providerId": "bank-id", "clientId": "portal", "clientSecret": "s3cr3t-of-the-provider",
    "tokenUri": "https://id.example.com/token", "scopes": "openid",
}  # fmt: skip


@pytest.fixture
def name(request):
    return f"app-{abs(hash(request.node.name))}"


@pytest.fixture
def made(lasting_app, name):
    return admin(lasting_app)("POST", ALL, {"id": name, "roles": ["ROLE2", "ROLE1", "ROLE2"]})


def told(answer):
    assert answer.status_code == 400, answer.text
    return answer.json["responseObject"]


def bad_key(act, key):
    said = f"Invalid {act} application configuration request for configuration key: {key}"
    return {"code": "ERROR_ADMIN", "message": said}


def certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Root")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(who).issuer_name(who)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=9))
    signed = builder.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


# --- applications -------------------------------------------------------------------------------


def test_a_new_application_has_all_that_its_makers_need(lasting_app, name, made):  # 17, 18, 19
    assert set(made) == {
        "id", "serviceBaseUrl", "mobileSdkConfig", "roles", "appKey", "appSecret",
        "masterServerPublicKey",
    }  # fmt: skip
    assert (made["id"], made["roles"]) == (name, ["ROLE1", "ROLE2"])
    assert made["serviceBaseUrl"] == "http://localhost:8080/enrollment-server"
    key, secret, point, config = (
        base64.b64decode(made[each], validate=True)
        for each in ("appKey", "appSecret", "masterServerPublicKey", "mobileSdkConfig")
    )
    assert (len(key), len(secret), len(point), point[0]) == (16, 16, 65, 4)
    assert config == b"\x01\x10" + key + b"\x10" + secret + b"\x01\x01\x41" + point
    assert admin(lasting_app)("GET", f"{ALL}/{name}") == made
    assert {"id": name} in admin(lasting_app)("GET", ALL)["applications"]  # 21


def test_an_id_is_given_once(lasting_app, name, made):
    said = told(admin(lasting_app).ask("POST", ALL, {"id": name}))
    assert said == {"code": "ERROR_ADMIN", "message": "Application already exists."}
    assert admin(lasting_app)("GET", f"{ALL}/{name}") == made


def test_of_many_who_make_the_same_application_at_once_one_does(app):
    def make(_):
        return admin(app).ask("POST", ALL, {"id": "mobile", "roles": ["A"]})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(make, range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]
    (kept,) = [answer.json for answer in answers if answer.status_code == 200]
    assert admin(app)("GET", f"{ALL}/mobile") == kept


@pytest.mark.parametrize("wrong", [None, "", "a/b", "a b", "..", "x" * 256, 7])
def test_an_id_that_no_path_holds_is_refused(lasting_app, wrong):
    before = census(lasting_app)
    said = told(admin(lasting_app).ask("POST", ALL, {"id": wrong}))
    assert said["code"] == "ERROR_REQUEST"
    assert [each["fieldName"] for each in said["violations"]] == ["id"]
    assert census(lasting_app) == before


def test_a_phone_of_a_new_application_can_be_registered(lasting_app, name, made):
    boss = admin(lasting_app)
    password = boss("POST", "/admin/users", {"username": f"{name}-robot"})["password"]
    boss("POST", f"/admin/users/{name}-robot/applications/{name}")
    robot = Cloud(lasting_app, f"{name}-robot", password)
    assert robot.register(app_id=name)["activationCode"]
    assert robot.refused("POST", "/v2/registrations", {"userId": "x", "appId": APP})


def test_what_is_not_there_is_refused_alike(lasting_app):  # 20
    boss, before = admin(lasting_app), census(lasting_app)
    for method, path, body in (
        ("GET", "/nothing", None), ("POST", "/roles", {"id": "nothing", "roles": ["A"]}),
        ("POST", "/nothing/roles/remove", {"roles": ["A"]}), ("GET", "/nothing/config", None),
        ("POST", "/nothing/config", {"key": FORMATS, "values": []}),
        ("DELETE", "/nothing/config", {"key": FORMATS}),
    ):  # fmt: skip
        assert told(boss.ask(method, ALL + path, body)) == UNKNOWN, path
    assert census(lasting_app) == before


def test_an_integration_user_administrates_no_application(lasting_app):  # 5
    before = census(lasting_app)
    for method, path, body in (
        ("POST", "", {"id": "x"}), ("POST", "/roles", {"id": APP, "roles": ["A"]}),
        ("POST", f"/{APP}/roles/remove", {"roles": ["A"]}), ("GET", f"/{APP}/config", None),
        ("POST", f"/{APP}/config", {"key": FORMATS, "values": ["packed"]}),
        ("DELETE", f"/{APP}/config", {"key": FORMATS}),
    ):  # fmt: skip
        assert Cloud(lasting_app).ask(method, ALL + path, body).status_code == 403
    assert census(lasting_app) == before


# --- roles --------------------------------------------------------------------------------------


def test_a_role_is_there_once_and_a_missing_one_is_removed_without_a_word(lasting_app, name, made):
    boss, ok = admin(lasting_app), {"status": "OK"}  # 22, 23
    for _ in range(2):
        assert boss("POST", f"{ALL}/roles", {"id": name, "roles": ["ROLE3", "ROLE1"]}) == ok
    assert boss("GET", f"{ALL}/{name}")["roles"] == ["ROLE1", "ROLE2", "ROLE3"]
    for _ in range(2):
        gone = {"roles": ["ROLE1", "ROLE3", "ROLE9"]}
        assert boss("POST", f"{ALL}/{name}/roles/remove", gone) == ok
    assert boss("GET", f"{ALL}/{name}") == made | {"roles": ["ROLE2"]}


@pytest.mark.parametrize("body", [{"roles": ["A"]}, {"id": "", "roles": ["A"]}])
def test_roles_without_an_application_are_refused_as_the_guide_says(lasting_app, body):  # 8
    said = told(admin(lasting_app).ask("POST", f"{ALL}/roles", body))
    assert said == {
        "code": "ERROR_REQUEST",
        "message": "Invalid method parameter value",
        "violations": [{"fieldName": "id", "hint": "must not be empty"}],
    }


def test_roles_must_be_named(lasting_app):
    boss = admin(lasting_app)
    for path, body in (("/roles", {"id": APP}), (f"/{APP}/roles/remove", {})):
        said = told(boss.ask("POST", ALL + path, body))
        assert said["message"] == "Required String parameter 'roles' is not present"
    for roles in ([""], [None], "ROLE", ["x" * 257], ["A"] * 65):
        assert told(boss.ask("POST", f"{ALL}/roles", {"id": APP, "roles": roles}))["violations"]


def test_roles_that_are_added_at_once_are_all_there_once(app):
    def add(n):
        return admin(app).ask("POST", f"{ALL}/roles", {"id": APP, "roles": ["SAME", f"ROLE{n}"]})

    with ThreadPoolExecutor(4) as pool:
        assert {answer.status_code for answer in pool.map(add, range(4))} == {200}
    roles = ["ROLE0", "ROLE1", "ROLE2", "ROLE3", "SAME"]
    assert admin(app)("GET", f"{ALL}/{APP}")["roles"] == roles


# --- configuration --------------------------------------------------------------------------------


def test_a_key_is_set_set_anew_and_removed(lasting_app, name, made):  # 24, 26
    boss, path = admin(lasting_app), f"{ALL}/{name}/config"
    assert boss("GET", path) == {"appId": name, "applicationConfigs": []}
    for values in (["packed"], ["packed", "none"]):
        stated = {"key": FORMATS, "values": values}
        assert boss("POST", path, stated) == {"appId": name, **stated}
    boss("POST", path, {"key": AAGUIDS, "values": [AAGUID]})
    assert boss("GET", path) == {
        "appId": name,
        "applicationConfigs": [
            {"key": AAGUIDS, "values": [AAGUID]},
            {"key": FORMATS, "values": ["packed", "none"]},
        ],
    }
    assert boss("GET", f"{ALL}/{APP}/config")["applicationConfigs"] == []
    for _ in range(2):
        assert boss("DELETE", path, {"key": FORMATS}) == {"status": "OK"}
    assert [each["key"] for each in boss("GET", path)["applicationConfigs"]] == [AAGUIDS]


@pytest.mark.parametrize("key", ["invalid", "FIDO2_AAGUIDS_ALLOWED", "${x}"])
def test_a_key_that_nobody_knows_is_refused_as_the_guide_says(lasting_app, key):  # 25, 26
    boss, path, before = admin(lasting_app), f"{ALL}/{APP}/config", census(lasting_app)
    refused = boss.ask("POST", path, {"key": key, "values": ["packed"]})
    assert told(refused) == bad_key("create", key)
    assert told(boss.ask("DELETE", path, {"key": key})) == bad_key("remove", key)
    assert census(lasting_app) == before


@pytest.mark.parametrize(
    ("key", "wrong", "hint"),
    [
        (FORMATS, 7, "must be a name"), (FORMATS, "", "must be a name"),
        (FORMATS, {}, "must be a name"), (AAGUIDS, "packed", "must be a UUID"),
        (AAGUIDS, AAGUID.replace("-", ""), "must be a UUID"), (AAGUIDS, 1, "must be a UUID"),
        (CERTIFICATES, "MIIB", "must be a certificate (PEM)"),
        (CERTIFICATES, None, "must be a certificate (PEM)"), (PROVIDERS, "x", "must be an object"),
        (PROVIDERS, {"clientId": "a"}, "must have a providerId"),
        (PROVIDERS, {"providerId": "a", "clientId": ""}, "must have a clientId"),
        (PROVIDERS, PROVIDER | {"clientSecret": 7}, "must have a text as clientSecret"),
    ],
)  # fmt: skip
def test_values_are_of_the_type_of_their_key(lasting_app, key, wrong, hint):
    right = {FORMATS: "packed", AAGUIDS: AAGUID, CERTIFICATES: certificate(), PROVIDERS: PROVIDER}
    boss, path, before = admin(lasting_app), f"{ALL}/{APP}/config", census(lasting_app)
    said = told(boss.ask("POST", path, {"key": key, "values": [right[key], wrong]}))
    assert (said["code"], said["message"]) == ("ERROR_REQUEST", "Invalid method parameter value")
    assert said["violations"] == [{"fieldName": "values.1", "hint": hint}]
    assert census(lasting_app) == before


def test_a_key_needs_a_list_of_values(lasting_app):
    boss, path = admin(lasting_app), f"{ALL}/{APP}/config"
    for body, field in (
        ({"values": []}, "key"), ({"key": FORMATS}, "values"),
        ({"key": FORMATS, "values": "packed"}, "values"), ({"key": None, "values": []}, "key"),
    ):  # fmt: skip
        said = told(boss.ask("POST", path, body))
        assert [each["fieldName"] for each in said["violations"]] == [field]
    said = told(boss.ask("DELETE", path, {}))
    assert said["message"] == "Required String parameter 'key' is not present"


def test_the_secret_of_a_provider_is_kept_sealed_and_never_told(app):
    boss, path = admin(app), f"{ALL}/{APP}/config"
    heard = []
    put_in(app, listeners=[heard.append])
    answers = [
        boss.ask("POST", path, {"key": PROVIDERS, "values": [PROVIDER]}),
        boss.ask("GET", path),
    ]
    without = {name: PROVIDER[name] for name in PROVIDER if name != "clientSecret"}
    for answer in answers:
        config = answer.json if "key" in answer.json else answer.json["applicationConfigs"][0]
        assert config["values"] == [without | {"clientSecretSet": True}]
    (row,) = all_of(app, ApplicationSetting)
    trail = [(each.name, each.facts) for each in all_of(app, AuditEntry)]
    for said in (row.values_sealed, answers[0].data, answers[1].data, f"{heard} {trail}".encode()):
        assert PROVIDER["clientSecret"].encode() not in said
    with serving(app) as services:  # and it is sealed anew with the rest
        services.keys.rotate()
        services.commit()
        assert services.keys.reseal(services.commit).broken == ()
    assert all_of(app, ApplicationSetting)[0].values_sealed != row.values_sealed
    assert boss("GET", path)["applicationConfigs"][0]["values"][0]["clientSecretSet"] is True
    assert json.loads(answers[0].data)["appId"] == APP


@on_sqlite
def test_the_trail_names_who_administrates(app):
    boss = admin(app)
    boss("POST", ALL, {"id": "mobile", "roles": ["A"]})
    boss("POST", f"{ALL}/mobile/roles/remove", {"roles": ["A"]})
    boss("POST", f"{ALL}/mobile/config", {"key": FORMATS, "values": ["packed"]})
    boss("DELETE", f"{ALL}/mobile/config", {"key": FORMATS})
    written = [each for each in all_of(app, AuditEntry) if each.subject == "mobile"]
    assert [(each.name, each.facts) for each in written] == [
        ("application.created", CAME),
        ("application.roles.changed", {"added": "A"} | CAME),
        ("application.roles.changed", {"removed": "A"} | CAME),
        ("application.configured", {"setting": FORMATS} | CAME),
        ("application.configured", {"setting": FORMATS, "removed": 1} | CAME),
    ]
    assert {each.actor for each in written} == {"system:system-admin"}
