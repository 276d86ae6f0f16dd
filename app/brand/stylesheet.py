"""Enough of CSS to read tokens: rules of `:root`, fonts, and nothing that could hide or move."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

LIGHT_DARK: Final = "@supports (color: light-dark(#fff, #000))"
"""Around what only browsers with `light-dark()` read, as in tokens.css."""

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")


class Rule(NamedTuple):
    """One rule with its declarations; `around` is the at-rule that it stands in."""

    around: str
    selector: str
    declarations: tuple[tuple[str, str], ...]


class UnreadableStyle(ValueError):  # noqa: N818 - it is said of a file
    """Braces do not match, or a declaration has no value."""


def bare(css: str) -> str:
    """Return a stylesheet without its comments."""
    return _COMMENT.sub(" ", css)


def rules(css: str) -> Iterator[Rule]:
    """Yield the rules of a stylesheet in order. Raises UnreadableStyle."""
    for prelude, body in _blocks(bare(css)):
        if "{" in body:
            for selector, inner in _blocks(body):
                yield Rule(prelude, selector, tuple(_declarations(inner)))
        else:
            yield Rule("", prelude, tuple(_declarations(body)))


def split(text: str, at: str) -> list[str]:
    """Split at a character that stands in no parentheses and no quotes."""
    parts, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char == at and depth == 0:
            parts.append("")
            continue
        depth += 0 if quote else (char == "(") - (char == ")")
        parts[-1] += char
    return [part.strip() for part in parts]


def _blocks(css: str) -> Iterator[tuple[str, str]]:
    prelude, body, depth = "", "", 0
    for char in css:
        if char == "}":
            depth -= 1
            if depth < 0:
                raise UnreadableStyle("there is a } too many")
            if depth == 0:
                yield _SPACE.sub(" ", prelude).strip(), body
                prelude, body = "", ""
                continue
        if depth:
            body += char
        elif char != "{":
            prelude += char
        depth += char == "{"
    if depth or prelude.strip():
        raise UnreadableStyle(f"it ends inside of {_SPACE.sub(' ', prelude).strip() or 'a rule'}")


def _declarations(body: str) -> Iterator[tuple[str, str]]:
    for declaration in filter(None, split(body, ";")):
        name, colon, value = declaration.partition(":")
        if not (colon and value.strip()):
            raise UnreadableStyle(f"{declaration!r} is no declaration")
        yield name.strip(), _SPACE.sub(" ", value).strip()
