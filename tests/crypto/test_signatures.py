"""Codes of one to three factors."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.counter import HashCounter
from app.crypto.errors import InvalidSignatureError
from app.crypto.keys import ActivationKeys
from app.crypto.signatures import (
    Codes,
    SignatureType,
    base64_code,
    components,
    decimal_code,
    writer_of,
)
from app.crypto.versions import VERSIONS
from tests.crypto.vectors import b64, own, published

KEYS = ActivationKeys.derive(b"\x01" * 16)
COUNTER = HashCounter(0, b"\x02" * 16)
KIND = st.sampled_from(SignatureType)
WRITER = st.sampled_from([base64_code, decimal_code, partial(decimal_code, length=4)])


def keys_of(vector):
    return ActivationKeys(
        possession=b64(vector["signaturePossessionKey"]),
        knowledge=b64(vector["signatureKnowledgeKey"]),
        biometry=b64(vector["signatureBiometryKey"]),
        transport=bytes(16),
        vault=bytes(16),
    )


def judge(vector, write):
    """Check one published vector: right at its own place, wrong when anything is changed."""
    given_, wanted = vector["input"], vector["expected"]["signature"]
    kind, data = SignatureType.read(given_["signatureType"]), b64(given_["data"])
    counter = HashCounter(0, b64(given_["counterData"]))
    codes = Codes(keys_of(given_), counter, look_ahead=1)
    assert codes.find(wanted, data, kind, write) == counter
    assert codes.find(wanted, data + b"\x00", kind, write) is None
    return kind


def test_the_published_codes_since_3_1_are_right():
    kinds = {judge(v, base64_code) for v in published("signature_online_v31_v32_v33")["vectors"]}
    assert len(kinds) == 3


def test_the_published_codes_of_3_0_are_right():
    kinds = {judge(v, decimal_code) for v in published("signature_online_v30_decimal")["vectors"]}
    assert len(kinds) == 3


def test_the_published_offline_codes_are_right():
    for vector in published("signature_offline_decimal")["vectors"]:
        given_ = vector["input"]
        length = int(given_["signatureComponentLength"])
        kind = SignatureType.read(given_["signatureType"])
        parts = components(
            kind.keys_of(keys_of(given_)), b64(given_["counterData"]), b64(given_["data"])
        )
        assert decimal_code(parts, length) == vector["expected"]["signature"]


def test_our_own_codes_are_right():
    online = own("online_signature_v33")
    keys = ActivationKeys(
        b64(online["possessionKey"]), b64(online["knowledgeKey"]), b64(online["biometryKey"]),
        bytes(16), bytes(16),
    )  # fmt: skip
    for vector in online["vectors"]:
        kind = SignatureType.read(vector["signatureType"])
        codes = Codes(keys, HashCounter(5, b64(vector["ctrData"])))
        place = codes.find(vector["signature"], vector["signedData"].encode(), kind, base64_code)
        assert place == codes.counter
        assert place.next().data == b64(vector["nextCtrData"])


def code_at(step, kind, data, write):
    place = list(COUNTER.window(64))[step]
    return write(components(kind.keys_of(KEYS), place.data, data))


@given(st.integers(0, 63), st.integers(1, 64), KIND, st.binary(max_size=40), WRITER)
def test_a_code_is_found_exactly_within_the_window(step, look_ahead, kind, data, write):
    code = code_at(step, kind, data, write)
    found = Codes(KEYS, COUNTER, look_ahead).find(code, data, kind, write)
    if step < look_ahead:
        assert found is not None
        assert found.number <= step  # with four digits an earlier place may fit by chance
        assert code_at(found.number, kind, data, write) == code
    elif write is base64_code:
        assert found is None


@given(st.integers(0, 19), KIND)
def test_a_code_is_not_accepted_after_it_was_used(step, kind):
    code = code_at(step, kind, b"data", base64_code)
    found = Codes(KEYS, COUNTER).find(code, b"data", kind, base64_code)
    assert Codes(KEYS, found.next()).find(code, b"data", kind, base64_code) is None


@given(KIND, KIND)
def test_a_code_of_other_factors_is_wrong(made, asked):
    code = code_at(0, made, b"data", base64_code)
    found = Codes(KEYS, COUNTER).find(code, b"data", asked, base64_code)
    assert (found is not None) == (made is asked)


@pytest.mark.parametrize("factor", ["possession", "knowledge", "biometry"])
def test_every_factor_counts(factor):
    kind = SignatureType.POSSESSION_KNOWLEDGE_BIOMETRY
    code = code_at(0, kind, b"data", base64_code)
    changed = ActivationKeys(**{**vars(KEYS), factor: b"\x09" * 16})
    assert Codes(KEYS, COUNTER).find(code, b"data", kind, base64_code)
    assert Codes(changed, COUNTER).find(code, b"data", kind, base64_code) is None


@pytest.mark.parametrize("code", ["", "12345678", "A" * 22 + "==", "ä", "\ud800", "1" * 5000])
def test_whatever_comes_as_a_code_is_only_wrong(code):
    for write in (base64_code, decimal_code):
        assert Codes(KEYS, COUNTER).find(code, b"", SignatureType.KNOWLEDGE, write) is None


@pytest.mark.parametrize("length", [0, 3, 9])
def test_groups_have_four_to_eight_digits(length):
    with pytest.raises(InvalidSignatureError):
        decimal_code([bytes(32)], length)


@pytest.mark.parametrize("text", ["", "1FA", "knowledge_possession", "possession_", "possession "])
def test_an_unknown_type_is_refused(text):
    with pytest.raises(InvalidSignatureError):
        SignatureType.read(text)


def test_only_3_0_writes_digits_online():
    writers = {name: writer_of(version) for name, version in VERSIONS.items()}
    assert writers == {
        "3.3": base64_code, "3.2": base64_code, "3.1": base64_code, "3.0": decimal_code
    }  # fmt: skip


def test_what_judges_codes_does_not_show_its_keys():
    assert repr(KEYS.knowledge) not in repr(Codes(KEYS, COUNTER))
