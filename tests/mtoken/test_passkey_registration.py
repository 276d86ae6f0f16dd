"""Which authenticators may register, and what is believed of them."""

import os
from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from app import clock
from app.mtoken.operation_views import Refusal
from app.store.passkeys import PasskeyRow
from tests.support.authenticator import PRESENT, RS1, VERIFIED, Authenticator, Maker, b64url
from tests.support.passkeys import USER, Passkeys
from tests.support.store import all_of, on_sqlite, only_one

MODEL = bytes.fromhex("2fc0579f811347eab116bb5a8db9202a")
NAMED = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
OTHER_MODEL = "b34d6780-4264-459e-9b99-600a21017a69"


@pytest.fixture
def room(app):
    return Passkeys(app)


def enrolled(room, key, attestation="none", **lies):
    operation = room.begin()
    made = key.make(room.creation_options(operation), attestation=attestation, **lies)
    return operation, room.register(operation, made)


def test_a_registration_becomes_active_with_its_operation(room):
    key = Authenticator(counter=3)
    operation, verdict = enrolled(room, key)
    assert verdict.refusal is None
    row = room.registration(verdict.registration_id)
    assert (row.state, row.kind, row.counter, row.name) == ("ACTIVE", "fido2", 3, "My key")
    assert row.device_info == "Mozilla/5.0"
    assert room.of(operation).status == "APPROVED"
    passkey = only_one(room.app, PasskeyRow)
    assert (passkey.credential_id, passkey.attestation_format) == (b64url(key.id), "none")
    assert passkey.transports == ["nfc", "usb"]
    assert room.do(lambda s: s.passkeys.has(USER, "demo"))


@on_sqlite
def test_the_browser_is_told_what_to_make(room):
    first = Authenticator()
    room.enrol(first)
    operation = room.begin()
    selection = {"residentKey": "required", "userVerification": "discouraged"}
    options = room.creation_options(operation, selection)
    assert options["rp"] == {"id": "localhost", "name": "Demo Bank"}
    assert options["user"]["name"] == USER
    assert options["user"]["id"] == b64url(room.handle().encode())
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [-7, -8, -257]
    assert [each["id"] for each in options["excludeCredentials"]] == [b64url(first.id)]
    assert options["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert options["attestation"] == "none"
    assert 0 < options["timeout"] <= 300_000


@on_sqlite
@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"origin": "https://evil.example"}, "origin"),
        ({"rp_id": "evil.example"}, "RP ID"),
        ({"challenge": b64url(bytes(32))}, "challenge"),
        ({"type": "webauthn.get"}, "type"),
        ({"flags": VERIFIED}, "presence"),
        ({"flags": PRESENT}, "verif"),
        ({"cross_origin": True}, "frame"),
        ({"fmt": "unheard-of"}, "nsupported"),
    ],
)
def test_what_does_not_fit_is_counted_and_registers_nothing(room, lie, why):
    operation, verdict = enrolled(room, Authenticator(), **lie)
    assert verdict.refusal is Refusal.ATTEMPT_FAILED
    assert why in verdict.reason
    assert (room.of(operation).status, room.of(operation).failures) == ("PENDING", 1)
    assert room.registration(verdict.registration_id).state == "CREATED"
    assert all_of(room.app, PasskeyRow) == []
    made = Authenticator().make(room.creation_options(operation))
    assert room.register(operation, made).refusal is None


@on_sqlite
def test_an_algorithm_that_nobody_asked_for_is_refused(room):
    _, verdict = enrolled(room, Authenticator(algorithm=RS1), "self")
    assert "alg" in verdict.reason


@on_sqlite
def test_an_id_that_is_too_long_is_refused(room):
    _, verdict = enrolled(room, Authenticator(id=bytes(1024)))
    assert "too long" in verdict.reason


def test_the_longest_id_fits(room):
    key = Authenticator(id=b"\xff" * 1023)
    room.enrol(key)
    operation = room.open()
    assert room.answer(operation, key.get(room.options(operation))).refusal is None


def test_a_credential_is_registered_once(room):
    key = Authenticator()
    room.enrol(key)
    operation = room.begin("20045678")
    verdict = room.register(operation, key.make(room.creation_options(operation)))
    assert verdict.refusal is Refusal.ATTEMPT_FAILED
    assert "already" in verdict.reason


@on_sqlite
def test_the_fifth_wrong_attempt_ends_the_registration(room):
    operation, key = room.begin(), Authenticator(origin="https://evil.example")
    made = [key.make(room.creation_options(operation)) for _ in range(5)]
    verdicts = [room.register(operation, each) for each in made]
    assert verdicts[-1].refusal is Refusal.FAILED
    assert room.registration(verdicts[-1].registration_id).state == "REMOVED"


@on_sqlite
def test_a_registration_whose_time_is_over_takes_nothing(room):
    operation = room.begin()
    made = Authenticator().make(room.creation_options(operation))
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=False):
        assert room.register(operation, made).refusal is Refusal.UNKNOWN
    assert all_of(room.app, PasskeyRow) == []


