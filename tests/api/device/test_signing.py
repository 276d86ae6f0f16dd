"""Signatures: every combination of factors, in every version; counted, used once, never rewound."""

import pytest
from sqlalchemy import select

from app.demo.phone.calls import AUTHORIZATION, Call
from app.demo.phone.primitives import b64
from app.demo.phone.signing import POSSESSION, Proof, header, normalized, online_code, parts_of_code
from app.store.audit import AuditEntry
from tests.support.device import (
    KNOWLEDGE,
    PIN,
    PREFIX,
    VALIDATE,
    WRONG,
    change,
    configuration_of,
    paired,
)
from tests.support.store import reading, serving
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

each_version = pytest.mark.parametrize("version", ["3.3", "3.2", "3.1", "3.0"])
KINDS = {
    "possession": ["possession"],
    "knowledge": ["knowledge"],
    "biometry": ["biometry"],
    "possession_knowledge": ["possession", "knowledge"],
    "possession_biometry": ["possession", "biometry"],
    "possession_knowledge_biometry": ["possession", "knowledge", "biometry"],
}
URI_ID = "/pa/signature/validate"


def authorization(phone, kind, body=b"{}", method="POST", **changes):
    """Sign by hand: also with one factor alone, and for any method."""
    state = phone.handset.state
    keys = state.keys("possession_knowledge_biometry", PIN)
    named = dict(zip(("possession", "knowledge", "biometry"), keys, strict=True))
    nonce = b64(b"n" * 16)
    data = normalized(method, URI_ID, nonce, body, state.application_secret)
    parts = parts_of_code([named[factor] for factor in KINDS[kind]], state.move(), data)
    values = {
        "pa_version": state.version,
        "pa_activation_id": phone.id,
        "pa_application_key": state.application_key,
        "pa_nonce": nonce,
        "pa_signature_type": kind,
        "pa_signature": online_code(state.version, parts),
    }
    return header(**(values | changes))


def validate(phone, given, body=b"{}", method="POST", query=""):
    return phone.app.test_client().open(
        PREFIX + VALIDATE,
        method=method,
        data=body,
        headers={AUTHORIZATION: given},
        environ_overrides={"QUERY_STRING": query},
    )


def is_refused(answer):
    body = answer.json
    assert answer.status_code == 401, answer.text
    return (body["status"], body["responseObject"]["code"]) == ("ERROR", "ERR_AUTHENTICATION")


@each_version
def test_every_combination_of_factors_signs(lasting_app, version):
    phone = paired(lasting_app, version)
    for place, kind in enumerate(KINDS):
        answer = validate(phone, authorization(phone, kind))
        assert (answer.status_code, answer.json) == (200, {"status": "OK"}), kind
        assert phone.row.counter == place + 1


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_every_method_signs(lasting_app, method):
    phone = paired(lasting_app, "3.2")
    body = b"" if method == "GET" else b'{"a": 1}'
    signed = b"a=1&b=%C4%8D" if method == "GET" else body
    given = authorization(phone, "possession_knowledge", signed, method)
    assert validate(phone, given, body, method, "b=%c4%8d&a=1").status_code == 200
    assert phone.row.counter == 1


def test_a_header_is_read_without_commas_and_in_any_case_of_its_type(lasting_app):
    phone = paired(lasting_app, "3.2")
    given = authorization(phone, "possession_knowledge")
    given = given.replace('", ', '" ').replace('"possession_knowledge"', '"POSSESSION_KNOWLEDGE"')
    assert validate(phone, given).status_code == 200


@each_version
def test_a_signature_works_once(lasting_app, version):
    phone = paired(lasting_app, version)
    given = authorization(phone, "possession_knowledge")
    assert validate(phone, given).status_code == 200
    assert is_refused(validate(phone, given))
    assert phone.row.counter == 1


