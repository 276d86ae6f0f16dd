"""The text of an offline QR code."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.errors import InvalidOfflineTextError
from app.crypto.keys import PrivateKey
from app.crypto.offline_qr import OfflineOperation, OfflineText, SigningKey, escape, unescape
from tests.crypto.vectors import b64, own, text64

KEY, OTHER = PrivateKey(b"\x07" * 32), PrivateKey(b"\x08" * 32)
NONCE = text64(b"n" * 16)
OPERATION = OfflineOperation(
    operation_id="5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6",
    title="Payment",
    message="Please confirm this payment",
    operation_data="A1*A100CZK*ICZ2730300000001165254011*D20180425",
    nonce=NONCE,
    flags="B",
)
TEXT = OPERATION.sign(KEY, SigningKey.PERSONALIZED)
LINES = TEXT.split("\n")
PRINTABLE = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12)
PARAGRAPHS = st.lists(PRINTABLE, max_size=3).map("\n".join)
OPERATIONS = st.builds(
    OfflineOperation,
    operation_id=PRINTABLE,
    title=PARAGRAPHS,
    message=PARAGRAPHS,
    operation_data=PRINTABLE,
    nonce=st.binary(min_size=16, max_size=16).map(text64),
    flags=st.lists(st.sampled_from("BXFC"), unique=True).map("".join),
    totp=st.none() | st.from_regex(r"[0-9]{6,8}", fullmatch=True),
)


def test_our_own_texts_are_signed():
    for vector in own("offline_v33")["vectors"]:
        operation = replace(OPERATION, nonce=vector["nonce"], totp=vector["totp"])
        signed = vector["dataToSignByServer"]
        assert operation.signed_text(SigningKey.PERSONALIZED) == signed
        text = operation.sign(KEY, SigningKey.PERSONALIZED)
        assert text.startswith(signed)
        assert KEY.public.verifies(b64(text.removeprefix(signed)), signed.encode())


@given(OPERATIONS)
def test_a_text_reads_as_it_was_written(operation):
    text = operation.sign(KEY, SigningKey.PERSONALIZED)
    read = OfflineText.read(text)
    assert read.operation == operation
    assert read.whose is SigningKey.PERSONALIZED
    assert read.is_signed_by(KEY.public)
    assert not read.is_signed_by(OTHER.public)


@given(st.integers(0), st.sampled_from("\n0aBé") | st.just(""))
def test_no_character_of_a_text_can_be_changed(place, letter):
    place %= len(TEXT)
    changed = TEXT[:place] + letter + TEXT[place + 1 :]
    try:
        read = OfflineText.read(changed)
    except InvalidOfflineTextError:
        return
    assert read.is_signed_by(KEY.public) == (changed == TEXT)


def test_the_text_of_the_application_has_its_own_mark():
    text = OPERATION.sign(KEY, SigningKey.MASTER)
    assert text.split("\n")[-1].startswith("0")
    assert OfflineText.read(text).whose is SigningKey.MASTER
    with pytest.raises(InvalidOfflineTextError):
        replace(OPERATION, totp="12345678").sign(KEY, SigningKey.MASTER)


def test_words_keep_to_their_line():
    operation = replace(OPERATION, title="a\nb", message="c:\\n\\\n")
    lines = operation.signed_text(SigningKey.MASTER).split("\n")
    assert lines[1:3] == ["a\\nb", "c:\\\\n\\\\\\n"]


@given(st.text())
def test_escaping_is_undone(text):
    assert unescape(escape(text)) == text
    assert "\n" not in escape(text)


@pytest.mark.parametrize("line", ["\\", "a\\", "\\t", "\\\\\\", "\\N"])
def test_an_unknown_escape_is_refused(line):
    with pytest.raises(InvalidOfflineTextError):
        unescape(line)


@pytest.mark.parametrize(
    "change",
    [
        {"operation_id": "a\nb"}, {"operation_data": "a\nb"}, {"operation_data": "a\tb"},
        {"title": "a\tb"}, {"title": "a\rb"}, {"message": "a\x00"}, {"message": "\x7f"},
        {"flags": "Z"}, {"flags": "BB"}, {"flags": "b"}, {"flags": " "},
        {"nonce": ""}, {"nonce": text64(bytes(15))}, {"nonce": NONCE[:-2]}, {"nonce": NONCE + "\n"},
        {"totp": ""}, {"totp": "12345"}, {"totp": "123456789"}, {"totp": "1234 5678"},
    ],
)  # fmt: skip
def test_parts_that_would_change_the_lines_are_refused(change):
    with pytest.raises(InvalidOfflineTextError):
        replace(OPERATION, **change)


WRONG = [
    "", "\n" * 6, TEXT + "\n", "\n".join(LINES[1:]), "\n".join(LINES[:-1]),
    "\n".join([*LINES[:-1], "2" + LINES[-1][1:]]), "\n".join([*LINES[:-1], LINES[-1][1:]]),
    "\n".join([*LINES[:-1], ""]), TEXT[:-1], TEXT + "=", TEXT.replace("\n", "\r\n"),
    "\n".join([*LINES[:5], "12345678", "12345678", *LINES[5:]]),
    "\n".join([*LINES[:5], "extra", *LINES[5:]]),
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))  # signatures are random
def test_what_has_another_form_is_refused(text):
    with pytest.raises(InvalidOfflineTextError):
        OfflineText.read(text)
