"""What a template says in each language: its words, what it shows, its screens.

Words and screens are kept with the operation, so that nothing changes under who reads it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from app.mtoken.attributes import TemplateAttribute

TITLE: Final = "template.title"
GREETING: Final = "template.greeting"
SUMMARY: Final = "template.summary"
RESULTS: Final = ("success", "failure", "reject")
OURS: Final = ("template.", "mtoken.")
"""How keys of words begin that no attribute may be called."""

PLACEHOLDER: Final = re.compile(r"\$\{([^{}]+)\}")
DEFAULT: Final = "en"


@dataclass(frozen=True)
class Saying:
    """What a template says in one language; `${name}` stands for a parameter."""

    title: str
    message: str
    summary: str
    """What a push says under the title."""
    attributes: tuple[TemplateAttribute, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    """What the app says at the end: `success`, `failure`, `reject`."""
    ui: Mapping[str, object] | None = None
    """Screens of the app; where there are any, the risk flags say nothing."""


@dataclass(frozen=True)
class Spoken:
    """What an operation says in the language that was found for somebody."""

    words: Mapping[str, str] = field(default_factory=dict)
    ui: Mapping[str, object] | None = None


def kept(sayings: Mapping[str, Saying], parameters: Mapping[str, str]) -> dict[str, object] | None:
    """Return what an operation keeps of its template's words; None: it has none of its own."""
    if not sayings:
        return None
    return {
        language: {
            "words": {
                TITLE: saying.title,
                GREETING: saying.message,
                SUMMARY: saying.summary,
                **saying.labels,
                **{
                    f"mtoken.{name}": _filled(each, parameters)
                    for name, each in saying.results.items()
                },
            },
            "ui": None if saying.ui is None else filled(saying.ui, parameters),
        }
        for language, saying in sayings.items()
    }


def spoken(texts: Mapping[str, object] | None, *languages: str) -> Spoken:
    """Return the words in the first of the languages that there is, else English, else any."""
    if not texts:
        return Spoken()
    known = {language.lower(): language for language in texts}
    tags = [tag.replace("_", "-").lower() for tag in languages]
    wanted = (each for tag in tags for each in (tag, tag.partition("-")[0]))
    found = next((known[tag] for tag in (*wanted, DEFAULT) if tag in known), min(texts))
    said = cast("Mapping[str, Any]", texts[found])
    return Spoken(said["words"], said["ui"])


def filled(ui: Mapping[str, object], parameters: Mapping[str, str]) -> dict[str, object]:
    """Return the screens with the parameters in their places."""

    def value(found: re.Match[str]) -> str:
        # Inside of a JSON text: quotes and backslashes of a parameter must not end it.
        given = parameters.get(found[1])
        return found[0] if given is None else json.dumps(given, ensure_ascii=False)[1:-1]

    text = json.dumps(ui, ensure_ascii=False)  # names of parameters are as they are written
    screens: dict[str, object] = json.loads(PLACEHOLDER.sub(value, text))
    return screens


def _filled(text: str, parameters: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda found: parameters.get(found[1], found[0]), text)
