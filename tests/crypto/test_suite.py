"""The one object behind which a version stands."""

import pytest

from app.crypto.counter import HashCounter
from app.crypto.ecies import Purpose
from app.crypto.errors import ProtocolError, UnsupportedVersionError
from app.crypto.keys import ActivationKeys, PrivateKey
from app.crypto.signatures import Codes, SignatureType, base64_code, components, decimal_code
from app.crypto.suite import suite_of

MASTER, SERVER = PrivateKey(b"\x07" * 32), PrivateKey(b"\x08" * 32)
NAMES = ["3.3", "3.2", "3.1", "3.0"]


@pytest.mark.parametrize("name", ["", "2.1", "3", "3.4", "4.0", "3.3 "])
def test_there_is_no_suite_for_other_versions(name):
    with pytest.raises(UnsupportedVersionError):
        suite_of(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_code_is_accepted_in_the_form_of_its_version_alone(name):
    keys, counter = ActivationKeys.derive(bytes(16)), HashCounter(0, bytes(16))
    parts = list(components([keys.knowledge], counter.data, b"data"))
    right, wrong = base64_code(parts), decimal_code(parts)
    if name == "3.0":
        right, wrong = wrong, right
    codes = Codes(keys, counter)
    suite = suite_of(name)
    assert suite.find_code(right, b"data", SignatureType.KNOWLEDGE, codes) == counter
    assert suite.find_code(wrong, b"data", SignatureType.KNOWLEDGE, codes) is None


@pytest.mark.parametrize("name", ["3.2", "3.1", "3.0"])
def test_without_temporary_keys_the_lasting_ones_decrypt(name):
    suite = suite_of(name)
    keys = {"master": MASTER, "server": SERVER}
    for purpose in Purpose:
        wanted = MASTER if purpose.is_of_application else SERVER
        assert suite.decryption_key(purpose, **keys) is wanted
    with pytest.raises(ValueError, match="registration"):
        suite.decryption_key(Purpose.VAULT_UNLOCK, master=MASTER, server=None)
    with pytest.raises(UnsupportedVersionError):
        suite.read_key_request("a.b.c")


def test_in_3_3_lasting_keys_decrypt_nothing():
    with pytest.raises(UnsupportedVersionError):
        suite_of("3.3").decryption_key(Purpose.APPLICATION, master=MASTER, server=SERVER)


def test_a_new_chain_begins_anywhere():
    first = {suite_of("3.3").first_counter() for _ in range(20)}
    assert len(first) == 20
    assert {(counter.number, len(counter.data)) for counter in first} == {(0, 16)}


def test_every_refusal_is_of_one_family():
    with pytest.raises(ProtocolError):
        suite_of("4.0")
    with pytest.raises(ProtocolError):
        suite_of("3.3").read_key_request("")
    with pytest.raises(ProtocolError):
        suite_of("3.3").read_encrypted({})
