"""Requests for temporary keys, and their answers, judged by another library's JWT."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey

from app.crypto.errors import InvalidKeyError, InvalidKeyRequestError
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.primitives import hmac_sha256
from app.crypto.temporary_keys import KeyRequest, TemporaryKey, request_key
from tests.crypto.vectors import b64, flipped, own, text64

KEY, SECRET = text64(b"k" * 16), text64(b"s" * 16)
ID = "3b1f2f0e-6a54-4d0b-8c1e-0f7b6d2f9a11"
CLAIMS = {"applicationKey": KEY, "challenge": text64(b"c" * 18)}
HEADER = {"alg": "HS256", "typ": "JWT"}
SIGNER = PrivateKey(b"\x07" * 32)


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signed(claims, header=None, key=b"s" * 16):
    parts = [json.dumps(part).encode() for part in (HEADER if header is None else header, claims)]
    text = ".".join(url64(part) for part in parts)
    return f"{text}.{url64(hmac_sha256(key, text.encode()))}"


def test_our_own_requests_are_read_and_true():
    file = own("keystore_jwt_v33")
    for vector in file["vectors"]:
        request, claims = KeyRequest.read(vector["jwt"]), vector["claims"]
        assert request.application_key == claims["applicationKey"]
        assert request.activation_id == claims.get("activationId")
        assert request.challenge == claims["challenge"]
        transport = b64(file["transportKey"]) if vector["scope"] == "activation" else None
        assert request_key(file["applicationSecret"], transport) == b64(vector["key"])
        request.check(file["applicationSecret"], transport)


def test_a_request_needs_no_type():
    KeyRequest.read(signed(CLAIMS, {"alg": "HS256"})).check(SECRET)


@given(st.integers(0, 255))
def test_a_request_that_another_secret_signed_is_refused(bit):
    request = KeyRequest.read(signed(CLAIMS))
    request.check(SECRET)
    with pytest.raises(InvalidKeyRequestError):
        request.check(text64(flipped(b"s" * 16, bit)))
    changed = signed(CLAIMS).rsplit(".", 1)[0] + "." + url64(flipped(request.mac, bit))
    with pytest.raises(InvalidKeyRequestError):
        KeyRequest.read(changed).check(SECRET)


def test_a_request_is_of_one_scope():
    with pytest.raises(InvalidKeyRequestError):
        KeyRequest.read(signed(CLAIMS)).check(SECRET, b"t" * 16)
    with pytest.raises(InvalidKeyRequestError):
        KeyRequest.read(signed(CLAIMS | {"activationId": ID})).check(SECRET)
    key = request_key(SECRET, b"t" * 16)
    request = KeyRequest.read(signed(CLAIMS | {"activationId": ID}, key=key))
    request.check(SECRET, b"t" * 16)
    with pytest.raises(InvalidKeyRequestError):
        request.check(SECRET, b"u" * 16)


@pytest.mark.parametrize(
    "header",
    [{}, {"alg": "none"}, {"alg": "HS384"}, {"alg": "ES256"}, {"alg": "hs256"}, {"alg": ["HS256"]},
     HEADER | {"typ": "JWE"}, HEADER | {"typ": None}, HEADER | {"crit": ["b64"]}, [], "HS256"],
)  # fmt: skip
def test_a_request_is_signed_by_hs256_alone(header):
    with pytest.raises(InvalidKeyRequestError):
        KeyRequest.read(signed(CLAIMS, header))


@pytest.mark.parametrize(
    "change",
    [
        {"applicationKey": None}, {"applicationKey": 1}, {"applicationKey": text64(bytes(15))},
        {"applicationKey": KEY[:-2]}, {"challenge": None}, {"challenge": 1}, {"challenge": ""},
        {"challenge": "x"}, {"challenge": text64(bytes(15))}, {"challenge": text64(bytes(65))},
        {"activationId": 1}, {"activationId": ""}, {"activationId": "id"}, {"activationId": True},
    ],
)  # fmt: skip
def test_a_claim_of_the_wrong_form_is_refused(change):
    with pytest.raises(InvalidKeyRequestError):
        KeyRequest.read(signed(CLAIMS | change))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "",
        lambda text: "..",
        lambda text: text.rsplit(".", 1)[0],
        lambda text: text + ".",
        lambda text: text + ".AAAA",
        lambda text: text + "=",
        lambda text: " " + text,
        lambda text: text + "\n",
        lambda text: text.replace("e", "+", 1),
        lambda text: "W10." + text.split(".", 1)[1],
        lambda text: text.split(".")[0] + ".W10." + text.split(".")[2],
        lambda text: text + "A" * 2000,
    ],
)
def test_what_is_no_jwt_is_refused(change):
    with pytest.raises(InvalidKeyRequestError):
        KeyRequest.read(change(signed(CLAIMS)))


def test_a_claim_that_stands_twice_is_refused():
    twice = json.dumps(CLAIMS)[:-1] + f', "applicationKey": "{SECRET}"}}'
    text = f"{url64(json.dumps(HEADER).encode())}.{url64(twice.encode())}"
    with pytest.raises(InvalidKeyRequestError):
        KeyRequest.read(f"{text}.{url64(hmac_sha256(b's' * 16, text.encode()))}")


@pytest.mark.parametrize("activation_id", [None, ID])
def test_an_answer_is_a_jwt_of_the_signers_key(activation_id):
    claims = CLAIMS | ({"activationId": activation_id} if activation_id else {})
    public = PrivateKey(b"\x08" * 32).public
    key = TemporaryKey("7b0e5ad1-0000-4000-8000-000000000001", public, 1_780_000_000_123,
                       1_780_000_300_123)  # fmt: skip
    answer = key.answer(KeyRequest.read(signed(claims)), SIGNER)
    read = jwt.decode(answer, ec_key(SIGNER.public), algorithms=["ES256"])
    assert read.header == {"alg": "ES256", "typ": "JWT"}
    assert read.claims == claims | {
        "sub": "7b0e5ad1-0000-4000-8000-000000000001",
        "publicKey": text64(public.uncompressed),
        "iat": 1_780_000_000,
        "exp": 1_780_000_300,
        "iat_ms": 1_780_000_000_123,
        "exp_ms": 1_780_000_300_123,
    }
    assert len(base64.urlsafe_b64decode(answer.split(".")[2] + "==")) == 64


def ec_key(public: PublicKey):
    x, y = public.uncompressed[1:33], public.uncompressed[33:]
    return ECKey.import_key({"kty": "EC", "crv": "P-256", "x": url64(x), "y": url64(y)})


@pytest.mark.parametrize("secret", ["", "AA==", text64(bytes(15)), text64(bytes(17)), "x"])
def test_the_secret_of_an_app_has_sixteen_bytes(secret):
    with pytest.raises(InvalidKeyError):
        request_key(secret)
