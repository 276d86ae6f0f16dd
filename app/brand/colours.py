"""Colours as tokens write them, and how well one is read on another (WCAG 2.2)."""

import colorsys
import re
from collections.abc import Mapping
from typing import NamedTuple

from app.brand.stylesheet import split

_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_NUMBERS = re.compile(r"rgb\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)\s*\)")
_CALL = re.compile(r"([a-z-]+)\((.*)\)", re.DOTALL)
_PART = re.compile(r"(.+?)(?:\s+(\d+(?:\.\d+)?)%)?")
_NAMES = {"white": "#fff", "black": "#000"}
DEEPEST = 16
"""Tokens that may stand for each other in a row."""


class Colour(NamedTuple):
    """Red, green and blue, from 0 to 1."""

    red: float
    green: float
    blue: float

    @property
    def luminance(self) -> float:
        """How bright it looks, from 0 to 1."""
        red, green, blue = (
            value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - WCAG's
            for value in self
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    @property
    def code(self) -> str:
        """As pages write it, e.g. `#0c5c46`."""
        return "#" + "".join(f"{round(value * 255):02x}" for value in self)

    def on(self, back: "Colour") -> float:
        """Return the contrast with a background, from 1 to 21."""
        dark, light = sorted((self.luminance, back.luminance))
        return (light + 0.05) / (dark + 0.05)

    def degrees_from(self, other: "Colour") -> float:
        """Return how far apart two hues are, from 0 to 180."""
        hues = [colorsys.rgb_to_hsv(*each)[0] * 360 for each in (self, other)]
        apart = abs(hues[0] - hues[1])
        return min(apart, 360 - apart)

    @property
    def is_grey(self) -> bool:
        """Tell whether it has hardly any hue."""
        return colorsys.rgb_to_hsv(*self)[1] < 0.15  # noqa: PLR2004 - as eyes have it


def colour(value: str, tokens: Mapping[str, str], *, dark: bool, depth: int = 0) -> Colour | None:
    """Return the colour that a value means; None where we cannot compute it."""
    value = _NAMES.get(value.strip().lower(), value.strip())
    if depth > DEEPEST:
        return None
    if found := _HEX.fullmatch(value):
        digits = found[1] if len(found[1]) == 6 else "".join(char * 2 for char in found[1])  # noqa: PLR2004
        return Colour(*(int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)))
    if found := _NUMBERS.fullmatch(value):
        return Colour(*(min(int(part), 255) / 255 for part in found.groups()))
    if found := _CALL.fullmatch(value):
        return _called(found[1], split(found[2], ","), tokens, dark=dark, depth=depth + 1)
    return None


def _called(
    name: str, given: list[str], tokens: Mapping[str, str], *, dark: bool, depth: int
) -> Colour | None:
    match name, given:
        case "var", [token]:
            return colour(tokens.get(token, ""), tokens, dark=dark, depth=depth)
        case "light-dark", [light, night]:
            return colour(night if dark else light, tokens, dark=dark, depth=depth)
        case "color-mix", ["in srgb", first, second]:
            return _mixed(first, second, tokens, dark=dark, depth=depth)
        case _:
            return None


def _mixed(
    first: str, second: str, tokens: Mapping[str, str], *, dark: bool, depth: int
) -> Colour | None:
    part, rest = _PART.fullmatch(first), _PART.fullmatch(second)
    if not part or not rest or rest[2]:
        return None
    share = float(part[2] or 50) / 100
    colours = [colour(each[1], tokens, dark=dark, depth=depth) for each in (part, rest)]
    if colours[0] is None or colours[1] is None:
        return None
    return Colour(*(a * share + b * (1 - share) for a, b in zip(*colours, strict=True)))
