"""The document of the Cloud API, the page that shows it, and that anything may be asked."""

import os
import re
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.support.cloud import APP, PREFIX, Cloud, admin, basic
from tests.support.device import USER
from tests.support.store import on_sqlite, put_in

pytest_plugins = ["tests.support.lasting"]

EXAMPLES = int(os.environ.get("WEBFLOW_TEST_EXAMPLES", "4"))
"""How much is asked of each call; more by hand."""

GUIDE = {
    "createRegistration": ("POST", "/v2/registrations", "Registrations"),
    "getRegistrationList": ("GET", "/v2/registrations", "Registrations"),
    "getRegistration": ("GET", "/v2/registrations/{registrationId}", "Registrations"),
    "deleteRegistration": ("DELETE", "/v2/registrations/{registrationId}", "Registrations"),
    "commitActivation": ("POST", "/v2/registrations/{registrationId}/commit", "Registrations"),
    "updateRegistrationState": ("PUT", "/v2/registrations/{registrationId}", "Registrations"),
    "createOperation": ("POST", "/v2/operations", "Operations"),
    "getOperation": ("GET", "/v2/operations/{operationId}", "Operations"),
    "cancelOperation": ("DELETE", "/v2/operations/{operationId}", "Operations"),
    "sendMessage": ("POST", "/v2/inbox/messages", "Inbox"),
    "sendPushMessage": ("POST", "/v2/messages/send", "Push Notifications"),
    "createUser": ("POST", "/admin/users", "System Users"),
    "addAppAccessToUser": (
        "POST", "/admin/users/{username}/applications/{applicationId}", "System Users"
    ),
    "createApplication": ("POST", "/admin/applications", "Applications"),
    "applicationDetail": ("GET", "/admin/applications/{applicationId}", "Applications"),
}  # fmt: skip
"""Names and tags of the guide's console links (seed 001)."""


@pytest.fixture
def document(lasting_apps):
    answer = lasting_apps("sqlite").test_client().get(f"{PREFIX}/v3/api-docs")
    assert answer.status_code == 200
    return answer.json


def calls(document):
    return [
        (path.removeprefix(PREFIX), method.upper(), made)
        for path, methods in document["paths"].items()
        for method, made in methods.items()
    ]


def back_end(app, path):
    return admin(app) if path.startswith("/admin/") else Cloud(app)


# --- the document -----------------------------------------------------------------------------


def test_calls_have_the_names_and_tags_of_the_guide(document):
    assert document["openapi"] == "3.1.0"
    named = {made["operationId"]: (m, path, *made["tags"]) for path, m, made in calls(document)}
    assert len(named) == len(calls(document))
    assert named | GUIDE == named


@pytest.mark.parametrize("path", ["/swagger-ui/index.html", "/v3/api-docs", "/openapi.json"])
def test_everybody_may_read_it(lasting_apps, path):
    headers = {"Sec-Fetch-Site": "cross-site"}  # a link on another site's page
    with lasting_apps("sqlite").test_client().get(PREFIX + path, headers=headers) as answer:
        assert answer.status_code == 200
        if path.endswith(".html"):
            assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
            assert "/static/swagger/start.js" in answer.text


# --- the way to ask ---------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_path_may_end_with_a_slash_and_nothing_redirects(lasting_app, slash):  # decision 22
    cloud = Cloud(lasting_app)
    wanted = {"userId": USER, "appId": APP, "surprise": [{"a": 1}]}
    made = cloud("POST", f"/v2/registrations{slash}", wanted)["registrationId"]
    assert cloud("GET", f"/v2/registrations{slash}", registrationId=made)["registrations"]
    assert cloud("GET", f"/v2/registrations/{made}{slash}")["registrationStatus"] == "CREATED"
    assert cloud("DELETE", f"/v2/registrations/{made}{slash}") == {"status": "OK"}


@pytest.mark.parametrize("path", ["", "/", "/unknown", "/v2", "/v2/registrations/x/unknown", "//"])
def test_an_unknown_address_is_refused_in_the_dialect(lasting_apps, path):  # 10
    for method in ("GET", "POST"):
        answer = Cloud(lasting_apps("sqlite")).ask(method, path)
        assert answer.status_code == 404
        assert answer.json["responseObject"]["code"] == "ERROR_NOT_FOUND"


