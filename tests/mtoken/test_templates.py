"""What templates write: parameters never say more than their place allows."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mtoken.templates import SHIPPED, data_of, form_of_data
from app.mtoken.wording import filled
from app.nextstep.operation_data import MalformedOperationData, parse
from app.texts import MESSAGES

TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30)
PARAMETERS = st.fixed_dictionaries({"amount": TEXTS, "currency": TEXTS, "iban": TEXTS})


def fields(data):
    """The parts of a data string, cut at every asterisk that is not escaped."""
    return re.findall(r"(?:\\.|[^*\\])+", data)


@given(PARAMETERS)
def test_no_parameter_adds_a_field(parameters):
    data = data_of(SHIPPED["payment"], parameters)
    head, amount, account = fields(data)
    assert (head, amount[0], account[0]) == ("A1", "A", "I")


@given(PARAMETERS)
def test_whatever_is_signed_is_shown(parameters):
    data = data_of(SHIPPED["payment"], parameters)
    form = form_of_data(SHIPPED["payment"], data)
    assert form.parameters
    try:
        parse(data)
    except MalformedOperationData:
        assert form.parameters[0].note == data
        assert form.summary is None  # it would speak of an amount that cannot be read


@pytest.mark.parametrize("text", ["\x00", "\t", "\r\n", "a\x1fb"])
def test_control_characters_are_refused(text):
    with pytest.raises(MalformedOperationData):
        data_of(SHIPPED["payment"], {"amount": text})


def test_a_parameter_that_looks_like_another_stays_a_text():
    data = data_of(SHIPPED["payment"], {"amount": "${iban}", "currency": "X", "iban": "Y"})
    assert data == "A1*A${iban}X*IY"


@given(TEXTS)
def test_a_parameter_cannot_break_out_of_a_screen(text):
    ui = {"preApprovalScreen": {"type": "WARNING", "message": "Pay ${what}?", "items": ["${x}"]}}
    screen = filled(ui, {"what": text})["preApprovalScreen"]
    assert screen == {"type": "WARNING", "message": f"Pay {text}?", "items": ["${x}"]}


@pytest.mark.parametrize("template", SHIPPED.values(), ids=lambda each: each.name)
def test_the_words_of_every_template_exist(template):
    for key in (template.title, template.greeting, template.summary):
        assert key in MESSAGES
    assert template.data == data_of(template, {})
    assert form_of_data(replace(template, data="A2"), "A2").title
