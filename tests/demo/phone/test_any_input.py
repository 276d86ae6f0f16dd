"""Whatever a phone scans or is answered, it takes it or refuses it: nothing else is raised."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.phone.activation_code import scanned, typed
from app.demo.phone.configuration import App, Configuration
from app.demo.phone.handset import Handset
from app.demo.phone.keeping import Kept
from app.demo.phone.offline import ScannedOperation
from app.demo.phone.operations import Operation, read_all
from app.demo.phone.proximity import number
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.state import PhoneState
from tests.crypto.vectors import text64
from tests.demo.phone.conftest import paired, route
from tests.demo.phone.portal import NOW, Portal

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
LINES = st.lists(ANY_TEXT, min_size=6, max_size=9).map("\n".join)
BASE64 = st.binary(max_size=90).map(text64)
NAMES = ["encryptedData", "mac", "nonce", "timestamp", "jwt", "encryptedStatusBlob"]
VALUES = st.none() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT | BASE64
OBJECTS = st.dictionaries(st.sampled_from(NAMES), VALUES)
BODIES = st.binary(max_size=40) | (
    OBJECTS | st.fixed_dictionaries({"responseObject": OBJECTS | VALUES})
).map(lambda value: json.dumps(value).encode())


@pytest.mark.parametrize("read", [scanned, typed, Configuration.read, ScannedOperation.read,
                                  PhoneState.from_json, Kept.from_json, App.read])  # fmt: skip
@given(ANY_TEXT | BASE64 | LINES | st.just("\N{LATIN SMALL LETTER SHARP S}" * 20))
def test_any_text(read, text):
    with suppress(PhoneRefused):
        read(text)


@pytest.fixture(scope="module")
def asked():
    """Every question of a phone."""
    portal = Portal()
    phone = Handset(paired(portal, "3.3").state)
    way = route(portal, phone)
    return [phone.status(), phone.ask_for_key(NOW), phone.create_token(way)]


@given(BODIES)
def test_any_answer(asked, body):
    for question in asked:
        with pytest.raises(PhoneRefused):
            question.read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.lists(
    st.dictionaries(
        st.sampled_from(["type", "id", "label", "amount", "currency", "value", "partyInfo"]),
        JSON | st.sampled_from(["AMOUNT", "KEY_VALUE", "HEADING", "ALERT", "PARTY_INFO"]),
    )
    | JSON,
    max_size=4,
)
OPERATIONS = JSON | st.fixed_dictionaries(
    {"id": ANY_TEXT, "data": ANY_TEXT},
    optional={
        "formData": st.fixed_dictionaries({}, optional={"title": JSON, "attributes": ATTRIBUTES}),
        "ui": JSON | st.fixed_dictionaries({"preApprovalScreen": JSON}),
        "allowedSignatureType": st.fixed_dictionaries({"variants": JSON}),
        "operationExpires": JSON | st.just("2018-07-02T14:43:13+0000"),
    },
)


@given(OPERATIONS)
def test_any_operation(told):
    with suppress(PhoneRefused):
        operation = Operation.read(told)
        assert (operation.id, operation.data) == (told["id"], told["data"])
        assert operation.amount not in operation.others or operation.amount is None
        assert isinstance(operation.needs_number, bool)
    with suppress(PhoneRefused):
        read_all(told)


LINKS = st.builds("https://x.example/?{}={}&oid={}".format, *[ANY_TEXT] * 3)


@given(ANY_TEXT | LINKS | BASE64.map("a.{}.c".format), ANY_TEXT)
def test_any_number(text, operation_id):
    with suppress(PhoneRefused):
        digits = number(text, operation_id)
        assert digits.isascii()
        assert digits.isdigit()


@given(JSON, JSON)
def test_any_environment(address, configuration):
    told = {"serviceBaseUrl": address, "mobileSdkConfig": configuration}
    with pytest.raises(PhoneRefused):
        App.read(json.dumps(told))


@given(ANY_TEXT | st.sampled_from(["http://[", "http://x:99999", "http://x:0/", "ftp://x/"]))
def test_any_address(address):
    with suppress(PhoneRefused):
        app = App.read(Portal().configuration, address)
        assert app.address.startswith(("http://", "https://"))
