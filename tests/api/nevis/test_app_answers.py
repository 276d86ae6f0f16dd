"""What apps redeem, sign and answer: once, with their own key, for what they were shown."""

from datetime import timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec

from app import clock
from app.mtoken.challenges import challenge_of
from app.store.operations import OperationRecord, OperationRow
from app.store.registrations import Registration
from tests.support.cloud import PAYMENT, Cloud, exchanged, pending
from tests.support.device import KNOWLEDGE, PREFIX
from tests.support.nevis import App, Nevis, dispatched, unpadded
from tests.support.store import all_of, census, on_sqlite, reading, serving
from tests.support.threads import at_once

WHERE = "/nevisfido/uaf/response"
REGISTER, AUTHENTICATE = (
    f"/nevisfido/token/redeem/{each}" for each in ("registration", "authentication")
)


@pytest.fixture
def nevis(app):
    return Nevis(app)


def token_of(begun):
    return {"token": dispatched(begun["appLinkUri"])["nma_data"]["token"]}


def failures(nevis, operation_id):
    with reading(nevis.app) as session:
        row = session.get(OperationRow, operation_id)
        return row.failures, row.status


# --- redeeming --------------------------------------------------------------------------------


def test_what_is_redeemed_says_what_is_asked(nevis):
    app = nevis.with_app()
    begun = nevis.approve(channel="app", message="Pay 100 CZK?")
    asked = app.redeem(begun["appLinkUri"])
    assert (asked["statusCode"], asked["op"]) == (1200, "Auth")
    assert 110_000 < asked["lifetimeMillis"] <= 120_000
    request = asked["uafRequest"]
    assert request["header"].pop("serverData")
    challenge = unpadded(challenge_of(begun["transactionId"], "A2*TPay 100 CZK?"))
    assert request == {
        "header": {"op": "Auth", "appID": "http://localhost:8080/nevis/demo/"},
        "transactionId": begun["transactionId"], "data": "A2*TPay 100 CZK?",
        "challenge": challenge, "username": "u12345",
        "userId": nevis.enroll()["userId"], "authenticatorId": app.id,
        "transaction": [{"contentType": "text/plain", "content": "Pay 100 CZK?"}],
    }  # fmt: skip


def test_a_token_is_redeemed_once_and_for_its_purpose(nevis):
    begun = nevis.enroll()["enrollment"]
    told = [nevis.refused(404, "POST", AUTHENTICATE, token_of(begun), bearer=None)]
    App(nevis).redeem(begun["appLinkUri"])
    told.append(nevis.refused(404, "POST", REGISTER, token_of(begun), bearer=None))
    told.append(nevis.refused(404, "POST", REGISTER, {"token": "nobody"}, bearer=None))
    assert set(told) == {"token.unknown"}


def test_of_parallel_redeemers_one_gets_the_request(nevis):
    begun = nevis.enroll()["enrollment"]
    ask = lambda: nevis.ask("POST", REGISTER, token_of(begun), bearer=None)  # noqa: E731
    answers = at_once(*[ask] * 6)
    assert sorted(each.status_code for each in answers) == [200] + [404] * 5
    assert len({each.data for each in answers if each.status_code == 404}) == 1


# --- answering --------------------------------------------------------------------------------


def test_an_enrolment_is_answered_once(nevis):
    begun = nevis.enroll()["enrollment"]
    app, thief = App(nevis), App(nevis)
    asked = app.redeem(begun["appLinkUri"])
    app.answer(app.registration(asked))
    assert thief.refused(422, thief.registration(asked)) == "transaction.over"
    rejection = {"serverData": asked["uafRequest"]["header"]["serverData"], "rejected": True}
    assert thief.refused(422, rejection) == "transaction.over"
    (row,) = all_of(nevis.app, Registration)
    assert unpadded(row.device_public) == app.public
    assert row.state == "ACTIVE"


