"""Bytes as text and back, strictly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import encoding
from app.crypto.errors import CannotDecryptError as Refused


@given(st.binary(max_size=80))
def test_base64_reads_what_it_wrote(data):
    assert encoding.from_base64(encoding.to_base64(data), Refused) == data
    assert encoding.from_base64url(encoding.to_base64url(data), Refused) == data


@pytest.mark.parametrize(
    "text", ["A", "AB", "ABC", "AB=", "AB==", "AA==\n", " AA==", "AA==AA==", "A-_=", "A*==", "ÄÄ=="]
)
def test_base64_in_any_other_form_is_refused(text):
    with pytest.raises(Refused):
        encoding.from_base64(text, Refused)


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A+/A", "AA\n", " AA", "Ä"])
def test_base64url_in_any_other_form_is_refused(text):
    with pytest.raises(Refused):
        encoding.from_base64url(text, Refused)


def test_a_wrong_length_is_refused_and_not_repeated():
    with pytest.raises(Refused) as refused:
        encoding.from_base64("c2VjcmV0", Refused, size=16)
    assert str(refused.value) == "6 bytes instead of 16"


@given(st.lists(st.binary(max_size=9)), st.lists(st.binary(max_size=9)))
def test_different_parts_are_never_joined_to_the_same_bytes(one, other):
    assert (encoding.sized(*one) == encoding.sized(*other)) == (one == other)


def test_a_part_that_is_not_there_is_counted_as_empty():
    assert encoding.sized(b"a", None) == bytes.fromhex("000000016100000000")


@pytest.mark.parametrize(
    ("digest", "length", "digits"),
    [
        ("00000000", 8, "00000000"),
        ("ffffffff", 8, "47483647"),  # 2147483647: the highest bit does not count
        ("80000001", 4, "0001"),
        ("aaaaaaaa00bc614e", 8, "12345678"),
        ("00bc614e", 4, "5678"),
    ],
)
def test_digits_are_the_last_ones_of_31_bits(digest, length, digits):
    assert encoding.decimal(bytes.fromhex(digest), length) == digits


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"1", b"null", b'{"a":1', b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b"\xff",
     b'{"a":1}}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_not_one_clear_json_object_is_refused(data):
    with pytest.raises(Refused):
        encoding.json_object(data, Refused)


def test_a_json_object_is_read():
    assert encoding.json_object(b' {"a": [1, "\xc3\xa4"]}', Refused) == {"a": [1, "ä"]}


@given(st.text(max_size=5), st.text(max_size=5))
def test_sameness_is_symmetric_and_exact(one, other):
    assert encoding.same(one, other) == encoding.same(other, one) == (one == other)
    assert encoding.same(one, one)


@given(st.binary(max_size=5), st.binary(max_size=5))
def test_sameness_of_bytes_too(one, other):
    assert encoding.same(one, other) == (one == other)


def test_sameness_bears_any_text():
    assert not encoding.same("\ud800", "ä")
