"""The twelve tokens of a brand: what may stand in brand.css, and whether all can read it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from app.brand.colours import Colour, colour
from app.brand.findings import Contrast, Findings
from app.brand.stylesheet import LIGHT_DARK, Rule, UnreadableStyle, rules

COLOURS: Final = (
    "--brand", "--on-brand", "--link", "--pay", "--on-pay", "--page", "--surface", "--text",
    "--muted", "--line",
)  # fmt: skip
TOKENS: Final = (*COLOURS, "--radius", "--font")
FONT_FACE: Final = frozenset({
    "font-family", "font-style", "font-weight", "font-stretch", "font-display", "src",
    "unicode-range", "size-adjust", "ascent-override", "descent-override", "line-gap-override",
})  # fmt: skip

BACKS: Final = ("--page", "--surface", "--sunken", "--brand-tint", "--pay-tint", "--pay-page")
PAIRS: Final = (
    ("--on-brand", "--brand"),
    ("--on-pay", "--pay"),
    ("--on-pay", "--pay-band"),
    *((front, back) for front in ("--text", "--muted", "--link") for back in BACKS),
    *((front, "--surface") for front in ("--danger", "--warn", "--ok")),
    *(("--text", back) for back in ("--danger-tint", "--warn-tint", "--ok-tint")),
)
"""What a page may write on what: the design's rule, also for the tints that follow."""

SCHEMES: Final[Mapping[str, tuple[bool, bool]]] = {
    "light": (True, False),
    "dark": (True, True),
    "light, older browsers": (False, False),
}
"""By name: whether the browser knows `light-dark()`, and whether it is dark."""

LEAST_DEGREES = 25
_LENGTH = re.compile(r"0|\d{1,3}(\.\d+)?(px|rem|em)")
_URL = re.compile(r"url\(\s*[\"']?([^\"')]*)[\"']?\s*\)", re.IGNORECASE)


class Tokens:
    """The shipped tokens, with those of a brand over them."""

    def __init__(self, shipped: str, own: str = "") -> None:
        self._rules = [*rules(shipped), *rules(own)]

    def values(self, *, new: bool) -> dict[str, str]:
        """Return what each token says, in browsers that know `light-dark()` or in older ones."""
        wanted = ("", LIGHT_DARK) if new else ("",)
        return {
            name: value
            for rule in self._rules
            if rule.selector == ":root" and rule.around in wanted
            for name, value in rule.declarations
        }

    def colour(self, token: str, scheme: str) -> Colour | None:
        """Return a token's colour; None where we cannot compute it."""
        new, dark = SCHEMES[scheme]
        values = self.values(new=new)
        return colour(values.get(token, ""), values, dark=dark)

    def contrasts(self, schemes: Sequence[str]) -> Iterator[Contrast]:
        """Yield how well each text is read on each ground where it may stand."""
        for scheme in schemes:
            for front, back in PAIRS:
                text, ground = self.colour(front, scheme), self.colour(back, scheme)
                if text and ground:
                    yield Contrast(scheme, front, back, text.on(ground))

    def warnings(self, schemes: Sequence[str]) -> Iterator[str]:
        """Yield what cannot be computed, and a payment that looks like a sign-in."""
        for scheme in schemes:
            for token in COLOURS:
                if self.colour(token, scheme) is None:
                    yield f"{scheme}: {token} cannot be computed, so look at its contrast yourself"
            brand, pay = self.colour("--brand", scheme), self.colour("--pay", scheme)
            if brand and pay and _are_alike(brand, pay):
                yield (
                    f"{scheme}: --pay ({pay.code}) has the hue of --brand ({brand.code}): "
                    "a payment must not look like a sign-in"
                )


def check(css: str, findings: Findings) -> None:
    """Find what a brand's stylesheet may not hold: it sets tokens and loads fonts, no more."""
    if "\\" in css:
        findings.faults.append("brand.css: write characters as they are, without \\")
    try:
        for rule in rules(css):
            findings.faults += [f"brand.css: {fault}" for fault in _faults(rule)]
    except UnreadableStyle as error:
        findings.faults.append(f"brand.css: {error}")


def fonts(css: str) -> list[str]:
    """Return the files that the stylesheet loads."""
    return _URL.findall(css)


def dated(css: str, versions: Mapping[str, str]) -> str:
    """Return the stylesheet with the content's hash in each address of a font."""
    return _URL.sub(lambda found: f'url("{found[1]}?v={versions[found[1]]}")', css)


def _faults(rule: Rule) -> Iterator[str]:
    if rule.selector == "@font-face" and not rule.around:
        for name, value in rule.declarations:
            if name not in FONT_FACE or (name != "src" and _URL.search(value)):
                yield f"{name} does not belong into @font-face"
    elif rule.selector != ":root" or rule.around not in ("", LIGHT_DARK):
        where = " ".join(filter(None, (rule.around, rule.selector)))
        yield f"only :root, {LIGHT_DARK} and @font-face may stand in it, not {where}"
    else:
        for name, value in rule.declarations:
            yield from _faults_of_token(name, value)


def _faults_of_token(name: str, value: str) -> Iterator[str]:
    if name not in TOKENS:
        yield f"{name} is none of the tokens of a brand: {' '.join(TOKENS)}"
    elif _URL.search(value) or "!" in value:
        yield f"{name} may hold no address and no !"
    elif name == "--radius" and not _LENGTH.fullmatch(value):
        yield f"--radius is a length such as 4px or .5rem, not {value}"


def _are_alike(brand: Colour, pay: Colour) -> bool:
    if brand.is_grey or pay.is_grey:
        return brand.is_grey and pay.is_grey
    return brand.degrees_from(pay) < LEAST_DEGREES
