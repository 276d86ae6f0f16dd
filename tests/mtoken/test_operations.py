"""Operations: how they begin, every way in which they change, and every way in which not."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from app import clock
from app.crypto.signatures import SignatureType
from app.errors import (
    ApplicationNotFound,
    BadRequest,
    InvalidOperationData,
    NotConfigured,
    OperationNotFound,
)
from app.mtoken.operation_views import NewOperation, OperationSearch, Refusal
from app.mtoken.templates import SHIPPED, TEXT_MESSAGE
from app.store.operations import OperationRow
from app.store.registrations import Registration
from tests.support.operations import (
    BANK_APP,
    HERE,
    JANE,
    JOHNNY,
    OTHER_APP,
    PAYMENT_DATA,
    PAYMENT_FORM,
)
from tests.support.store import census, on_sqlite, parts_of, writing

KNOWLEDGE, BIOMETRY = SignatureType.POSSESSION_KNOWLEDGE, SignatureType.POSSESSION_BIOMETRY


# --- how they begin ---------------------------------------------------------------------------


def test_the_data_and_the_form_of_the_portal_are_kept_as_they_are(room, time):
    operation = room.create()
    assert operation.data == PAYMENT_DATA
    assert operation.form.title == "operation.title"
    assert [each.id for each in operation.form.parameters] == [
        each["id"] for each in PAYMENT_FORM["parameters"]
    ]
    assert (operation.status, operation.failures, operation.max_failures) == ("PENDING", 0, 5)
    assert operation.operation_type == "authorize_payment"
    assert operation.factors == (KNOWLEDGE, BIOMETRY)
    assert operation.expires_at == clock.now() + timedelta(minutes=5)
    assert operation.applications == [BANK_APP]
    assert room.story(operation) == ["created"]
    assert room.get(operation.id) == operation


@on_sqlite
def test_a_template_writes_data_and_form_from_parameters(room):
    parameters = {"amount": "1000000000.00", "currency": "EUR", "iban": "CZ5508000000001234567899"}
    operation = room.create(data=None, form_data=None, parameters=parameters)
    assert operation.data == "A1*A1000000000.00EUR*ICZ5508000000001234567899"
    assert [each.id for each in operation.form.parameters] == [
        "operation.amount",
        "operation.account",
    ]
    login = room.create(template="login", data=None, form_data=None, parameters=parameters)
    assert (login.data, login.operation_type) == ("A2", "login")
    assert login.parameters == parameters


@on_sqlite
def test_a_parameter_cannot_add_a_field_to_the_data(room):
    parameters = {"amount": "1", "currency": "EUR", "iban": "CZ55*A9EUR\\\nN"}
    operation = room.create(data=None, form_data=None, parameters=parameters)
    assert operation.data == r"A1*A1EUR*ICZ55\*A9EUR\\\nN"


@on_sqlite
def test_data_that_cannot_be_read_are_shown_as_they_are(room):
    operation = room.create(data=None, form_data=None, parameters={"amount": "1"})
    assert operation.data == "A1*A1${currency}*I${iban}"
    (shown,) = operation.form.parameters
    assert shown.note == operation.data


@on_sqlite
@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ({"template": "unknown"}, NotConfigured),
        ({"applications": ()}, BadRequest),
        ({"applications": (BANK_APP, "unknown")}, ApplicationNotFound),
        ({"expires_at": clock.now() - timedelta(seconds=1)}, BadRequest),
        ({"form_data": {"parameters": [{"type": "AMOUNT"}]}}, InvalidOperationData),
        (
            {"data": None, "form_data": None, "parameters": {"amount": "1\x07"}},
            InvalidOperationData,
        ),
    ],
)
def test_what_cannot_be_opened_leaves_nothing_behind(room, app, wanted, problem):
    before = census(app)
    with pytest.raises(problem):
        room.create(**wanted)
    assert census(app) == before
    assert room.heard == []


@on_sqlite
def test_an_operation_that_does_not_exist_is_not_found(room):
    with pytest.raises(OperationNotFound):
        room.get("7f3c")


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "DONE"},
        {"status": "APPROVED"},  # without the time at which it was finished
        {"finished_at": clock.now()},
        {"failures": -1},
        {"failures": 5},  # all of them, and still pending
        {"failures": 6, "status": "FAILED", "finished_at": clock.now()},
        {"status": "APPROVED", "finished_at": clock.now(), "user_id": None},
        {"expires_at": clock.now() - timedelta(days=1)},
    ],
)
def test_the_tables_refuse_what_cannot_be(room, app, wrong):
    operation = room.create()
    with pytest.raises(IntegrityError), writing(app) as session:  # noqa: PT012 - it shows at the end
        row = session.get(OperationRow, operation.id)
        for name, value in wrong.items():
            setattr(row, name, value)
        session.flush()


# --- approval ---------------------------------------------------------------------------------


def test_a_phone_approves_once(room, time):
    operation = room.create()
    assert room.approve(operation) is None
    found = room.get(operation.id)
    assert (found.status, found.finished_at) == ("APPROVED", clock.now())
    assert found.additional_data == {
        "activationId": JOHNNY.registration_id,
        "applicationId": BANK_APP,
        "ipAddress": "192.0.2.7",
        "userAgent": "MobileToken/1.9",
        "authFactor": "POSSESSION_KNOWLEDGE",
    }
    assert room.approve(operation) is Refusal.FINISHED
    assert room.story(operation) == ["created", "approved"]
    assert room.records(operation)[-1].registration_id == JOHNNY.registration_id


@on_sqlite
def test_what_the_app_tells_of_itself_is_kept_with_the_approval(room):
    operation = room.create(additional_data={"channel": "web"})
    told = {"preApprovalScreens": [{"id": "QR_SCAN"}]}
    assert room.approve(operation, mobile_token_data=told) is None
    kept = room.get(operation.id).additional_data
    assert kept["mobileTokenData"] == told
    assert kept["channel"] == "web"


@pytest.mark.parametrize(
    "data",
    ["", PAYMENT_DATA + " ", PAYMENT_DATA[:-1], PAYMENT_DATA.replace("100", "900"), "A2", "ř"],
)
def test_other_data_than_those_that_are_stored_are_counted_and_refused(room, data):
    operation = room.create()
    assert room.approve(operation, data=data) is Refusal.ATTEMPT_FAILED
    found = room.get(operation.id)
    assert (found.status, found.failures) == ("PENDING", 1)
    assert room.story(operation) == ["created", "attempt_failed"]
    assert room.records(operation)[-1].reason == "data"
    assert room.approve(operation) is None


def with_factors(app, operation, *factors):
    with writing(app) as session:
        session.get(OperationRow, operation.id).factors = [factor.value for factor in factors]


@on_sqlite
def test_a_factor_that_the_template_does_not_allow_is_counted_and_refused(room, app):
    operation = room.create()
    with_factors(app, operation, KNOWLEDGE)
    for factor in set(SignatureType) - {KNOWLEDGE}:
        failures = room.get(operation.id).failures
        if failures == operation.max_failures - 1:
            break
        assert room.approve(operation, factor=factor) is Refusal.FACTOR_NOT_ALLOWED
        assert room.get(operation.id).failures == failures + 1
    assert room.approve(operation, factor=KNOWLEDGE) is None


@on_sqlite
@pytest.mark.parametrize("factor", list(SignatureType))
def test_where_possession_is_enough_whatever_has_it_is(room, app, factor):
    operation = room.create()
    with_factors(app, operation, SignatureType.POSSESSION)
    refused = room.approve(operation, factor=factor)
    assert (refused is None) == factor.value.startswith("possession")


@on_sqlite
def test_possession_alone_never_approves_what_needs_two_factors(room):
    for template in set(SHIPPED) - {TEXT_MESSAGE}:
        operation = room.create(template=template)
        refused = room.approve(operation, factor=SignatureType.POSSESSION)
        assert refused is Refusal.FACTOR_NOT_ALLOWED
        assert room.get(operation.id).status == "PENDING"


@on_sqlite
def test_what_a_code_approves_is_never_asked_of_phones(room):
    for kind in ("powerauth", "app", "fido2"):
        with pytest.raises(NotConfigured):
            room.create(template=TEXT_MESSAGE, kind=kind)
    assert room.create(template=TEXT_MESSAGE, kind="sms").status == "PENDING"


def test_the_last_failure_ends_the_operation(room):
    operation = room.create()
    for number in range(1, 5):
        assert room.approve(operation, data="A2") is Refusal.ATTEMPT_FAILED
        assert room.get(operation.id).failures == number
    assert room.approve(operation, data="A2") is Refusal.FAILED
    found = room.get(operation.id)
    assert (found.status, found.failures) == ("FAILED", 5)
    assert found.finished_at is not None
    assert room.approve(operation) is Refusal.FAILED
    assert room.story(operation) == ["created", *["attempt_failed"] * 4, "failed"]


def test_a_wrong_signature_is_a_failure_of_the_operation(room):
    operation = room.create()
    assert room.fail(operation) is Refusal.ATTEMPT_FAILED
    found = room.get(operation.id)
    assert found.failures == 1
    assert found.additional_data == {"ipAddress": "192.0.2.7", "userAgent": "MobileToken/1.9"}
    for _ in range(4):
        room.fail(operation)
    assert room.get(operation.id).status == "FAILED"
    assert room.fail(operation) is Refusal.FAILED


@on_sqlite
@pytest.mark.parametrize("state", ["CREATED", "REMOVED", None])
def test_a_name_that_is_nobodys_costs_an_operation_nothing(room, app, state):
    operation = room.create()
    with writing(app) as session:
        row = session.get(Registration, JOHNNY.registration_id)
        if state is None:
            session.delete(row)
        else:
            row.state = state
    assert room.fail(operation) is Refusal.UNKNOWN
    for header in (None, "", "PowerAuth nonsense", "x" * 5000):
        refused = room.do(lambda s, h=header: s.approving.fail(h, operation.id, origin=HERE))
        assert refused is Refusal.UNKNOWN
    assert room.get(operation.id).failures == 0


@on_sqlite
@pytest.mark.parametrize("flag", ["VERIFICATION_PENDING", "VERIFICATION_IN_PROGRESS"])
def test_who_is_still_being_verified_approves_nothing(room, flag):
    operation = room.create()
    unverified = replace(JOHNNY, flags=frozenset({flag}))
    assert room.approve(operation, unverified) is Refusal.NOT_VERIFIED
    assert room.get(operation.id).failures == 0


# --- proximity --------------------------------------------------------------------------------


def otp_of(room, operation):
    return room.do(lambda s: s.operations.proximity_otp(operation.id))


def test_a_phone_far_from_the_page_does_not_approve(room, time):
    operation = room.create(proximity_check=True)
    otp = otp_of(room, operation)
    assert len(otp) == 8
    wrong = str((int(otp) + 1) % 10**8).zfill(8)
    for given in (None, "", wrong, otp[:-1], otp + "0"):
        if room.get(operation.id).failures == 4:
            break
        refused = room.approve(operation, proximity_otp=given)
        assert refused is Refusal.ATTEMPT_FAILED
    assert room.approve(operation, proximity_otp=otp) is None
    assert otp_of(room, operation) is None


@on_sqlite
def test_a_password_of_the_page_works_for_a_minute_at_most(room, time):
    operation = room.create(proximity_check=True)
    otp = otp_of(room, operation)
    time.shift(30)
    assert otp_of(room, operation) != otp
    time.shift(30)
    assert room.approve(operation, proximity_otp=otp) is Refusal.ATTEMPT_FAILED
    otp = otp_of(room, operation)
    time.shift(30)
    assert room.approve(operation, proximity_otp=otp) is None


@on_sqlite
def test_the_seed_of_the_passwords_is_sealed_at_rest(room, app):
    operation = room.create(proximity_check=True)
    sealed = room.row(operation).proximity_seed
    place = f"operations.proximity_seed:{operation.id}"
    seed = parts_of(app).vault.open(sealed, context=place)
    assert len(seed) == 16
    assert seed not in sealed
    assert room.row(room.create()).proximity_seed is None


# --- the other ends ---------------------------------------------------------------------------


def test_a_rejection_keeps_its_reason(room):
    operation = room.create()
    assert room.reject(operation, reason="UNEXPECTED_OPERATION") is None
    found = room.get(operation.id)
    assert found.status == "REJECTED"
    assert found.additional_data["rejectReason"] == "UNEXPECTED_OPERATION"
    assert room.reject(operation) is Refusal.FINISHED
    assert room.approve(operation) is Refusal.FINISHED
    assert room.story(operation) == ["created", "rejected"]
    assert room.records(operation)[-1].reason == "UNEXPECTED_OPERATION"


def test_a_withdrawn_operation_says_why(room):
    operation = room.create()
    assert room.cancel(operation, "FLOW_ENDED")
    found = room.get(operation.id)
    assert (found.status, found.status_reason) == ("CANCELED", "FLOW_ENDED")
    assert not room.cancel(operation, "AGAIN")
    assert room.get(operation.id).status_reason == "FLOW_ENDED"
    assert room.approve(operation) is Refusal.CANCELED
    assert room.reject(operation) is Refusal.CANCELED
    assert room.fail(operation) is Refusal.CANCELED
    assert room.story(operation) == ["created", "canceled"]


def test_the_clock_ends_an_operation_before_anybody_notes_it(room, time):
    operation = room.create(expires_at=clock.now() + timedelta(seconds=60))
    time.shift(59)
    assert room.pending() == [operation.id]
    assert room.expire() == 0
    time.shift(1)
    assert room.get(operation.id).status == "EXPIRED"
    assert room.get(operation.id).finished_at == operation.expires_at
    assert room.row(operation).status == "PENDING"
    assert room.pending() == []
    for refused in (
        room.approve(operation),
        room.approve(operation, data="A2"),
        room.reject(operation),
        room.fail(operation),
        room.claim(operation),
    ):
        assert refused is Refusal.EXPIRED
    assert not room.cancel(operation)
    assert room.story(operation) == ["created"]


def test_the_end_of_the_time_is_noted_once(room, time):
    over, other = room.create(), room.create(expires_at=clock.now() + timedelta(hours=1))
    time.shift(timedelta(minutes=5))
    assert room.expire() == 1
    assert room.expire() == 0
    assert room.story(over) == ["created", "expired"]
    assert room.story(other) == ["created"]
    assert room.get(over.id).status == "EXPIRED"


@on_sqlite
@pytest.mark.parametrize("end", ["approve", "reject", "cancel", "fail", "expire"])
def test_nothing_follows_an_end(room, time, end):
    operation = room.create()
    match end:
        case "fail":
            for _ in range(5):
                room.fail(operation)
        case "expire":
            time.shift(timedelta(minutes=5))
            room.expire()
        case _:
            getattr(room, end)(operation)
    ended, story = room.get(operation.id), room.story(operation)
    for act in (room.approve, room.reject, room.fail, room.claim, room.cancel):
        act(operation)
    time.shift(timedelta(minutes=10))
    room.expire()
    assert room.get(operation.id) == ended
    assert room.story(operation) == story


# --- whose they are ---------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize(
    "wanted",
    [
        {"user_id": JANE.user_id},
        {"applications": (OTHER_APP,)},
        {"registration_id": "another phone of Johnny's"},
        {"flag": "PREMIUM"},
    ],
)
def test_what_is_not_a_phones_does_not_exist_for_it(room, wanted):
    operation = room.create(**wanted)
    before = room.get(operation.id)
    assert room.pending() == []
    assert room.do(lambda s: s.approving.history(JOHNNY)) == []
    assert room.do(lambda s: s.approving.detail(JOHNNY, operation.id)) is Refusal.UNKNOWN
    assert room.claim(operation) is Refusal.UNKNOWN
    assert room.approve(operation) is Refusal.UNKNOWN
    assert room.approve(operation, data="A2") is Refusal.UNKNOWN
    assert room.reject(operation) is Refusal.UNKNOWN
    assert room.fail(operation) is Refusal.UNKNOWN
    assert room.get(operation.id) == before
    assert room.story(operation) == ["created"]


@on_sqlite
def test_phones_of_every_application_of_an_operation_see_it(room):
    operation = room.create(applications=(BANK_APP, OTHER_APP), flag="PREMIUM")
    other = replace(JOHNNY, application_id=OTHER_APP, flags=frozenset({"PREMIUM", "X"}))
    assert room.pending(other) == [operation.id]
    assert room.pending() == []
    assert room.approve(operation, other) is None


def test_whoever_claims_first_owns_it(room):
    operation = room.create(user_id=None)
    assert room.pending() == []
    claimed = room.claim(operation)
    assert (claimed.user_id, claimed.status) == (JOHNNY.user_id, "PENDING")
    assert room.claim(operation) == claimed
    assert room.claim(operation, JANE) is Refusal.UNKNOWN
    assert room.approve(operation, JANE) is Refusal.UNKNOWN
    assert room.pending() == [operation.id]
    assert room.approve(operation) is None
    assert room.story(operation) == ["created", "claimed", "approved"]


@on_sqlite
def test_who_approves_what_is_nobodys_owns_it(room):
    operation = room.create(user_id=None)
    assert room.approve(operation, JANE) is None
    assert room.get(operation.id).user_id == JANE.user_id


@on_sqlite
def test_the_newest_operation_comes_first(room, time):
    ids = []
    for _ in range(3):
        ids.append(room.create().id)
        time.shift(1)
    assert room.pending() == ids[::-1]
    room.approve(room.get(ids[1]))
    assert room.pending() == [ids[2], ids[0]]
    history = room.do(lambda s: [each.id for each in s.approving.history(JOHNNY)])
    assert history == ids[::-1]


def test_within_some_applications_there_are_no_others(room):
    operation, other = room.create(), room.create(applications=(OTHER_APP,))

    def within(act):
        return room.do(lambda s: act(s.operations.within(frozenset({OTHER_APP}))))

    wanted = NewOperation("login", (BANK_APP,))
    for act, refused in (
        (lambda known: known.get(operation.id), OperationNotFound),
        (lambda known: known.proximity_otp(operation.id), OperationNotFound),
        (lambda known: known.revoke(operation.id), OperationNotFound),
        (lambda known: known.create(wanted), ApplicationNotFound),
        (lambda known: known.create(replace(wanted, applications=())), BadRequest),
    ):
        with pytest.raises(refused):
            within(act)
    assert within(lambda known: known.cancel(operation.id)) is False
    assert [each.id for each in within(lambda known: known.search(OperationSearch()))] == [other.id]
    assert within(lambda known: known.cancel(other.id)) is True
    assert room.get(operation.id).status == "PENDING"
