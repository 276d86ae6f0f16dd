"""Points, private keys and what is derived from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.encoding import to_base64
from app.crypto.errors import InvalidKeyError
from app.crypto.keys import ActivationKeys, PrivateKey, PublicKey
from app.crypto.primitives import decrypt, encrypt, fold, kdf, kdf_internal
from tests.crypto.vectors import b64, flipped, own, published

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
KEY = PrivateKey(b"\x07" * 32)


def test_the_published_master_secrets_come_from_both_sides():
    for vector in published("master_secret")["vectors"]:
        given_, master = vector["input"], b64(vector["expected"]["masterSecretKey"])
        server, device = b64(given_["serverPrivateKey"]), b64(given_["devicePrivateKey"])
        server_point, device_point = b64(given_["serverPublicKey"]), b64(given_["devicePublicKey"])
        wanted = ActivationKeys.derive(master)
        assert ActivationKeys.agree(PrivateKey(server), PublicKey(device_point)) == wanted
        assert ActivationKeys.agree(PrivateKey(device), PublicKey(server_point)) == wanted
        assert PrivateKey(server).public.raw == server_point


def test_the_published_keys_are_derived():
    sources = (  # the older file and the newer one name the same keys
        ("signaturePossessionKey", "signatureKnowledgeKey", "signatureBiometryKey"),
        ("possessionFactorKey", "knowledgeFactorKey", "biometryFactorKey"),
    )
    for vector in published("key_derivation")["vectors"]:
        keys = ActivationKeys.derive(b64(vector["input"]["masterSecretKey"]))
        factors = (keys.possession, keys.knowledge, keys.biometry)
        expected = {name: b64(value) for name, value in vector["expected"].items()}
        assert expected.pop("transportKey") == keys.transport
        assert expected.pop("vaultEncryptionKey") == keys.vault
        assert expected in [dict(zip(names, factors, strict=True)) for names in sources]


def test_our_own_keys_are_derived():
    vector = own("activation_v33")["vectors"][0]
    server, device = PrivateKey(b64(vector["serverPrivateKey"])), b64(vector["devicePublicKey"])
    keys = ActivationKeys.agree(server, PublicKey(device))
    derived = vector["derived"]
    for name in ("possession", "knowledge", "biometry", "transport", "vault"):
        assert to_base64(getattr(keys, name)) == derived[name]


def test_the_published_points_are_read_from_their_coordinates():
    for vector in published("ec_point_encoding")["vectors"]:
        x, y = (int.from_bytes(b64(vector[name])).to_bytes(32) for name in ("x", "y"))
        key = PublicKey(b"\x04" + x + y)
        assert key.raw == key.uncompressed == b64(vector["point"])
        assert key.x == x.lstrip(b"\x00")


@given(st.integers(1, ORDER - 1))
def test_a_point_is_the_same_in_either_form(number):
    key = PrivateKey(number.to_bytes(32)).public
    short, long = PublicKey(key.compressed), PublicKey(key.uncompressed)
    assert (len(short.raw), len(long.raw)) == (33, 65)
    assert short.uncompressed == long.raw
    assert long.compressed == short.raw
    assert short.x == long.x
    assert not short.x.startswith(b"\x00")


POINT = KEY.public.uncompressed


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00",  # infinity
        b"\x00" * 33,
        b"\x00" * 65,
        POINT[:-1],
        POINT + b"\x00",
        POINT[:33],
        POINT[1:],
        KEY.public.compressed + b"\x00",
        KEY.public.compressed[:-1],
        b"\x04" + bytes(64),  # not on the curve
        flipped(POINT, 8),
        b"\x02" + PRIME.to_bytes(32),  # a coordinate outside of the field
        b"\x02" + (5).to_bytes(32)[:-1] + b"\x01",  # an x that no point has
        b"\x05" + KEY.public.compressed[1:],
        bytes([6 + POINT[-1] % 2]) + POINT[1:],  # the hybrid form
    ],
)
def test_what_is_no_point_is_refused(raw):
    with pytest.raises(InvalidKeyError):
        PublicKey(raw)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x01" * 30, b"\x01" * 34, b"\x01" * 33, bytes(32), ORDER.to_bytes(32), b"\xff" * 32],
)
def test_what_is_no_private_key_is_refused(raw):
    with pytest.raises(InvalidKeyError):
        PrivateKey(raw)


def test_a_private_key_may_be_written_as_java_writes_numbers():
    assert PrivateKey(b"\x00" + KEY.raw).raw == KEY.raw
    short = b"\x01" * 31
    assert PrivateKey(short).raw == b"\x00" + short


def test_a_new_key_is_new():
    assert PrivateKey.generate().raw != PrivateKey.generate().raw


@given(st.binary(max_size=64), st.integers(0, 500))
def test_a_signature_is_of_one_key_over_one_text(data, bit):
    signature = KEY.sign(data)
    assert KEY.public.verifies(signature, data)
    assert not KEY.public.verifies(signature, data + b"\x00")
    assert not KEY.public.verifies(flipped(signature, bit), data)
    assert not PrivateKey(b"\x08" * 32).public.verifies(signature, data)


@pytest.mark.parametrize(
    "signature", [b"", b"\x30\x00", bytes(64), b"\x30\x06\x02\x01\x00\x02\x01\x00"]
)
def test_what_is_no_signature_verifies_nothing(signature):
    assert not KEY.public.verifies(signature, b"a")


def test_nothing_may_stand_after_a_signature():
    assert not KEY.public.verifies(KEY.sign(b"a") + b"\x00", b"a")


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_master_secret_has_sixteen_bytes(size):
    with pytest.raises(InvalidKeyError):
        ActivationKeys.derive(bytes(size))


def test_keys_have_no_readable_form():
    keys = ActivationKeys.derive(b"\x01" * 16)
    shown = f"{keys!r} {keys} {KEY!r} {KEY} {KEY.public!r}"
    for secret in (keys.possession, keys.knowledge, keys.biometry, keys.transport, keys.vault,
                   KEY.raw, KEY.public.raw):  # fmt: skip
        assert repr(secret) not in shown
        assert secret.hex() not in shown
        assert to_base64(secret) not in shown


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary())
def test_decryption_undoes_encryption(key, iv, plain):
    assert decrypt(key, iv, encrypt(key, iv, plain)) == plain


def test_folding_needs_both_halves():
    assert fold(b"\x0f" * 16 + b"\xf0" * 16) == b"\xff" * 16
    with pytest.raises(ValueError, match="argument 2 is"):
        fold(bytes(31))


def test_the_key_of_a_derivation_is_not_its_index():
    assert kdf_internal(b"a" * 16, b"b" * 16) != kdf_internal(b"b" * 16, b"a" * 16)


@pytest.mark.parametrize("size", [0, 15, 17, 24, 32])
def test_a_key_of_another_length_does_nothing(size):
    for use in (encrypt, decrypt, lambda key, iv, _: kdf(key, 1)):
        with pytest.raises(InvalidKeyError):
            use(bytes(size), bytes(16), bytes(16))
