"""CBOR: where an item ends, and what authenticators must not write."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.crypto.cbor import NotPlainError, end_of_item
from tests.support.authenticator import cbor

LEAVES = some.integers(-(2**63), 2**63 - 1) | some.binary(max_size=300) | some.text(max_size=50)
ITEMS = some.recursive(
    LEAVES,
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
)


@given(ITEMS, some.binary(max_size=5), some.binary(max_size=5))
def test_an_item_ends_where_it_was_written_to_end(value, before, after):
    written = cbor(value)
    assert end_of_item(before + written + after, len(before)) == len(before) + len(written)


@given(ITEMS, some.integers(1))
def test_an_item_that_is_cut_off_is_refused(value, missing):
    written = cbor(value)
    with pytest.raises(NotPlainError):
        end_of_item(written[: -(missing % len(written)) or -1])


@given(some.binary(max_size=200))
def test_whatever_comes_has_an_end_within_it_or_is_refused(data):
    with suppress(NotPlainError):
        assert 0 < end_of_item(data) <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\xd8\x1c\x80", b"\xc0\x60", b"\x81\xd8\x1d\x00", b"\xa1\x00\xc2\x41\x01",
        b"\x9f\xff", b"\xbf\xff", b"\x5f\xff", b"\x7f\xff", b"\x1c", b"\xff", b"",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x19\x01",
    ],
)  # fmt: skip
def test_tags_and_what_has_no_length_are_refused(data):
    with pytest.raises(NotPlainError):
        end_of_item(data)
