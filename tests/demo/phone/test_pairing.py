"""A phone is paired: both sides have the same keys and show the same digits."""

import json

import pytest

from app.crypto.activation import fingerprint
from app.crypto.activation_code import new_code, sign
from app.demo.phone import pin, primitives, vault
from app.demo.phone.activation_code import ScannedCode, scanned, typed
from app.demo.phone.configuration import Configuration
from app.demo.phone.pairing import Owner, Pairing, pair
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.sealing import Parties, Sealed
from app.demo.phone.state import PhoneState
from tests.crypto.vectors import b64, own, text64
from tests.demo.phone.conftest import PIN, app_route, paired
from tests.demo.phone.portal import Portal


def test_both_sides_agree_on_every_key(portal, phone):
    state, keys = phone.state, portal.keys
    assert b64(state.possession) == keys.possession
    assert b64(state.biometry) == keys.biometry
    assert b64(state.transport) == keys.transport
    assert state.keys("possession_knowledge", PIN) == [keys.possession, keys.knowledge]
    assert b64(state.counter_data) == portal.counter.data
    assert state.counter == portal.counter.number == 0


def test_both_sides_show_the_same_digits(portal, phone):
    shown = fingerprint(portal.device, portal.activation_id, portal.server.public)
    assert phone.state.fingerprint == shown
    assert phone.state.activation_id == portal.activation_id


def test_the_vault_holds_the_private_key_of_the_phone(portal, phone):
    device = vault.device_key(phone.state, portal.keys.vault)
    assert primitives.point(device) == portal.device.compressed


def test_the_portal_learns_who_the_phone_is(portal, phone):
    about = dict(portal.about)
    assert len(b64(about.pop("devicePublicKey"))) == 33
    assert about == {
        "activationName": "My phone",
        "platform": "unknown",
        "deviceInfo": "Demo phone",
        "activationOtp": "123456",
    }


def test_without_a_password_none_is_sent(portal, version):
    configuration = Configuration.read(portal.configuration)
    pairing = pair(configuration, portal.code, Owner("x"), app_route(portal, version),
                   version=version)  # fmt: skip
    portal.answer(pairing.call)
    assert "activationOtp" not in portal.about


def test_a_phone_may_go_without_biometry(portal):
    configuration = Configuration.read(portal.configuration)
    pairing = pair(configuration, portal.code, Owner("x"), app_route(portal, "3.3"))
    state = pairing.finish(portal.answer(pairing.call), PIN, biometry=False)
    assert state.biometry is None
    with pytest.raises(PhoneRefused):
        state.keys("possession_biometry")


@pytest.mark.parametrize("layer", ["outer", "inner"])
def test_an_answer_to_another_phone_is_refused(portal, version, layer):
    configuration = Configuration.read(portal.configuration)
    one, other = (
        pair(configuration, portal.code, Owner("x"), app_route(portal, version), version=version)
        for _ in range(2)
    )
    answer = portal.answer(other.call)
    if layer == "inner":  # somebody between the two repeats the inner layer
        other = Pairing(one.call, configuration, version, one.device, other.outer, one.inner)
    else:
        other = one
    with pytest.raises(PhoneRefused):
        other.finish(answer, PIN)


def test_what_a_phone_knows_is_kept_as_json(phone):
    kept = PhoneState.from_json(phone.state.to_json())
    assert kept == phone.state
    assert kept is not phone.state


@pytest.mark.parametrize("text", ["", "1", "[]", "{}", "null", '{"version": "3.3"}', '"x"'])
def test_what_is_no_state_is_refused(text):
    with pytest.raises(PhoneRefused):
        PhoneState.from_json(text)


@pytest.mark.parametrize(
    "change", [{"later": 1}, {"counter": "0"}, {"tokens": []}, {"transport": None}, {"biometry": 1}]
)
def test_a_state_with_another_field_is_refused(change):
    state = json.loads(paired(Portal(), "3.3").state.to_json())
    assert PhoneState.from_json(json.dumps(state | {"biometry": None}))
    with pytest.raises(PhoneRefused):
        PhoneState.from_json(json.dumps(state | change))


def test_the_state_does_not_show_its_secrets(phone):
    shown, values = repr(phone.state), json.loads(phone.state.to_json())
    for name in ("application_secret", "possession", "biometry", "transport", "counter_data",
                 "knowledge_locked", "pin_salt", "device_key_locked"):  # fmt: skip
        assert values[name] not in shown


def test_a_wrong_pin_gives_a_wrong_key_and_no_error(portal, phone):
    knowledge = phone.state.keys("possession_knowledge", "0000")[1]
    assert len(knowledge) == 16
    assert knowledge != portal.keys.knowledge
    locked = pin.lock(b"k" * 16, PIN, b"s" * 16)
    assert pin.unlock(locked, PIN, b"s" * 16) == b"k" * 16
    assert pin.unlock(locked, PIN, b"t" * 16) != b"k" * 16


def test_the_exchange_of_our_own_vector_ends_in_its_keys():
    vector = own("activation_v33")["vectors"][0]
    configuration = Configuration.read(vector["mobileSdkConfig"])
    assert configuration.master_public == vector["masterPublicKey"]
    parties = Parties("3.3", vector["applicationKey"], vector["applicationSecret"])
    outer, inner = (
        Sealed(vector[layer]["request"], parties, b64(vector[layer]["envelopeKey"]))
        for layer in ("layer1", "layer2")
    )
    device = primitives.private_key(b64(vector["devicePrivateKey"]))
    assert primitives.point(device) == b64(vector["devicePublicKey"])
    pairing = Pairing(None, configuration, "3.3", device, outer, inner)
    state = pairing.finish(json.dumps(vector["layer1"]["response"]).encode(), PIN)
    derived = vector["derived"]
    assert [text64(key) for key in state.keys("possession_knowledge_biometry", PIN)] == [
        derived["possession"], derived["knowledge"], derived["biometry"]
    ]  # fmt: skip
    assert state.transport == derived["transport"]
    assert state.fingerprint == vector["fingerprint"]
    assert state.counter_data == vector["ctrData"]
    vault_key = vault.vault_key(state, derived["encryptedVaultEncryptionKey"])
    assert vault_key == b64(derived["vault"])
    opened = vault.device_key(state, vault_key)
    assert primitives.private_bytes(opened) == b64(vector["devicePrivateKey"])


def test_a_scanned_code_is_the_portals(portal):
    code = scanned(portal.qr)
    code.check(text64(portal.master.public.uncompressed))
    assert code.code == portal.code
    other = Portal()
    with pytest.raises(PhoneRefused):
        code.check(text64(other.master.public.uncompressed))
    with pytest.raises(PhoneRefused):
        ScannedCode(new_code(), sign(portal.code, portal.master)).check(
            text64(portal.master.public.uncompressed)
        )


def test_a_code_may_be_typed_as_a_person_reads_it(portal):
    read = portal.code.lower().replace("o", "0").replace("i", "1").replace("-", " ")
    assert typed(read) == ScannedCode(portal.code)
    typed(portal.code).check(text64(portal.master.public.uncompressed))


def test_a_code_of_another_form_is_refused(portal):
    code = portal.code
    last = [code[:-1] + letter for letter in "BCPRZ27"]
    for wrong in ("", code[:-1], code + "A", "A" + code[1:-1] + "8", *last):
        for read in (scanned, typed):
            with pytest.raises(PhoneRefused):
                read(wrong)
    with pytest.raises(PhoneRefused):
        scanned(code.lower())
