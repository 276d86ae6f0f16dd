"""What a paired phone does, judged by the portal's own arithmetic, in every version."""

import json

import pytest

from app.crypto.ecies import Purpose
from app.crypto.errors import CannotDecryptError
from app.demo.phone import vault
from app.demo.phone.handset import Handset
from app.demo.phone.primitives import is_signed, public_key
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.signing import Proof
from app.demo.phone.state import FACTORS, PhoneState
from tests.crypto.vectors import b64, text64
from tests.demo.phone.conftest import PIN, paired, route
from tests.demo.phone.portal import NOW, Portal

KNOWLEDGE, BIOMETRY = Proof("possession_knowledge", PIN), Proof("possession_biometry")
DATA = "A1*A100CZK*Q238400856/0300"


def approve(phone, proof):
    return phone.approve("3699a9c0-45f0-458d-84bc-5bde7ec384f7", DATA, proof)


@pytest.mark.parametrize("kind", FACTORS)
def test_an_approval_is_accepted_once(portal, phone, kind):
    call = approve(phone, Proof(kind, PIN))
    assert call.path == "/api/auth/token/app/operation/authorize"
    header = portal.judge(call, "/operation/authorize")
    assert header.kind == kind
    assert header.version.name == phone.state.version
    assert portal.judge(call, "/operation/authorize") is None


def test_a_wrong_pin_is_not_accepted_and_the_right_one_afterwards_is(portal, phone):
    wrong = approve(phone, Proof("possession_knowledge", "0000"))
    assert portal.judge(wrong, "/operation/authorize") is None
    assert portal.judge(approve(phone, KNOWLEDGE), "/operation/authorize")


def test_a_phone_without_the_pin_has_no_code(phone):
    before = phone.state.counter
    with pytest.raises(PhoneRefused):
        approve(phone, Proof("possession_knowledge"))
    assert phone.state.counter == before


def test_what_was_signed_cannot_be_changed(portal, phone):
    call = approve(phone, KNOWLEDGE)
    changed = type(call)(call.path, call.body.replace(b"A100", b"A999"), call.headers)
    assert portal.judge(changed, "/operation/authorize") is None
    assert portal.judge(call, "/operation/cancel") is None
    assert portal.judge(call, "/operation/authorize")


def test_codes_that_never_came_are_looked_over_up_to_twenty(portal, phone):
    for _ in range(19):
        approve(phone, KNOWLEDGE)
    assert portal.judge(approve(phone, KNOWLEDGE), "/operation/authorize")
    for _ in range(20):
        approve(phone, KNOWLEDGE)
    assert portal.judge(approve(phone, KNOWLEDGE), "/operation/authorize") is None


def test_a_code_that_comes_late_is_not_accepted(portal, phone):
    late, soon = approve(phone, KNOWLEDGE), approve(phone, KNOWLEDGE)
    assert portal.judge(soon, "/operation/authorize")
    assert portal.judge(late, "/operation/authorize") is None


def test_a_phone_goes_on_where_it_was_saved(portal, phone):
    assert portal.judge(approve(phone, BIOMETRY), "/operation/authorize")
    again = Handset(PhoneState.from_json(phone.state.to_json()))
    assert portal.judge(approve(again, KNOWLEDGE), "/operation/authorize")


def test_rejecting_and_removing_need_the_phone_alone(portal, phone):
    reject = phone.reject("id", "INCORRECT_DATA")
    assert portal.judge(reject, "/operation/cancel").kind == "possession"
    assert json.loads(reject.body) == {"requestObject": {"id": "id", "reason": "INCORRECT_DATA"}}
    assert portal.judge(phone.remove(), "/pa/activation/remove").kind == "possession"


def test_a_token_is_made_used_and_given_back(portal, phone):
    with pytest.raises(PhoneRefused):
        phone.with_token("/list", {}, NOW)
    asked = phone.create_token(route(portal, phone))
    asked.read(portal.answer(asked.call))
    assert portal.judge_token(phone.with_token("/list", {}, NOW))
    portal.token_secret = b"u" * 16
    assert not portal.judge_token(phone.with_token("/list", {}, NOW))
    gone = phone.remove_token()
    assert portal.judge(gone, "/pa/token/remove")
    assert json.loads(gone.body) == {"requestObject": {"tokenId": portal.token_id}}
    for again in (lambda: phone.with_token("/list", {}, NOW), phone.remove_token):
        with pytest.raises(PhoneRefused):
            again()


def test_a_phone_without_biometry_gets_it_from_the_vault(portal, phone):
    phone.state.biometry = None
    asked = phone.unlock_vault(vault.ADD_BIOMETRY, route(portal, phone), KNOWLEDGE)
    vault.add_biometry(phone.state, asked.read(portal.answer(asked.call)))
    assert portal.judge(approve(phone, BIOMETRY), "/operation/authorize")


def test_the_key_of_the_vault_lets_the_phone_sign_for_itself(portal, phone):
    asked = phone.unlock_vault(vault.SIGN, route(portal, phone), KNOWLEDGE)
    key = asked.read(portal.answer(asked.call))
    signature = vault.sign_with_device_key(phone.state, key, b"words")
    assert portal.device.verifies(signature, b"words")
    assert is_signed(public_key(portal.device.raw), signature, b"words")


@pytest.mark.parametrize("name", ["encryptedData", "mac", "nonce", "timestamp"])
def test_a_changed_answer_is_refused(portal, phone, name):
    asked = phone.unlock_vault("X", route(portal, phone), KNOWLEDGE)
    answer = json.loads(portal.answer(asked.call))
    if name in answer:
        value = answer[name]
        changed = value + 1 if isinstance(value, int) else text64(b64(value)[::-1])
        for wrong in (changed, None, 1.5, "*"):
            with pytest.raises(PhoneRefused):
                asked.read(json.dumps(answer | {name: wrong}).encode())
    assert asked.read(json.dumps(answer).encode())


def test_an_answer_to_another_request_is_refused(portal, phone):
    one, other = (phone.create_token(route(portal, phone)) for _ in range(2))
    answer = portal.answer(one.call)
    with pytest.raises(PhoneRefused):
        other.read(answer)
    one.read(answer)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b'{"encryptedData": "x"}'])
def test_an_answer_of_another_form_is_refused(portal, phone, body):
    asked = phone.create_token(route(portal, phone))
    status = phone.status()
    for read in (asked.read, status.read):
        with pytest.raises(PhoneRefused):
            read(body)


def test_only_the_portal_that_it_was_encrypted_for_opens_a_request(portal, phone):
    version, other = phone.state.version, Portal()
    paired(other, version)
    fields = json.loads(phone.create_token(route(portal, phone)).call.body)
    other.temporary = dict.fromkeys(portal.temporary, other.server)
    assert portal.open(fields, version, Purpose.CREATE_TOKEN).plain == b"{}"
    with pytest.raises(CannotDecryptError):
        other.open(fields, version, Purpose.CREATE_TOKEN)


def test_a_phone_that_is_near_says_so(portal, phone):
    call = phone.approve("id", DATA, KNOWLEDGE, scanned_totp="12345678")
    assert portal.judge(call, "/operation/authorize")
    assert json.loads(call.body)["requestObject"] == {
        "id": "id", "data": DATA, "proximityCheck": {"otp": "12345678", "type": "QR_CODE"}
    }  # fmt: skip
