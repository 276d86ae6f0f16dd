"""From an activation code to a phone that works, and every way in which that ends earlier."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.demo.phone.calls import ENCRYPTION, Call, compact
from app.demo.phone.pairing import Owner
from app.demo.phone.primitives import b64, new_key, point
from app.demo.phone.sealing import Parties, Route, seal
from app.demo.phone.signing import header
from app.errors import BadRequest, RegistrationChangeRefused
from app.mtoken.verdicts import Refused
from app.store.audit import AuditEntry
from app.store.registrations import Registration
from tests.support.device import (
    WRONG,
    app_route,
    change,
    configuration_of,
    offer,
    paired,
    post,
    register,
    row_of,
)
from tests.support.store import reading, serving, writing
from tests.support.threads import at_once

pytest_plugins = ["tests.support.lasting"]

each_version = pytest.mark.parametrize("version", ["3.3", "3.2", "3.1", "3.0"])


def is_refused(answer, code="ERR_ACTIVATION"):
    body = answer.json
    return (answer.status_code, body["status"], body["responseObject"]["code"]) == (
        400,
        "ERROR",
        code,
    )


def found(app, registration_id):
    with serving(app, writing=False) as services:
        return services.mtoken.registrations.find(registration_id)


def history(app, registration_id):
    with serving(app, writing=False) as services:
        rows = services.mtoken.registrations.history(registration_id)
        return [(row.number, row.state, row.reason, row.external_user_id) for row in rows]


def age(app, registration_id):
    """Let the time of a registration be over."""
    with writing(app) as session:
        session.get(Registration, registration_id).expires_at = clock.now() - timedelta(seconds=1)


@each_version
def test_a_phone_pairs_and_works_once_it_is_committed(lasting_app, version):
    phone = paired(lasting_app, version, commit=False)
    assert phone.status() == "PENDING_COMMIT"
    assert phone.sign().status_code == 401
    shown = found(lasting_app, phone.id)
    assert shown.fingerprint == phone.handset.state.fingerprint
    assert (shown.name, shown.platform, shown.device_info) == ("My phone", "unknown", "Demo phone")
    assert shown.code is None
    change(lasting_app, "commit", phone.id, by="branch-7")
    assert phone.status() == "ACTIVE"
    assert phone.sign().json == {"status": "OK"}
    assert history(lasting_app, phone.id) == [
        (1, "CREATED", "", None),
        (2, "PENDING_COMMIT", "", None),
        (3, "ACTIVE", "", "branch-7"),
    ]


def test_a_registration_that_needs_no_commit_works_at_once(lasting_app):
    phone = paired(lasting_app, commit=False, commit_phase="ON_KEY_EXCHANGE")
    assert phone.status() == "ACTIVE"
    assert phone.sign().status_code == 200


def test_a_code_is_shown_with_its_signature_until_a_phone_has_used_it(lasting_app):
    shown = register(lasting_app)
    again = found(lasting_app, shown.id)
    assert again.code.code == shown.code.code
    assert again.code.qr_text == f"{again.code.code}#{again.code.signature}"


def test_a_code_works_once(lasting_app):
    shown = register(lasting_app)
    assert offer(lasting_app, shown.code.code)[0].status_code == 200
    assert is_refused(offer(lasting_app, shown.code.code)[0])


def test_a_code_that_nobody_made_and_one_of_the_wrong_form_are_refused_alike(lasting_app):
    unknown = offer(lasting_app, "MMMMM-MMMMM-MMMMM-MUTOA")[0]
    malformed = offer(lasting_app, "no code at all")[0]
    assert is_refused(unknown)
    assert unknown.data == malformed.data


def test_a_code_of_another_application_is_refused(lasting_app):
    with serving(lasting_app) as services:
        services.mtoken.applications.ensure("other", "Another app")
        services.commit()
    shown = register(lasting_app, application_id="other")
    assert is_refused(offer(lasting_app, shown.code.code)[0])
    assert found(lasting_app, shown.id).state == "CREATED"


def test_a_registration_that_nobody_finishes_in_time_is_removed(lasting_app):
    created, pending = register(lasting_app), paired(lasting_app, commit=False)
    assert created.expires_at - created.created_at == timedelta(minutes=2)
    for registration_id in (created.id, pending.id):
        age(lasting_app, registration_id)
        assert found(lasting_app, registration_id).state == "REMOVED"
    assert found(lasting_app, created.id).code is None
    assert is_refused(offer(lasting_app, created.code.code)[0])
    assert row_of(lasting_app, created.id).state == "REMOVED"
    with pytest.raises(RegistrationChangeRefused):
        change(lasting_app, "commit", pending.id)
    assert pending.status() == "REMOVED"


def test_the_worker_removes_what_nobody_finished(lasting_app):
    left, mine = register(lasting_app), register(lasting_app)
    age(lasting_app, left.id)
    with serving(lasting_app) as services:
        assert services.mtoken.registrations.expire() >= 1
        services.commit()
    assert row_of(lasting_app, left.id).state == "REMOVED"
    assert history(lasting_app, left.id)[-1] == (2, "REMOVED", "EXPIRED", None)
    assert row_of(lasting_app, mine.id).state == "CREATED"


def test_a_back_end_may_say_how_long_a_registration_waits(lasting_app):
    until = clock.now() + timedelta(days=3)
    assert register(lasting_app, expires_at=until).expires_at == until


@pytest.mark.parametrize("attempts", [-1, 65, 1000])
def test_a_number_of_attempts_that_no_phone_could_read_is_refused(lasting_app, attempts):
    with pytest.raises(BadRequest):
        register(lasting_app, max_failed_attempts=attempts)


def test_a_back_end_may_allow_fewer_attempts(lasting_app):
    phone = paired(lasting_app, "3.2", max_failed_attempts=1)
    phone.sign(WRONG)
    assert phone.status() == "BLOCKED"


# --- one-time passwords -------------------------------------------------------------------------


def test_the_right_password_of_the_key_exchange_lets_the_phone_in(lasting_app):
    wish = {"otp": "911", "commit_phase": "ON_KEY_EXCHANGE"}
    phone = paired(lasting_app, commit=False, owner=Owner("My phone", otp="911"), **wish)
    assert phone.status() == "ACTIVE"


def test_the_fifth_wrong_password_of_the_key_exchange_ends_the_registration(lasting_app):
    shown = register(lasting_app, otp="911", commit_phase="ON_KEY_EXCHANGE")
    for attempt in range(1, 6):
        assert row_of(lasting_app, shown.id).state == "CREATED"
        assert is_refused(offer(lasting_app, shown.code.code, owner=Owner("x", otp="912"))[0])
        assert row_of(lasting_app, shown.id).failed_attempts == attempt
    assert row_of(lasting_app, shown.id).state == "REMOVED"
    assert is_refused(offer(lasting_app, shown.code.code, owner=Owner("x", otp="911"))[0])


@pytest.mark.parametrize(
    ("wish", "otp"),
    [
        ({"otp": "911", "commit_phase": "ON_KEY_EXCHANGE"}, None),
        ({"otp": "911"}, "911"),
        ({}, "911"),
    ],
)
def test_a_password_of_the_other_phase_is_an_error_and_no_attempt(lasting_app, wish, otp):
    shown = register(lasting_app, **wish)
    assert is_refused(offer(lasting_app, shown.code.code, owner=Owner("x", otp=otp))[0])
    row = row_of(lasting_app, shown.id)
    assert (row.state, row.failed_attempts) == ("CREATED", 0)


def test_the_password_of_the_commit_is_asked_for_there_and_counted(lasting_app):
    phone = paired(lasting_app, commit=False, otp="911")
    with pytest.raises(RegistrationChangeRefused):
        change(lasting_app, "commit", phone.id)
    assert isinstance(change(lasting_app, "commit", phone.id, otp="912"), Refused)
    assert phone.row.failed_attempts == 1
    change(lasting_app, "commit", phone.id, otp="911")
    assert (phone.row.state, phone.row.failed_attempts) == ("ACTIVE", 0)
    assert phone.sign().status_code == 200


def test_the_fifth_wrong_password_of_the_commit_ends_the_registration(lasting_app):
    phone = paired(lasting_app, commit=False, otp="911")
    for _ in range(5):
        change(lasting_app, "commit", phone.id, otp="912")
    assert phone.row.state == "REMOVED"
    with pytest.raises(RegistrationChangeRefused):
        change(lasting_app, "commit", phone.id, otp="911")


# --- what back ends change ----------------------------------------------------------------------


def test_a_phone_is_blocked_with_its_reason_and_unblocked_with_all_its_attempts(lasting_app):
    phone = paired(lasting_app)
    assert change(lasting_app, "block", phone.id, "LOST").blocked_reason == "LOST"
    assert change(lasting_app, "block", phone.id, "OTHER").blocked_reason == "LOST"
    assert phone.status() == "BLOCKED"
    assert phone.sign().status_code == 401
    assert change(lasting_app, "unblock", phone.id).blocked_reason is None
    assert phone.sign().status_code == 200
    assert change(lasting_app, "unblock", phone.id).state == "ACTIVE"
    assert change(lasting_app, "block", phone.id).blocked_reason == "NOT_SPECIFIED"
    assert [state for _, state, *_ in history(lasting_app, phone.id)][2:] == [
        "ACTIVE",
        "BLOCKED",
        "ACTIVE",
        "BLOCKED",
    ]


LEGAL = {
    "CREATED": {"remove"},
    "PENDING_COMMIT": {"commit", "remove"},
    "ACTIVE": {"block", "unblock", "remove"},
    "BLOCKED": {"block", "unblock", "remove"},
    "REMOVED": {"remove"},
}


def in_state(app, state):
    if state == "CREATED":
        return register(app).id
    phone = paired(app, "3.2", commit=state != "PENDING_COMMIT")
    if state in ("BLOCKED", "REMOVED"):
        change(app, {"BLOCKED": "block", "REMOVED": "remove"}[state], phone.id)
    return phone.id


@pytest.mark.parametrize("state", LEGAL)
@pytest.mark.parametrize("act", ["commit", "block", "unblock", "remove"])
def test_only_legal_moves_are_made(lasting_app, state, act):
    registration_id = in_state(lasting_app, state)
    if act in LEGAL[state]:
        change(lasting_app, act, registration_id)
        return
    before = history(lasting_app, registration_id)
    with pytest.raises(RegistrationChangeRefused):
        change(lasting_app, act, registration_id)
    assert history(lasting_app, registration_id) == before
    assert row_of(lasting_app, registration_id).state == state


def test_every_move_is_told_once(lasting_app):
    phone = paired(lasting_app)
    for act in ("block", "block", "unblock", "remove", "remove"):
        change(lasting_app, act, phone.id)
    with reading(lasting_app) as session:
        wanted = select(AuditEntry).where(AuditEntry.subject == phone.id).order_by(AuditEntry.id)
        told = [(entry.name, entry.facts["state"]) for entry in session.scalars(wanted)]
    assert told == [
        ("registration.created", "CREATED"),
        ("registration.paired", "PENDING_COMMIT"),
        ("registration.activated", "ACTIVE"),
        ("registration.blocked", "BLOCKED"),
        ("registration.unblocked", "ACTIVE"),
        ("registration.removed", "REMOVED"),
    ]


def test_of_a_commit_and_a_removal_at_once_the_removal_stays(lasting_app):
    for _ in range(3):
        phone = paired(lasting_app, "3.2", commit=False)

        def commit(phone=phone):
            try:
                change(lasting_app, "commit", phone.id)
            except RegistrationChangeRefused:
                return "refused"
            return "committed"

        at_once(commit, lambda phone=phone: change(lasting_app, "remove", phone.id))
        assert phone.row.state == "REMOVED"
        numbers = [number for number, *_ in history(lasting_app, phone.id)]
        assert numbers == list(range(1, len(numbers) + 1))


def test_one_code_that_two_phones_use_at_once_registers_one(lasting_app):
    shown = register(lasting_app)
    answers = at_once(*[lambda: offer(lasting_app, shown.code.code)[0].status_code] * 4)
    assert sorted(answers) == [200, 400, 400, 400]


def test_flags_are_a_set(lasting_app):
    shown = register(lasting_app, flags=["VIP", "VIP"])
    assert shown.flags == ("VIP",)
    assert change(lasting_app, "flag", shown.id, add=["A", "VIP"]).flags == ("A", "VIP")
    assert change(lasting_app, "flag", shown.id, remove=["VIP", "B"]).flags == ("A",)


def test_removed_registrations_are_listed_on_demand(lasting_app):
    kept, gone = (register(lasting_app, user_id="lister").id for _ in range(2))
    change(lasting_app, "remove", gone)
    with serving(lasting_app, writing=False) as services:
        listed = services.mtoken.registrations.of_user
        assert [each.id for each in listed("lister")] == [kept]
        assert {e.id for e in listed("lister", with_removed=True)} == {kept, gone}


# --- bad input ----------------------------------------------------------------------------------


def exchange(app, about, *, version="3.3", route=None, **asked):
    """Make a key exchange by hand."""
    configuration = configuration_of(app)
    key, secret = configuration.application_key, configuration.application_secret
    parties, route = Parties(version, key, secret), route or app_route(app, version)
    inner = seal(json.dumps(about).encode(), "/pa/activation", parties, route)
    outer = seal(
        compact({"type": "CODE", "activationData": inner.fields} | asked),
        "/pa/generic/application",
        parties,
        route,
    )
    encryption = header(version=version, application_key=key)
    call = Call.of("/pa/v3/activation/create", outer.fields, {ENCRYPTION: encryption})
    return call, post(app, call)


def about(**more):
    return {"devicePublicKey": b64(point(new_key())), "activationName": "My phone"} | more


def of_code(shown):
    return {"identityAttributes": {"code": shown.code.code}}


def test_a_key_off_the_curve_ends_the_registration(lasting_app):
    shown = register(lasting_app)
    told = about(devicePublicKey=b64(b"\x02" + b"\xff" * 32))
    assert is_refused(exchange(lasting_app, told, **of_code(shown))[1])
    assert row_of(lasting_app, shown.id).state == "REMOVED"


@pytest.mark.parametrize(
    "more",
    [
        {"activationName": "x" * 300},
        {"activationName": "a\x00b"},
        {"activationName": "\ud800"},
        {"extras": ["no"]},
        {"devicePublicKey": None},
        {"activationOtp": 911},
    ],
)
def test_what_no_table_holds_is_refused(lasting_app, more):
    shown = register(lasting_app)
    assert is_refused(exchange(lasting_app, about(**more), **of_code(shown))[1])
    assert row_of(lasting_app, shown.id).state == "CREATED"


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "RECOVERY"},
        {"type": "CUSTOM"},
        {"identityAttributes": None},
        {"identityAttributes": {"code": 7}},
        {"activationData": None},
        {"activationData": {}},
    ],
)
def test_another_kind_of_registration_is_refused(lasting_app, asked):
    shown = register(lasting_app)
    assert is_refused(exchange(lasting_app, about(), **(of_code(shown) | asked))[1])
    assert row_of(lasting_app, shown.id).state == "CREATED"


@each_version
def test_a_key_exchange_that_comes_again_does_not_even_count(lasting_app, version):
    shown = register(lasting_app, otp="911", commit_phase="ON_KEY_EXCHANGE")
    told = about(activationOtp="912")
    call, answer = exchange(lasting_app, told, version=version, **of_code(shown))
    assert is_refused(answer)
    assert is_refused(post(lasting_app, call))
    assert row_of(lasting_app, shown.id).failed_attempts == 1


@pytest.mark.parametrize("seconds", [-70, 70])
def test_a_key_exchange_of_another_time_is_refused(lasting_app, seconds):
    shown = register(lasting_app)
    route = app_route(lasting_app, "3.3")
    route = Route(route.target, route.now + seconds * 1000)
    assert is_refused(exchange(lasting_app, about(), route=route, **of_code(shown))[1])
    assert row_of(lasting_app, shown.id).state == "CREATED"


def test_a_header_of_an_application_that_nobody_made_is_refused(lasting_app):
    shown = register(lasting_app)
    call, _ = exchange(lasting_app, about(), **of_code(register(lasting_app)))
    foreign = header(version="3.3", application_key=b64(b"k" * 16))
    for given in ({ENCRYPTION: foreign}, {ENCRYPTION: "PowerAuth version"}, {}):
        assert is_refused(post(lasting_app, Call(call.path, call.body, given)))
    assert row_of(lasting_app, shown.id).state == "CREATED"