def test_an_app_that_lost_the_answer_to_its_key_hears_it_again(nevis):
    begun = nevis.enroll()["enrollment"]
    app, thief = App(nevis), App(nevis)
    asked = app.redeem(begun["appLinkUri"])
    told = app.answer(app.registration(asked))
    before = census(nevis.app)
    assert app.answer(app.registration(asked)) == told
    stolen = {**thief.registration(asked), "publicKey": app.public}
    assert thief.refused(422, stolen) == "transaction.over"
    assert census(nevis.app) == before
    assert nevis.ask("DELETE", f"/api/v1/authenticators/{app.id}").status_code == 204
    assert app.refused(422, app.registration(asked)) == "transaction.over"


@on_sqlite
def test_the_last_authenticator_that_fits_hears_its_answer_again(nevis):
    for _ in range(nevis.app.extensions["webflow"].settings.nevis.authenticators - 1):
        nevis.with_app()
    app = App(nevis)
    asked = app.redeem(nevis.enroll()["enrollment"]["appLinkUri"])
    assert app.answer(app.registration(asked)) == app.answer(app.registration(asked))


def test_of_two_keys_at_once_one_is_registered(nevis):
    begun = nevis.enroll()["enrollment"]
    apps = [App(nevis) for _ in range(4)]
    asked = apps[0].redeem(begun["appLinkUri"])
    bodies = [app.registration(asked) for app in apps]
    acts = [lambda body=body: nevis.ask("POST", WHERE, body, bearer=None) for body in bodies]
    assert sorted(each.status_code for each in at_once(*acts)) == [200, 422, 422, 422]


def test_an_app_that_lost_the_answer_to_its_approval_hears_it_again(nevis):
    app, begun = nevis.with_app(), nevis.approve(channel="app")
    asked = app.redeem(begun["appLinkUri"])
    act = lambda: nevis.ask("POST", WHERE, app.approval(asked), bearer=None)  # noqa: E731
    before = census(nevis.app)
    app.answer(app.approval(asked))
    first, once = stood(nevis, begun, app), census(nevis.app)
    assert once != before
    assert [each.status_code for each in at_once(*[act] * 4)] == [200] * 4
    assert act().json == {"statusCode": 1200}
    assert (stood(nevis, begun, app), census(nevis.app)) == (first, once)


def test_of_the_same_answers_at_once_one_approves_and_all_are_told_so(nevis):
    app, begun = nevis.with_app(), nevis.approve(channel="app")
    asked = app.redeem(begun["appLinkUri"])
    act = lambda: nevis.ask("POST", WHERE, app.approval(asked), bearer=None)  # noqa: E731
    assert [each.status_code for each in at_once(*[act] * 4)] == [200] * 4
    told = [row for row in all_of(nevis.app, OperationRecord) if row.status == "APPROVED"]
    assert [row.operation_id for row in told].count(begun["transactionId"]) == 1


def test_an_approval_is_said_again_by_its_own_key_alone(nevis):
    first, other = nevis.with_app(), nevis.with_app()
    asked = first.redeem(nevis.approve(channel="app", authenticatorId="*")["appLinkUri"])
    first.answer(first.approval(asked))
    before = census(nevis.app)
    wrong = {**first.approval(asked), "signature": other.approval(asked)["signature"]}
    no = {"serverData": asked["uafRequest"]["header"]["serverData"], "rejected": True}
    for each in (other.approval(asked), wrong, no):
        assert first.refused(422, each) == "transaction.over"
    assert census(nevis.app) == before
    assert nevis.ask("DELETE", f"/api/v1/authenticators/{first.id}").status_code == 204
    assert first.refused(404, first.approval(asked)) == "authenticator.unknown"


