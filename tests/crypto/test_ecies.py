"""Envelopes: the published exchanges, and what must not open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.ecies import Envelope, Purpose, Scope, shared_info_2
from app.crypto.encrypted_request import EncryptedRequest, OpenedRequest
from app.crypto.errors import CannotDecryptError
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.primitives import hmac_sha256
from app.crypto.versions import VERSIONS
from tests.crypto.vectors import b64, flipped, own, published, text64

BYTES_16 = st.binary(min_size=16, max_size=16)
PURPOSES = {  # the words of the vectors
    "APPLICATION_SCOPE_GENERIC": Purpose.APPLICATION,
    "ACTIVATION_SCOPE_GENERIC": Purpose.ACTIVATION,
    "ACTIVATION_LAYER_2": Purpose.ACTIVATION_LAYER_2,
    "UPGRADE": Purpose.UPGRADE,
    "VAULT_UNLOCK": Purpose.VAULT_UNLOCK,
    "CREATE_TOKEN": Purpose.CREATE_TOKEN,
    "CONFIRM_RECOVERY_CODE": Purpose.RECOVERY,
}


@pytest.mark.parametrize("name", ["ecies_v30_full", "ecies_v31_full"])
def test_the_published_algorithm_of_3_0_and_3_1_is_ours(name):
    file = published(name)
    private = PrivateKey(b64(file["serverPrivateKey"]))
    assert private.public.compressed == b64(file["serverPublicKeyCompressed"])
    for vector in file["vectors"]:
        request, answer = vector["request"], vector["response"]
        info_2 = b64(vector["sharedInfo2"])
        ephemeral = PublicKey(b64(vector["ephemeralPublicKey"]))
        envelope = Envelope.derive(private, ephemeral, b64(vector["sharedInfo1"]))
        nonce = None if request["nonce"] is None else b64(request["nonce"])
        data, mac = b64(request["encryptedData"]), b64(request["mac"])
        assert envelope.open(data, mac, nonce, info_2) == b64(vector["plainRequest"])
        sealed = envelope.seal(b64(vector["plainResponse"]), nonce, info_2)
        assert sealed == (b64(answer["encryptedData"]), b64(answer["mac"]))


@pytest.mark.parametrize("name", ["3.2", "3.3"])
def test_the_published_exchanges_of_3_2_and_3_3_are_opened_and_answered(name):
    version = VERSIONS[name]
    file = published(f"ecies_v{name.replace('.', '')}_full")
    constants, purposes = file["constants"], set()
    for vector in file["vectors"]:
        purpose = PURPOSES[vector["encryptorId"]]
        scope = scope_of(constants, purpose)
        key = "masterServer" if purpose.is_of_application else "server"
        private = PrivateKey(b64(constants[f"{key}PrivateKey"]))
        assert private.public.compressed == b64(constants[f"{key}PublicKey"])
        request = EncryptedRequest.read(vector["request"], version)
        associated = scope.associated_data(version, request.temporary_key_id)
        assert associated == b64(vector["associatedData"])
        opened = request.open(private, purpose, scope)
        assert opened.plain == b64(vector["plainRequest"])
        assert opened.envelope == Envelope.of(b64(vector["envelopeKey"]))
        answer = vector["response"]
        assert answer == opened.answer(
            b64(vector["plainResponse"]),
            timestamp=answer["timestamp"],
            nonce=b64(answer["nonce"]),
        )
        purposes.add(purpose)
    assert purposes == set(Purpose)


def scope_of(constants, purpose):
    app = constants["applicationKey"], constants["applicationSecret"]
    if purpose.is_of_application:
        return Scope(*app)
    return Scope(*app, constants["activationId"], b64(constants["transportKey"]))


@pytest.mark.parametrize("name", ["3.0", "3.1", "3.2", "3.3"])
def test_the_published_exchanges_under_a_given_envelope_are_ours(name):
    scopes = set()
    for vector in published(f"ecies_v{name.replace('.', '')}_envelope_known")["vectors"]:
        assert vector["protocolVersion"] == name
        transport = vector.get("transportKey")
        scope = Scope(
            vector["applicationKey"], vector["applicationSecret"],
            vector.get("activationId"), transport and b64(transport),
        )  # fmt: skip
        assert scope.shared_info_2() == b64(vector["sharedInfo2Base"])
        request = EncryptedRequest.read(fields_of(vector), VERSIONS[name])
        envelope = Envelope.of(b64(vector["envelopeKey"]))
        moment = request.nonce, request.timestamp, request.ephemeral.raw
        info_2 = request.shared_info_2(scope, *moment)
        plain = envelope.open(request.data, request.mac, request.nonce, info_2)
        assert plain.decode() == vector["requestData"]
        answer = OpenedRequest(request, scope, envelope, plain).answer(
            vector["responseData"].encode(),
            timestamp=int(vector.get("timestampResponse", 0)),
            nonce=b64(vector.get("responseNonce", "")),
        )
        assert answer["encryptedData"] == vector["encryptedDataResponse"]
        assert answer["mac"] == vector["responseMac"]
        assert answer.get("nonce") == vector.get("responseNonce")
        scopes.add(scope.is_of_application)
    assert scopes == {True, False}


def fields_of(vector):
    fields = {
        "ephemeralPublicKey": vector["requestEphemeralPublicKey"],
        "encryptedData": vector["encryptedDataRequest"],
        "mac": vector["requestMac"],
        "nonce": vector.get("requestNonce"),
        "temporaryKeyId": vector.get("temporaryKeyId"),
    }
    if "timestampRequest" in vector:
        fields["timestamp"] = int(vector["timestampRequest"])
    return fields


def test_our_own_activation_is_opened_and_answered():
    vector = own("activation_v33")["vectors"][0]
    private = PrivateKey(b64(vector["temporaryPrivateKey"]))
    scope = Scope(vector["applicationKey"], vector["applicationSecret"])
    layers = {"layer1": Purpose.APPLICATION, "layer2": Purpose.ACTIVATION_LAYER_2}
    for layer, purpose in layers.items():
        exchange = vector[layer]
        assert purpose.shared_info_1(VERSIONS["3.3"]).decode() == exchange["sharedInfo1"]
        opened = EncryptedRequest.read(exchange["request"], VERSIONS["3.3"]).open(
            private, purpose, scope
        )
        assert opened.plain.decode() == exchange["plainRequest"]
        answer = exchange["response"]
        assert answer == opened.answer(
            exchange["plainResponse"].encode(),
            timestamp=answer["timestamp"],
            nonce=b64(answer["nonce"]),
        )


@given(st.binary(max_size=99), st.binary(max_size=9), st.none() | BYTES_16, st.integers(0))
def test_an_envelope_opens_what_it_sealed_and_nothing_else(plain, info_2, nonce, bit):
    envelope = Envelope.of(bytes(range(48)))
    data, mac = envelope.seal(plain, nonce, info_2)
    assert envelope.open(data, mac, nonce, info_2) == plain
    for changed in (
        (flipped(data, bit), mac, nonce, info_2),
        (data, flipped(mac, bit), nonce, info_2),
        (data, mac[:-1], nonce, info_2),
        (data + bytes(16), mac, nonce, info_2),
        (data[:-16], mac, nonce, info_2),
        (data, mac, nonce, info_2 + b"\x00"),
    ):
        with pytest.raises(CannotDecryptError):
            envelope.open(*changed)


@pytest.mark.parametrize("data", [b"", b"x", bytes(15), bytes(16), bytes(17)])
def test_authentic_bytes_that_are_no_padded_blocks_are_refused(data):
    envelope = Envelope.of(bytes(48))
    with pytest.raises(CannotDecryptError):
        envelope.open(data, right_mac(envelope, data), None, b"")


def right_mac(envelope, data):
    return hmac_sha256(envelope.mac, data)


def test_another_ephemeral_key_or_purpose_gives_another_envelope():
    private, ephemeral = PrivateKey(b"\x07" * 32), PrivateKey(b"\x08" * 32).public
    envelopes = {
        Envelope.derive(key, point, info)
        for key, point, info in (
            (private, ephemeral, b"/a"),
            (private, PublicKey(ephemeral.compressed), b"/a"),  # the raw bytes count
            (private, ephemeral, b"/b"),
            (private, private.public, b"/a"),
            (PrivateKey(b"\x09" * 32), ephemeral, b"/a"),
        )
    }
    assert len(envelopes) == 5


def test_an_answer_has_an_empty_place_for_the_ephemeral_key():
    info = shared_info_2(b"b", b"a", nonce=b"n", timestamp=5, ephemeral=None)
    base, nonce, time = "0000000162", "000000016e", "000000080000000000000005"
    assert info.hex() == base + nonce + time + "00000000" + "0000000161"


@pytest.mark.parametrize("size", [0, 47, 49])
def test_an_envelope_has_48_bytes(size):
    with pytest.raises(CannotDecryptError):
        Envelope.of(bytes(size))


def test_neither_envelope_nor_scope_shows_its_keys():
    envelope = Envelope.of(b"secret secret 16" * 3)
    scope = Scope("key", "secret", "id", b"secret")
    assert "secret" not in repr(envelope)
    assert "='secret" not in repr(scope)
    assert "b'secret" not in repr(scope)


def test_old_versions_bind_to_nothing():
    scope = Scope(text64(bytes(16)), text64(bytes(16)))
    for name in ("3.0", "3.1"):
        assert scope.associated_data(VERSIONS[name], None) == b""
        assert Purpose.APPLICATION.shared_info_1(VERSIONS[name]) == b"/pa/generic/application"
