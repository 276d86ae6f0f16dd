"""What a registered phone asks: temporary keys, tokens, its vault, its name, its end."""

from datetime import timedelta

import pytest
import time_machine

from app import clock
from app.demo.phone.calls import AUTHORIZATION, ENCRYPTION, TOKEN, Call, compact, opened
from app.demo.phone.handset import ask_for_app_key
from app.demo.phone.primitives import b64
from app.demo.phone.sealing import Route, seal
from app.demo.phone.signing import POSSESSION, Proof
from app.demo.phone.tokens import token_header
from app.demo.phone.vault import ADD_BIOMETRY, add_biometry
from app.store.registrations import PushDevice, RegistrationToken
from tests.support.device import (
    KNOWLEDGE,
    PREFIX,
    WRONG,
    change,
    configuration_of,
    now,
    paired,
    post,
)
from tests.support.store import all_of, reading, serving
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

each_version = pytest.mark.parametrize("version", ["3.3", "3.2", "3.1", "3.0"])
PUSH = "/api/push/device/register/token"
BIOMETRY = Proof("possession_biometry")
GENERIC = "/pa/generic/activation"


def refusal(answer):
    return answer.status_code, answer.json["responseObject"]["code"]


def use_token(phone, value=None, **more):
    """Make a call that a token is enough for."""
    value = {"requestObject": value or {"platform": "ios", "token": "address"}}
    return phone.post(phone.handset.with_token(PUSH, value, more.pop("at", now()), **more))


# --- tokens -------------------------------------------------------------------------------------


@each_version
def test_a_token_is_made_used_and_removed(lasting_app, version):
    phone = paired(lasting_app, version)
    phone.create_token()
    assert use_token(phone).json == {"status": "OK"}
    kept = dict(phone.handset.state.tokens)
    removal = phone.handset.remove_token()
    answer = phone.post(removal)
    assert answer.status_code == 200, answer.text
    phone.handset.state.tokens.update(kept)
    assert refusal(use_token(phone)) == (401, "POWERAUTH_AUTH_FAIL")


def test_an_address_is_taken_by_the_former_name_of_the_call_too(lasting_app):
    phone = paired(lasting_app)
    phone.create_token()
    address = {"requestObject": {"platform": "ios", "token": "of an older app"}}
    call = phone.handset.with_token("/api/push/device/register", address, now())
    assert phone.post(call).json == {"status": "OK"}
    assert refusal(phone.post(call)) == (401, "POWERAUTH_AUTH_FAIL")
    kept = [row.registration_id for row in all_of(lasting_app, PushDevice)]
    assert kept.count(phone.id) == 1


@each_version
def test_the_header_of_a_token_works_once(lasting_app, version):
    phone = paired(lasting_app, version)
    phone.create_token()
    call = phone.handset.with_token(
        PUSH, {"requestObject": {"platform": "ios", "token": version}}, now()
    )
    assert phone.post(call).status_code == 200
    assert refusal(phone.post(call)) == (401, "POWERAUTH_AUTH_FAIL")


def test_the_header_of_a_token_that_comes_many_times_at_once_works_once(lasting_app):
    phone = paired(lasting_app, "3.2")
    phone.create_token()
    wanted = {"requestObject": {"platform": "ios", "token": "at once"}}
    call = phone.handset.with_token(PUSH, wanted, now())
    answers = at_once(*[lambda: phone.post(call).status_code] * 4)
    assert sorted(answers) == [200, 401, 401, 401]


@pytest.mark.parametrize(("age", "status"), [(-61, 401), (-55, 200), (7_190, 200), (7_201, 401)])
def test_the_time_in_a_token_header_is_of_now(lasting_app, age, status):
    phone = paired(lasting_app, "3.2")
    phone.create_token()
    assert use_token(phone, at=now() - age * 1000).status_code == status


def test_what_was_used_is_remembered_as_long_as_it_could_be_believed(app):
    phone = paired(app, "3.2")
    phone.create_token()
    at = now()
    call = phone.handset.with_token(PUSH, {"requestObject": {"platform": "ios", "token": "a"}}, at)
    assert phone.post(call).status_code == 200
    for later in (timedelta(hours=1, minutes=59), timedelta(hours=2, minutes=1)):
        with time_machine.travel(clock.now() + later):
            with serving(app) as services:
                services.cleaning.run(services.commit)
            assert phone.post(call).status_code == 401