@pytest.mark.parametrize("act", ["enroll", "approve"])
def test_a_no_is_said_again_but_is_no_yes(nevis, act):
    app = nevis.with_app()
    begun = nevis.enroll()["enrollment"] if act == "enroll" else nevis.approve(channel="app")
    asked = app.redeem(begun["appLinkUri"])
    no = {"serverData": asked["uafRequest"]["header"]["serverData"], "rejected": True}
    app.answer(no)
    before = census(nevis.app)
    say = lambda: nevis.ask("POST", WHERE, no, bearer=None)  # noqa: E731
    assert [each.status_code for each in at_once(*[say] * 3)] == [200] * 3
    yes = app.registration(asked) if act == "enroll" else app.approval(asked)
    assert app.refused(422, yes) == "transaction.over"
    assert census(nevis.app) == before
    assert nevis.status(begun["statusToken"])["status"] == "failed"


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_a_no_that_came_too_late_is_not_said_to_be_taken(nevis, end):
    app, begun = nevis.with_app(), nevis.approve(channel="app")
    asked = app.redeem(begun["appLinkUri"])
    no = {"serverData": asked["uafRequest"]["header"]["serverData"], "rejected": True}
    after = timedelta(minutes=3 if end == "expire" else 0)
    if end == "cancel":
        with serving(nevis.app) as services:
            services.operations.cancel(begun["transactionId"])
            services.commit()
    with time_machine.travel(clock.now() + after):
        for each in (no, app.approval(asked)):
            assert app.refused(422, each) == "transaction.over"


def stood(nevis, begun, app):
    """Return all that an answer could have changed."""
    with reading(nevis.app) as session:
        row = session.get_one(OperationRow, begun["transactionId"])
        key = session.get_one(Registration, app.id)
        return row.version, row.finished_at, row.additional_data, key.last_used_at, key.changed_at


def test_a_wrong_signature_is_counted_and_the_fifth_ends_it(nevis):
    app = nevis.with_app()
    begun = nevis.approve(channel="app")
    asked = app.redeem(begun["appLinkUri"])
    for number in range(1, 5):
        wrong = {**app.approval(asked), "signature": unpadded(b"x" * number)}
        assert app.refused(403, wrong) == "signature.wrong"
        assert failures(nevis, begun["transactionId"]) == (number, "PENDING")
    assert app.refused(422, wrong) == "transaction.over"
    assert failures(nevis, begun["transactionId"]) == (5, "FAILED")
    assert app.refused(422, app.approval(asked)) == "transaction.over"
    assert nevis.status(begun["statusToken"])["status"] == "failed"


def test_the_fifth_wrong_signature_ends_an_enrolment_and_its_registration(nevis):
    begun = nevis.enroll()["enrollment"]
    app = App(nevis)
    asked = app.redeem(begun["appLinkUri"])
    wrong = {**app.registration(asked), "signature": "AAAA"}
    assert [app.refused(status, wrong) for status in (403,) * 4 + (422,)][-1] == "transaction.over"
    (row,) = all_of(nevis.app, Registration)
    assert row.state == "REMOVED"
    assert app.refused(422, app.registration(asked)) == "transaction.over"


def test_a_signature_is_for_one_transaction_act_key_and_way_to_unlock_it(nevis):
    app = nevis.with_app()
    first = app.redeem(nevis.approve(channel="app", message="Pay 1 CZK?")["appLinkUri"])
    second = app.redeem(nevis.approve(channel="app", message="Pay 1 CZK?")["appLinkUri"])
    replayed = {**app.approval(second), "signature": app.approval(first)["signature"]}
    assert app.refused(403, replayed) == "signature.wrong"
    unlocked = {**app.approval(second), "userVerification": "biometry"}
    assert app.refused(403, unlocked) == "signature.wrong"
    of_registration = {**app.approval(second), "signature": app.sign("Reg", second, app.public)}
    assert app.refused(403, of_registration) == "signature.wrong"
    stranger = {**app.approval(second), "signature": App(nevis).sign("Auth", second)}
    assert app.refused(403, stranger) == "signature.wrong"
    app.answer(app.approval(second))


def test_a_new_key_proves_itself_and_is_the_one_that_was_signed(nevis):
    app, other = App(nevis), App(nevis)
    asked = app.redeem(nevis.enroll()["enrollment"]["appLinkUri"])
    stolen = {**app.registration(asked), "publicKey": other.public}
    assert app.refused(403, stolen) == "signature.wrong"
    app.answer(app.registration(asked))


