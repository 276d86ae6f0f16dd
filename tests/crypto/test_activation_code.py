"""Activation codes, their checksums and signatures."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import activation_code
from app.crypto.activation_code import check, code_of, new_code, qr_text, sign
from app.crypto.errors import InvalidActivationCodeError
from app.crypto.keys import PrivateKey, PublicKey
from tests.crypto.vectors import b64, flipped, own, published

CODE = "76YWG-LXI7Z-RQ5Q3-KH4KA"


def test_the_published_checksums_are_computed():
    for vector in published("crc16")["vectors"]:
        assert activation_code.checksum(vector["ascii"].encode()) == int(vector["crc"], 16)


def test_the_checksum_is_the_arc_of_the_catalogues():
    assert activation_code.checksum(b"123456789") == 0xBB3D


def test_the_published_codes_are_told_apart():
    told = []
    for vector in published("activation_code")["vectors"]:
        if vector["valid"]:
            assert check(vector["code"]) == vector["code"]
        else:
            with pytest.raises(InvalidActivationCodeError):
                check(vector["code"])
        told.append(vector["valid"])
    assert set(told) == {True, False}


def test_the_published_signatures_verify_and_we_make_such():
    for vector in published("activation_signature")["vectors"]:
        given_ = vector["input"]
        code, public = given_["activationCode"], PublicKey(b64(given_["masterPublicKey"]))
        theirs = b64(vector["expected"]["activationSignature"])
        ours = b64(sign(code, PrivateKey(b64(given_["masterPrivateKey"]))))
        for signature in (theirs, ours):
            assert public.verifies(signature, code.encode())
            assert not public.verifies(signature, code.replace("-", "").encode())
            assert not public.verifies(flipped(signature, 300), code.encode())


def test_our_own_code_is_right():
    assert check(own("activation_v33")["vectors"][0]["activationCode"])


@given(st.binary(min_size=10, max_size=10))
def test_every_ten_bytes_make_a_code(random):
    code = code_of(random)
    assert re.fullmatch(r"([A-Z2-7]{5}-){3}[A-Z2-7]{4}[AQ]", code)
    assert check(code) == code


@given(st.binary(min_size=10, max_size=10), st.integers(0, 18), st.sampled_from("ABQZ27"))
def test_no_single_letter_can_be_changed(random, position, letter):
    code = code_of(random)
    place = position + position // 5
    changed = code[:place] + letter + code[place + 1 :]
    if changed != code:
        with pytest.raises(InvalidActivationCodeError):
            check(changed)


@pytest.mark.parametrize("last", "BCDEFGHIJKLMNOPRSTUVWXYZ234567")
def test_the_last_letter_has_no_stray_bits(last):
    with pytest.raises(InvalidActivationCodeError):
        check(CODE[:-1] + last)


@pytest.mark.parametrize(
    "code",
    ["", CODE.lower(), CODE.replace("-", ""), CODE[:-1], CODE + "A", CODE + "\n", " " + CODE,
     CODE + "-", CODE.replace("-", " "), CODE + "#AB==", CODE[:-1] + "Q", "Ä" + CODE[1:]],
)  # fmt: skip
def test_what_has_another_form_is_refused(code):
    with pytest.raises(InvalidActivationCodeError):
        check(code)


@pytest.mark.parametrize("size", [0, 9, 11, 12])
def test_a_code_is_made_of_ten_bytes(size):
    with pytest.raises(InvalidActivationCodeError):
        code_of(bytes(size))


def test_only_a_code_is_signed():
    with pytest.raises(InvalidActivationCodeError):
        sign("payment", PrivateKey(b"\x07" * 32))


def test_a_new_code_is_new():
    assert len({check(new_code()) for _ in range(100)}) == 100


def test_the_qr_code_shows_code_and_signature():
    assert qr_text(CODE, "ABCD") == f"{CODE}#ABCD"