def test_a_changed_token_header_is_refused(lasting_app):
    phone = paired(lasting_app, "3.2")
    phone.create_token()
    given = token_header(phone.handset.state, "possession_universal", now())
    other = paired(lasting_app, "3.2")
    other.create_token()
    body = compact({"requestObject": {"platform": "ios", "token": "a"}})
    changed = [
        given.replace(phone.handset.state.tokens["possession_universal"]["id"],
                      other.handset.state.tokens["possession_universal"]["id"]),
        given.replace('version="3.2"', 'version="3.3"'),
        given.replace('timestamp="1', 'timestamp="2'),
        "PowerAuth token_id",
    ]  # fmt: skip
    answers = [phone.post(Call(PUSH, body, {TOKEN: each})) for each in changed]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert phone.post(Call(PUSH, body, {TOKEN: given})).status_code == 200


@pytest.mark.parametrize("act", ["block", "remove"])
def test_the_token_of_a_phone_that_is_not_active_is_refused(lasting_app, act):
    phone = paired(lasting_app, "3.2")
    phone.create_token()
    change(lasting_app, act, phone.id)
    assert use_token(phone).status_code == 401
    if act == "block":
        change(lasting_app, "unblock", phone.id)
        assert use_token(phone).status_code == 200


def test_nobody_removes_the_token_of_another_phone(lasting_app):
    phone, other = paired(lasting_app, "3.2"), paired(lasting_app, "3.2")
    other.create_token()
    theirs = other.handset.state.tokens["possession_universal"]["id"]
    for wanted in ({"tokenId": theirs}, {"tokenId": "none"}, {"tokenId": 7}, {}):
        call = phone.handset.signed(
            "/pa/v3/token/remove", "/pa/token/remove", {"requestObject": wanted}, POSSESSION
        )
        assert refusal(phone.post(call)) == (400, "INVALID_REQUEST")
        assert phone.post(call).status_code == 401  # the code is used up
    assert use_token(other).status_code == 200


def test_a_wrong_signature_makes_no_token_and_is_counted(lasting_app):
    phone = paired(lasting_app)
    sealed = seal(b"{}", "/pa/token/create", phone.parties, phone.route())
    call = phone.handset.signed("/pa/v3/token/create", "/pa/token/create", sealed.fields, WRONG)
    assert refusal(phone.post(call)) == (401, "ERR_AUTHENTICATION")
    assert phone.row.failed_attempts == 1
    with reading(lasting_app) as session:
        assert session.query(RegistrationToken).filter_by(registration_id=phone.id).count() == 0


# --- encryption ---------------------------------------------------------------------------------


def test_temporary_keys_are_of_one_registration_and_of_its_time(app):
    phone, other = paired(app), paired(app)
    route, foreign = phone.route(), other.route()

    def info(route, *, late=timedelta(0)):
        with time_machine.travel(clock.now() + late):
            sealed = seal(b"{}", GENERIC, phone.parties, Route(route.target, now()))
            call = Call.of("/pa/v3/user/info", sealed.fields, {ENCRYPTION: phone.encryption})
            return phone.post(call)

    assert info(route).status_code == 200
    assert refusal(info(foreign)) == (400, "ERR_ENCRYPTION")
    assert info(route, late=timedelta(minutes=4, seconds=50)).status_code == 200
    assert refusal(info(route, late=timedelta(minutes=5, seconds=1))) == (400, "ERR_ENCRYPTION")


def test_a_temporary_key_is_given_to_a_blocked_phone_and_to_no_removed_one(lasting_app):
    phone = paired(lasting_app)
    for act, status in (("block", 200), ("remove", 400)):
        change(lasting_app, act, phone.id)
        answer = phone.post(phone.handset.ask_for_key(now()).call)
        assert answer.status_code == status
    assert refusal(answer) == (400, "ERR_TEMPORARY_KEY")


def test_whoever_does_not_know_the_secrets_gets_no_temporary_key(lasting_app):
    phone, configuration = paired(lasting_app), configuration_of(lasting_app)
    foreign = type(configuration)(
        configuration.application_key, b64(b"s" * 16), configuration.master_public
    )
    unknown = type(configuration)(
        b64(b"k" * 16), configuration.application_secret, configuration.master_public
    )
    calls = [ask_for_app_key(each, now()).call for each in (foreign, unknown)]
    phone.handset.state.transport = b64(b"t" * 16)
    calls.append(phone.handset.ask_for_key(now()).call)
    calls += [Call.of(calls[0].path, {"requestObject": {"jwt": jwt}}) for jwt in ("a.b.c", 7, "")]
    answers = [post(lasting_app, call) for call in calls]
    assert {refusal(answer) for answer in answers} == {(400, "ERR_TEMPORARY_KEY")}


