"""A bank's own pushes, as back ends send them (checklist 94 to 96, 106)."""

import json

import pytest

from app.mtoken.operation_views import Handset
from app.store.outbox import OutboxRow
from tests.support.cloud import APP, Cloud, admin, integrator
from tests.support.pushing import Provider, delivered, reachable
from tests.support.store import all_of, census

pytest_plugins = ["tests.support.lasting"]

SEND = "/v2/messages/send"
SHOWN = {"title": "Balance Update", "message": "We just updated your balance."}
NOT_FOUND = "ERROR_REGISTRATION_NOT_FOUND"


@pytest.fixture
def cloud(lasting_app):
    return Cloud(lasting_app)


@pytest.fixture
def user(request):
    return f"user-{abs(hash(request.node.name))}"


def phone_of(cloud, user):
    """A phone that can be reached, at an address that is called as its registration."""
    device = cloud.phone(user)
    reachable(cloud.app, Handset(device.id, user, APP), device.id)
    return device


def pushed(app, *devices):
    """What the worker brings to these phones, but for what it says of registrations."""
    known = {device.id for device in devices}
    return [
        push
        for push in delivered(app)
        if push.registration_id in known and "activationStatus" not in push.extras
    ]


def test_a_message_is_answered_before_any_provider_is_called(cloud, user):  # 95
    device = phone_of(cloud, user)
    delivered(cloud.app)
    provider = Provider()
    wanted = {"userId": user, **SHOWN, "sound": "coins", "silent": False}
    answer = cloud("POST", SEND, wanted | {"extras": {"screen": "balance", "n": 5, "none": None}})
    assert answer == {"status": "OK"}
    assert [row.kind for row in all_of(cloud.app, OutboxRow) if row.state == "pending"] == ["push"]
    assert provider.sent == []
    (push,) = delivered(cloud.app, provider)
    assert (push.token, push.title, push.text) == (device.id, *SHOWN.values())
    assert (push.sound, push.is_silent) == ("coins", False)
    assert push.extras == {"screen": "balance", "n": "5", "activationId": device.id}


@pytest.mark.parametrize(
    "title", [{}, {"title": None}, {"title": ""}, {"title": " \t\n"}, {"title": "\u2003"}]
)
def test_what_is_shown_has_a_title(cloud, user, title):  # 94
    phone_of(cloud, user)
    before = census(cloud.app)
    answer = cloud.ask("POST", SEND, {"userId": user, "message": "x", **title})
    assert answer.status_code == 400
    assert answer.json == {
        "status": "ERROR",
        "responseObject": {"code": "ERROR_PUSH_MESSAGE", "message": "Title must not be blank."},
    }
    assert census(cloud.app) == before


def test_a_silent_message_needs_no_title_and_shows_none(cloud, user):
    device = phone_of(cloud, user)
    cloud("POST", SEND, {"userId": user, "silent": True, "extras": {"a": "b"}})
    cloud("POST", SEND, {"userId": user, "silent": True, **SHOWN})
    first, second = pushed(cloud.app, device)
    assert (first.is_silent, first.extras["a"]) == (True, "b")
    assert (second.is_silent, second.title, second.text) == (True, "", "")


