"""The digits of a phone without a network."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.counter import HashCounter
from app.crypto.errors import InvalidSignatureError
from app.crypto.keys import ActivationKeys
from app.crypto.offline_code import OfflineMatch, code_from_digits, find, signed_data
from app.crypto.signatures import Codes, SignatureType, components, decimal_code
from tests.crypto.vectors import b64, own

KNOWLEDGE, BIOMETRY = SignatureType.POSSESSION_KNOWLEDGE, SignatureType.POSSESSION_BIOMETRY
KEYS = ActivationKeys.derive(b"\x01" * 16)
COUNTER = HashCounter(3, b"\x02" * 16)
CODES = Codes(KEYS, COUNTER)
SIGNED = signed_data("id", "data", "nonce")


def code_at(step, kind, data, length=8):
    place = list(COUNTER.window(64))[step]
    return decimal_code(components(kind.keys_of(KEYS), place.data, data), length)


def test_our_own_codes_are_right():
    file = own("offline_v33")
    keys = ActivationKeys(
        b64(file["possessionKey"]), b64(file["knowledgeKey"]), b64(file["biometryKey"]),
        bytes(16), bytes(16),
    )  # fmt: skip
    for vector in file["vectors"]:
        operation_id, data = vector["offlineBody"].split("&")[:2]
        totps = None if vector["totp"] is None else ["00000000", vector["totp"]]
        signed = signed_data(operation_id, data, vector["nonce"], totps)
        codes = Codes(keys, HashCounter(0, b64(vector["ctrData"])))
        code = code_from_digits(vector["userCode"])
        assert code == vector["signature"]
        assert find(code, signed, codes, allow_biometry=False) == OfflineMatch(
            codes.counter, KNOWLEDGE
        )
        biometry = vector["signatureBiometry"]
        assert find(biometry, signed, codes, allow_biometry=False) is None
        assert find(biometry, signed, codes, allow_biometry=True) == OfflineMatch(
            codes.counter, BIOMETRY
        )


@given(st.integers(0, 40), st.sampled_from([KNOWLEDGE, BIOMETRY]))
def test_a_code_is_found_within_the_window(step, kind):
    code = code_at(step, kind, SIGNED[0])
    found = find(code, SIGNED, CODES, allow_biometry=True)
    assert (found is not None) == (step < 20)
    if found:
        assert (found.place.number, found.kind) == (3 + step, kind)


@pytest.mark.parametrize("kind", [k for k in SignatureType if k not in {KNOWLEDGE, BIOMETRY}])
def test_two_factors_are_needed(kind):
    code = code_at(0, kind, SIGNED[0])
    assert find(code, SIGNED, CODES, allow_biometry=True) is None


@pytest.mark.parametrize(
    "other", [("id2", "data", "nonce"), ("id", "data2", "nonce"), ("id", "data", "nonce2"),
              ("id", "data", "nonce", ["123456"])],
)  # fmt: skip
def test_a_code_is_of_one_operation(other):
    code = code_at(0, KNOWLEDGE, SIGNED[0])
    assert find(code, SIGNED, CODES, allow_biometry=True)
    assert find(code, signed_data(*other), CODES, allow_biometry=True) is None


def test_with_one_time_passwords_a_code_without_one_is_wrong():
    signed = signed_data("id", "data", "nonce", ["11111111", "22222222"])
    assert len(signed) == 2
    for data in signed:
        assert find(code_at(0, KNOWLEDGE, data), signed, CODES, allow_biometry=False)
    assert find(code_at(0, KNOWLEDGE, SIGNED[0]), signed, CODES, allow_biometry=False) is None
    assert signed_data("id", "data", "nonce", []) == []


@pytest.mark.parametrize("length", range(4, 9))
def test_a_code_has_one_length(length):
    code = code_at(0, KNOWLEDGE, SIGNED[0], length)
    judge = partial(find, code, SIGNED, CODES, allow_biometry=False)
    assert judge(length=length)
    assert judge(length=4 if length == 8 else 8) is None


@pytest.mark.parametrize(
    "typed",
    ["1234567812345678", "1234 5678 1234 5678", "12345678-12345678", " 1234\t5678-1234 5678\n"],
)
def test_a_person_may_type_it_in_groups(typed):
    assert code_from_digits(typed) == "12345678-12345678"


@given(st.from_regex(r"[0-9]{16}", fullmatch=True), st.lists(st.integers(0, 16)))
def test_separators_never_matter(digits, places):
    typed = digits
    for place in places:
        typed = typed[:place] + " " + typed[place:]
    assert code_from_digits(typed) == f"{digits[:8]}-{digits[8:]}"


@pytest.mark.parametrize(
    "typed", ["", "123456781234567", "12345678123456789", "12345678_12345678", "1234567a12345678",
              "\N{ARABIC-INDIC DIGIT ONE}" * 16, "+234567812345678"],
)  # fmt: skip
def test_what_is_not_sixteen_digits_is_refused(typed):
    with pytest.raises(InvalidSignatureError):
        code_from_digits(typed)


def test_a_shorter_code_has_shorter_groups():
    assert code_from_digits("1234 5678", length=4) == "1234-5678"
