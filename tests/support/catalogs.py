"""What there is to translate, and catalogues of languages that only the tests speak."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo

from tests.support.pages import ROOT

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{[\w.]*\}|</?\w+>")
ARABIC = str.maketrans(
    dict(zip("abcdefghijklmnopqrstuvwxyz", "ابتثجحخدذرزسشصضطظعغفقكلمنه", strict=True))
)


def source() -> Catalog:
    """Return what the code and the templates say now."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(each["pattern"], each["method"]) for each in mappings]
    options = {
        each["pattern"]: {
            key: str(value).lower()
            for key, value in each.items()
            if key not in ("pattern", "method")
        }
        for each in mappings
    }
    keywords = DEFAULT_KEYWORDS | {"lazy_gettext": None, "_l": None, "N_": None}
    found = Catalog()
    for _file, _line, message, _comments, context in extract_from_dir(
        ROOT, methods, options, keywords
    ):
        found.add(message, context=context)
    return found


def invent(folder: Path, language: str, speak: Callable[[str], str]) -> None:
    """Compile a catalogue into a folder in which every text is what `speak` makes of it."""
    catalogue = Catalog(locale=language)
    for message in source():
        if isinstance(message.id, tuple):
            catalogue.add(message.id, (speak(message.id[0]),) * catalogue.num_plurals)
        elif isinstance(message.id, str) and message.id:
            catalogue.add(message.id, speak(message.id))
    target = folder / language / "LC_MESSAGES/messages.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as compiled:
        write_mo(compiled, catalogue)


def arabic(text: str) -> str:
    """Return a text in letters of Arabic, with its placeholders and tags as they were."""
    kept = PLACEHOLDER.findall(text)
    spoken = (part.lower().translate(ARABIC) for part in PLACEHOLDER.split(text))
    return "".join(part + mark for part, mark in zip(spoken, [*kept, ""], strict=True))
