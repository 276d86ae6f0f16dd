"""What a QR code says of an operation, and which digits answer it."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine

from app import clock
from app.crypto.offline_qr import InvalidOfflineTextError
from app.crypto.signatures import SignatureType
from app.demo.phone.offline import ScannedOperation
from app.errors import RegistrationNotFound
from app.mtoken.offline import Digits
from app.mtoken.operation_views import NewOperation, Origin, Refusal
from app.mtoken.templates import SHIPPED
from tests.support.device import PIN, paired, row_of
from tests.support.store import on_sqlite, serving

NONCE = "AD8bOO0Df73kNaIGb3Vmpg=="
USER = "10045678"
KNOWLEDGE = (SignatureType.POSSESSION_KNOWLEDGE,)


@pytest.fixture
def device(app):
    return paired(app)


def open_operation(app, **wanted):
    """Open a payment; `template` changes what its template says."""
    template = wanted.pop("template", {})
    usual = {
        "template": "payment",
        "applications": ("demo",),
        "user_id": USER,
        "data": "A1*A100CZK*Q238400856/0300**D20170629*NRent",
    }
    with serving(app) as services:
        services.templates.update(replace(SHIPPED["payment"], **template))
        operation = services.operations.create(NewOperation(**usual | wanted))
        services.commit()
    return operation


def scan(app, operation, device, language="en"):
    with serving(app, writing=False) as services:
        text = services.offline.qr_text(operation.id, device.id, nonce=NONCE, language=language)
    scanned = ScannedOperation.read(text)
    scanned.check(device.handset.state)
    return scanned


def answer(app, operation, device, code, nonce=NONCE):
    with serving(app) as services:
        given = Digits(operation.id, device.id, nonce, code, counts=True)
        verdict = services.offline.approve(given, Origin())
        services.commit()
    return verdict


def status_of(app, operation):
    with serving(app, writing=False) as services:
        return services.operations.get(operation.id).status


@on_sqlite
@pytest.mark.parametrize(
    ("template", "flags"),
    [
        ({}, "B"),
        ({"factors": KNOWLEDGE}, ""),
        ({"risk_flags": "XCF"}, "BXCF"),
        ({"risk_flags": "C", "factors": KNOWLEDGE}, "C"),
        ({"risk_flags": "C", "ui": {"flipButtons": True}}, "BX"),
        ({"ui": {"blockApprovalOnCall": True, "preApprovalScreen": {"type": "INFO"}}}, "BCF"),
        ({"ui": {"flipButtons": False}, "risk_flags": "X"}, "B"),
    ],
)
def test_the_flags_say_what_the_phone_has_to_mind(app, device, template, flags):  # 100
    scanned = scan(app, open_operation(app, template=template), device)
    assert sorted(scanned.flags) == sorted(flags)


@on_sqlite
def test_title_and_message_are_in_the_language_of_the_reader(app, device):
    operation = open_operation(app)
    assert scan(app, operation, device).title != scan(app, operation, device, "cs").title


@on_sqlite
def test_biometry_is_refused_where_only_the_pin_is_allowed(app, device):
    operation = open_operation(app, template={"factors": KNOWLEDGE})
    scanned = replace(scan(app, operation, device), flags="B")
    code = scanned.approve(device.handset.state)
    assert answer(app, operation, device, code).refusal is Refusal.ATTEMPT_FAILED
    assert status_of(app, operation) == "PENDING"


def test_the_one_time_password_of_the_code_is_signed_too(app, device):
    operation = open_operation(app, template={"proximity_check": True})
    scanned = scan(app, operation, device)
    assert len(scanned.totp) == 8
    without = replace(scanned, totp=None).approve(device.handset.state, PIN)
    assert answer(app, operation, device, without).refusal is Refusal.ATTEMPT_FAILED
    code = scanned.approve(device.handset.state, PIN)
    assert answer(app, operation, device, code).refusal is None
    assert status_of(app, operation) == "APPROVED"


@on_sqlite
@pytest.mark.parametrize(("seconds", "status"), [(290, "APPROVED"), (400, "PENDING")])
def test_the_one_time_password_lasts_as_long_as_people_need(app, device, seconds, status):
    end = clock.now() + timedelta(minutes=20)
    operation = open_operation(app, template={"proximity_check": True}, expires_at=end)
    scanned = scan(app, operation, device)
    code = scanned.approve(device.handset.state, PIN)
    with time_machine.travel(clock.now() + timedelta(seconds=seconds), tick=False):
        answer(app, operation, device, code)
        assert status_of(app, operation) == status


@on_sqlite
def test_the_code_of_another_persons_phone_is_not_made(app):
    stranger = paired(app, user_id="jane")
    with pytest.raises(RegistrationNotFound):
        scan(app, open_operation(app), stranger)


@on_sqlite
def test_the_digits_of_another_persons_phone_are_nothing(app, device):
    stranger = paired(app, user_id="jane")
    operation = open_operation(app)
    code = scan(app, operation, device)
    forged = code.approve(device.handset.state, PIN)
    assert answer(app, operation, stranger, forged).refusal is Refusal.UNKNOWN
    assert row_of(app, stranger.id).failed_attempts == 0


@on_sqlite
def test_a_line_break_in_what_is_signed_makes_no_code(app, device):
    with serving(app) as services:
        operation = services.operations.create(
            NewOperation(
                template="payment",
                applications=("demo",),
                user_id=USER,
                data="one\ntwo",
            )
        )
        services.commit()
    with pytest.raises(InvalidOfflineTextError):
        scan(app, operation, device)


def test_of_parallel_right_answers_one_approves(app, device):
    operation = open_operation(app)
    code = scan(app, operation, device).approve(device.handset.state, PIN)
    barrier, refusals = Barrier(4), []

    def give():
        barrier.wait()
        refusals.append(answer(app, operation, device, code).refusal)

    threads = [Thread(target=give) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refusals.count(None) == 1
    assert status_of(app, operation) == "APPROVED"


@on_sqlite
def test_the_pin_is_refused_where_only_biometry_is_allowed(app, device):
    biometry = (SignatureType.POSSESSION_BIOMETRY,)
    operation = open_operation(app, template={"factors": biometry})
    scanned = scan(app, operation, device)
    with_pin = scanned.approve(device.handset.state, PIN)
    assert answer(app, operation, device, with_pin).refusal is Refusal.ATTEMPT_FAILED
    assert status_of(app, operation) == "PENDING"
    assert answer(app, operation, device, scanned.approve(device.handset.state)).refusal is None


@on_sqlite
def test_whoever_opens_an_operation_gets_no_factor_that_its_template_refuses(app):
    wanted = (SignatureType.POSSESSION, *KNOWLEDGE)
    assert open_operation(app, factors=wanted).factors == KNOWLEDGE
    assert open_operation(app, factors=wanted[:1]).factors == SHIPPED["payment"].factors
