"""Passkeys answer only what was asked, for whom it was asked, and once."""

import hashlib
from base64 import urlsafe_b64decode

import pytest

from app import clock
from app.crypto.signatures import SignatureType
from app.mtoken.operation_views import Refusal
from app.store.passkeys import PasskeyRow
from app.store.registrations import Registration
from tests.support.authenticator import (
    BACKED_UP,
    EDDSA,
    ELIGIBLE,
    ES256,
    PRESENT,
    RS256,
    VERIFIED,
    Authenticator,
    b64url,
)
from tests.support.passkeys import PAYMENT, USER, Passkeys
from tests.support.store import all_of, on_sqlite, writing
from tests.support.threads import at_once

OTHER = "20045678"


@pytest.fixture
def room(app):
    return Passkeys(app)


@pytest.fixture
def key(room):
    key = Authenticator()
    key.registration_id = room.enrol(key)
    return key


def signed(room, key, operation, **lies):
    return room.answer(operation, key.get(room.options(operation), **lies))


def failed_once(room, operation):
    row = room.of(operation)
    return (row.status, row.failures) == ("PENDING", 1)


# --- what is signed ----------------------------------------------------------------------------


def test_a_passkey_approves_a_payment(room, key):
    operation = room.open()
    verdict = signed(room, key, operation)
    assert (verdict.refusal, verdict.registration_id) == (None, key.registration_id)
    row = room.of(operation)
    assert row.status == "APPROVED"
    assert row.additional_data["authFactor"] == "POSSESSION_KNOWLEDGE"
    assert row.additional_data["activationId"] == key.registration_id
    assert room.registration(key.registration_id).last_used_at is not None


@on_sqlite
def test_the_challenge_is_the_hash_of_the_operation(room, key):
    operation = room.open()
    options = room.options(operation)
    text = f"webflow.challenge\n{operation.id}\n{PAYMENT}"
    challenge = urlsafe_b64decode(options["challenge"] + "=")
    assert challenge == hashlib.sha256(text.encode()).digest()
    assert options["rpId"] == "localhost"
    assert options["userVerification"] == "required"
    assert [each["id"] for each in options["allowCredentials"]] == [b64url(key.id)]
    assert options["allowCredentials"][0]["transports"] == ["nfc", "usb"]


@on_sqlite
def test_a_signature_of_another_operation_approves_nothing(room, key):
    other, operation = room.open(), room.open()
    verdict = room.answer(operation, key.get(room.options(other)))
    assert verdict.refusal is Refusal.ATTEMPT_FAILED
    assert "challenge" in verdict.reason
    assert failed_once(room, operation)
    assert room.of(other).failures == 0


@on_sqlite
@pytest.mark.parametrize(
    ("lie", "why"),
    [
        ({"origin": "https://evil.example"}, "origin"),
        ({"origin": "http://localhost:8080.evil.example"}, "origin"),
        ({"rp_id": "evil.example"}, "RP ID"),
        ({"type": "webauthn.create"}, "type"),
        ({"flags": VERIFIED}, "present"),
        ({"flags": PRESENT}, "verif"),
        ({"cross_origin": True}, "frame"),
        ({"handle": b64url(b"somebody else")}, "another user"),
    ],
)
def test_an_answer_that_does_not_fit_is_counted(room, key, lie, why):
    operation = room.open()
    verdict = signed(room, key, operation, **lie)
    assert verdict.refusal is Refusal.ATTEMPT_FAILED
    assert why in verdict.reason
    assert failed_once(room, operation)
    assert room.registration(key.registration_id).counter == 0
    assert signed(room, key, operation).refusal is None


@on_sqlite
def test_what_another_key_signed_in_the_name_of_this_one_is_counted(room, key):
    operation = room.open()
    thief = Authenticator(id=key.id, handle=key.handle, counter=5)
    assert signed(room, thief, operation).refusal is Refusal.ATTEMPT_FAILED
    assert failed_once(room, operation)


@on_sqlite
def test_the_fifth_wrong_answer_ends_the_operation(room, key):
    operation = room.open()
    refusals = [
        signed(room, key, operation, origin="https://evil.example").refusal for _ in "12345"
    ]
    assert refusals == [Refusal.ATTEMPT_FAILED] * 4 + [Refusal.FAILED]
    assert signed(room, key, operation).refusal is Refusal.FAILED
    assert room.of(operation).status == "FAILED"


@on_sqlite
def test_one_factor_is_enough_where_the_operation_says_so(room, key):
    wanted = (SignatureType.POSSESSION, SignatureType.POSSESSION_KNOWLEDGE)
    with writing(room.app) as session:
        operation = room.open()
        row = session.get_one(type(room.of(operation)), operation.id)
        row.factors = [each.value for each in wanted]
    assert signed(room, key, operation, flags=PRESENT).refusal is None
    assert room.of(operation).additional_data["authFactor"] == "POSSESSION"


# --- the counter ---------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("counter", [6, 7])
def test_a_counter_that_does_not_grow_is_a_copy(room, key, counter):
    assert signed(room, key, room.open(), counter=7).refusal is None
    operation = room.open()
    assert signed(room, key, operation, counter=counter).refusal is Refusal.ATTEMPT_FAILED
    assert failed_once(room, operation)
    assert room.registration(key.registration_id).counter == 7
    assert signed(room, key, operation, counter=8).refusal is None


@on_sqlite
def test_a_passkey_that_counts_nothing_may_sign_again_and_again(room):
    key = Authenticator(counts=False, flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP)
    room.enrol(key)
    assert [signed(room, key, room.open()).refusal for _ in "123"] == [None] * 3
    (row,) = all_of(room.app, PasskeyRow)
    assert row.is_backed_up