@pytest.mark.parametrize(
    "key",
    ["", "AAAA", "A" * 87, "BAAA" + "A" * 83, "ž", "compressed", "padded"],
)
def test_a_key_that_is_no_point_is_refused(nevis, key):
    app = App(nevis)
    asked = app.redeem(nevis.enroll()["enrollment"]["appLinkUri"])
    point = app.key.public_key().public_numbers()
    named = {
        "compressed": unpadded(bytes([2 + point.y % 2]) + point.x.to_bytes(32, "big")),
        "padded": app.public + "=",
    }
    before = census(nevis.app)
    body = {**app.registration(asked), "publicKey": named.get(key, key)}
    assert app.refused(400, body) == "request.malformed"
    assert census(nevis.app) == before
    app.answer(app.registration(asked))


def test_a_point_of_another_curve_is_refused(nevis):
    app = App(nevis, ec.generate_private_key(ec.SECP256K1()))
    asked = app.redeem(nevis.enroll()["enrollment"]["appLinkUri"])
    assert app.refused(400, app.registration(asked)) == "request.malformed"


# --- which authenticator ------------------------------------------------------------------------


def test_only_the_authenticator_that_was_asked_answers(nevis):
    first, last = nevis.with_app(), nevis.with_app()
    stranger = nevis.with_app("u12346")
    phone = Cloud(nevis.app).phone("u12345")
    begun = nevis.approve(channel="app")
    asked = last.redeem(begun["appLinkUri"])
    for app in (first, stranger):
        assert app.refused(404, app.approval(asked)) == "authenticator.unknown"
    for other in (phone.id, "nobody"):
        body = {**last.approval(asked), "authenticatorId": other}
        assert last.refused(404, body) == "authenticator.unknown"
    assert failures(nevis, begun["transactionId"]) == (0, "PENDING")
    last.answer(last.approval(asked))


def test_any_app_of_the_user_answers_what_any_was_asked(nevis):
    first, _ = nevis.with_app(), nevis.with_app()
    stranger = nevis.with_app("u12346")
    begun = nevis.approve(channel="app", authenticatorId="*")
    asked = first.redeem(begun["appLinkUri"])
    assert stranger.refused(404, stranger.approval(asked)) == "authenticator.unknown"
    first.answer(first.approval(asked))
    assert nevis.status(begun["statusToken"])["status"] == "succeeded"


@pytest.mark.parametrize("change", ["BLOCK", "REMOVE"])
def test_an_app_that_is_blocked_or_removed_approves_nothing(nevis, change):
    app = nevis.with_app()
    begun = nevis.approve(channel="app")
    asked = app.redeem(begun["appLinkUri"])
    Cloud(nevis.app).change(app.id, change)
    assert app.refused(404, app.approval(asked)) == "authenticator.unknown"
    wanted = {"username": "u12345", "authenticatorId": app.id}
    assert nevis.refused(404, "POST", "/api/v1/approval", wanted) == "authenticator.unknown"
    if change == "BLOCK":
        Cloud(nevis.app).change(app.id, "UNBLOCK")
        app.answer(app.approval(asked))


@on_sqlite
def test_an_app_whose_user_is_not_verified_yet_approves_nothing(nevis):
    app = nevis.with_app()
    flags = {"flags": ["VERIFICATION_PENDING"]}
    Cloud(nevis.app)("POST", f"/v2/registrations/{app.id}/flags", flags)
    asked = app.redeem(nevis.approve(channel="app")["appLinkUri"])
    assert app.refused(403, app.approval(asked)) == "authenticator.notVerified"


# --- kinds do not meet --------------------------------------------------------------------------


def test_phones_and_apps_of_one_user_do_not_see_each_other_s_operations(nevis):
    cloud = Cloud(nevis.app)
    phone, app = cloud.phone("u12345"), nevis.with_app()
    begun = nevis.approve(channel="app", message="Pay?", authenticatorId="*")  # bound to no app
    assert pending(phone) == []
    value = {"requestObject": {"id": begun["transactionId"], "data": "A2*TPay?"}}
    path = "/api/auth/token/app/operation/authorize"
    answer = phone.post(phone.handset.signed(path, "/operation/authorize", value, KNOWLEDGE))
    assert answer.json["responseObject"]["code"] == "INVALID_OPERATION"
    assert failures(nevis, begun["transactionId"]) == (0, "PENDING")
    payment = cloud.open("u12345")
    assert [each["id"] for each in pending(phone)] == [payment["operationId"]]
    assert app.approve(begun["appLinkUri"]) == {"statusCode": 1200}


