"""Whatever a phone scans or is answered, it takes it or refuses it: nothing else is raised."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.phone.activation_code import scanned, typed
from app.demo.phone.configuration import Configuration
from app.demo.phone.handset import Handset
from app.demo.phone.offline import ScannedOperation
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
                                  PhoneState.from_json])  # fmt: skip
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
