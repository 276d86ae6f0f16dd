"""Colours: what tokens mean, and how well one is read on another."""

import pytest

from app.brand.colours import Colour, colour
from app.brand.findings import Findings
from app.brand.reading import TOKENS
from app.brand.tokens import Tokens, check

PLAIN: dict[str, str] = {}


@pytest.mark.parametrize(
    ("front", "back", "ratio"),
    [
        ("#000", "#fff", 21),
        ("#777777", "#fff", 4.48),
        ("#767676", "#fff", 4.54),
        ("#abc", "#abc", 1),
    ],
)
def test_contrast_is_that_of_wcag(front, back, ratio):
    pair = [colour(each, PLAIN, dark=False) for each in (front, back)]
    assert pair[0].on(pair[1]) == pytest.approx(ratio, abs=0.005)
    assert pair[1].on(pair[0]) == pair[0].on(pair[1])


@pytest.mark.parametrize(
    ("value", "light", "dark"),
    [
        ("white", "#ffffff", "#ffffff"),
        ("#0C5C46", "#0c5c46", "#0c5c46"),
        ("rgb(12 92 70)", "#0c5c46", "#0c5c46"),
        ("rgb(12, 92, 70)", "#0c5c46", "#0c5c46"),
        ("light-dark(#fff, #000)", "#ffffff", "#000000"),
        ("light-dark(rgb(1, 2, 3), var(--a))", "#010203", "#102030"),
        ("var(--a)", "#102030", "#102030"),
        ("color-mix(in srgb, #fff 25%, #000)", "#404040", "#404040"),
        ("color-mix(in srgb, #fff, #000)", "#808080", "#808080"),
        ("light-dark(color-mix(in srgb, var(--a) 0%, #fff), #000)", "#ffffff", "#000000"),
    ],
)
def test_a_value_means_a_colour_in_light_and_in_dark(value, light, dark):
    for night, wanted in ((False, light), (True, dark)):
        found = colour(value, {"--a": "#102030"}, dark=night)
        assert found is not None
        assert found.code == wanted


@pytest.mark.parametrize(
    "value",
    ["", "teal", "#12", "#fff8", "oklch(60% .1 200)", "var(--unknown)", "var(--loop)",
     "color-mix(in oklch, #fff, #000)", "light-dark(#fff)", "rgb(0 0 0 / .5)"],
)  # fmt: skip
def test_what_cannot_be_computed_is_no_colour(value):
    assert colour(value, {"--loop": "var(--loop)"}, dark=False) is None


def test_hues_are_apart_on_a_circle():
    red, almost_red = Colour(1, 0, 0.05), Colour(1, 0.05, 0)
    assert red.degrees_from(almost_red) < 10
    assert Colour(0.5, 0.5, 0.5).is_grey


def test_the_shipped_tokens_are_read_by_everybody():
    shipped = Tokens(TOKENS.read_text())
    found = list(shipped.contrasts(["light", "dark", "light, older browsers"]))
    assert len(found) == 3 * 27
    assert [str(each) for each in found if not each.is_enough] == []


def test_what_follows_from_a_token_is_judged_with_it():
    own = ":root { --surface: #8a8a8a }"
    low = {each.back for each in Tokens(TOKENS.read_text(), own).contrasts(["light"])
           if not each.is_enough}  # fmt: skip
    assert {"--surface", "--sunken", "--brand-tint", "--pay-tint"} <= low
    assert "--page" not in low


@pytest.mark.parametrize(
    ("css", "fault"),
    [
        (".amount { display: none }", "not .amount"),
        ("body { --brand: #000 }", "not body"),
        ("@media print { :root { --brand: #000 } }", "not @media print"),
        ("@import url(https://evil.example/x.css); :root { --brand: #000 }", "not @import"),
        (":root { --danger: #0f0 }", "--danger is none of the tokens"),
        (":root { display: none }", "display is none of the tokens"),
        (":root { --brand: url(https://evil.example/x) }", "may hold no address"),
        (":root { --text: #000 !important }", "no !"),
        (":root { --radius: 4 }", "--radius is a length"),
        (
            "@font-face { src: url(a.woff2); background: url(b.woff2) }",
            "background does not belong",
        ),
        ("@font-face { font-family: url(b.woff2) }", "font-family does not belong"),
        (":root { --brand: #000 ", "it ends inside of :root"),
        (":root { --brand: #000 } }", "a } too many"),
        (":root { --brand }", "is no declaration"),
        (r":root { --font: u\72l(x) }", "without \\"),
    ],
)
def test_a_stylesheet_sets_tokens_and_nothing_else(css, fault):
    findings = Findings()
    check(css, findings)
    assert fault in " ".join(findings.faults)


def test_a_comment_hides_nothing_and_is_no_fault():
    findings = Findings()
    check("/* .amount { } */ :root { --brand: /* really */ #0c5c46; }", findings)
    assert findings.faults == []


@pytest.mark.parametrize("pay", ["#0c5c46", "#0c5c30", "#0d6e54"])
def test_a_payment_that_looks_like_a_sign_in_is_told(pay):
    own = f":root {{ --brand: #0c5c46; --pay: {pay} }}"
    told = " ".join(Tokens(TOKENS.read_text(), own).warnings(["light"]))
    assert "a payment must not look like a sign-in" in told
    other = ":root { --brand: #0c5c46; --pay: #7c3a12 }"
    assert list(Tokens(TOKENS.read_text(), other).warnings(["light"])) == []
