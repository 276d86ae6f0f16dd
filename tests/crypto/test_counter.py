"""The hash chain of a registration."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.counter import HashCounter
from app.crypto.errors import InvalidKeyError
from tests.crypto.vectors import b64, own, published

DATA = st.binary(min_size=16, max_size=16)


def test_the_published_distances_are_walked():
    for vector in published("status_blob")["vectors"]:
        given_, wanted = vector["input"], vector["expected"]
        place = HashCounter(0, b64(given_["ctrData"]))
        for _ in range(int(wanted["counterDistance"])):
            place = place.next()
        assert place.hashed(b64(given_["transportKey"])) == b64(wanted["ctrDataHash"])


def test_our_own_chain_is_walked():
    chain = own("hash_counter")
    place = HashCounter(chain["vectors"][0]["ctr"], b64(chain["vectors"][0]["ctrData"]))
    for vector in chain["vectors"]:
        while place.number < vector["ctr"]:
            place = place.next()
        assert place.data == b64(vector["ctrData"])
        assert place.byte == vector["ctrByte"]
        assert place.hashed(b64(chain["transportKey"])) == b64(vector["ctrDataHash"])
        assert place.next().data == b64(vector["next"])


@given(DATA, st.integers(0, 1000), st.integers(1, 64))
def test_a_window_is_the_chain_from_here(data, number, look_ahead):
    here = HashCounter(number, data)
    window = list(here.window(look_ahead))
    assert window[0] == here
    assert [place.number for place in window] == list(range(number, number + look_ahead))
    assert all(after == before.next() for before, after in pairwise(window))


@pytest.mark.parametrize("look_ahead", [-1, 0, 65])
def test_no_phone_accepts_such_a_window(look_ahead):
    with pytest.raises(ValueError, match="1 to 64"):
        next(HashCounter(0, bytes(16)).window(look_ahead))


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_counter_data_has_sixteen_bytes(size):
    with pytest.raises(InvalidKeyError):
        HashCounter(0, bytes(size))


def test_a_counter_does_not_show_its_data():
    assert "secret" not in repr(HashCounter(3, b"secret secret 16"))


def test_only_the_low_byte_of_the_number_is_told():
    assert HashCounter(0x1FE, bytes(16)).byte == 0xFE
