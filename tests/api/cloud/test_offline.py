"""Operations for phones without a network, through the API (checklist 86 to 88)."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.demo.phone.offline import ScannedOperation
from app.store.outbox import OutboxRow
from tests.support.cloud import APP, PAYMENT_DATA, Cloud, approve, integrator, pending
from tests.support.device import PIN, row_of
from tests.support.store import all_of, census, serving
from tests.support.walker import Walker
from tests.support.walker_phone import WalkerPhone

pytest_plugins = ["tests.support.lasting"]

WRONG = "12345678-12345678"
NO_OPERATION, OVER = "ERROR_OPERATION_NOT_FOUND", "ERROR_OPERATION_STATE_CHANGE"
NO_PHONE = "ERROR_REGISTRATION_NOT_FOUND"


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
def operation(cloud, user, device):
    return cloud.open(user)["operationId"]


def qr(operation):
    return f"/v2/operations/{operation}/offline/qr"


def otp(operation):
    return f"/v2/operations/{operation}/offline/otp"


def shown(cloud, operation, device, **more):
    return cloud("GET", qr(operation), registrationId=device.id, **more)


def digits(device, made, pin=PIN):
    scanned = ScannedOperation.read(made["operationQrCodeData"])
    return scanned.approve(device.handset.state, pin)


def answer(device, made, code):
    return {"otp": code, "nonce": made["nonce"], "registrationId": device.id}


def failures(cloud, operation):
    return cloud.operation(operation)["failureCount"]


def test_a_code_is_signed_for_one_phone_and_says_what_is_paid(cloud, operation, device):  # 86
    before = census(cloud.app)
    made = shown(cloud, operation, device)
    assert set(made) == {"operationQrCodeData", "nonce"}
    lines = made["operationQrCodeData"].split("\n")
    assert (len(lines), lines[0], lines[3]) == (7, operation, PAYMENT_DATA)
    assert lines[5] == made["nonce"]
    assert len(base64.b64decode(made["nonce"], validate=True)) == 16
    assert lines[6].startswith("1")
    scanned = ScannedOperation.read(made["operationQrCodeData"])
    scanned.check(device.handset.state)
    assert scanned.message == (
        "Hello, please confirm payment 63.99 EUR to account CZ5508000000001234567899."
    )
    assert shown(cloud, operation, device)["nonce"] != made["nonce"]
    czech = shown(cloud, operation, device, language="cs")["operationQrCodeData"]
    assert ScannedOperation.read(czech).title != scanned.title
    assert census(cloud.app) == before


@pytest.mark.parametrize(
    ("pin", "factors"), [(PIN, "POSSESSION_KNOWLEDGE"), (None, "POSSESSION_BIOMETRY")]
)
def test_right_digits_approve_the_operation(cloud, operation, device, pin, factors):  # 87
    made = shown(cloud, operation, device)
    shown(cloud, operation, device)  # whoever shows it twice takes either
    given = answer(device, made, digits(device, made, pin))
    assert cloud("POST", otp(operation), given) == {
        "otpValid": True,
        "userId": device.row.user_id,
        "registrationId": device.id,
        "registrationStatus": "ACTIVE",
        "signatureType": factors,
        "remainingAttempts": 5,
        "flags": [],
    }
    state = cloud.operation(operation)
    assert state["status"] == "APPROVED"
    assert state["additionalData"]["activationId"] == device.id
    assert state["additionalData"]["authFactor"] == factors
    assert cloud.refused("POST", otp(operation), given) == OVER
    assert cloud.refused("GET", qr(operation), registrationId=device.id) == OVER


def test_wrong_digits_are_counted_twice_and_the_right_ones_still_work(
    cloud, user, operation, device
):  # 87
    made = shown(cloud, operation, device)
    for count in (1, 2):
        told = cloud("POST", otp(operation), answer(device, made, WRONG))
        assert (told["otpValid"], told["registrationStatus"]) == (False, "ACTIVE")
        assert (told["userId"], told["remainingAttempts"]) == (user, 5 - count)
        assert failures(cloud, operation) == count
        assert row_of(cloud.app, device.id).failed_attempts == count
    assert cloud.operation(operation)["status"] == "PENDING"
    right = cloud("POST", otp(operation), answer(device, made, digits(device, made)))
    assert right["otpValid"] is True
    assert row_of(cloud.app, device.id).failed_attempts == 0


def test_the_last_wrong_digits_end_the_operation_and_block_the_phone(cloud, operation, device):
    made = shown(cloud, operation, device)
    for _ in range(4):
        cloud("POST", otp(operation), answer(device, made, WRONG))
    told = cloud("POST", otp(operation), answer(device, made, WRONG))
    assert (told["otpValid"], told["remainingAttempts"]) == (False, 0)
    assert told["registrationStatus"] == "BLOCKED"
    assert cloud.operation(operation)["status"] == "FAILED"
    assert cloud.registration(device.id)["blockedReason"] == "MAX_FAILED_ATTEMPTS"


@pytest.mark.parametrize(
    "code", ["", "1234", "1234567812345678", "12345678 12345678", "1234567a-12345678",
             "12345678-12345678\n", "12345678-123456789", "\N{FULLWIDTH DIGIT ONE}" * 16]
)  # fmt: skip
def test_what_are_no_digits_is_refused_and_not_counted(cloud, operation, device, code):  # 87
    made, before = shown(cloud, operation, device), census(cloud.app)
    refused = cloud.ask("POST", otp(operation), answer(device, made, code))
    assert refused.json["responseObject"] == {
        "code": "ERROR_OTP_INVALID", "message": "OTP format is not valid."
    }  # fmt: skip
    assert census(cloud.app) == before
    assert failures(cloud, operation) == 0


def test_a_nonce_that_was_not_issued_for_this_is_refused_and_not_counted(
    cloud, user, operation, device
):
    made, other = shown(cloud, operation, device), cloud.phone(user)
    another = cloud.open(user)["operationId"]
    own = base64.b64encode(bytes(16)).decode()
    tail = base64.b64encode(base64.b64decode(made["nonce"])[:8] + bytes(8)).decode()
    code = digits(device, made)
    for nonce in (
        own, tail, "x", shown(cloud, another, device)["nonce"],
        shown(cloud, operation, other)["nonce"],
    ):  # fmt: skip
        given = answer(device, {"nonce": nonce}, code)
        refused = cloud.ask("POST", otp(operation), given).json["responseObject"]
        assert refused["code"] == "ERROR_REQUEST", nonce
    assert failures(cloud, operation) == 0
    assert row_of(cloud.app, device.id).failed_attempts == 0
    assert cloud("POST", otp(operation), answer(device, made, code))["otpValid"] is True


def test_digits_that_the_phone_made_for_another_nonce_are_wrong(cloud, operation, device):
    first, second = shown(cloud, operation, device), shown(cloud, operation, device)
    told = cloud("POST", otp(operation), answer(device, second, digits(device, first)))
    assert told["otpValid"] is False


@pytest.mark.parametrize("field", ["otp", "nonce", "registrationId"])
def test_a_field_that_is_needed_is_named(cloud, operation, device, field):
    given = answer(device, {"nonce": "x"}, WRONG)
    del given[field]
    refused = cloud.ask("POST", otp(operation), given).json["responseObject"]
    assert refused["message"] == f"Required String parameter '{field}' is not present"
    asked = cloud.ask("GET", qr(operation)).json["responseObject"]
    assert asked["message"] == "Required String parameter 'registrationId' is not present"


def test_a_foreign_operation_and_a_foreign_phone_are_unknown(cloud, user, operation, device):
    made, stranger = shown(cloud, operation, device), cloud.phone(f"{user}-2")
    outside = integrator(cloud.app, f"{user}-robot", f"other-{user}")
    given = answer(device, made, digits(device, made))
    for path in (operation, "00000000-0000-4000-8000-000000000000"):
        asked = outside if path == operation else cloud
        assert asked.refused("GET", qr(path), registrationId=device.id) == NO_OPERATION
        assert asked.refused("POST", otp(path), given) == NO_OPERATION
    for phone in (stranger.id, "00000000-0000-4000-8000-000000000000"):
        assert cloud.refused("GET", qr(operation), registrationId=phone) == NO_PHONE
        assert cloud.refused("POST", otp(operation), given | {"registrationId": phone}) == NO_PHONE
    assert failures(cloud, operation) == 0
    assert row_of(cloud.app, stranger.id).failed_attempts == 0


def test_the_phone_of_another_application_is_unknown(cloud, user, operation, device):
    """The operation is of both applications, the caller sees one of them."""
    both = integrator(cloud.app, f"{user}-both", APP, f"other-{user}")
    opened = both.open(user)["operationId"]
    outside = Cloud(cloud.app, *_credentials_of_other(cloud, user))
    assert outside.operation(opened)["status"] == "PENDING"
    made = both("GET", qr(opened), registrationId=device.id)
    assert outside.refused("GET", qr(opened), registrationId=device.id) == NO_PHONE
    given = answer(device, made, digits(device, made))
    assert outside.refused("POST", otp(opened), given) == NO_PHONE
    assert both("POST", otp(opened), given)["otpValid"] is True


def _credentials_of_other(cloud, user):
    with serving(cloud.app) as services:
        name = f"{user}-outside"
        password = services.system_users.add(name, "ROLE_USER")
        row = services.system_users.look(name)
        services.system_users.grant(row, f"other-{user}")
        services.commit()
    return name, password


def test_a_phone_that_may_not_approve_gets_no_code(cloud, user, operation, device):
    other = cloud.phone(user)
    bound = cloud.open(user, registrationId=other.id)["operationId"]
    assert cloud.refused("GET", qr(bound), registrationId=device.id) == NO_PHONE
    flagged = cloud.open(user, flag="VIP")["operationId"]
    assert cloud.refused("GET", qr(flagged), registrationId=device.id) == NO_PHONE
    cloud("POST", f"/v2/registrations/{device.id}/flags", {"flags": ["VERIFICATION_PENDING"]})
    assert cloud.refused("GET", qr(operation), registrationId=device.id) == NO_PHONE


@pytest.mark.parametrize(("change", "state"), [("BLOCK", "BLOCKED"), ("REMOVE", "REMOVED")])
def test_a_phone_that_was_blocked_or_removed_approves_nothing(
    cloud, operation, device, change, state
):
    made = shown(cloud, operation, device)
    code = digits(device, made)
    cloud.change(device.id, change)
    assert cloud.refused("GET", qr(operation), registrationId=device.id) == NO_PHONE
    told = cloud("POST", otp(operation), answer(device, made, code))
    assert (told["otpValid"], told["registrationStatus"]) == (False, state)
    assert told["remainingAttempts"] == 0
    assert cloud.operation(operation)["status"] == "PENDING"
    assert failures(cloud, operation) == 0


def test_the_one_time_password_of_the_code_is_part_of_what_is_signed(cloud, user, device):
    operation = cloud.open(user, proximityCheckEnabled=True)["operationId"]
    made = shown(cloud, operation, device)
    lines = made["operationQrCodeData"].split("\n")
    assert (len(lines), len(lines[5])) == (8, 8)
    told = cloud("POST", otp(operation), answer(device, made, digits(device, made)))
    assert told["otpValid"] is True


def test_an_operation_whose_time_is_over_is_neither_shown_nor_approved(cloud, operation, device):
    made = shown(cloud, operation, device)
    given = answer(device, made, digits(device, made))
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        assert cloud.refused("GET", qr(operation), registrationId=device.id) == OVER
        assert cloud.refused("POST", otp(operation), given) == OVER
    cloud("POST", otp(operation), given)


def test_data_that_do_not_fit_on_one_line_get_no_code(cloud, user, device):
    given = {"amount": "1", "currency": "EUR", "iban": "a\nb"}
    operation = cloud.open(user, parameters=given)["operationId"]
    assert shown(cloud, operation, device)["operationQrCodeData"].count("\n") == 6  # it is escaped


def test_of_many_who_give_the_right_digits_at_once_one_approves(app):  # 88
    cloud = Cloud(app)
    device = cloud.phone()
    callbacks = f"/v2/admin/applications/{APP}/callbacks"
    wanted = {"name": "x", "type": "OPERATION_STATUS_CHANGE", "callbackUrl": "https://a.example/"}
    operation = cloud.open()["operationId"]
    cloud("POST", callbacks, wanted)
    made = shown(cloud, operation, device)
    given = answer(device, made, digits(device, made))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: cloud.ask("POST", otp(operation), given), range(4)))
    assert sorted(each.status_code for each in answers) == [200, 400, 400, 400]
    (right,) = [each.json for each in answers if each.status_code == 200]
    assert right["otpValid"] is True
    assert len([row for row in all_of(app, OutboxRow) if row.kind == "callback"]) == 1
    assert cloud.operation(operation)["status"] == "APPROVED"


def test_an_operation_of_the_portal_is_answered_on_its_page_alone(app):
    phone, walker = WalkerPhone(app), Walker(app)
    walker.start_payment()
    walker.name()
    page = walker.press("offline")
    operation, device, cloud = walker.flow().mtoken_operation_id, phone.device, Cloud(app)
    assert cloud.operation(operation)["status"] == "PENDING"
    assert cloud.refused("GET", qr(operation), registrationId=device.id) == OVER
    scanned = phone.scan(page)
    code = scanned.approve(device.handset.state, PIN)
    given = answer(device, {"nonce": scanned.nonce}, code)
    assert cloud.refused("POST", otp(operation), given) == OVER
    assert failures(cloud, operation) == 0
    walker.press("continue", code=code)
    assert walker.flow().step == "APPROVAL_SCA"


def test_an_operation_that_was_approved_online_needs_no_digits(cloud, user, operation, device):
    made = shown(cloud, operation, device)
    code = digits(device, made)
    (waiting,) = pending(device)
    assert waiting["id"] == operation
    assert approve(device, waiting).status_code == 200
    assert cloud.refused("POST", otp(operation), answer(device, made, code)) == OVER
