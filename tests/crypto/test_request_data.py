"""The normal form of what a phone signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.crypto.request_data import (
    offline_signed_data,
    query_as_body,
    request_data,
    signed_data,
)
from tests.crypto.vectors import own, published

ID = "5ff1b1ed-a3cc-45a3-8ab0-ed60950312b6"
DATA = "A1*A100CZK*ICZ2730300000001165254011*D20180425"
TEXT = st.text(max_size=8)
REQUEST = st.tuples(TEXT, TEXT, st.binary(max_size=9))


def test_the_published_base_strings_are_built():
    for vector in published("http_base_string")["vectors"]:
        body = vector["bodyUtf8"]
        built = request_data(
            vector["method"], vector["uriId"], vector["nonce"], body and body.encode()
        )
        assert built == vector["expected"]


def test_our_own_base_strings_are_built():
    online = own("online_signature_v33")
    for vector in online["vectors"]:
        parts = vector["method"], vector["uriId"], vector["nonce"], vector["body"].encode()
        assert request_data(*parts) == vector["baseString"]
        signed = signed_data(*parts, online["applicationSecret"])
        assert signed.decode() == vector["signedData"]


def test_our_own_offline_strings_are_built():
    for vector in own("offline_v33")["vectors"]:
        operation_id, data = vector["offlineBody"].split("&")[:2]
        signed = offline_signed_data(operation_id, data, vector["nonce"], vector["totp"])
        assert signed.decode() == vector["signedData"]


def test_the_offline_string_of_the_papers_is_built():
    assert offline_signed_data(ID, DATA, "AD8bOO0Df73kNaIGb3Vmpg==").decode() == (
        "POST&L29wZXJhdGlvbi9hdXRob3JpemUvb2ZmbGluZQ==&AD8bOO0Df73kNaIGb3Vmpg==&"
        "NWZmMWIxZWQtYTNjYy00NWEzLThhYjAtZWQ2MDk1MDMxMmI2JkExKkExMDBDWksqSUNaMjczMDMwMDAwMDAwMTE2"
        "NTI1NDAxMSpEMjAxODA0MjU=&offline"
    )


@given(REQUEST, REQUEST)
def test_different_requests_never_have_the_same_form(one, other):
    if "&" not in one[1] + other[1]:  # a header's nonce is Base64
        assert (request_data("POST", *one) == request_data("POST", *other)) == (one == other)


def test_the_method_is_written_in_capitals():
    assert request_data("put", "/a", "n", b"") == request_data("PUT", "/a", "n", b"")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", b""),
        ("a", b""),
        ("b=2&a=1", b"a=1&b=2"),
        ("a=2&a=1&a", b"a=1&a=2"),
        ("a=1=2&&c=", b"a=1%3D2&c="),
        ("a=x+y%20z&b=%7E*-_.", b"a=x+y+z&b=%7E*-_."),
        ("%C3%A4=%E2%82%AC", b"%C3%A4=%E2%82%AC"),
        ("%EF%BF%BD=1&%F0%90%80%80=2", b"%F0%90%80%80=2&%EF%BF%BD=1"),  # UTF-16 order
        ("a=%26b%3D1", b"a=%26b%3D1"),
    ],
)
def test_a_query_stands_in_for_the_body_of_a_get(query, body):
    assert query_as_body(query) == body


@given(st.lists(st.sampled_from(["a=1", "b=2", "a=0", "c", "=x"]), max_size=6), st.randoms())
def test_the_order_of_a_query_does_not_matter(pairs, random):
    shuffled = random.sample(pairs, len(pairs))
    assert query_as_body("&".join(pairs)) == query_as_body("&".join(shuffled))