def test_a_code_from_before_the_present_place_is_refused(lasting_app):
    phone = paired(lasting_app, "3.2")
    early, late = (authorization(phone, "possession_knowledge") for _ in range(2))
    assert validate(phone, late).status_code == 200
    assert is_refused(validate(phone, early))
    assert phone.row.counter == 2


def test_twenty_codes_may_get_lost_and_not_one_more(lasting_app):
    for lost, accepted in ((19, True), (20, False)):
        phone = paired(lasting_app, "3.2")
        for _ in range(lost):
            phone.handset.state.move()
        assert (phone.sign().status_code == 200) is accepted
        assert phone.row.counter == (20 if accepted else 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"pa_nonce": b64(b"m" * 16)},
        {"pa_signature_type": "possession_biometry"},
        {"pa_signature": b64(bytes(32))},
        {"pa_version": "3.0", "pa_signature": "12345678-12345678"},
    ],
)
def test_what_was_changed_on_its_way_is_refused_and_counted(lasting_app, changes):
    phone = paired(lasting_app, "3.2")
    assert is_refused(validate(phone, authorization(phone, "possession_knowledge", **changes)))
    assert phone.row.failed_attempts == 1


def test_a_changed_body_is_refused(lasting_app):
    phone = paired(lasting_app, "3.2")
    given = authorization(phone, "possession_knowledge", b'{"amount": 1}')
    assert is_refused(validate(phone, given, b'{"amount": 1000}'))


def test_digits_are_not_taken_from_a_phone_that_signs_by_bytes(lasting_app):
    phone = paired(lasting_app, "3.2")
    phone.handset.state.version = "3.0"
    assert is_refused(validate(phone, authorization(phone, "possession_knowledge")))
    phone.handset.state.version = "3.1"
    assert validate(phone, authorization(phone, "possession_knowledge")).status_code == 200


# --- counting -----------------------------------------------------------------------------------


@each_version
def test_the_fifth_wrong_pin_blocks_the_phone_and_an_operator_unblocks_it(lasting_app, version):
    phone = paired(lasting_app, version)
    for attempt in range(1, 6):
        assert phone.row.state == "ACTIVE"
        assert is_refused(phone.sign(WRONG))
        assert phone.row.failed_attempts == attempt
    assert (phone.row.state, phone.row.blocked_reason) == ("BLOCKED", "MAX_FAILED_ATTEMPTS")
    assert is_refused(phone.sign())
    assert phone.row.failed_attempts == 5
    assert phone.status() == "BLOCKED"
    change(lasting_app, "unblock", phone.id)
    assert phone.row.failed_attempts == 0
    assert phone.sign().status_code == 200


def test_a_right_pin_forgives_wrong_ones(lasting_app):
    phone = paired(lasting_app, "3.2")
    for _ in range(4):
        phone.sign(WRONG)
    assert phone.sign().status_code == 200
    assert phone.row.failed_attempts == 0


def test_possession_alone_neither_counts_nor_forgives(lasting_app):
    phone = paired(lasting_app, "3.2")
    phone.sign(WRONG)
    forged = authorization(phone, "possession", pa_signature=b64(bytes(16)))
    assert is_refused(validate(phone, forged))
    assert phone.row.failed_attempts == 1
    assert phone.sign(POSSESSION).status_code == 200
    assert phone.row.failed_attempts == 1


def test_biometry_counts_as_a_pin_does(lasting_app):
    phone = paired(lasting_app, "3.2")
    forged = authorization(phone, "possession_biometry", pa_signature=b64(bytes(32)))
    assert is_refused(validate(phone, forged))
    assert phone.row.failed_attempts == 1
    assert phone.sign(Proof("possession_biometry")).status_code == 200
    assert phone.row.failed_attempts == 0


def test_a_wrong_signature_does_not_move_the_counter(lasting_app):
    phone = paired(lasting_app, "3.2")
    phone.sign()
    phone.sign(WRONG)
    assert phone.row.counter == 1


# --- whose application, whose registration ------------------------------------------------------


