"""Whatever comes, a reader takes it or refuses it: nothing else is ever raised."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.activation_code import check
from app.crypto.encrypted_request import EncryptedRequest
from app.crypto.errors import ProtocolError
from app.crypto.headers import EncryptionHeader, SignatureHeader, TokenHeader
from app.crypto.keys import PrivateKey, PublicKey
from app.crypto.offline_code import code_from_digits
from app.crypto.offline_qr import OfflineText
from app.crypto.signatures import SignatureType
from app.crypto.temporary_keys import KeyRequest
from app.crypto.versions import VERSIONS, version_of

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)
LINES = st.lists(ANY_TEXT | st.just("A" * 22 + "=="), min_size=7, max_size=9).map("\n".join)
PAIRS = st.lists(
    st.tuples(
        st.sampled_from([*SignatureHeader.__dataclass_fields__, "pa_nonce", "version", "nonce"]),
        ANY_TEXT,
    )
).map(lambda pairs: "PowerAuth " + ", ".join(f'{name}="{value}"' for name, value in pairs))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)
FIELDS = st.dictionaries(
    st.sampled_from(["ephemeralPublicKey", "encryptedData", "mac", "nonce", "timestamp",
                     "temporaryKeyId", "later"]),
    JSON,
)  # fmt: skip
TEXT_READERS = [
    check, SignatureHeader.read, TokenHeader.read, EncryptionHeader.read, code_from_digits,
    OfflineText.read, SignatureType.read, KeyRequest.read, version_of,
]  # fmt: skip


@pytest.mark.parametrize("read", TEXT_READERS, ids=lambda read: read.__qualname__)
@given(ANY_TEXT | PAIRS | LINES)
def test_any_text(read, text):
    with suppress(ProtocolError):
        read(text)


@pytest.mark.parametrize("read", [PublicKey, PrivateKey])
@given(st.binary(max_size=70))
def test_any_bytes(read, raw):
    with suppress(ProtocolError):
        read(raw)


@pytest.mark.parametrize("version", VERSIONS.values(), ids=VERSIONS)
@given(FIELDS)
def test_any_fields(version, fields):
    with suppress(ProtocolError):
        EncryptedRequest.read(fields, version)
