"""The ID token, verified as a client would: with the published keys and nothing else."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from joserfc import jwt
from joserfc.jwk import KeySet

from app import clock
from tests.oauth.conftest import USER, reading, writing

ONE, TWO = "urn:webflow:1fa", "urn:webflow:2fa"


def read(tpp, id_token):
    keys = KeySet.import_key_set(tpp.get("/oauth2/jwks").json)
    return jwt.decode(id_token, keys, algorithms=["ES256"])


def test_it_says_who_when_how_and_for_whom(tpp):
    before = int(clock.now().timestamp())
    tokens = tpp.tokens(nonce="n 1/2+3")
    after = int(clock.now().timestamp())

    read_token = read(tpp, tokens["id_token"])

    claims = read_token.claims
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert before <= claims["auth_time"] <= claims["iat"] <= after
    assert claims == {
        "iss": "http://localhost:8080",
        "sub": USER,
        "aud": "democlient",
        "iat": claims["iat"],
        "exp": claims["iat"] + 300,
        "auth_time": claims["auth_time"],
        "nonce": "n 1/2+3",
        "acr": "urn:webflow:sca",
        "amr": ["pwd", "otp", "sms", "mfa"],
        "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
    }
    header = read_token.header
    assert (header["alg"], header["typ"]) == ("ES256", "JWT")
    assert header["kid"] in [key["kid"] for key in tpp.get("/oauth2/jwks").json["keys"]]


@pytest.mark.parametrize("nonce", ["x" * 1024, "čeština 😀", "%00%20+&=;/?#"])
def test_every_nonce_comes_back_as_it_went(tpp, nonce):  # §2.6
    assert read(tpp, tpp.tokens(nonce=nonce)["id_token"]).claims["nonce"] == nonce


def test_without_a_nonce_it_has_none(tpp):
    assert "nonce" not in read(tpp, tpp.tokens(nonce=None)["id_token"]).claims


def test_without_the_scope_openid_there_is_none(tpp):
    assert "id_token" not in tpp.tokens(scope="profile aisp")


def test_the_time_of_the_login_is_not_the_time_of_the_exchange(tpp):
    with time_machine.travel(clock.now() - timedelta(seconds=30)):
        code = tpp.code()

    claims = read(tpp, tpp.exchange(code).json["id_token"]).claims

    assert 29 <= claims["iat"] - claims["auth_time"] <= 35


def test_the_algorithm_is_one_and_the_published_key_is_public(tpp):
    keys = tpp.get("/oauth2/jwks").json["keys"]

    assert [set(key) for key in keys] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}]
    assert (keys[0]["kty"], keys[0]["crv"], keys[0]["alg"]) == ("EC", "P-256", "ES256")


def test_a_new_key_of_another_process_signs_at_once_and_the_old_one_stays_published(tpp):
    from app.oauth.keys import ensure_signing_key  # noqa: PLC0415
    from app.store.oauth import SigningKey  # noqa: PLC0415

    first = read(tpp, tpp.tokens()["id_token"]).header["kid"]
    with writing(tpp.app) as session:
        session.get(SigningKey, first).retired_at = clock.now()
        session.flush()
        ensure_signing_key(session, tpp.app.extensions["webflow"].vault)

    second = read(tpp, tpp.tokens()["id_token"]).header["kid"]

    assert first != second
    assert {key["kid"] for key in tpp.get("/oauth2/jwks").json["keys"]} == {first, second}


def test_the_private_key_is_sealed_at_rest(tpp):
    from sqlalchemy import select  # noqa: PLC0415

    from app.store.oauth import SigningKey  # noqa: PLC0415

    with reading(tpp.app) as session:
        (key,) = session.scalars(select(SigningKey)).all()
    vault = tpp.app.extensions["webflow"].vault
    private = json.loads(
        vault.open(key.private_jwk_sealed, context=f"signing_keys.private_jwk:{key.kid}")
    )

    assert private["d"]
    assert private["d"].encode() not in key.private_jwk_sealed
    assert "d" not in key.public_jwk


@pytest.mark.parametrize(
    ("instruments", "amr", "acr"),
    [
        ([], [], "0"),
        (["CREDENTIAL"], ["pwd"], ONE),
        (["OTP_KEY"], ["otp", "sms"], ONE),
        (["CREDENTIAL", "OTP_KEY"], ["pwd", "otp", "sms", "mfa"], TWO),
        (["POWERAUTH_TOKEN"], ["hwk"], ONE),
        (["POWERAUTH_TOKEN", "OTP_KEY"], ["hwk", "otp", "sms"], ONE),
        (["CREDENTIAL", "HW_TOKEN"], ["pwd", "hwk", "mfa"], TWO),
        (["CLIENT_CERTIFICATE"], [], ONE),
    ],
)
def test_what_proved_is_named_as_the_registry_names_it(instruments, amr, acr):
    from app.nextstep.vocabulary import Instrument  # noqa: PLC0415
    from app.oauth.proof import Granted  # noqa: PLC0415

    granted = Granted(
        operation_id="o",
        user_id="u",
        organization_id=None,
        language="en",
        authenticated_at=clock.now(),
        instruments=[Instrument(name) for name in instruments],
        sca=False,
    )

    assert granted.amr == amr
    assert granted.acr == acr
    assert replace(granted, sca=True).acr == "urn:webflow:sca"
