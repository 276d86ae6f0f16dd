"""App links are read strictly: nothing is sent to who is not named by the whole link."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.phone.authenticator.links import AppLink
from app.demo.phone.refusals import PhoneRefused
from tests.demo.authenticator.bank import fields_of, link_of

BASE = "https://bank.example/nevis/demo"
TOKEN = "67cae36e-e3d5-4d67-9aa6-ab7ae3050576"
GOOD = fields_of(BASE, "registration", TOKEN)
DATA = GOOD["nma_data"]
HERE = "http://localhost:8080/nevis/demo"


@pytest.mark.parametrize("base", [BASE, HERE, "http://[::1]:8080/x/nevis/a-b", f"{BASE}2"])
@pytest.mark.parametrize(("purpose", "op"), [("registration", "Reg"), ("authentication", "Auth")])
def test_a_link_names_the_bank_and_the_purpose(base, purpose, op):
    text = link_of(base, fields_of(base, purpose, TOKEN))
    link = AppLink.read(f"  {text}\n")
    assert (link.base, link.op, link.token) == (base, op, TOKEN)
    assert link.app_id == f"{base}/"
    assert AppLink.read(link.text) == link


def test_the_link_that_the_seed_shows_is_of_this_form():
    text = link_of(BASE, GOOD)
    assert "?dispatchTokenResponse=eyJub" in text
    assert "=" not in text.partition("dispatchTokenResponse=")[2]


@pytest.mark.parametrize(
    "fields",
    [
        GOOD | {"nma_data_version": "2"},
        GOOD | {"nma_data_version": 1},
        GOOD | {"nma_data_content_type": "application/jose"},
        GOOD | {"more": "1"},
        {name: GOOD[name] for name in ("nma_data", "nma_data_version")},
        GOOD | {"nma_data": DATA | {"token": "67cae36e"}},
        GOOD | {"nma_data": DATA | {"token": TOKEN.upper()}},
        GOOD | {"nma_data": DATA | {"token": None}},
        GOOD | {"nma_data": DATA | {"more": 1}},
        GOOD | {"nma_data": {"token": TOKEN}},
        GOOD | {"nma_data": "{}"},
        GOOD | {"nma_data": DATA | {"redeem_url": f"{BASE}/nevisfido/token/redeem/anything"}},
        GOOD | {"nma_data": DATA | {"redeem_url": f"{BASE}/api/v1/status"}},
        fields_of("https://evil.example/nevis/demo", "registration", TOKEN),
        fields_of("https://bank.example:444/nevis/demo", "registration", TOKEN),
        fields_of("http://bank.example/nevis/demo", "registration", TOKEN),
        fields_of("https://bank.example/nevis/other", "registration", TOKEN),
        [], "x", None, b"{", b"\xff", b'{"nma_data_version": "1", "nma_data_version": "1"}',
        b"[" * 3000,
    ],
)  # fmt: skip
def test_what_is_inside_must_be_whole_and_of_the_same_bank(fields):
    with pytest.raises(PhoneRefused):
        AppLink.read(link_of(BASE, fields))


@pytest.mark.parametrize(
    "bend",
    [
        lambda text: text.replace("/open", "/opened"),
        lambda text: text.replace("/open?", "?"),
        lambda text: text + "&lang=cs",
        lambda text: text + "#x",
        lambda text: text + "=",
        lambda text: text + "A",
        lambda text: text.partition("?")[0],
        lambda text: text.replace("dispatchTokenResponse", "dispatch"),
        lambda text: text.partition("=")[2],
        lambda text: text + "x" * 5000,
        lambda _: "67cae36e-e3d5-4d67-9aa6-ab7ae3050576",
    ],
)
def test_what_is_around_it_must_be_a_link(bend):
    with pytest.raises(PhoneRefused):
        AppLink.read(bend(link_of(BASE, GOOD)))


@pytest.mark.parametrize(
    "base",
    [
        "http://bank.example/nevis/demo",
        "ftp://bank.example/nevis/demo",
        "https://user:pass@bank.example/nevis/demo",
        "https://user@bank.example/nevis/demo",
        "https:///nevis/demo",
        "https://bank.example/nevis/",
        "https://bank.example/demo",
        "https://bank.example:port/nevis/demo",
        "https://[bank/nevis/demo",
        "javascript:alert(1)//nevis/demo",
    ],
)
def test_an_address_that_others_can_listen_to_is_refused(base):
    with pytest.raises(PhoneRefused):
        AppLink.read(link_of(base, fields_of(base, "registration", TOKEN)))


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_or_refused(text):
    for given_text in (text, f"{BASE}/open?dispatchTokenResponse={text}"):
        with suppress(PhoneRefused):
            AppLink.read(given_text)


@given(st.recursive(st.none() | st.text() | st.integers(), lambda inner: st.dictionaries(
    st.sampled_from([*GOOD, *DATA]), inner)))  # fmt: skip
def test_any_fields_are_read_or_refused(fields):
    with suppress(PhoneRefused):
        AppLink.read(link_of(BASE, fields))
    if isinstance(fields, dict):
        with suppress(PhoneRefused):
            AppLink.of_fields(fields)


def test_the_token_is_not_shown():
    assert TOKEN not in repr(AppLink.read(link_of(BASE, GOOD)))