# --- what an application allows -------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    "lists",
    [
        {"attestation_fmt_allowed": ["packed"]},
        {"aaguids_allowed": [NAMED]},
        {"root_ca_certs": []},
    ],
)
def test_whoever_is_particular_asks_for_attestation(room, lists):
    room.allow(**lists)
    assert room.creation_options(room.begin())["attestation"] == "direct"


@on_sqlite
@pytest.mark.parametrize(
    ("lists", "attestation", "is_taken"),
    [
        ({"attestation_fmt_allowed": ["packed"]}, "none", False),
        ({"attestation_fmt_allowed": ["packed"]}, "self", True),
        ({"attestation_fmt_allowed": []}, "none", False),
        ({"aaguids_allowed": [NAMED]}, "none", True),
        ({"aaguids_allowed": [NAMED.upper(), OTHER_MODEL]}, "certificate", True),
        ({"aaguids_allowed": [OTHER_MODEL]}, "certificate", False),
        ({"aaguids_allowed": []}, "certificate", False),
    ],
)
def test_the_lists_of_the_application_decide(room, lists, attestation, is_taken):
    room.allow(**lists)
    _, verdict = enrolled(room, Authenticator(aaguid=MODEL, maker=Maker()), attestation)
    assert (verdict.refusal is None) == is_taken, verdict
    if not is_taken:
        assert "not allowed" in verdict.reason


@on_sqlite
@pytest.mark.parametrize("attestation", ["none", "self", "certificate"])
def test_trust_anchors_take_only_what_comes_from_them(room, attestation):
    maker = Maker()
    room.allow(root_ca_certs=[Maker().root_pem, maker.root_pem])
    _, verdict = enrolled(room, Authenticator(aaguid=MODEL, maker=maker), attestation)
    assert (verdict.refusal is None) == (attestation == "certificate"), verdict
    _, verdict = enrolled(room, Authenticator(aaguid=MODEL, maker=Maker()), attestation)
    assert verdict.refusal is Refusal.ATTEMPT_FAILED


@on_sqlite
def test_no_trust_anchor_is_none(room):
    room.allow(root_ca_certs=[])
    _, verdict = enrolled(room, Authenticator(maker=Maker()), "certificate")
    assert "no certificate" in verdict.reason


@on_sqlite
def test_a_certificate_for_another_model_vouches_for_nothing(room):
    maker = Maker()
    key = Authenticator(aaguid=MODEL, maker=maker, certificate=maker.batch(bytes(16)))
    _, verdict = enrolled(room, key, "certificate")
    assert "another model" in verdict.reason
    key = Authenticator(aaguid=MODEL, maker=maker, certificate=maker.batch(None))
    _, verdict = enrolled(room, key, "certificate")
    assert verdict.refusal is None


@on_sqlite
def test_a_signature_of_the_attestation_that_is_wrong_is_refused(room):
    maker = Maker()
    lying = Maker(name=maker.name, root_key=maker.root_key)
    key = Authenticator(maker=maker, certificate=lying.batch(None))
    _, verdict = enrolled(room, key, "certificate")
    assert "signature" in verdict.reason


# --- whatever strangers send ---------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("AAAA"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "rawId", "type", "response", "clientDataJSON", "attestationObject",
                 "authenticatorData", "signature", "userHandle", "transports", "x"]
            ),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@on_sqlite
@given(told=anything)
@with_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_proves_nothing_and_breaks_nothing(room, told):
    operation, enrolment = room.open(), room.begin()
    assert room.answer(operation, told).refusal is Refusal.ATTEMPT_FAILED
    assert room.register(enrolment, told).refusal is Refusal.ATTEMPT_FAILED


FIELDS = ("clientDataJSON", "authenticatorData", "signature", "attestationObject", "userHandle")


@on_sqlite
@given(data=st.data())
@with_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_changed_in_an_answer_breaks_nothing(room, data):
    if not (kept := getattr(room, "kept", None)):
        kept = room.kept = Authenticator()
        room.enrol(kept)
    operation, enrolment = room.open(), room.begin(os.urandom(8).hex())
    answer = kept.get(room.options(operation))
    made = Authenticator().make(room.creation_options(enrolment))
    for each in (answer, made):
        field = data.draw(st.sampled_from([name for name in FIELDS if name in each["response"]]))
        text = each["response"][field]
        place = data.draw(st.integers(0, 999)) % len(text)
        other = data.draw(st.text(max_size=3) | st.sampled_from("AZaz09-_"))
        each["response"][field] = text[:place] + other + text[place + 1 :]
    assert room.answer(operation, answer).refusal in (None, Refusal.ATTEMPT_FAILED)
    assert room.register(enrolment, made).refusal in (None, Refusal.ATTEMPT_FAILED)


def test_texts_that_a_database_cannot_keep_are_counted_too(room):
    key = Authenticator()
    room.enrol(key)
    operation = room.open()
    for name in ("\0", "\ud800", "é", "A" * 5000):
        told = {**key.get(room.options(operation)), "id": name, "rawId": name}
        assert room.answer(operation, told).refusal in (Refusal.ATTEMPT_FAILED, Refusal.FAILED)
    other = room.open()
    told = key.get(room.options(other), origin="http://\0\ud800")
    assert room.answer(other, told).refusal is Refusal.ATTEMPT_FAILED