def test_an_operation_of_the_cloud_api_is_asked_of_phones_alone(nevis):
    app = nevis.with_app()
    cloud = Cloud(nevis.app)
    body = {**PAYMENT, "userId": "u12345"}
    assert cloud.refused("POST", "/v2/operations", body) == "ERROR_REGISTRATION_NOT_FOUND"
    named = {**body, "registrationId": app.id}
    assert cloud.refused("POST", "/v2/operations", named) == "ERROR_REGISTRATION_NOT_FOUND"


@on_sqlite
def test_an_app_can_do_nothing_of_what_phones_do(nevis):
    cloud = Cloud(nevis.app)
    phone, app = cloud.phone("u12345"), nevis.with_app()
    begun = nevis.approve(channel="app")
    operation = cloud.open("u12345")["operationId"]
    phone.create_token()
    phone.handset.state.activation_id = app.id  # who knows its id claims to be it
    for _ in range(6):
        assert phone.sign().status_code == 401
    value = {"requestObject": {"id": begun["transactionId"], "data": "A2"}}
    path = "/api/auth/token/app/operation/authorize"
    for _ in range(6):
        call = phone.handset.signed(path, "/operation/authorize", value, KNOWLEDGE)
        assert phone.post(call).status_code == 401
    header = phone.handset.signed("/x", "/pa/signature/validate", {"a": 1}, KNOWLEDGE).headers
    judged = cloud(
        "POST",
        "/v2/signature/verify",
        {"authHeader": header["X-PowerAuth-Authorization"], "method": "POST",
         "uriId": "/pa/signature/validate", "requestBody": "e30="},
    )  # fmt: skip
    assert (judged["signatureValid"], judged["registrationStatus"]) == (False, "REMOVED")
    status = nevis.app.test_client().post(
        f"{PREFIX}/pa/v3/status", json={"requestObject": {"activationId": app.id}}
    )
    assert status.status_code == 200
    for name in ("qr", "otp"):
        asked = {"registrationId": app.id, "nonce": "AAAA", "otp": "12345678-12345678"}
        answer = cloud.ask(
            "GET" if name == "qr" else "POST",
            f"/v2/operations/{operation}/offline/{name}",
            None if name == "qr" else asked,
            **({"registrationId": app.id} if name == "qr" else {}),
        )
        assert answer.status_code == 400, answer.text
    assert cloud.status(app.id) == "ACTIVE"
    assert failures(nevis, begun["transactionId"]) == (0, "PENDING")
    with reading(nevis.app) as session:
        assert session.get(Registration, app.id).failed_attempts == 0
    app.approve(begun["appLinkUri"])


@on_sqlite
def test_an_enrolment_of_an_app_is_not_finished_by_the_cloud_api(nevis):
    cloud = Cloud(nevis.app)
    app = App(nevis)
    begun = nevis.enroll()["enrollment"]
    app.registration(asked := app.redeem(begun["appLinkUri"]))
    seen = cloud.registration(app.id)
    assert (seen["protocol"], seen["registrationStatus"]) == ("app", "CREATED")
    assert not [name for name in seen if name.startswith("activation")]
    assert cloud.refused("POST", f"/v2/registrations/{app.id}/commit", {}).startswith("ERROR_REG")
    made = cloud.register("u12345", incompleteStatusCheck=True)
    exchanged(nevis.app, made["activationCode"])
    cloud("DELETE", f"/v2/registrations/{app.id}", {})
    assert app.refused(422, app.registration(asked)) == "transaction.over"


@on_sqlite
def test_the_portal_asks_no_app(nevis):
    app = nevis.with_app("10045678")
    with serving(nevis.app, writing=False) as services:
        assert services.mtoken.registrations.find(app.id).kind == "app"
        assert services.mtoken.registrations.active("10045678", "demo") == []
