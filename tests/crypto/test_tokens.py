"""Token digests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.tokens import is_token_digest, token_digest
from app.crypto.versions import VERSIONS
from tests.crypto.vectors import b64, flipped, own

BYTES_16 = st.binary(min_size=16, max_size=16)
V33 = VERSIONS["3.3"]


def test_our_own_digests_are_made():
    for vector in own("token_digest")["vectors"]:
        made = token_digest(
            b64(vector["tokenSecret"]), b64(vector["nonce"]), int(vector["timestamp"]),
            VERSIONS[vector["version"]],
        )  # fmt: skip
        assert made == b64(vector["digest"])


@given(BYTES_16, BYTES_16, st.integers(0, 2**60), st.sampled_from([*VERSIONS.values()]),
       st.integers(0, 255))  # fmt: skip
def test_a_digest_is_of_one_secret_nonce_and_moment(secret, nonce, at, version, bit):
    digest = token_digest(secret, nonce, at, version)
    assert is_token_digest(digest, secret, nonce, at, version)
    assert not is_token_digest(flipped(digest, bit), secret, nonce, at, version)
    assert not is_token_digest(digest, flipped(secret, bit), nonce, at, version)
    assert not is_token_digest(digest, secret, flipped(nonce, bit), at, version)
    assert not is_token_digest(digest, secret, nonce, at + 1, version)


@pytest.mark.parametrize("other", ["3.2", "3.1", "3.0"])
def test_since_3_2_a_digest_is_of_one_version(other):
    digest = token_digest(bytes(16), bytes(16), 5, V33)
    assert not is_token_digest(digest, bytes(16), bytes(16), 5, VERSIONS[other])


@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33), bytes(64)])
def test_what_is_no_digest_is_only_wrong(digest):
    assert not is_token_digest(digest, bytes(16), bytes(16), 5, V33)
