"""The way of the guide (seed 001), from the code to the payment."""

from app.store.audit import AuditEntry
from tests.support.cloud import APP, PAYMENT_DATA, Cloud, approve, exchanged, pending
from tests.support.device import USER
from tests.support.store import all_of

EMPLOYEE = "call-center-7"


def test_a_phone_is_registered_approves_is_blocked_and_ends(app):
    cloud = Cloud(app)
    made = cloud("POST", "/v2/registrations", {"userId": USER, "appId": APP})
    registration = made["registrationId"]
    code, _, signature = made["activationQrCodeData"].partition("#")
    assert (code, signature) == (made["activationCode"], made["activationCodeSignature"])

    listed = cloud("GET", "/v2/registrations/", registrationId=registration)["registrations"]
    assert [each["registrationStatus"] for each in listed] == ["CREATED"]
    device = exchanged(app, code)
    seen = cloud.registration(registration)
    assert seen["registrationStatus"] == "PENDING_COMMIT"
    assert len(seen["activationFingerprint"]) == 8

    body = {"registrationId": USER, "externalUserId": EMPLOYEE}  # the guide's slip: it is ignored
    assert cloud("POST", f"/v2/registrations/{registration}/commit", body) == {"status": "OK"}
    assert device.status() == "ACTIVE"

    login = {"userId": USER, "template": "login", "language": "en"}
    assert cloud("POST", "/v2/operations", login)["operationType"] == "login"
    opened = cloud.open(language="en")
    assert opened["status"] == "PENDING"
    assert opened["operationType"] == "authorize_payment"
    shown, _ = pending(device)
    assert shown["data"] == opened["data"] == PAYMENT_DATA
    assert approve(device, shown).status_code == 200
    assert cloud.operation(opened["operationId"])["status"] == "APPROVED"

    assert cloud.refused("DELETE", f"/v2/registrations/{registration}") == (
        "ERROR_REGISTRATION_CHANGE"
    )
    cloud.change(registration, "BLOCK", blockReason="LOST", externalUserId=EMPLOYEE)
    assert cloud.registration(registration)["blockedReason"] == "LOST"
    assert device.status() == "BLOCKED"
    cloud.change(registration, "UNBLOCK", externalUserId=EMPLOYEE)
    assert cloud.status(registration) == "ACTIVE"
    cloud.change(registration, "REMOVE", externalUserId=EMPLOYEE)
    assert device.status() == "REMOVED"

    moves = cloud("GET", f"/v2/registrations/{registration}/history")["history"]
    told = [(move["registrationStatus"], move.get("externalUserId")) for move in moves]
    assert told == [
        ("CREATED", None),
        ("PENDING_COMMIT", None),
        ("ACTIVE", EMPLOYEE),
        ("BLOCKED", EMPLOYEE),
        ("ACTIVE", EMPLOYEE),
        ("REMOVED", EMPLOYEE),
    ]
    actors = {e.actor for e in all_of(app, AuditEntry) if e.subject == registration}
    assert actors == {"system:integration-user", "anonymous", f"phone:{registration}"}
