"""Signatures and tokens that a back end has judged (checklist 91 to 93)."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.demo.phone.signing import POSSESSION, authorization
from app.demo.phone.tokens import token_header
from app.store.audit import AuditEntry
from app.store.outbox import OutboxRow
from tests.support.cloud import APP, Cloud, integrator, pending
from tests.support.device import KNOWLEDGE, WRONG, now
from tests.support.store import all_of, census

pytest_plugins = ["tests.support.lasting"]

SIGNATURE, TOKEN = "/v2/signature/verify", "/v2/token/verify"
URI_ID = "/shop/order"
BODY = b'{"order": "4711"}'
CALLBACKS = f"/v2/admin/applications/{APP}/callbacks"


@pytest.fixture
def cloud(lasting_app):
    return Cloud(lasting_app)


@pytest.fixture
def user(request):
    return f"user-{abs(hash(request.node.name))}"


@pytest.fixture
def device(cloud, user):
    return cloud.phone(user)


@pytest.fixture
def stranger(cloud, user):
    """A back end of another application."""
    return integrator(cloud.app, f"stranger-{user}", f"other-{user}")


def signed(device, proof=KNOWLEDGE, body=BODY, method="POST", **other):
    header = authorization(device.handset.state, proof, URI_ID, body, method)
    asked = {"method": method, "uriId": URI_ID, "authHeader": header}
    if method != "GET":
        asked["requestBody"] = base64.b64encode(body).decode()
    return asked | other


def bearing(device):
    if not device.handset.state.tokens:
        device.create_token()
    return {"authHeader": token_header(device.handset.state, "possession_universal", now())}


def verify(cloud, asked, path=SIGNATURE):
    return cloud("POST", path, asked)


# --- signatures -----------------------------------------------------------------------------------


def test_a_signature_is_right_once(cloud, user, device):  # 91
    asked = signed(device)
    known = {
        "userId": user,
        "registrationId": device.id,
        "registrationStatus": "ACTIVE",
        "signatureType": "POSSESSION_KNOWLEDGE",
    }
    assert verify(cloud, asked) == {"signatureValid": True, **known, "remainingAttempts": 5}
    assert verify(cloud, asked) == {"signatureValid": False, **known, "remainingAttempts": 4}
    assert verify(cloud, signed(device))["remainingAttempts"] == 5


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_was_signed_is_the_whole_request(cloud, device, method):
    assert verify(cloud, signed(device, method=method))["signatureValid"] is True
    other = base64.b64encode(b"other").decode()
    for changed in ({"requestBody": other}, {"uriId": "/other"}, {"requestBody": None}):
        assert verify(cloud, signed(device, method=method) | changed)["signatureValid"] is False
    assert verify(cloud, signed(device, method=method))["signatureValid"] is True


def test_a_request_without_a_body_is_signed_as_one(cloud, device):
    asked = signed(device, body=b"")
    del asked["requestBody"]
    assert verify(cloud, asked)["signatureValid"] is True


@pytest.mark.parametrize(
    ("params", "normal"),
    [
        ({"b": "2", "a": "1"}, b"a=1&b=2"),
        ({"name": "Žluťoučký kůň", "a+b": "x&y=z"},
         b"a%2Bb=x%26y%3Dz&name=%C5%BDlu%C5%A5ou%C4%8Dk%C3%BD+k%C5%AF%C5%88"),
        ({"empty": "", "B": "*~", "a": "1"}, b"B=*%7E&a=1&empty="),
        ({}, b""), (None, b""),
    ],
)  # fmt: skip
def test_the_parameters_of_a_get_are_put_into_order(cloud, device, params, normal):
    asked = signed(device, body=normal, method="GET", queryParams=params)
    assert verify(cloud, asked)["signatureValid"] is True
    wrong = signed(device, body=normal, method="GET", queryParams={**(params or {}), "z": "1"})
    assert verify(cloud, wrong)["signatureValid"] is False


def test_only_a_get_is_signed_with_its_parameters(cloud, device):
    asked = signed(device, queryParams={"a": "1"})
    assert verify(cloud, asked)["signatureValid"] is True
    in_body = signed(device, body=b"a=1", queryParams={"a": "1"}) | {"requestBody": ""}
    assert verify(cloud, in_body)["signatureValid"] is False


def test_five_wrong_signatures_block_the_phone_and_callbacks_are_told(cloud, user, device):  # 93
    wanted = {
        "name": user,
        "type": "REGISTRATION_STATUS_CHANGE",
        "callbackUrl": "https://a.example/",
    }
    made = cloud("POST", CALLBACKS, wanted)["callbackId"]
    left = [verify(cloud, signed(device, WRONG))["remainingAttempts"] for _ in range(4)]
    assert left == [4, 3, 2, 1]
    assert cloud.status(device.id) == "ACTIVE"
    blocked = verify(cloud, signed(device, WRONG))
    assert (blocked["signatureValid"], blocked["registrationStatus"]) == (False, "BLOCKED")
    assert blocked["remainingAttempts"] == 0
    shown = cloud.registration(device.id)
    assert (shown["registrationStatus"], shown["blockedReason"]) == (
        "BLOCKED",
        "MAX_FAILED_ATTEMPTS",
    )
    told = [row for row in all_of(cloud.app, OutboxRow) if (row.lane or "").find(made) >= 0]
    assert len(told) == 1
    cloud("DELETE", f"{CALLBACKS}/{made}")


def test_the_phone_alone_is_not_counted(cloud, device):
    asked = signed(device, POSSESSION) | {"uriId": "/other"}
    for _ in range(6):
        answer = verify(cloud, asked)
        assert (answer["signatureValid"], answer["remainingAttempts"]) == (False, 5)
    right = verify(cloud, signed(device, POSSESSION))
    assert (right["signatureValid"], right["signatureType"]) == (True, "POSSESSION")


@pytest.mark.parametrize("change", ["BLOCK", "REMOVE"])
def test_a_phone_that_may_not_sign_has_not_signed(cloud, user, device, change):
    cloud.change(device.id, change)
    answer = verify(cloud, signed(device))
    assert answer == {
        "signatureValid": False,
        "userId": user,
        "registrationId": device.id,
        "registrationStatus": {"BLOCK": "BLOCKED", "REMOVE": "REMOVED"}[change],
        "signatureType": "POSSESSION_KNOWLEDGE",
        "remainingAttempts": 0,
    }
    if change == "BLOCK":
        cloud.change(device.id, "UNBLOCK")
        assert verify(cloud, signed(device))["signatureValid"] is True


def test_a_phone_of_another_application_looks_like_none_and_is_not_counted(cloud, device, stranger):
    foreign = signed(device)
    unknown = "00000000-0000-4000-8000-000000000000"
    nobody = foreign | {"authHeader": foreign["authHeader"].replace(device.id, unknown)}
    before, answers = census(cloud.app), []
    for asked, phone in ((foreign, device.id), (nobody, unknown)):
        for _ in range(6):
            answer = stranger.ask("POST", SIGNATURE, asked)
            answers.append((answer.status_code, answer.text.replace(phone, "PHONE")))
    assert len(set(answers)) == 1
    assert json.loads(answers[0][1]) == {
        "signatureValid": False,
        "registrationId": "PHONE",
        "registrationStatus": "REMOVED",
        "signatureType": "POSSESSION_KNOWLEDGE",
        "remainingAttempts": 0,
    }
    assert census(cloud.app) == before
    assert verify(cloud, foreign)["remainingAttempts"] == 5  # and it was not used up


@pytest.mark.parametrize(
    "header",
    [
        "", "Basic x", "PowerAuth", "PowerAuth pa_version", 'PowerAuth pa_version="3.3"',
        "x" * 3000,
    ],
)  # fmt: skip
def test_a_header_that_is_none_is_refused(cloud, header):  # 92
    before = census(cloud.app)
    asked = {"method": "POST", "uriId": URI_ID, "authHeader": header}
    said = cloud.ask("POST", SIGNATURE, asked).json["responseObject"]
    assert said == {
        "code": "ERROR_SIGNATURE_INVALID", "message": "Signature header is not valid."
    }  # fmt: skip
    assert cloud.refused("POST", TOKEN, {"authHeader": header}) == "ERROR_TOKEN_INVALID"
    assert census(cloud.app) == before


def test_a_version_that_we_do_not_speak_is_refused(cloud, device):
    asked = signed(device)
    asked["authHeader"] = asked["authHeader"].replace('"3.3"', '"9.9"')
    assert cloud.refused("POST", SIGNATURE, asked) == "ERROR_SIGNATURE_INVALID"
    bearer = {"authHeader": bearing(device)["authHeader"].replace('"3.3"', '"9.9"')}
    assert cloud.refused("POST", TOKEN, bearer) == "ERROR_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"method": "PATCH"}, "method"), ({"method": None}, "method"), ({"uriId": ""}, "uriId"),
        ({"uriId": 7}, "uriId"), ({"requestBody": "no Base64!"}, "requestBody"),
        ({"queryParams": ["a"]}, "queryParams"), ({"queryParams": {"a": 1}}, "queryParams.a"),
        ({"authHeader": None}, "authHeader"), ({"authHeader": 12345}, "authHeader"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_and_a_header_not_repeated(cloud, wrong, field):
    asked = {"method": "POST", "uriId": URI_ID, "authHeader": "x"} | wrong
    answer = cloud.ask("POST", SIGNATURE, asked)
    said = answer.json["responseObject"]
    assert (answer.status_code, said["code"]) == (400, "ERROR_REQUEST")
    assert [each["fieldName"] for each in said["violations"]] == [field]
    assert "12345" not in answer.text


@pytest.mark.parametrize("field", ["method", "uriId", "authHeader"])
def test_a_field_that_is_needed_is_named(cloud, field):
    asked = {"method": "POST", "uriId": URI_ID, "authHeader": "x"}
    del asked[field]
    said = cloud.ask("POST", SIGNATURE, asked).json["responseObject"]
    assert said["message"] == f"Required String parameter '{field}' is not present"


def test_of_many_who_ask_at_once_about_one_signature_one_hears_that_it_is_right(app):
    cloud = Cloud(app)
    asked = signed(cloud.phone())
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: verify(cloud, asked), range(4)))
    assert sorted(answer["signatureValid"] for answer in answers) == [False, False, False, True]


def test_the_trail_tells_of_a_signature_and_does_not_repeat_it(cloud, device):
    right, wrong = signed(device), signed(device, WRONG)
    verify(cloud, right)
    verify(cloud, wrong)
    written = [each for each in all_of(cloud.app, AuditEntry) if each.subject == device.id]
    judged = [(each.name, each.actor) for each in written if "signature" in each.name]
    assert judged == [
        ("registration.signature.accepted", "system:integration-user"),
        ("registration.signature.refused", "system:integration-user"),
    ]
    facts = json.dumps([each.facts for each in written])
    for asked in (right, wrong):
        (code,) = [part for part in asked["authHeader"].split('"') if len(part) > 40]
        assert code not in facts


# --- tokens ---------------------------------------------------------------------------------------


def test_a_token_is_right_once_for_each_header(cloud, user, device):  # 91
    asked = bearing(device)
    known = {
        "userId": user,
        "registrationId": device.id,
        "registrationStatus": "ACTIVE",
        "signatureType": "POSSESSION",
    }
    assert verify(cloud, asked, TOKEN) == {"tokenValid": True, **known}
    assert verify(cloud, asked, TOKEN) == {"tokenValid": False, **known}
    assert verify(cloud, bearing(device), TOKEN)["tokenValid"] is True


def test_a_token_tells_the_factors_that_it_was_made_with(cloud, device):
    device.create_token(KNOWLEDGE)
    answer = verify(cloud, bearing(device), TOKEN)
    assert (answer["tokenValid"], answer["signatureType"]) == (True, "POSSESSION_KNOWLEDGE")


def test_a_wrong_token_is_wrong_and_is_not_counted(cloud, device):
    right = bearing(device)["authHeader"]
    digest = right.split('token_digest="')[1].split('"')[0]
    wrong = {"authHeader": right.replace(digest, base64.b64encode(bytes(32)).decode())}
    for _ in range(6):
        assert verify(cloud, wrong, TOKEN)["tokenValid"] is False
    assert cloud.status(device.id) == "ACTIVE"
    assert verify(cloud, {"authHeader": right}, TOKEN)["tokenValid"] is True


def test_the_token_of_another_application_looks_like_none_and_is_not_used_up(
    cloud, device, stranger
):
    asked = bearing(device)
    token = device.handset.state.tokens["possession_universal"]["id"]
    unknown = "00000000-0000-4000-8000-000000000000"
    nobody = {"authHeader": asked["authHeader"].replace(token, unknown)}
    before = census(cloud.app)
    for each in (asked, nobody):
        assert verify(stranger, each, TOKEN) == {"tokenValid": False}
    assert verify(cloud, nobody, TOKEN) == {"tokenValid": False}
    assert census(cloud.app) == before
    assert verify(cloud, asked, TOKEN)["tokenValid"] is True


@pytest.mark.parametrize("moment", [0, 10**15 - 1, 10**18 - 1])
def test_a_token_of_a_time_far_away_is_wrong(cloud, device, moment):
    device.create_token()
    header = token_header(device.handset.state, "possession_universal", moment)
    answer = cloud.ask("POST", TOKEN, {"authHeader": header})
    assert answer.status_code in {200, 400}, answer.text
    assert answer.json.get("tokenValid") is not True


def test_the_token_of_a_phone_that_may_do_nothing_is_wrong(cloud, device):
    asked = bearing(device)
    cloud.change(device.id, "BLOCK")
    answer = verify(cloud, asked, TOKEN)
    assert (answer["tokenValid"], answer["registrationStatus"]) == (False, "BLOCKED")
    cloud.change(device.id, "UNBLOCK")
    assert verify(cloud, bearing(device), TOKEN)["tokenValid"] is True
    asked = bearing(device)
    cloud.change(device.id, "REMOVE")
    assert verify(cloud, asked, TOKEN) == {"tokenValid": False}


def test_a_header_that_a_back_end_has_seen_is_of_no_use_at_our_own_door(cloud, device):
    pending(device)
    call = device.handset.with_token("/api/auth/token/app/operation/list", {}, now())
    header = call.headers["X-PowerAuth-Token"]
    assert verify(cloud, {"authHeader": header}, TOKEN)["tokenValid"] is True
    assert device.post(call).status_code == 401
