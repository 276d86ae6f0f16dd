"""A brand as pages show it: files with addresses that never change, links, and words."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from app.brand.description import Description, Legal, chosen, tongue
from app.brand.words import Words


class BrandFile(NamedTuple):
    """A file as it is served."""

    content: bytes
    mimetype: str
    version: str


class Link(NamedTuple):
    """A link to a page of the bank's; `lang` where its label is in another language."""

    label: str
    url: str
    lang: str | None = None


@dataclass(frozen=True)
class Brand:
    """What a bank has put over the shipped look; by itself: nothing."""

    description: Description = field(default_factory=Description)
    files: Mapping[str, BrandFile] = field(default_factory=dict)
    words: Words = field(default_factory=dict)
    page_colors: tuple[str, str] = ("#f2f4f7", "#0d1116")
    """Of the browser's frame, light and dark; those of the shipped tokens."""

    @cached_property
    def has_fonts(self) -> bool:
        """Whether pages load fonts from us."""
        return any(name.endswith(".woff2") for name in self.files)

    @cached_property
    def icon(self) -> str | None:
        """Name of the file that stands beside the title; None: the shipped one."""
        names = ("favicon.svg", "favicon.png", "favicon.ico", "logo.svg")
        return next((name for name in names if name in self.files), None)

    def legal(self, language: str) -> Iterator[Link]:
        """Yield the links of the footer in a language."""
        for each in self.description.legal:
            yield _link(each, language)


def served(name: str, content: bytes, mimetype: str) -> tuple[str, BrandFile]:
    """Return a file with the hash of its content."""
    return name, BrandFile(content, mimetype, hashlib.sha256(content).hexdigest()[:16])


def _link(legal: Legal, language: str) -> Link:
    spoken = tongue(legal.label, language)
    return Link(
        chosen(legal.label, language),
        chosen(legal.url, language),
        spoken if spoken != language else None,
    )
