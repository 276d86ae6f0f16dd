"""Operations as back ends open, follow and withdraw them (checklist 74 to 89)."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.store.outbox import OutboxRow
from tests.support.cloud import APP, PAYMENT, PAYMENT_DATA, Cloud, approve, integrator, pending
from tests.support.device import WRONG, now
from tests.support.store import all_of, census

pytest_plugins = ["tests.support.lasting"]

OPEN = "/v2/operations"
REACH = "/api/push/device/register/token"
UNKNOWN, OVER = "ERROR_OPERATION_NOT_FOUND", "ERROR_OPERATION_STATE_CHANGE"


@pytest.fixture
def cloud(lasting_app):
    return Cloud(lasting_app)


@pytest.fixture
def user(request):
    return f"user-{abs(hash(request.node.name))}"


@pytest.fixture
def device(cloud, user):
    return cloud.phone(user)


def milliseconds(**later):
    return int((clock.now() + timedelta(**later)).timestamp() * 1000)


def test_a_payment_is_written_from_its_parameters(cloud, user, device):  # 74
    made = cloud.open(user, externalId="T-1", language="cs")
    times = {name: made.pop(name) for name in ("timestampCreated", "timestampExpires")}
    assert times["timestampExpires"] - times["timestampCreated"] == 300_000
    operation = made["operationId"]
    assert made == {
        "operationId": operation, "userId": user, "status": "PENDING", "template": "payment",
        "operationType": "authorize_payment", "externalId": "T-1", "data": PAYMENT_DATA,
        "parameters": PAYMENT["parameters"], "failureCount": 0, "maxFailureCount": 5,
    }  # fmt: skip
    assert cloud.operation(operation) == made | times | {"additionalData": {}}
    (shown,) = pending(device)
    assert (shown["id"], shown["data"]) == (operation, PAYMENT_DATA)


def test_what_ends_a_field_is_escaped(cloud, user, device):  # 75
    made = cloud.open(user, parameters=PAYMENT["parameters"] | {"iban": "CZ*1\\2\n3"})
    assert made["data"] == "A1*A63.99EUR*ICZ\\*1\\\\2\\n3"


def test_a_login_takes_the_parameters_of_a_payment(cloud, user, device):  # 79
    made = cloud.open(user, template="login")
    assert (made["data"], made["operationType"]) == ("A2", "login")
    assert made["parameters"] == PAYMENT["parameters"]


@pytest.mark.parametrize(
    "more",
    [
        {"template": "unknown"}, {"template": None}, {"template": ""}, {"userId": 7},
        {"parameters": {"amount": "1\x07"}}, {"parameters": {"amount": 1}}, {"parameters": []},
        {"parameters": {"a": None}}, {"parameters": {"a": "x" * 4097}}, {"language": "x" * 17},
        {"parameters": {str(n): "" for n in range(65)}}, {"timestampExpires": -1},
        {"timestampExpires": 1_700_000_000_000}, {"timestampExpires": 10**18}, {"silent": "so"},
        {"externalId": "x" * 257}, {"additionalData": []}, {"flag": ""}, {"registrationId": ""},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(cloud, user, device, more):  # 76, 77, 80
    before = census(cloud.app)
    assert cloud.refused("POST", OPEN, PAYMENT | {"userId": user} | more) == "ERROR_REQUEST"
    assert census(cloud.app) == before


def test_an_end_is_told_as_it_was_given(cloud, user, device):
    end = 2_149_047_190_832  # a float of seconds rounds it
    made = cloud.open(user, timestampExpires=end)
    assert made["timestampExpires"] == end
    assert cloud.operation(made["operationId"])["timestampExpires"] == end


def test_who_has_no_phone_that_works_is_asked_nothing(cloud, user):  # 78
    wanted = PAYMENT | {"userId": user}
    refused = "ERROR_REGISTRATION_NOT_FOUND"
    assert cloud.refused("POST", OPEN, wanted) == refused
    cloud.register(user)
    assert cloud.refused("POST", OPEN, wanted) == refused
    device = cloud.phone(user)
    cloud.change(device.id, "BLOCK")
    assert cloud.refused("POST", OPEN, wanted) == refused
    cloud.change(device.id, "UNBLOCK")
    assert cloud.open(user)["status"] == "PENDING"


def test_an_operation_may_be_for_one_phone_alone(cloud, user, device):  # 96
    other, stranger = cloud.phone(user), cloud.phone(f"{user}-2")
    made = cloud.open(user, registrationId=other.id)
    assert pending(device) == []
    assert [each["id"] for each in pending(other)] == [made["operationId"]]
    wanted = PAYMENT | {"userId": user, "registrationId": stranger.id}
    assert cloud.refused("POST", OPEN, wanted) == "ERROR_REGISTRATION_NOT_FOUND"


def test_an_operation_that_is_nobodys_is_whose_phone_approves_it(cloud, user, device):  # 81
    made = cloud.open(None)
    assert "userId" not in made
    assert approve(device, {"id": made["operationId"], "data": made["data"]}).status_code == 200
    seen = cloud.operation(made["operationId"])
    assert (seen["status"], seen["userId"]) == ("APPROVED", user)
    assert seen["additionalData"]["activationId"] == device.id
    assert seen["timestampFinalized"] >= seen["timestampCreated"]


def test_the_page_shows_a_password_that_only_a_phone_beside_it_knows(cloud, user, device):  # 82
    with time_machine.travel(clock.now(), tick=False) as time:
        made = cloud.open(user, proximityCheckEnabled=True)
        first = made["proximityOtp"]
        assert len(first) == 8
        assert first.isdecimal()
        time.shift(timedelta(seconds=30))
        second = cloud.operation(made["operationId"])["proximityOtp"]
        assert second != first
        (shown,) = pending(device)
        assert approve(device, shown).status_code == 401
        near = {"proximityCheck": {"otp": second, "type": "QR_CODE"}}
        assert approve(device, shown, **near).status_code == 200
        seen = cloud.operation(made["operationId"])
        assert (seen["status"], seen["failureCount"]) == ("APPROVED", 1)
        assert "proximityOtp" not in seen
        listed = cloud("GET", OPEN, userId=user)["operations"]
        assert not [each for each in listed if "proximityOtp" in each]


def test_wrong_signatures_are_told_and_the_fifth_ends_it(cloud, user):
    device, other = cloud.phone(user), cloud.phone(user)
    made = cloud.open(user)
    for phone in (device, device, device, other, other):
        approve(phone, {"id": made["operationId"], "data": made["data"]}, WRONG)
    seen = cloud.operation(made["operationId"])
    assert (seen["status"], seen["failureCount"]) == ("FAILED", 5)


def test_an_operation_is_withdrawn_once(cloud, user, device):  # 83
    operation = cloud.open(user)["operationId"]
    gone = cloud("DELETE", f"{OPEN}/{operation}", {"operationId": operation}, statusReason="STOP")
    assert gone == {"status": "OK"}
    seen = cloud.operation(operation)
    assert (seen["status"], seen["statusReason"]) == ("CANCELED", "STOP")
    assert seen["timestampFinalized"] >= seen["timestampCreated"]
    assert cloud.refused("DELETE", f"{OPEN}/{operation}") == OVER
    assert cloud.refused("DELETE", f"{OPEN}/{operation}", statusReason="x" * 33) == "ERROR_REQUEST"
    assert pending(device) == []


def test_what_has_ended_is_not_withdrawn(cloud, user, device):
    with time_machine.travel(clock.now(), tick=False) as time:
        approved, late = cloud.open(user), cloud.open(user)["operationId"]
        approve(device, {"id": approved["operationId"], "data": approved["data"]})
        time.shift(timedelta(minutes=5))
        for operation in (approved["operationId"], late):
            assert cloud.refused("DELETE", f"{OPEN}/{operation}") == OVER


def test_an_operation_whose_time_is_over_says_so_at_once(cloud, user, device):  # 84
    with time_machine.travel(clock.now(), tick=False) as time:
        usual = cloud.open(user)
        short = cloud.open(user, timestampExpires=milliseconds(seconds=60))["operationId"]
        time.shift(timedelta(seconds=60))
        seen = cloud.operation(short)
        assert (seen["status"], seen["timestampFinalized"]) == ("EXPIRED", milliseconds())
        assert cloud.operation(usual["operationId"])["status"] == "PENDING"
        time.shift(timedelta(seconds=20))  # until somebody notes it
        cloud("POST", "/internal/callback/operation", {"operationId": short})
        assert cloud.operation(short) == seen


@pytest.mark.parametrize("operation", ["nothing", "x" * 300, "00000000-0000-4000-8000-0000000000"])
def test_an_operation_that_is_not_there_is_not_found(cloud, operation):  # 85
    for method in ("GET", "DELETE"):
        assert cloud.refused(method, f"{OPEN}/{operation}") == UNKNOWN


def test_a_list_says_what_was_asked_for(cloud, user, device):
    first = cloud.open(user, externalId=user)["operationId"]
    second, third = (cloud.open(user)["operationId"] for _ in range(2))

    def listed(**query):
        return [each["operationId"] for each in cloud("GET", OPEN, **query)["operations"]]

    assert listed(userId=user) == [third, second, first]
    assert listed(externalId=user) == [first]
    assert listed(userId=user, size=2) == [third, second]
    assert listed(userId=user, size=2, page=1) == [first]
    assert listed(userId="nobody at all") == []
    assert cloud.refused("GET", OPEN) == "ERROR_REQUEST"


def test_a_flag_says_which_phones_see_it(cloud, user, device):
    other = cloud.phone(user, flags=["VIP"])
    made = cloud.open(user, flag="VIP", additionalData={"a": [1, None]})
    assert cloud.operation(made["operationId"])["additionalData"] == {"a": [1, None]}
    assert pending(device) == []
    assert [each["id"] for each in pending(other)] == [made["operationId"]]


def test_who_shares_an_application_sees_its_operations(cloud, user, device):
    operation = cloud.open(user)["operationId"]
    colleague = integrator(cloud.app, user, APP)
    assert colleague.operation(operation)["status"] == "PENDING"


def test_a_silent_operation_pushes_nobody(cloud, user, device):  # 89
    device.create_token()
    address = {"requestObject": {"platform": "fcm", "token": f"push-{device.id}"}}
    assert device.post(device.handset.with_token(REACH, address, now())).status_code == 200

    def pushes(operation):
        rows = all_of(cloud.app, OutboxRow)
        return len([row for row in rows if row.reference == f"operation:{operation}"])

    assert pushes(cloud.open(user, silent=True)["operationId"]) == 0
    assert pushes(cloud.open(user)["operationId"]) == 1