@pytest.mark.parametrize(
    "more",
    [
        {"userId": None}, {"userId": ""}, {"userId": 7}, {"userId": "x" * 257}, {"silent": "so"},
        {"title": 7}, {"title": "x" * 257}, {"message": "x" * 2049}, {"message": []},
        {"sound": "x" * 257}, {"extras": []}, {"extras": {"": "x"}}, {"extras": {"a": "x" * 2048}},
        {"extras": {str(n): 1 for n in range(65)}}, {"registrationId": ""},
        {"extras": {"from": "x"}}, {"extras": {"a": 1, "google.x": "y"}}, {"extras": {"aps": "x"}},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(cloud, user, more):
    phone_of(cloud, user)
    before = census(cloud.app)
    assert cloud.refused("POST", SEND, {"userId": user} | SHOWN | more) == "ERROR_REQUEST"
    assert census(cloud.app) == before


@pytest.mark.parametrize(
    "more",
    [
        {"message": "щ" * 1750},
        {"message": "\U0001f4b3" * 900},
        {"message": '"' * 1800},
        {"message": "x" * 1500, "extras": {"a": "x" * 2000}},
    ],
)
def test_what_is_larger_than_providers_take_is_refused_at_once(cloud, user, more):
    device = phone_of(cloud, user)
    before = census(cloud.app)
    answer = cloud.ask("POST", SEND, {"userId": user} | SHOWN | more)
    assert answer.status_code == 400
    (violation,) = answer.json["responseObject"]["violations"]
    assert violation["fieldName"] == "message"
    assert census(cloud.app) == before
    cloud("POST", SEND, {"userId": user, "title": "x", "message": "щ" * 1700})
    (push,) = pushed(cloud.app, device)
    assert len(push.text) == 1700


def test_the_words_of_an_operation_s_push_fit_whatever_its_parameters(cloud, user):
    device = phone_of(cloud, user)
    words = {"language": "en", "title": "${note}", "message": "${note}", "summary": "${note}"}
    name = f"fat-{user}"
    admin(cloud.app)("POST", "/admin/templates/operations", {
        "templateName": name, "operationType": "fat", "dataTemplate": "A1",
        "signatureType": ["possession_knowledge"], "maxFailureCount": 5, "expiration": 60,
        "texts": [words],
    })  # fmt: skip
    for note in ("щ" * 4096, "\U0001f4b3" * 4096, '\\"' * 2048):
        cloud.open(user, template=name, parameters={"note": note})
        (push,) = [each for each in pushed(cloud.app, device) if not each.is_silent]
        shown = json.dumps([push.title, push.text], ensure_ascii=False).encode()
        assert 2400 < len(shown) <= 2600
        assert push.text == note[: len(push.text) - 1] + "…"


def test_a_message_may_be_for_one_phone_alone(cloud, user):
    first, second = phone_of(cloud, user), phone_of(cloud, user)
    cloud("POST", SEND, {"userId": user, "registrationId": second.id, **SHOWN})
    assert [push.token for push in pushed(cloud.app, first, second)] == [second.id]


def test_a_phone_that_is_not_the_persons_or_not_the_callers_does_not_exist(cloud, user):  # 96
    device, stranger = phone_of(cloud, user), phone_of(cloud, f"{user}-2")
    other = integrator(cloud.app, f"robot-{user}", f"app-{user}")
    before = census(cloud.app)
    wanted = {"userId": user, **SHOWN}
    answers = {
        (answer.status_code, answer.data)
        for caller, registration in (
            (cloud, stranger.id), (cloud, "nothing"), (other, device.id), (other, "nothing"),
        )
        if (answer := caller.ask("POST", SEND, wanted | {"registrationId": registration}))
    }  # fmt: skip
    assert len(answers) == 1
    assert other.refused("POST", SEND, wanted | {"registrationId": device.id}) == NOT_FOUND
    assert census(cloud.app) == before


def test_phones_of_other_applications_get_nothing(cloud, user):
    device = phone_of(cloud, user)
    other = integrator(cloud.app, f"robot-{user}", f"app-{user}")
    assert other("POST", SEND, {"userId": user, **SHOWN}) == {"status": "OK"}
    assert cloud("POST", SEND, {"userId": f"{user}-2", **SHOWN}) == {"status": "OK"}
    assert pushed(cloud.app, device) == []


def test_a_phone_that_is_not_active_gets_nothing(cloud, user):  # 106
    device = phone_of(cloud, user)
    cloud("POST", SEND, {"userId": user, **SHOWN})
    cloud.change(device.id, "BLOCK")
    cloud("POST", SEND, {"userId": user, **SHOWN})
    cloud("POST", SEND, {"userId": user, "registrationId": device.id, **SHOWN})
    assert pushed(cloud.app, device) == []
    cloud.change(device.id, "UNBLOCK")
    cloud("POST", SEND, {"userId": user, **SHOWN})
    assert len(pushed(cloud.app, device)) == 1


def test_messages_are_for_back_ends_alone(cloud, user):
    assert admin(cloud.app).ask("POST", SEND, {"userId": user, **SHOWN}).status_code == 403
    assert Cloud(cloud.app, "nobody").ask("POST", SEND, {"userId": user}).status_code == 401