@on_sqlite
def test_a_failure_of_ours_tells_nothing_of_the_inside(app):  # 12
    class Broken:
        def words(self, language):
            raise RuntimeError("Traceback of http://inside.example/ in sqlalchemy")

    cloud = Cloud(app)
    device, operation = cloud.phone(), cloud.open()["operationId"]
    put_in(app, texts=Broken())
    path = f"/v2/operations/{operation}/offline/qr"
    answer = cloud.ask("GET", path, registrationId=device.id)
    assert answer.status_code == 500
    assert answer.json == {
        "status": "ERROR",
        "responseObject": {"code": "ERROR_GENERIC", "message": "Unknown error occurred."},
    }
    assert "inside" not in str(answer.headers)


def test_a_method_that_an_address_does_not_have_is_refused_in_the_dialect(lasting_apps):
    answer = Cloud(lasting_apps("sqlite")).ask("PATCH", "/v2/registrations/x")
    assert (answer.status_code, answer.json["responseObject"]["code"]) == (405, "ERROR_REQUEST")
    assert {"GET", "PUT", "DELETE"} <= set(answer.headers["Allow"].split(", "))


BODIES = [
    b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b"\xc3\x28", b'{"userId":"a\\u0000b"}',
    b'{"userId":"\\ud800"}', b'{"a":NaN}', b'{"a":1e999}', b'{"a":1,"a":2}',
    b'{"a":' * 200 + b"{}" + b"}" * 200, b"[" * 100_000, b"userId=x&appId=demo",
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:30]))
def test_no_call_takes_a_body_that_is_none(lasting_apps, document, body):  # 11
    client = lasting_apps("sqlite").test_client()
    taking = [(path, m) for path, m, made in calls(document) if "requestBody" in made]
    assert taking
    for path, method in taking:
        headers = back_end(lasting_apps("sqlite"), path).headers
        answer = client.open(PREFIX + path, method=method, data=body, headers=headers)
        told = answer.json["responseObject"]
        assert (answer.status_code, told["code"]) == (400, "ERROR_REQUEST"), path
        assert "violations" not in told


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"userId": "x"', "Invalid request: the body is not JSON."),
        (b"[1]", "Invalid request: the body is not a JSON object."),
    ],
)
def test_who_forgets_a_brace_is_told_so(lasting_app, body, message):
    client, headers = lasting_app.test_client(), Cloud(lasting_app).headers
    answer = client.post(f"{PREFIX}/v2/registrations", data=body, headers=headers)
    assert answer.json["responseObject"]["message"] == message


def test_no_call_takes_a_large_body(lasting_apps, document):
    client = lasting_apps("sqlite").test_client()
    for path, method, made in calls(document):
        if "requestBody" in made:
            headers = back_end(lasting_apps("sqlite"), path).headers
            answer = client.open(PREFIX + path, method=method, data=b"x" * 300_000, headers=headers)
            told = answer.json["responseObject"]
            assert (answer.status_code, told["code"]) == (413, "ERROR_REQUEST"), path


@pytest.mark.parametrize("coding", ["chunked", "gzip, chunked", "Chunked "])
@pytest.mark.parametrize(("more", "status"), [(0, 200), (300_000, 413)])
def test_a_large_body_is_refused_whether_or_not_its_length_is_told(
    lasting_app, more, status, coding
):
    body = f'{{"userId": "{USER}", "appId": "{APP}"}}'.encode() + b" " * more
    answer = lasting_app.test_client().post(
        f"{PREFIX}/v2/registrations",
        input_stream=BytesIO(body),
        headers=Cloud(lasting_app).headers | {"Transfer-Encoding": coding},
        environ_overrides={"wsgi.input_terminated": True},  # as our servers say it
    )
    assert answer.status_code == status
    assert ("registrationId" in answer.json) == (status == 200)


@pytest.mark.parametrize("name", ["a%00b", "%ff", "x" * 2000, "%ED%A0%80", "'; DROP", "..%2F.."])
def test_no_name_in_an_address_is_a_failure_of_ours(lasting_app, document, name):
    for path, method, _ in calls(document):
        if "{" in path:
            filled = re.sub(r"\{\w+\}", name, path)
            answer = back_end(lasting_app, path).ask(method, filled)
            assert answer.status_code in (400, 404), (path, answer.text)
            assert answer.json["status"] == "ERROR"


