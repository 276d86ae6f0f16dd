"""An operation on a QR code: the phone believes the portal alone, the portal the phone's digits."""

import pytest

from app.crypto.offline_qr import OfflineOperation, SigningKey
from app.crypto.totp import accepted, totp
from app.demo.phone.offline import ScannedOperation, four_by_four, plain
from app.demo.phone.refusals import PhoneRefused
from tests.crypto.vectors import text64
from tests.demo.phone.conftest import PIN
from tests.demo.phone.portal import NOW, Portal

SEED = b"a seed of 16 byt"
OPERATION = OfflineOperation(
    operation_id="5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6",
    title="Payment",
    message="Příkaz:\nc:\\new\\\\",
    operation_data="A1*A100CZK*ICZ2730300000001165254011*D20180425",
    nonce=text64(b"n" * 16),
    flags="BF",
)
WITH_TOTP = OfflineOperation(**{**vars(OPERATION), "totp": totp(SEED, NOW // 1000), "flags": ""})


def shown(portal, operation=OPERATION, whose=SigningKey.PERSONALIZED):
    key = portal.server if whose is SigningKey.PERSONALIZED else portal.master
    return operation.sign(key, whose)


def test_the_phone_shows_what_the_portal_wrote(portal):
    scanned = ScannedOperation.read(shown(portal))
    assert scanned.title == OPERATION.title
    assert scanned.message == OPERATION.message
    assert (scanned.operation_id, scanned.data) == (
        OPERATION.operation_id, OPERATION.operation_data
    )  # fmt: skip
    assert scanned.allows_biometry
    assert scanned.totp is None


@pytest.mark.parametrize("whose", SigningKey)
def test_the_digits_of_the_phone_are_accepted_once(portal, phone, whose):
    digits = ScannedOperation.read(shown(portal, whose=whose)).approve(phone.state, PIN)
    assert len(digits) == 17
    typed = four_by_four(digits)
    assert len(typed.split()) == 4
    assert portal.judge_digits(typed, OPERATION) == "possession_knowledge"
    assert portal.judge_digits(typed, OPERATION) is None


def test_biometry_counts_where_the_operation_allows_it(portal, phone):
    digits = ScannedOperation.read(shown(portal)).approve(phone.state)
    assert portal.judge_digits(digits, OPERATION) is None
    assert portal.judge_digits(digits, OPERATION, biometry=True) == "possession_biometry"
    with pytest.raises(PhoneRefused):
        ScannedOperation.read(shown(portal, WITH_TOTP)).approve(phone.state)


def test_a_wrong_pin_gives_digits_that_are_wrong(portal, phone):
    digits = ScannedOperation.read(shown(portal)).approve(phone.state, "0000")
    assert portal.judge_digits(digits, OPERATION, biometry=True) is None


def test_a_phone_that_is_near_signs_the_password_too(portal, phone):
    scanned = ScannedOperation.read(shown(portal, WITH_TOTP))
    assert scanned.totp == WITH_TOTP.totp
    digits = scanned.approve(phone.state, PIN)
    assert portal.judge_digits(digits, WITH_TOTP) is None
    later = accepted(SEED, NOW // 1000 + 60)
    assert portal.judge_digits(digits, WITH_TOTP, totps=later) is None
    soon = accepted(SEED, NOW // 1000 + 30)
    assert portal.judge_digits(digits, WITH_TOTP, totps=soon) == "possession_knowledge"


def test_online_and_offline_codes_share_the_counter(portal, phone):
    scanned = ScannedOperation.read(shown(portal))
    first = scanned.approve(phone.state, PIN)
    assert portal.judge(phone.reject("id"), "/operation/cancel")
    assert portal.judge_digits(first, OPERATION) is None
    assert portal.judge_digits(scanned.approve(phone.state, PIN), OPERATION)


@pytest.mark.parametrize("version", ["3.3"])
def test_what_the_portal_did_not_sign_gets_no_digits(portal, phone):
    text = shown(portal)
    before = phone.state.counter
    forged = [
        shown(Portal()),
        shown(Portal(), whose=SigningKey.MASTER),
        text.replace("A100", "A999"),
        text.replace("\nBF\n", "\nB\n"),
        text.replace("\n1", "\n0"),
        text.replace("\nBF\n", "\nBF\n12345678\n"),
    ]
    for each in forged:
        assert each != text
        with pytest.raises(PhoneRefused):
            ScannedOperation.read(each).approve(phone.state, PIN)
    assert phone.state.counter == before


def test_lines_of_later_portals_are_passed_over(portal, phone):
    signed = f"id\nt\nm\nd\nBZ\nlater\n{OPERATION.nonce}\n1"
    text = signed + text64(portal.server.sign(signed.encode()))
    scanned = ScannedOperation.read(text)
    scanned.check(phone.state)
    assert scanned.totp is None
    assert scanned.flags == "BZ"


TEXT = f"id\ntitle\nmessage\ndata\nB\n{OPERATION.nonce}\n1AAAA"


@pytest.mark.parametrize(
    "text",
    ["", "\n" * 6, "\n".join(TEXT.split("\n")[1:]), TEXT.replace("\n1AAAA", "\n2AAAA"),
     TEXT.replace("\n1AAAA", "\n"), TEXT + "A", TEXT + "\n", TEXT.replace(OPERATION.nonce, "AAAA")],
)  # fmt: skip
def test_what_has_another_form_is_refused(text):
    ScannedOperation.read(TEXT)
    with pytest.raises(PhoneRefused):
        ScannedOperation.read(text)


@pytest.mark.parametrize(
    ("line", "words"), [("a\\nb", "a\nb"), ("c:\\\\new", "c:\\new"), ("\\\\\\n", "\\\n"), ("", "")]
)
def test_escapes_are_shown_as_they_were_meant(line, words):
    assert plain(line) == words
