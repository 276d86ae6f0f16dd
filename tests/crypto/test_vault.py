"""Secrets at rest."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.vault import CannotOpenError, Vault

ROOT = b"a root secret of at least 32 bytes"
VAULT = Vault(ROOT)


@given(st.binary(max_size=300), st.text(max_size=40))
def test_what_was_sealed_opens_again_for_the_same_place(secret, context):
    assert VAULT.open(VAULT.seal(secret, context=context), context=context) == secret


def test_another_process_with_the_same_root_opens_it_too():
    assert Vault(ROOT).open(VAULT.seal(b"secret", context="a"), context="a") == b"secret"


@pytest.mark.parametrize("context", ["", "b", "a ", "outbox.payload:2", "A"])
def test_what_was_sealed_for_one_place_does_not_open_in_another(context):
    sealed = VAULT.seal(b"secret", context="a")
    with pytest.raises(CannotOpenError):
        VAULT.open(sealed, context=context)


def test_no_bit_of_it_can_be_changed():
    sealed = VAULT.seal(b"secret", context="a")
    for position in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(CannotOpenError):
            VAULT.open(bytes(changed), context="a")


def test_nothing_can_be_cut_off_or_added():
    sealed = VAULT.seal(b"secret", context="a")
    for cut in range(len(sealed)):
        with pytest.raises(CannotOpenError):
            VAULT.open(sealed[:cut], context="a")
    with pytest.raises(CannotOpenError):
        VAULT.open(sealed + b"\x00", context="a")


def test_another_root_opens_nothing():
    with pytest.raises(CannotOpenError):
        Vault(b"another root secret, just as long").open(VAULT.seal(b"x", context="a"), context="a")


def test_the_same_secret_is_sealed_differently_each_time():
    sealed = {VAULT.seal(b"secret", context="a") for _ in range(50)}
    assert len(sealed) == 50
    assert all(b"secret" not in each for each in sealed)


def test_the_sealed_form_is_the_documented_one():
    sealed = VAULT.seal(b"secret", context="a")
    assert sealed[0] == 1
    assert len(sealed) == 1 + 8 + 12 + len(b"secret") + 16
    assert sealed[1:9] == VAULT.seal(b"other", context="b")[1:9]  # the key's id


def test_a_digest_is_a_keyed_hash_with_a_key_for_each_purpose():
    key = HKDF(SHA256(), 32, salt=b"webflow", info=b"digest.sms.code").derive(ROOT)
    wanted = hmac.new(key, "12345678č".encode(), hashlib.sha256).hexdigest()
    assert VAULT.digest("12345678č", purpose="sms.code") == wanted
    others = {
        VAULT.digest("12345678č", purpose="browser"),
        VAULT.digest("12345679č", purpose="sms.code"),
        Vault(b"another root secret, just as long").digest("12345678č", purpose="sms.code"),
    }
    assert wanted not in others
    assert len(others) == 3


def test_every_purpose_has_a_key_of_its_own():
    keys = {VAULT.derive(label) for label in ("vault.seal", "flask.session", "digest.browser")}
    assert len(keys) == 3
    assert all(len(key) == 32 for key in keys)
    assert ROOT not in keys
