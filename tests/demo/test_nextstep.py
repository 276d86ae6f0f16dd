import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.forms import Payment, read
from app.demo.nextstep import escaped, operation_data, payment_body

CONTEXT = {
    "id": "democlient",
    "name": "Demo application",
    "description": "Web Flow demo application",
    "originalScopes": ["pisp"],
    "extras": {"applicationOwner": "Demo third party"},
}
GUIDE = {
    "amount": "100",
    "currency": "CZK",
    "account": "238400856/0300",
    "due_date": "2017-06-29",
    "note": "Utility Bill Payment - 05/2017",
}


def payment(**changed):
    found = read(Payment, {**GUIDE, **changed})
    assert isinstance(found, Payment)
    return found


def test_the_body_of_the_guides_payment_is_the_guides_body():
    expected = json.loads((Path(__file__).parent / "guide_payment.json").read_text())
    assert payment_body(payment(), CONTEXT) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "A1*A100CZK*Q238400856/0300**D20170629*NUtility Bill Payment - 05/2017"),
        ({"note": "2*3\\4"}, "A1*A100CZK*Q238400856/0300**D20170629*N2\\*3\\\\4"),
        ({"note": "a\r\nb\nc\rd"}, "A1*A100CZK*Q238400856/0300**D20170629*Na\\nb\\nc\\nd"),
        ({"note": " a \t b\x07\x1bc "}, "A1*A100CZK*Q238400856/0300**D20170629*Na bc"),
        ({"due_date": ""}, "A1*A100CZK*Q238400856/0300***NUtility Bill Payment - 05/2017"),
        ({"note": ""}, "A1*A100CZK*Q238400856/0300**D20170629"),
        ({"note": "", "due_date": "", "account": "12*"}, "A1*A100CZK*Q12\\*"),
        ({"note": "", "due_date": "0999-01-02"}, "A1*A100CZK*Q238400856/0300**D09990102"),
        (
            {"account": "cz65 0800 0000 1920 0014 5399", "note": ""},
            "A1*A100CZK*ICZ6508000000192000145399**D20170629",
        ),
        (
            {"amount": "0000100.50", "note": ""},
            "A1*A100.50CZK*Q238400856/0300**D20170629",
        ),
    ],
)
def test_operation_data_are_canonical(changed, expected):
    assert operation_data(payment(**changed)) == expected


def test_form_data_carry_the_note_as_it_is_read_not_as_it_is_escaped():
    body = payment_body(payment(note="2*3\\4"), CONTEXT)
    assert body["formData"]["parameters"][-1]["note"] == "2*3\\4"


@pytest.mark.parametrize("typed", ["0.01", "99.5", "100", "100.00", "999999999999.999"])
def test_the_amount_is_the_same_number_in_operation_data_and_form_data(typed):
    body = json.loads(json.dumps(payment_body(payment(amount=typed), CONTEXT)), parse_float=Decimal)
    [amount, *_] = body["formData"]["parameters"]
    in_data = body["operationData"].split("*")[1].removeprefix("A").removesuffix("CZK")
    assert Decimal(amount["amount"]) == Decimal(in_data) == Decimal(typed)


@given(st.text())
def test_what_is_escaped_can_be_told_apart_from_a_separator(text):
    parts, rest = [], iter(escaped(text))
    for character in rest:
        assert character not in "*\n"
        parts.append({"n": "\n"}.get(c := next(rest), c) if character == "\\" else character)
    assert "".join(parts) == text