@each_version
def test_an_encrypted_request_works_once(lasting_app, version):
    phone = paired(lasting_app, version)
    sealed = seal(b"{}", GENERIC, phone.parties, phone.route())
    call = Call.of("/pa/v3/user/info", sealed.fields, {ENCRYPTION: phone.encryption})
    assert phone.post(call).status_code == 200
    assert refusal(phone.post(call)) == (400, "ERR_ENCRYPTION")


@pytest.mark.parametrize("seconds", [-61, 61, 10**12, 9 * 10**15])
def test_an_encrypted_request_of_another_time_is_refused(lasting_app, seconds):
    phone = paired(lasting_app)
    route = phone.route()
    route = Route(route.target, route.now + seconds * 1000)
    sealed = seal(b"{}", GENERIC, phone.parties, route)
    call = Call.of("/pa/v3/user/info", sealed.fields, {ENCRYPTION: phone.encryption})
    assert refusal(phone.post(call)) == (400, "ERR_ENCRYPTION")


def test_an_encrypted_request_opens_for_its_purpose_alone(lasting_app):
    phone = paired(lasting_app)
    sealed = seal(b"{}", "/pa/vault/unlock", phone.parties, phone.route())
    call = phone.handset.signed("/pa/v3/token/create", "/pa/token/create", sealed.fields, KNOWLEDGE)
    assert refusal(phone.post(call)) == (400, "ERR_ENCRYPTION")
    assert phone.row.counter == 0


def test_an_encrypted_request_of_a_phone_that_is_not_there_answers_like_a_broken_one(lasting_app):
    phone = paired(lasting_app, "3.2")
    sealed = seal(b"{}", GENERIC, phone.parties, phone.route())
    nobody = phone.encryption.replace(phone.id, "00000000-0000-4000-8000-000000000000")
    broken = sealed.fields | {"mac": b64(bytes(32))}
    unknown = phone.post(Call.of("/pa/v3/user/info", sealed.fields, {ENCRYPTION: nobody}))
    wrong = phone.post(Call.of("/pa/v3/user/info", broken, {ENCRYPTION: phone.encryption}))
    assert unknown.data == wrong.data
    assert refusal(unknown) == (400, "ERR_ENCRYPTION")
    signed = phone.handset.signed("/pa/v3/token/create", "/pa/token/create", broken, POSSESSION)
    given = signed.headers[AUTHORIZATION].replace(phone.id, "00000000-0000-4000-8000-000000000000")
    unknown = phone.post(Call(signed.path, signed.body, {AUTHORIZATION: given}))
    assert unknown.data == phone.post(signed).data == wrong.data


# --- the vault ----------------------------------------------------------------------------------


@each_version
def test_the_vault_opens_by_the_pin_and_biometry_can_be_added(lasting_app, version):
    phone = paired(lasting_app, version)
    before, phone.handset.state.biometry = phone.handset.state.biometry, None
    asked = phone.handset.unlock_vault(ADD_BIOMETRY, phone.route(), KNOWLEDGE)
    add_biometry(phone.handset.state, asked.read(phone.post(asked.call).data))
    assert phone.handset.state.biometry == before
    assert phone.sign(BIOMETRY).status_code == 200


@pytest.mark.parametrize("proof", [POSSESSION, BIOMETRY])
def test_the_vault_stays_closed_to_other_factors(lasting_app, proof):
    phone = paired(lasting_app)
    call = phone.handset.unlock_vault(ADD_BIOMETRY, phone.route(), proof).call
    assert refusal(phone.post(call)) == (401, "ERR_AUTHENTICATION")
    assert (phone.row.counter, phone.row.failed_attempts) == (1, 0)


def test_the_vault_stays_closed_to_a_wrong_pin(lasting_app):
    phone = paired(lasting_app)
    call = phone.handset.unlock_vault(ADD_BIOMETRY, phone.route(), WRONG).call
    assert refusal(phone.post(call)) == (401, "ERR_AUTHENTICATION")
    assert phone.row.failed_attempts == 1


@pytest.mark.parametrize("reason", ["x", "no spaces", "x" * 256])
def test_the_vault_opens_for_a_reason(lasting_app, reason):
    phone = paired(lasting_app)
    call = phone.handset.unlock_vault(reason, phone.route(), KNOWLEDGE).call
    assert refusal(phone.post(call)) == (400, "ERR_SECURE_VAULT")
    assert phone.row.counter == 1  # the code is used up all the same


# --- name, user, end ----------------------------------------------------------------------------


