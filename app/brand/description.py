"""What brand.toml may say; an unknown key is refused."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints

FALLBACK = "en"

Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=60, pattern=r"^[^\x00-\x1f<>]*$"
    ),
]
Url = Annotated[
    str,
    StringConstraints(max_length=500, pattern=r"^https://[A-Za-z0-9.-]+(:\d+)?(/[^\s\"'<>\\]*)?$"),
]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Hex = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 ()/.-]{2,30}$")]


def _has_fallback(value: str | dict[str, str]) -> str | dict[str, str]:
    if isinstance(value, dict) and FALLBACK not in value:
        raise ValueError(f"has no {FALLBACK}, which other languages fall back to")
    return value


Urls = Annotated[Url | dict[Language, Url], AfterValidator(_has_fallback)]
"""One address, or one for each language."""

Texts = Annotated[Text | dict[Language, Text], AfterValidator(_has_fallback)]
"""One text, or one for each language."""


class Part(BaseModel, frozen=True, extra="forbid", use_attribute_docstrings=True):
    """A table of brand.toml."""


class ThemeColor(Part):
    """Colours of the browser's own frame."""

    light: Hex
    dark: Hex


class Legal(Part):
    """One link in the footer."""

    label: Texts
    url: Urls


class Description(Part):
    """All of brand.toml; nothing in it is required."""

    name: Text | None = None
    """Name of the bank on pages and in text messages; absent: `WEBFLOW_BANK__NAME`."""

    logo_says_name: bool = False
    """Whether the logo is the written name, which then does not stand beside it once more."""

    theme: Literal["auto", "light"] = "auto"
    """`light` keeps the pages light where a device is set to dark."""

    theme_color: ThemeColor | None = None
    """Absent: the `--page` of brand.css."""

    help: Urls | None = None
    """Where a customer finds help."""

    phone: Phone | None = None
    """The number that a customer may call."""

    forgotten_password: Urls | None = None
    """Where a customer gets a new password."""

    accessibility: Urls | None = None
    """The accessibility statement."""

    legal: tuple[Legal, ...] = Field(default=(), max_length=6)
    """Further links in the footer, e.g. to the privacy policy."""

    def lacking(self, languages: Sequence[str]) -> list[str]:
        """Return what falls back to another language in one that the pages offer."""
        tables: dict[str, object] = {
            name: getattr(self, name) for name in ("help", "forgotten_password", "accessibility")
        }
        for each in self.legal:
            label = chosen(each.label, FALLBACK)
            tables |= {f'label of "{label}"': each.label, f'url of "{label}"': each.url}
        return [
            f"brand.toml: {name} has no {code}"
            for name, table in tables.items()
            if isinstance(table, dict)
            for code in languages
            if code not in table
        ]


def chosen(value: str | Mapping[str, str], language: str) -> str:
    """Return the text or address for a language, or the one that it falls back to."""
    return value if isinstance(value, str) else value.get(language, value[FALLBACK])


def tongue(value: str | Mapping[str, str], language: str) -> str | None:
    """Return the language that a text is in; None: not known, for it is the same in all."""
    if isinstance(value, str):
        return None
    return language if language in value else FALLBACK