def test_the_largest_counter_that_there_is_fits(room):
    key = Authenticator(counter=2**32 - 2)
    registration_id = room.enrol(key)
    assert signed(room, key, room.open(), counter=2**32 - 1).refusal is None
    assert room.registration(registration_id).counter == 2**31 - 1


# --- whose it is ---------------------------------------------------------------------------------


def test_the_passkey_of_another_customer_is_counted_and_approves_nothing(room, key):
    stranger = Authenticator()
    room.enrol(stranger, OTHER)
    operation = room.open()
    verdict = signed(room, stranger, operation)
    assert verdict.refusal is Refusal.ATTEMPT_FAILED
    assert failed_once(room, operation)


@on_sqlite
def test_the_passkey_of_another_application_is_counted(room, key):
    room.do(lambda s: s.mtoken.applications.ensure("other", "Other"))
    elsewhere = Passkeys(room.app, "other")
    operation = elsewhere.open()
    assert signed(room, key, operation).refusal is Refusal.ATTEMPT_FAILED
    assert room.of(operation).status == "PENDING"


@on_sqlite
@pytest.mark.parametrize("change", ["block", "remove"])
def test_a_passkey_that_is_blocked_or_removed_approves_nothing(room, key, change):
    operation = room.open()
    options = room.options(operation)
    room.do(lambda s: getattr(s.mtoken.registrations, change)(key.registration_id))
    assert room.answer(operation, key.get(options)).refusal is Refusal.ATTEMPT_FAILED
    assert not room.do(lambda s: s.passkeys.has(USER, "demo"))
    assert room.options(operation)["allowCredentials"] == []


@on_sqlite
def test_an_operation_of_phones_is_nothing_for_passkeys(room, key):
    operation = room.open(kind="powerauth")
    assert signed(room, key, operation).refusal is Refusal.UNKNOWN
    assert room.of(operation).failures == 0


@on_sqlite
def test_an_operation_for_one_passkey_takes_no_other(room, key):
    second = Authenticator()
    registration_id = room.enrol(second)
    operation = room.open(registration_id=registration_id)
    assert [e["id"] for e in room.options(operation)["allowCredentials"]] == [b64url(second.id)]
    assert signed(room, key, operation).refusal is Refusal.ATTEMPT_FAILED
    assert signed(room, second, operation).refusal is None


@on_sqlite
def test_whose_operation_is_nobodys_is_told_by_the_passkey(room, key):
    operation = room.open(None)
    assert room.options(operation)["allowCredentials"] == []
    assert signed(room, key, operation, handle=None).refusal is Refusal.ATTEMPT_FAILED
    assert signed(room, key, operation).refusal is None
    assert room.of(operation).user_id == USER


@on_sqlite
def test_whose_identity_is_being_verified_may_not_sign_yet(room, key):
    operation = room.open()
    flags = ["VERIFICATION_PENDING"]
    room.do(lambda s: s.mtoken.registrations.flag(key.registration_id, add=flags))
    assert not room.do(lambda s: s.passkeys.has(USER, "demo"))
    assert signed(room, key, operation).refusal is Refusal.NOT_VERIFIED


# --- once --------------------------------------------------------------------------------------


def test_of_parallel_answers_exactly_one_approves(room, key):
    operation = room.open()
    options = room.options(operation)
    answers = [key.get(options) for _ in range(4)]
    verdicts = at_once(*[lambda a=each: room.answer(operation, a) for each in answers])
    assert [each.refusal for each in verdicts].count(None) == 1
    assert room.of(operation).status == "APPROVED"


@on_sqlite
def test_an_answer_works_once(room, key):
    operation = room.open()
    answer = key.get(room.options(operation))
    assert room.answer(operation, answer).refusal is None
    assert room.answer(operation, answer).refusal is Refusal.FINISHED


def test_of_parallel_registrations_of_one_credential_one_wins(room):
    key = Authenticator()
    operations = [room.begin(user) for user in (USER, OTHER)]
    made = [key.make(room.creation_options(each)) for each in operations]
    verdicts = at_once(
        *[lambda o=o, m=m: room.register(o, m) for o, m in zip(operations, made, strict=True)]
    )
    assert sorted(each.refusal is None for each in verdicts) == [False, True]
    assert len(all_of(room.app, PasskeyRow)) == 1


@on_sqlite
def test_a_registration_that_nobody_asked_for_is_none(room, key):
    operation = room.open()
    made = Authenticator().make(room.creation_options(operation))
    assert room.register(operation, made).refusal is Refusal.UNKNOWN
    again = room.begin()
    first = Authenticator().make(room.creation_options(again))
    assert room.register(again, first).refusal is None
    second = Authenticator().make(room.creation_options(again))
    assert room.register(again, second).refusal is Refusal.UNKNOWN
    assert len(all_of(room.app, Registration)) == 2
    assert clock.now() >= room.of(again).finished_at


@on_sqlite
def test_the_registration_of_an_app_takes_no_passkey(room):
    def begin(services):
        customer = services.customers.within("demo").ensure(USER)
        return services.transactions.within("demo").enroll(customer, "app")

    operation = room.do(begin)
    made = Authenticator().make(room.creation_options(operation))
    assert room.register(operation, made).refusal is Refusal.UNKNOWN
    assert room.of(operation).status == "PENDING"


@on_sqlite
@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
def test_every_algorithm_that_we_ask_for_works(room, algorithm):
    key = Authenticator(algorithm=algorithm)
    room.enrol(key, attestation="self")
    assert signed(room, key, room.open()).refusal is None