@each_version
def test_a_phone_is_renamed_and_tells_its_name(lasting_app, version):
    phone = paired(lasting_app, version)
    rename = ("/pa/v3/activation/rename", GENERIC)
    uri = "/pa/activation/rename"
    answer = phone.sealed(*rename, {"activationName": "Nový telefon"}, KNOWLEDGE, uri_id=uri)
    expected = {"activationId": phone.id, "activationName": "Nový telefon"}
    assert answer == {"status": "OK", "responseObject": expected}
    wrapped = {"requestObject": {"activationName": "Again"}}
    phone.sealed(*rename, wrapped, KNOWLEDGE, uri_id=uri)
    phone.create_token(KNOWLEDGE, "strong")
    given = {TOKEN: token_header(phone.handset.state, "strong", now())}
    answer = phone.sealed("/pa/v3/activation/detail", GENERIC, {}, None, headers=given)
    assert answer["responseObject"] == expected | {"activationName": "Again"}


def test_one_factor_neither_renames_nor_reads_the_name(lasting_app):
    phone = paired(lasting_app)
    sealed = seal(compact({"activationName": "x"}), GENERIC, phone.parties, phone.route())
    call = phone.handset.signed(
        "/pa/v3/activation/rename", "/pa/activation/rename", sealed.fields, POSSESSION
    )
    assert phone.post(call).status_code == 401
    assert phone.row.counter == 1
    phone.create_token()
    sealed = seal(b"{}", GENERIC, phone.parties, phone.route())
    given = token_header(phone.handset.state, "possession_universal", now())
    headers = {ENCRYPTION: phone.encryption, TOKEN: given}
    assert (
        phone.post(Call.of("/pa/v3/activation/detail", sealed.fields, headers)).status_code == 401
    )
    assert phone.row.name == "My phone"


@pytest.mark.parametrize("name", ["", "  ", "x" * 257, None, 7])
def test_a_name_that_is_none_is_refused(lasting_app, name):
    phone = paired(lasting_app, "3.2")
    sealed = seal(compact({"activationName": name}), GENERIC, phone.parties, phone.route())
    call = phone.handset.signed(
        "/pa/v3/activation/rename", "/pa/activation/rename", sealed.fields, KNOWLEDGE
    )
    assert refusal(phone.post(call)) == (400, "ERR_ACTIVATION")
    assert (phone.row.name, phone.row.counter) == ("My phone", 1)


def test_the_name_of_another_phone_stays_unknown(lasting_app):
    phone, other = paired(lasting_app, "3.2"), paired(lasting_app, "3.2")
    phone.create_token(KNOWLEDGE, "strong")
    sealed = seal(b"{}", GENERIC, other.parties, other.route())
    given = token_header(phone.handset.state, "strong", now())
    call = Call.of(
        "/pa/v3/activation/detail", sealed.fields, {ENCRYPTION: other.encryption, TOKEN: given}
    )
    assert refusal(phone.post(call)) == (400, "ERR_ENCRYPTION")


@each_version
def test_a_phone_learns_whose_it_is(lasting_app, version):
    phone = paired(lasting_app, version, user_id="johnny")
    assert phone.sealed("/pa/v3/user/info", GENERIC, {}, None) == {"sub": "johnny"}
    change(lasting_app, "block", phone.id)
    sealed = seal(b"{}", GENERIC, phone.parties, phone.route())
    call = Call.of("/pa/v3/user/info", sealed.fields, {ENCRYPTION: phone.encryption})
    assert refusal(phone.post(call)) == (400, "ERR_ENCRYPTION")


@each_version
def test_a_phone_ends_its_registration(lasting_app, version):
    phone = paired(lasting_app, version)
    phone.create_token()
    use_token(phone, {"platform": "ios", "token": f"end {version}"})
    answer = phone.post(phone.handset.remove())
    assert answer.json == {"status": "OK", "responseObject": {"activationId": phone.id}}
    assert phone.status() == "REMOVED"
    assert phone.sign().status_code == 401
    assert use_token(phone).status_code == 401
    assert [row for row in all_of(lasting_app, PushDevice) if row.registration_id == phone.id] == []


# --- status -------------------------------------------------------------------------------------


@each_version
def test_a_phone_catches_up_with_its_status(lasting_app, version):
    phone = paired(lasting_app, version)
    state = phone.handset.state
    before = (state.counter, state.counter_data)
    phone.sign()
    state.counter, state.counter_data = before  # the app was killed before it was saved
    assert phone.status() == "ACTIVE"
    assert state.counter == (1 if version != "3.0" else 0)


