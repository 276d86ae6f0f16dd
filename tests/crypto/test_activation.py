"""Fingerprint, vault key and status blob."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto import activation
from app.crypto.activation import State, Status, status_iv
from app.crypto.counter import HashCounter
from app.crypto.errors import InvalidChallengeError
from app.crypto.keys import ActivationKeys, PrivateKey, PublicKey
from tests.crypto.vectors import b64, own, published
from tests.crypto.wire import aes_decrypt

BYTES_16 = st.binary(min_size=16, max_size=16)


def test_the_published_fingerprints_are_shown():
    short = 0
    for vector in published("fingerprint_v3")["vectors"]:
        given_ = vector["input"]
        device, server = (
            PublicKey(b64(given_[name])) for name in ("devicePublicKey", "serverPublicKey")
        )
        shown = activation.fingerprint(device, given_["activationId"], server)
        assert shown == vector["expected"]["fingerprint"]
        compressed = PublicKey(device.compressed), given_["activationId"], server
        assert activation.fingerprint(*compressed) == shown
        short += min(len(device.x), len(server.x)) < 32
    assert short, "no vector has a coordinate with a leading zero byte"


def test_our_own_exchange_gives_fingerprint_and_vault_key():
    vector = own("activation_v33")["vectors"][0]
    device = PublicKey(b64(vector["devicePublicKey"]))
    server = PrivateKey(b64(vector["serverPrivateKey"]))
    shown = activation.fingerprint(device, vector["activationId"], server.public)
    assert shown == vector["fingerprint"]
    vault_key = activation.encrypted_vault_key(ActivationKeys.agree(server, device))
    assert vault_key == b64(vector["derived"]["encryptedVaultEncryptionKey"])


def test_every_part_changes_the_fingerprint():
    one, other = PrivateKey(b"\x07" * 32).public, PrivateKey(b"\x08" * 32).public
    shown = {
        activation.fingerprint(*parts)
        for parts in ((one, "a", other), (other, "a", one), (one, "b", other), (one, "a", one))
    }
    assert len(shown) == 4


def test_the_published_vectors_of_initialisation_are_derived():
    for vector in published("status_blob_iv")["vectors"]:
        given_ = {name: b64(value) for name, value in vector["input"].items()}
        iv = status_iv(given_["transportKey"], given_["challenge"], given_["nonce"])
        assert iv == b64(vector["expected"]["iv"])


def test_the_published_blobs_are_built_again():
    for vector in published("status_blob")["vectors"]:
        given_ = {name: b64(value) for name, value in vector["input"].items()}
        wanted = vector["expected"]
        transport, challenge, nonce = (
            given_[name] for name in ("transportKey", "challenge", "nonce")
        )
        blob = given_["encryptedStatusBlob"]
        reserved = aes_decrypt(transport, status_iv(transport, challenge, nonce), blob)[7:12]
        place = HashCounter(int(wanted["ctrByte"]), given_["ctrData"])
        for _ in range(int(wanted["counterDistance"])):
            place = HashCounter(place.number, place.next().data)  # only the data is behind
        status = Status(
            state=State(int(wanted["activationStatus"])),
            counter=place,
            failed_attempts=int(wanted["failedAttempts"]),
            max_failed_attempts=int(wanted["maxFailedAttempts"]),
            look_ahead=int(wanted["ctrLookAhead"]),
            current_version=int(wanted["currentVersion"]),
            upgrade_version=int(wanted["upgradeVersion"]),
        )
        assert status.blob(transport, challenge, nonce, random=lambda _, r=reserved: r) == blob


def test_our_own_blob_is_built():
    vector = own("status_blob")["vectors"][0]
    given_ = {name: b64(value) for name, value in vector.items()}
    plain = given_["plain"]
    status = Status(
        State(plain[4]), HashCounter(plain[12], given_["ctrData"]), plain[13], plain[14]
    )
    blob = status.blob(
        given_["transportKey"],
        given_["challenge"],
        given_["nonce"],
        random=lambda size: plain[7 : 7 + size],
    )
    assert blob == given_["encryptedStatusBlob"]


@given(BYTES_16, BYTES_16, BYTES_16, st.integers(0, 10**6), st.sampled_from(State))
def test_a_blob_tells_state_and_counter(transport, challenge, nonce, number, state):
    counter = HashCounter(number, transport)
    blob = Status(state, counter, 2, 5).blob(transport, challenge, nonce)
    plain = aes_decrypt(transport, status_iv(transport, challenge, nonce), blob)
    assert plain[:7] == bytes.fromhex("dec0ded1") + bytes([state, 3, 3])
    assert plain[12:16] == bytes([number & 0xFF, 2, 5, 20])
    assert plain[16:] == counter.hashed(transport)


def test_two_blobs_of_one_status_differ():
    status = Status(State.ACTIVE, HashCounter(0, bytes(16)), 0, 5)
    assert len({status.blob(bytes(16), bytes(16), bytes(16)) for _ in range(20)}) == 20
    assert len({status.blob_without_challenge(bytes(16)) for _ in range(20)}) == 20


def test_without_a_challenge_the_counter_is_not_told():
    status = Status(State.BLOCKED, HashCounter(7, b"\x01" * 16), 5, 5)
    hidden = [aes_decrypt(bytes(16), bytes(16), status.blob_without_challenge(bytes(16)))
              for _ in range(40)]  # fmt: skip
    assert {plain[:7] for plain in hidden} == {bytes.fromhex("dec0ded1040303")}
    assert {plain[13:15] for plain in hidden} == {b"\x05\x05"}
    for place in (7, 12, 15, 16, 31):
        assert len({plain[place] for plain in hidden}) > 5


def test_an_unknown_registration_looks_like_any_other():
    blobs = {activation.unknown_status() for _ in range(20)}
    assert len(blobs) == 20
    assert {len(blob) for blob in blobs} == {32}


@pytest.mark.parametrize("attempts", [-1, 256])
def test_a_number_that_has_no_byte_is_refused(attempts):
    status = Status(State.ACTIVE, HashCounter(0, bytes(16)), attempts, 5)
    with pytest.raises(ValueError, match="range"):
        status.blob(bytes(16), bytes(16), bytes(16))


@pytest.mark.parametrize("sizes", [(0, 16), (16, 0), (15, 17), (17, 15), (32, 16), (16, 32)])
def test_a_challenge_of_another_length_is_refused(sizes):
    challenge, nonce = map(bytes, sizes)
    with pytest.raises(InvalidChallengeError):
        status_iv(bytes(16), challenge, nonce)