def may_be_null(schema):
    return schema.get("type") == "null" or any(map(may_be_null, schema.get("anyOf", [])))


def test_a_field_that_is_not_needed_may_be_null(document):
    schemas = document["components"]["schemas"]
    taken = set()
    for _, _, made in calls(document):
        if "requestBody" in made:
            (content,) = made["requestBody"]["content"].values()
            taken.add(content["schema"]["$ref"].rpartition("/")[2])
    assert len(taken) > 20
    for name in taken:
        needed = schemas[name].get("required", [])
        for field, told in schemas[name]["properties"].items():
            assert field in needed or may_be_null(told), (name, field)


@pytest.mark.parametrize("body", ["extras", "", "YQ==", "YQ=", "YWI=", "YWJj", "Y", "Y===", "_-=="])
def test_the_document_tells_what_base64_is(lasting_apps, document, body):
    told = document["components"]["schemas"]["VerifySignatureRequest"]["properties"]["requestBody"]
    (pattern,) = [each["pattern"] for each in told["anyOf"] if each["type"] == "string"]
    asked = {"method": "POST", "uriId": "/x", "authHeader": "none", "requestBody": body}
    answer = Cloud(lasting_apps("sqlite")).ask("POST", "/v2/signature/verify", asked)
    taken = answer.json["responseObject"]["code"] == "ERROR_SIGNATURE_INVALID"
    assert taken == bool(re.search(pattern, body))


WITH_NULLS = {
    "/v2/registrations": {
        "userId": USER, "appId": APP, "otp": None, "otpValidation": None, "commitPhase": None,
        "flags": None, "timestampRegistrationExpire": None, "externalUserId": None,
    },
    "/v2/operations": {
        "userId": USER, "template": "login", "language": None, "externalId": None, "flag": None,
        "timestampExpires": None, "parameters": None, "proximityCheckEnabled": None,
        "silent": None, "registrationId": None, "additionalData": None,
    },
    f"/v2/admin/applications/{APP}/callbacks": {
        "name": "x", "type": "OPERATION_STATUS_CHANGE", "callbackUrl": "https://x.test",
        "attributes": None, "retentionPeriod": None, "initialBackoff": None, "maxAttempts": None,
        "enabled": None, "signingSecret": None,
        "authentication": {
            "httpBasic": {"enabled": None, "username": None, "password": None},
            "oauth2": {"enabled": None, "clientId": None, "clientSecret": None, "tokenUri": None},
        },
    },
    "/v2/messages/send": {
        "userId": USER, "registrationId": None, "silent": None, "title": "x", "message": None,
        "sound": None, "extras": None,
    },
    "/v2/inbox/messages": {
        "userId": USER, "type": "text", "subject": "A subject", "summary": "A summary",
        "body": "x", "silent": None,
    },
    "/admin/applications": {"id": "with-nulls", "roles": None},
    "/admin/templates/operations": {
        "templateName": "with-nulls", "operationType": "x", "dataTemplate": "A2",
        "signatureType": ["possession"], "maxFailureCount": None, "expiration": None,
        "riskFlags": None, "proximityCheckEnabled": None, "ui": None,
        "texts": [
            {
                "language": "en", "title": "T", "message": "M", "summary": None, "ui": None,
                "attributes": [
                    {"id": "x", "type": "HEADING", "text": "x", "params": None},
                ],
                "resultTexts": None,
            }
        ],
    },
}  # fmt: skip