def test_the_status_of_nothing_cannot_be_told_from_one_of_something(lasting_app):
    nobody = {"activationId": "00000000-0000-4000-8000-000000000000", "challenge": b64(b"c" * 16)}
    phone = paired(lasting_app, "3.2")
    answers = [
        post(lasting_app, Call.of("/pa/v3/activation/status", {"requestObject": asked})).json
        for asked in (nobody, nobody | {"activationId": phone.id}, nobody)
    ]
    shapes = [
        {name: len(value) for name, value in answer["responseObject"].items()} for answer in answers
    ]
    assert shapes[0] == shapes[1]
    blobs = [answer["responseObject"]["encryptedStatusBlob"] for answer in answers]
    assert len({*blobs}) == 3


@pytest.mark.parametrize(
    "asked",
    [{}, {"activationId": 7}, {"activationId": "a", "challenge": "short"}, {"challenge": ""}],
)
def test_a_question_of_another_form_is_refused(lasting_app, asked):
    call = Call.of("/pa/v3/activation/status", {"requestObject": asked})
    assert refusal(post(lasting_app, call)) == (400, "ERR_ACTIVATION")


# --- the rest -----------------------------------------------------------------------------------


def test_a_phone_learns_the_time(lasting_app):
    answer = lasting_app.test_client().post(f"{PREFIX}/pa/v3/status/")
    assert abs(answer.json["responseObject"]["serverTime"] - now()) < 5_000
    assert answer.json["responseObject"]["application"]["name"] == "webflow"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/pa/v3/upgrade/start", "ERR_UPGRADE"),
        ("/pa/v3/upgrade/commit", "ERR_UPGRADE"),
        ("/pa/v3/recovery/confirm", "ERR_RECOVERY"),
    ],
)
def test_what_the_protocol_has_left_behind_is_refused(lasting_app, path, code):
    assert refusal(post(lasting_app, Call.of(path, {}))) == (400, code)


def test_an_address_that_is_not_there_is_told_in_the_dialect(lasting_app):
    assert refusal(post(lasting_app, Call.of("/pa/v3/nothing", {}))) == (404, "ERROR_NOT_FOUND")


@pytest.mark.parametrize(
    ("told", "kept"),
    [("ios", "apns"), ("android", "fcm"), ("huawei", "hms"), ("apns", "apns"), ("fcm", "fcm"),
     ("hms", "hms")],
)  # fmt: skip
def test_the_address_of_a_phone_is_kept_once(lasting_app, told, kept):
    phone, other = paired(lasting_app, "3.2"), paired(lasting_app, "3.2")
    for each in (phone, other):
        each.create_token()
    for each in (phone, phone, other):  # the last who comes with an address has it
        wanted = {"platform": told, "token": f"of {told}", "environment": "development"}
        assert use_token(each, wanted).status_code == 200
    rows = {row.registration_id: row for row in all_of(lasting_app, PushDevice)}
    assert phone.id not in rows
    assert (rows[other.id].platform, rows[other.id].environment) == (kept, "development")


def test_a_phone_has_the_address_that_it_has_told_last(lasting_app):
    phone = paired(lasting_app, "3.2")
    phone.create_token()
    for platform, address in (("ios", "first of two"), ("fcm", "second of two")):
        assert use_token(phone, {"platform": platform, "token": address}).status_code == 200
    rows = [row for row in all_of(lasting_app, PushDevice) if row.registration_id == phone.id]
    assert [row.platform for row in rows] == ["fcm"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"platform": "symbian", "token": "a"},
        {"platform": "ios"},
        {"platform": "ios", "token": ""},
        {"platform": "ios", "token": "x" * 5000},
        {"platform": "ios", "token": "a", "environment": "moon"},
    ],
)
def test_an_address_of_another_form_is_refused(lasting_app, wanted):
    phone = paired(lasting_app, "3.2")
    phone.create_token()
    assert refusal(use_token(phone, wanted)) == (400, "PUSH_REGISTRATION_FAILED")


def test_an_answer_is_for_the_phone_that_asked(lasting_app):
    phone, other = paired(lasting_app, "3.2"), paired(lasting_app, "3.2")
    sealed = seal(b"{}", GENERIC, phone.parties, phone.route())
    call = Call.of("/pa/v3/user/info", sealed.fields, {ENCRYPTION: phone.encryption})
    answer = opened(phone.post(call).data)
    theirs = seal(b"{}", GENERIC, other.parties, other.route())
    with pytest.raises(Exception, match="not the portal's answer"):
        theirs.open(answer)
    assert opened(sealed.open(answer)) == {"sub": "10045678"}