def another_application(app):
    with serving(app) as services:
        services.mtoken.applications.ensure("other", "Another app")
        services.commit()
    return configuration_of(app, "other")


@pytest.mark.parametrize("is_known", [True, False])
def test_a_foreign_application_key_is_refused_and_counted(lasting_app, is_known):
    phone = paired(lasting_app, "3.2")
    other = another_application(lasting_app)
    key = other.application_key if is_known else b64(b"k" * 16)
    own = phone.handset.state.application_key
    for kind, counted in (("possession_knowledge", 1), ("possession", 1)):
        phone.handset.state.application_key = key
        phone.handset.state.application_secret = other.application_secret
        assert is_refused(validate(phone, authorization(phone, kind)))
        assert phone.row.failed_attempts == counted
    assert phone.row.application_id != "other"
    phone.handset.state.application_key = own
    phone.handset.state.application_secret = configuration_of(lasting_app).application_secret
    assert phone.sign().status_code == 200


def test_a_registration_that_is_not_there_answers_like_a_wrong_signature(lasting_app):
    phone = paired(lasting_app, "3.2")
    nobody = "00000000-0000-4000-8000-000000000000"
    unknown = validate(phone, authorization(phone, "possession", pa_activation_id=nobody))
    wrong = validate(phone, authorization(phone, "possession", pa_signature=b64(bytes(16))))
    malformed, absent = validate(phone, "PowerAuth nothing"), validate(phone, "")
    assert is_refused(unknown)
    assert unknown.data == wrong.data == malformed.data == absent.data


# --- at once ------------------------------------------------------------------------------------


def test_parallel_requests_of_one_phone_never_lose_or_rewind_the_counter(lasting_app):
    phone = paired(lasting_app, "3.2")
    given = [authorization(phone, "possession_knowledge") for _ in range(6)]
    answers = at_once(*(lambda one=one: validate(phone, one).status_code for one in given))
    right = sum(status == 200 for status in answers)
    assert right >= 1
    assert answers[-1] == 200  # the newest is ahead of every other one
    assert phone.row.counter == 6
    assert {*answers} <= {200, 401}


def test_one_signature_that_comes_many_times_at_once_works_once(lasting_app):
    phone = paired(lasting_app, "3.2")
    given = authorization(phone, "possession")
    answers = at_once(*(lambda: validate(phone, given).status_code for _ in range(5)))
    assert sorted(answers) == [200, 401, 401, 401, 401]
    assert phone.row.counter == 1


def test_wrong_signatures_that_come_at_once_are_all_counted(lasting_app):
    phone = paired(lasting_app, "3.2")
    calls = [
        phone.handset.signed(VALIDATE, URI_ID, {}, WRONG) for _ in range(8)
    ]  # more than it takes
    at_once(*(lambda call=call: phone.post(call) for call in calls))
    assert (phone.row.state, phone.row.failed_attempts) == ("BLOCKED", 5)


# --- what is kept -------------------------------------------------------------------------------


def test_every_judgement_is_in_the_audit_trail(lasting_app):
    phone = paired(lasting_app, "3.2")
    phone.sign()
    phone.sign(WRONG)
    with reading(lasting_app) as session:
        wanted = select(AuditEntry).where(AuditEntry.subject == phone.id).order_by(AuditEntry.id)
        told = [(row.name, row.actor, row.facts.get("reason")) for row in session.scalars(wanted)]
    assert told[-2:] == [
        ("registration.signature.accepted", f"phone:{phone.id}", None),
        ("registration.signature.refused", "anonymous", "signature_does_not_match"),
    ]


def test_a_call_of_nobody_moves_nothing(lasting_app):
    phone = paired(lasting_app, "3.2")
    answer = phone.post(Call.of(VALIDATE, {}, {}))
    assert is_refused(answer)
    assert (phone.row.counter, phone.row.failed_attempts) == (0, 0)
    assert phone.sign(KNOWLEDGE).status_code == 200
