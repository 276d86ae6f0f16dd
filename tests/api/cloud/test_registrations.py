"""Registrations as back ends make, follow and change them (checklist 51 to 73)."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.crypto.keys import PublicKey
from app.demo.phone.primitives import unb64
from app.settings import RegistrationsSettings
from tests.support.cloud import APP, Cloud, admin, exchanged
from tests.support.databases import built
from tests.support.device import USER, WRONG, configuration_of, offer
from tests.support.store import census, on_sqlite
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

CHANGE, UNKNOWN = "ERROR_REGISTRATION_CHANGE", "ERROR_REGISTRATION_NOT_FOUND"
MADE = "/v2/registrations"
NOBODY = "/v2/registrations/00000000-0000-4000-8000-000000000000"


@pytest.fixture
def cloud(lasting_app):
    return Cloud(lasting_app)


@pytest.fixture
def user(request):
    return f"user-{abs(hash(request.node.name))}"


def milliseconds(**later):
    return int((clock.now() + timedelta(**later)).timestamp() * 1000)


def of(registration):
    return f"/v2/registrations/{registration}"


# --- create -----------------------------------------------------------------------------------


def test_the_code_is_signed_by_the_application(cloud, user):  # 51
    made = cloud.register(user)
    assert set(made) == {
        "registrationId", "activationQrCodeData", "activationCode", "activationCodeSignature",
    }  # fmt: skip
    code, signature = made["activationCode"], made["activationCodeSignature"]
    assert [len(group) for group in code.split("-")] == [5, 5, 5, 5]
    assert made["activationQrCodeData"] == f"{code}#{signature}"
    master = unb64(configuration_of(cloud.app).master_public)
    assert PublicKey(master).verifies(unb64(signature), code.encode())


def test_a_new_registration_shows_its_code_until_a_phone_has_used_it(cloud, user):  # 53, 59
    made = cloud.register(user)
    seen = cloud.registration(made["registrationId"])
    assert seen["activationCode"] == made["activationCode"]
    assert seen["activationQrCodeData"].startswith(made["activationCode"] + "#")
    device = exchanged(cloud.app, made["activationCode"])
    seen = cloud.registration(device.id)
    assert seen["activationFingerprint"] == device.handset.state.fingerprint
    cloud.commit(device.id)
    seen = cloud.registration(device.id)
    assert not [name for name in seen if name.startswith("activation")]
    assert seen | {"timestampCreated": 0} == {
        "registrationId": device.id, "registrationStatus": "ACTIVE", "userId": user,
        "applicationId": APP, "protocol": "powerauth", "name": "My phone", "platform": "unknown",
        "deviceInfo": "Demo phone", "flags": [], "timestampCreated": 0,
    }  # fmt: skip
    assert abs(seen["timestampCreated"] - milliseconds()) < 60_000


@pytest.mark.parametrize(
    ("body", "field", "hint"),
    [
        ({"appId": APP}, "userId", "must not be null"),
        ({"userId": None, "appId": APP}, "userId", "must not be null"),
        ({"userId": "", "appId": APP}, "userId", "must not be empty"),
        ({"userId": "u"}, "appId", "must not be null"),
    ],
)
def test_user_and_application_are_needed(lasting_apps, body, field, hint):
    cloud = Cloud(lasting_apps("sqlite"))
    before = census(cloud.app)
    answer = cloud.ask("POST", "/v2/registrations", body)
    assert answer.status_code == 400
    told = answer.json["responseObject"]
    assert told["code"] == "ERROR_REQUEST"
    (violation,) = told["violations"]
    assert (violation["fieldName"], violation["hint"]) == (field, hint)
    missing = f"Required String parameter '{field}' is not present"
    usual = "Invalid method parameter value"
    assert told["message"] == (usual if field in body else missing)
    assert census(cloud.app) == before


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        ({"otp": 4711}, "must be a valid string"),
        ({"flags": {"VIP": True}}, "must be a valid array"),
    ],
)
def test_what_is_there_is_not_called_null(lasting_apps, more, hint):
    cloud = Cloud(lasting_apps("sqlite"))
    answer = cloud.ask("POST", "/v2/registrations", {"userId": "u", "appId": APP} | more)
    assert answer.json["responseObject"]["violations"] == [
        {"fieldName": next(iter(more)), "hint": hint}
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"userId": "x" * 257}, {"userId": 7}, {"appId": []}, {"otp": ""}, {"otp": "x" * 257},
        {"commitPhase": "LATER"}, {"otpValidation": "ALWAYS"}, {"flags": "VIP"}, {"flags": [""]},
        {"flags": ["x"] * 65}, {"flags": [7]}, {"timestampRegistrationExpire": -1},
        {"timestampRegistrationExpire": 10**18}, {"timestampRegistrationExpire": "soon"},
        {"timestampRegistrationExpire": 1_700_000_000_000}, {"externalUserId": "x" * 257},
        {"otpValidation": "NONE", "otp": "4711"}, {"otpValidation": "ON_COMMIT"},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(lasting_apps, more):
    cloud = Cloud(lasting_apps("sqlite"))
    before = census(cloud.app)
    wanted = {"userId": "u", "appId": APP} | more
    assert cloud.refused("POST", "/v2/registrations", wanted) == "ERROR_REQUEST"
    assert census(cloud.app) == before


def test_a_registration_that_nobody_finishes_is_removed_after_two_minutes(cloud, user):  # 57
    with time_machine.travel(clock.now(), tick=False) as time:
        made = cloud.register(user)
        device = exchanged(cloud.app, cloud.register(user)["activationCode"])
        time.shift(timedelta(minutes=2))
        for registration in (made["registrationId"], device.id):
            seen = cloud.registration(registration)
            assert seen["registrationStatus"] == "REMOVED"
            assert not [name for name in seen if name.startswith("activation")]
        assert cloud("GET", "/v2/registrations", userId=user)["registrations"] == []
        assert cloud.refused("POST", f"{of(device.id)}/commit", {}) == CHANGE


def test_the_back_end_may_say_how_long_it_waits(cloud, user):  # 58
    with time_machine.travel(clock.now(), tick=False) as time:
        later = milliseconds(minutes=10)
        made = cloud.register(user, timestampRegistrationExpire=later)
        time.shift(timedelta(minutes=9))
        assert cloud.status(made["registrationId"]) == "CREATED"
        time.shift(timedelta(minutes=1))
        assert cloud.status(made["registrationId"]) == "REMOVED"


def test_only_on_demand_a_second_registration_is_refused(cloud, user):  # 71
    first = cloud.register(user)["registrationId"]
    wanted = {"userId": user, "appId": APP}
    only = {"incompleteStatusCheck": "true"}
    assert cloud.refused("POST", MADE, wanted, **only) == "ERROR_REGISTRATION_NOT_ALLOWED"
    second = cloud.register(user)["registrationId"]
    for registration in (first, second):
        cloud("DELETE", of(registration))
    device = cloud.phone(user)
    assert cloud("POST", MADE, wanted, **only)
    assert cloud.status(device.id) == "ACTIVE"


def test_of_parallel_registrations_that_must_be_alone_one_is_made(app):
    cloud = Cloud(app)
    wanted = {"userId": "u", "appId": APP}
    only = {"incompleteStatusCheck": "true"}
    answers = at_once(*[lambda: cloud.ask("POST", MADE, wanted, **only).status_code] * 4)
    assert sorted(answers) == [200, 400, 400, 400]


# --- list -------------------------------------------------------------------------------------


def test_a_list_says_what_was_asked_for(cloud, user):  # 54, 55
    active, waiting = cloud.phone(user).id, cloud.register(user)["registrationId"]
    gone = cloud.register(user)["registrationId"]
    cloud("DELETE", of(gone))

    def listed(**query):
        found = cloud("GET", "/v2/registrations", **query)["registrations"]
        return [each["registrationId"] for each in found]

    assert listed(userId=user) == [waiting, active]
    assert listed(userId=user, appId=APP) == [waiting, active]
    assert listed(userId=user, appId="another") == []
    assert listed(userId=user, removed="true") == [gone, waiting, active]
    assert listed(registrationId=active) == [active]
    assert listed(registrationId=active, userId="somebody else") == []
    assert listed(userId=user, size=1) == [waiting]
    assert listed(userId=user, size=1, page=1) == [active]
    assert listed(userId=user, size=1, page=2) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"size": 0}, "size"), ({"size": 501}, "size"), ({"page": -1}, "page"),
        ({"removed": "perhaps"}, "removed"), ({"userId": ""}, "userId"), ({}, "userId"),
    ],
)  # fmt: skip
def test_a_violation_in_the_address_names_the_call(lasting_apps, query, field):
    usual = {} if field == "userId" else {"userId": "u"}
    answer = Cloud(lasting_apps("sqlite")).ask("GET", MADE, **usual | query)
    assert answer.status_code == 400
    (violation,) = answer.json["responseObject"]["violations"]
    assert violation["fieldName"] == f"getRegistrationList.{field}"


# --- commit -----------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, {}, {"externalUserId": None}])
def test_nothing_has_to_be_said_at_the_commit(cloud, user, body):  # 61
    device = cloud.phone(user, commit=False)
    assert cloud("POST", f"{of(device.id)}/commit", body) == {"status": "OK"}
    assert cloud.status(device.id) == "ACTIVE"


def test_only_what_waits_for_its_commit_can_be_committed(cloud, user):  # 60
    created = cloud.register(user)["registrationId"]
    device = cloud.phone(user)
    for registration in (created, device.id):
        assert cloud.refused("POST", f"{of(registration)}/commit", {}) == CHANGE
    cloud.change(device.id, "REMOVE")
    assert cloud.refused("POST", f"{of(device.id)}/commit", {}) == CHANGE
    assert cloud.refused("POST", f"{NOBODY}/commit", {}) == UNKNOWN


def test_a_wrong_password_at_the_commit_counts_and_the_fifth_removes(cloud, user):  # 63
    device = cloud.phone(user, commit=False, otp="4711")
    path = f"{of(device.id)}/commit"
    for _ in range(4):
        assert cloud.refused("POST", path, {"otp": "1147"}) == "ERROR_REGISTRATION"
    assert cloud.refused("POST", path, {}) == CHANGE  # none at all is no attempt
    assert device.row.failed_attempts == 4
    assert cloud.status(device.id) == "PENDING_COMMIT"
    assert cloud.refused("POST", path, {"otp": "1147"}) == "ERROR_REGISTRATION"
    assert cloud.status(device.id) == "REMOVED"
    assert cloud.refused("POST", path, {"otp": "4711"}) == CHANGE


def test_of_parallel_guesses_none_is_for_nothing(app):
    cloud = Cloud(app)
    device = cloud.phone(commit=False, otp="4711")
    path = f"{of(device.id)}/commit"
    codes = at_once(*[lambda: cloud.refused("POST", path, {"otp": "1147"})] * 7)
    assert sorted(codes) == ["ERROR_REGISTRATION"] * 5 + [CHANGE] * 2
    assert (device.row.failed_attempts, device.row.state) == (5, "REMOVED")


@pytest.mark.parametrize("more", [{}, {"otpValidation": "ON_COMMIT"}, {"commitPhase": "ON_COMMIT"}])
def test_the_right_password_at_the_commit_lets_a_phone_work(cloud, user, more):
    device = cloud.phone(user, commit=False, otp="4711", **more)
    cloud.commit(device.id, otp="4711")
    assert device.sign().status_code == 200


@pytest.mark.parametrize(
    "more", [{"commitPhase": "ON_KEY_EXCHANGE"}, {"otpValidation": "ON_KEY_EXCHANGE", "otp": "1"}]
)
def test_a_registration_can_do_without_a_commit(cloud, user, more):  # 62
    made = cloud.register(user, **more)
    answer, _ = offer(cloud.app, made["activationCode"])
    if "otp" in more:  # the phone has to bring it
        assert answer.status_code == 400
        assert cloud.status(made["registrationId"]) == "CREATED"
    else:
        assert cloud.status(made["registrationId"]) == "ACTIVE"


# --- change -----------------------------------------------------------------------------------


def test_a_phone_is_blocked_for_a_reason_and_works_again(cloud, user):  # 64, 66
    device = cloud.phone(user)
    cloud.change(device.id, "BLOCK")
    assert cloud.registration(device.id)["blockedReason"] == "NOT_SPECIFIED"
    assert device.sign().status_code == 401
    cloud.change(device.id, "UNBLOCK")
    assert "blockedReason" not in cloud.registration(device.id)
    assert device.row.failed_attempts == 0
    assert device.sign().status_code == 200


def test_an_unblocked_phone_has_all_its_attempts_again(cloud, user):  # 66
    device = cloud.phone(user)
    for _ in range(4):
        assert device.sign(WRONG).status_code == 401
    assert device.row.failed_attempts == 4
    cloud.change(device.id, "BLOCK")
    cloud.change(device.id, "UNBLOCK")
    for _ in range(4):
        assert device.sign(WRONG).status_code == 401
    assert cloud.status(device.id) == "ACTIVE"


def test_who_the_bank_says_has_done_it_is_kept_in_the_history(cloud, user):  # 72
    device = cloud.phone(user, commit=False)
    cloud.commit(device.id, externalUserId="E1")
    cloud.change(device.id, "BLOCK", externalUserId="E2")
    cloud.change(device.id, "UNBLOCK")
    cloud.change(device.id, "REMOVE", externalUserId="E3")
    history = cloud("GET", f"{of(device.id)}/history")["history"]
    assert [move.get("externalUserId") for move in history] == [
        None, None, "E1", "E2", None, "E3",
    ]  # fmt: skip


def test_what_is_so_already_stays_as_it_is(cloud, user):  # 65
    device = cloud.phone(user)
    cloud.change(device.id, "UNBLOCK")
    cloud.change(device.id, "BLOCK", blockReason="LOST")
    cloud.change(device.id, "BLOCK", blockReason="STOLEN")
    assert cloud.registration(device.id)["blockedReason"] == "LOST"
    for _ in range(2):
        cloud.change(device.id, "REMOVE")
    history = cloud("GET", f"{of(device.id)}/history")["history"]
    assert [move["registrationStatus"] for move in history][2:] == ["ACTIVE", "BLOCKED", "REMOVED"]


def test_what_works_not_yet_or_no_more_is_not_blocked(cloud, user):  # 67
    device, created = cloud.phone(user), cloud.register(user)["registrationId"]
    pending = cloud.phone(user, commit=False).id
    cloud.change(device.id, "REMOVE")
    for registration in (created, pending, device.id):
        for change in ("BLOCK", "UNBLOCK"):
            assert cloud.refused("PUT", of(registration), {"change": change}) == CHANGE
    assert cloud.refused("PUT", NOBODY, {"change": "REMOVE"}) == UNKNOWN


@pytest.mark.parametrize("body", [None, {}, {"change": "DESTROY"}, {"change": None},
                                  {"change": "BLOCK", "blockReason": "x" * 257}])  # fmt: skip
def test_an_unknown_change_is_refused(cloud, user, body):  # 68
    device = cloud.phone(user)
    assert cloud.refused("PUT", of(device.id), body) == "ERROR_REQUEST"
    assert cloud.status(device.id) == "ACTIVE"


def test_put_removes_whatever_there_is(cloud, user):  # decision 11
    made = cloud.register(user)["registrationId"], cloud.phone(user, commit=False).id
    blocked = cloud.phone(user).id
    cloud.change(blocked, "BLOCK")
    for registration in (*made, blocked, cloud.phone(user).id):
        cloud.change(registration, "REMOVE")
        assert cloud.status(registration) == "REMOVED"


@pytest.mark.parametrize("how", ["nothing", "body", "query"])
def test_delete_ends_what_nobody_has_committed(cloud, user, how):  # 69, decision 11
    employee = {"externalUserId": "E1"}
    made = cloud.register(user)["registrationId"], cloud.phone(user, commit=False).id
    for registration in made:
        body, query = (employee if how == name else {} for name in ("body", "query"))
        assert cloud("DELETE", of(registration), body or None, **query) == {"status": "OK"}
        assert cloud.status(registration) == "REMOVED"
        last = cloud("GET", f"{of(registration)}/history")["history"][-1]
        assert last.get("externalUserId") == (None if how == "nothing" else "E1")
    assert cloud.refused("DELETE", NOBODY) == UNKNOWN


def test_delete_leaves_what_is_committed(cloud, user):  # 70, decision 11
    device = cloud.phone(user)
    assert cloud.refused("DELETE", of(device.id)) == CHANGE
    cloud.change(device.id, "BLOCK")
    assert cloud.refused("DELETE", of(device.id)) == CHANGE
    assert cloud.status(device.id) == "BLOCKED"


def test_delete_ends_what_is_committed_where_the_bank_wants_it(settings):  # 70, decision 11
    changed = {"registrations": RegistrationsSettings(delete_committed=True)}
    with built(settings.model_copy(update=changed)) as app:
        cloud = Cloud(app)
        device = cloud.phone()
        cloud("DELETE", of(device.id))
        assert device.status() == "REMOVED"


def test_a_phone_is_called_otherwise_and_gets_flags(cloud, user):
    registration = cloud.phone(user, flags=["VIP"]).id
    cloud("PUT", f"{of(registration)}/name", {"name": "Her phone"})
    assert cloud("POST", f"{of(registration)}/flags", {"flags": ["A", "VIP"]}) == {
        "flags": ["A", "VIP"]
    }
    removed = cloud("POST", f"{of(registration)}/flags/remove", {"flags": ["VIP", "B"]})
    assert removed == {"flags": ["A"]} == cloud("GET", f"{of(registration)}/flags")
    seen = cloud.registration(registration)
    assert (seen["name"], seen["flags"]) == ("Her phone", ["A"])
    many = {"flags": [str(n) for n in range(64)]}
    assert cloud.refused("POST", f"{of(registration)}/flags", many) == "ERROR_REQUEST"
    assert cloud.registration(registration)["flags"] == ["A"]


# --- the way to ask ---------------------------------------------------------------------------


@on_sqlite
def test_reading_writes_nothing_even_where_the_time_is_over(app):
    cloud = Cloud(app)
    with time_machine.travel(clock.now(), tick=False) as time:
        registration = cloud.register()["registrationId"]
        before = census(app)
        time.shift(timedelta(minutes=3))
        assert cloud.status(registration) == "REMOVED"
        cloud("GET", "/v2/registrations", userId=USER, removed="true")
        admin(app)("GET", "/admin/applications")
        assert census(app) == before