def without_nulls(value):
    if isinstance(value, list):
        return [without_nulls(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: without_nulls(each) for name, each in value.items() if each is not None}


def varying(answer):
    """Return what two answers to the same may differ in."""
    names = ("Id", "Code", "Signature", "Data", "Key", "Secret", "Config", "id")
    return {
        name: None if name.endswith(names) or name.startswith("timestamp") else value
        for name, value in answer.items()
    }


@on_sqlite
@pytest.mark.parametrize("path", WITH_NULLS)
def test_null_says_as_much_as_nothing(app, path):
    Cloud(app).phone()
    ask, body = back_end(app, path), WITH_NULLS[path]
    answer = ask("POST", path, body)
    if path.startswith("/admin/templates"):
        ask("DELETE", f"{path}/with-nulls")
    if path == "/admin/applications":
        body = body | {"id": "without-nulls"}
    assert varying(answer) == varying(ask("POST", path, without_nulls(body)))


# --- anything may be asked ----------------------------------------------------------------------


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "userId", "appId", "otp", "otpValidation", "commitPhase", "flags", "externalUserId",
        "timestampRegistrationExpire", "change", "blockReason", "name", "template", "language",
        "externalId", "flag", "timestampExpires", "parameters", "proximityCheckEnabled", "silent",
        "registrationId", "additionalData", "statusReason", "removed", "page", "size",
        "incompleteStatusCheck", "username", "enabled", "id", "roles", "key", "values",
        "templateName", "operationType", "dataTemplate", "signatureType", "texts", "ui",
        "expiration", "riskFlags", "maxFailureCount", "days", "timestampFrom", "timestampTo",
        "incompleteStatusCheck", "type", "callbackUrl", "attributes", "authentication",
        "retentionPeriod", "initialBackoff", "maxAttempts", "enabled", "signingSecret",
        "title", "message", "sound", "extras", "subject", "summary", "body", "onlyUnread",
    ]
)  # fmt: skip
SENSIBLE = {
    "userId": USER, "appId": APP, "template": "payment", "change": "BLOCK", "name": "x",
    "callbackUrl": "https://x.test", "type": "OPERATION_STATUS_CHANGE", "attributes": ["userId"],
    "authentication": {"httpBasic": {"enabled": True, "username": "u", "password": "p"}},
    "flags": ["A"], "commitPhase": "ON_COMMIT", "parameters": {"amount": "1", "currency": "EUR"},
    "username": "robot", "enabled": True, "id": APP, "roles": ["A"],
    "key": "fido2_attestation_fmt_allowed", "values": ["packed"],
    "templateName": "standing", "operationType": "x", "dataTemplate": "A2",
    "signatureType": ["possession_knowledge"],
    "texts": [{"language": "en", "title": "T", "message": "M"}],
}  # fmt: skip


def test_no_made_up_request_is_a_failure_of_ours(lasting_apps, document):
    asked = [(path, method) for path, method, _ in calls(document)]
    known = {}
    for kind in ("sqlite", "postgresql"):
        cloud = Cloud(lasting_apps(kind))
        phone = cloud.phone().id
        admin(lasting_apps(kind)).ask("POST", "/admin/users", {"username": "robot"})
        known[kind] = {
            "registrationId": phone,
            "applicationId": APP,
            "appId": APP,
            "username": "robot",
        }
        known[kind]["templateName"] = "standing"
        known[kind]["operationId"] = cloud.open()["operationId"]
        wanted = {"name": "x", "type": "OPERATION_STATUS_CHANGE", "callbackUrl": "https://x.test"}
        made = cloud("POST", f"/v2/admin/applications/{APP}/callbacks", wanted)
        known[kind]["callbackId"] = made["callbackId"]
        letter = {"subject": "A subject", "summary": "A summary", "type": "text", "body": "x"}
        made = cloud("POST", "/v2/inbox/messages", {"userId": USER} | letter)
        known[kind]["messageId"] = made["id"]

    @given(
        call=st.sampled_from(asked),
        wanted=st.dictionaries(NAMES, JUNK, max_size=5),
        sensible=st.lists(st.sampled_from(sorted(SENSIBLE))),
        query=st.dictionaries(NAMES, st.text(max_size=9), max_size=3),
        on=st.sampled_from(["sqlite", "postgresql"]),
    )
    @hypothesis_settings(max_examples=60 * EXAMPLES, database=None, deadline=None)
    def ask(call, wanted, sensible, query, on):
        path, method = call
        address = path.format(**known[on])
        body = wanted | {name: SENSIBLE[name] for name in sensible}
        given_body = None if method == "GET" else body
        answer = back_end(lasting_apps(on), path).ask(method, address, given_body, **query)
        assert answer.status_code in (200, 400), answer.text
        assert (answer.json.get("status") == "ERROR") == (answer.status_code == 400)

    ask()


@given(header=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_header_is_a_failure_of_ours(lasting_apps, header):
    client = lasting_apps("sqlite").test_client()
    for value in (header, f"Basic {header}", basic(header, header)["Authorization"]):
        answer = client.get(f"{PREFIX}/v2/registrations", headers={"Authorization": value})
        assert (answer.status_code, answer.json["status"]) == (401, "ERROR")
