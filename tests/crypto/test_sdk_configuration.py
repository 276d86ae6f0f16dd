"""The configuration string of an app."""

import pytest

from app.crypto.errors import InvalidKeyError
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.sdk_configuration import count, sdk_configuration
from tests.crypto.vectors import b64, own, published, text64

SECRET = text64(bytes(16))
MASTER = PrivateKey(b"\x07" * 32).public


def test_the_published_counts_are_written():
    table = published("sdk_config")["countEncoding"]
    assert b"".join(count(value) for value in table["values"]) == b64(table["concatenatedBase64"])


def test_the_published_layout_is_ours():
    # Its key is no point, so only what stands around the key can be compared.
    first = published("sdk_config")["vectors"][0]
    ours = b64(sdk_configuration(first["applicationKey"], first["applicationSecret"], MASTER))
    theirs = b64(first["config"])
    assert ours[:-65] == theirs[:-65]
    assert theirs[-65:] == b64(first["masterServerPublicKey"])
    assert ours[-65:] == MASTER.uncompressed


def test_our_own_configuration_is_written():
    vector = own("activation_v33")["vectors"][0]
    master = PublicKey(b64(vector["masterPublicKey"]))
    keys = vector["applicationKey"], vector["applicationSecret"]
    for form in (master, PublicKey(master.compressed)):
        written = sdk_configuration(*keys, form)
        assert written == vector["mobileSdkConfig"]
        assert written.startswith("AR")
        assert len(b64(written)) == 103


@pytest.mark.parametrize("number", [-1, 0x4000_0000])
def test_what_has_no_form_is_refused(number):
    with pytest.raises(ValueError, match="not a count"):
        count(number)


@pytest.mark.parametrize("key", ["", "AA==", text64(bytes(15)), text64(bytes(17)), SECRET[:-1]])
def test_keys_of_an_app_have_sixteen_bytes(key):
    for pair in ((key, SECRET), (SECRET, key)):
        with pytest.raises(InvalidKeyError):
            sdk_configuration(*pair, MASTER)
