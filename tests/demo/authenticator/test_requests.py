"""The phone signs nothing but the hash of what it shows."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.phone.authenticator.links import AppLink
from app.demo.phone.authenticator.requests import Request, split
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.troubles import Forged
from tests.demo.authenticator.bank import escaped, fields_of, link_of

HTML = "<html>Pay <b>100*CZK</b>\nto C:\\Bob</html>"
OTHER = "f0c2b0e4-8f7e-4a46-93c1-6c2c5f2c2a11"
BASE = "https://bank.example/nevis/demo"
LINK = AppLink.read(link_of(BASE, fields_of(BASE, "authentication", OTHER)))


@pytest.mark.parametrize("message", ["", "Pay 100 CZK", HTML, "* \\ \\n\n"])
def test_what_is_shown_is_what_the_bank_has_written(bank, phone, account, message):
    request = phone.open(bank.ask(account.authenticator_id, message))
    assert request.message.content == message
    assert request.message.is_html == message.startswith("<html>")
    assert request.is_open
    assert [each.id for each in phone.able(request)] == [account.id]


BENT = [
    {"uafRequest__transactionId": OTHER},
    {"uafRequest__challenge": "A" * 43},
    {"uafRequest__data": "A2*TPay 1 CZK"},
    {"uafRequest__data": "A2*TPay 100 CZK*A100CZK"},
    {"uafRequest__data": "A2"},
    {"uafRequest__transaction": [{"contentType": "text/plain", "content": "Pay 1 CZK"}]},
    {"uafRequest__transaction": []},
    {"uafRequest__transaction": [{"contentType": "image/png", "content": "Pay 100 CZK"}]},
    {"uafRequest__transaction": [{"contentType": "text/plain", "content": "Pay 100 CZK"}] * 2},
    {"uafRequest__transaction": "Pay 100 CZK"},
    {"uafRequest__header__appID": "https://evil.example/nevis/demo/"},
    {"uafRequest__header__op": "Reg"},
    {"uafRequest__header__serverData": ""},
    {"op": "Reg"},
    {"statusCode": 1498},
    {"lifetimeMillis": 0},
    {"lifetimeMillis": "long"},
    {"uafRequest__header": None},
]


@pytest.mark.parametrize("bent", BENT)
def test_what_does_not_fit_together_is_refused_and_nothing_is_signed(bank, phone, account, bent):
    taken = len(bank.answers)
    with pytest.raises(Forged, match="does not believe"):
        phone.open(bank.ask(account.authenticator_id, "Pay 100 CZK", **bent))
    assert len(bank.answers) == taken
    assert phone.waiting() == []


def test_a_new_account_is_the_one_that_is_signed_for(bank, phone):
    with pytest.raises(Forged, match="shows something else"):
        phone.open(bank.invite(uafRequest__authenticatorId=OTHER))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_operation_data_are_read_back(text):
    assert split(f"A2*T{escaped(text)}") == ["A2", f"T{text}"]


@given(st.text(alphabet="A2*T\\n x"))
def test_any_operation_data_are_read_or_refused(data):
    with suppress(PhoneRefused):
        split(data)


NAMES = [
    *("statusCode", "op", "header", "appID", "uafRequest", "lifetimeMillis", "challenge", "data"),
    *("transactionId", "transaction", "serverData", "contentType", "content"),
]
LEAVES = st.none() | st.booleans() | st.integers() | st.sampled_from([1200, "Auth", f"{BASE}/"])


@given(st.recursive(LEAVES | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(NAMES), inner)))  # fmt: skip
def test_any_answer_is_believed_or_refused(answer):
    given_answer = answer if isinstance(answer, dict) else {"uafRequest": answer}
    with suppress(PhoneRefused):
        Request.read(given_answer, LINK)


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"id": 1}'])
def test_a_file_that_is_no_request_is_refused(text):
    with pytest.raises(PhoneRefused):
        Request.from_json(text)


def test_what_is_secret_is_not_shown(bank, phone, account):
    request = phone.open(bank.ask(account.authenticator_id))
    assert request.secret not in repr(request)
    assert account.finger not in repr(account)
    assert json.loads(account.to_json())["finger"] == account.finger
