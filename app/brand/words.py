"""Words of a bank's own: any text of ours by its English original, as a po file for a language."""

import difflib
import re
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from babel import UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import PoFileError, read_po

from app.brand.findings import Findings

MARKS: Final = re.compile(r"%\(\w+\)[sd]|\{[\w.]*\}|%%|[%{}]|<[^<>]*>|[<>\"]")
"""What a text must keep as it is: places for values, and tags; more of the kind is wrong. So is
the quotation mark that ends an attribute: texts stand in some."""

Words = Mapping[str, bytes]
"""Compiled catalogues by language."""


def originals(translations: Path) -> frozenset[str]:
    """Return every text of ours in English, from the catalogues; empty before they are compiled."""
    found: set[str] = set()
    for path in translations.glob("*/LC_MESSAGES/messages.mo"):
        with path.open("rb") as compiled:
            found |= {_original(message) for message in read_mo(compiled) if message.id}
    return frozenset(found)


def read_words(name: str, content: bytes, known: frozenset[str], findings: Findings) -> bytes:
    """Return a po file compiled, and say what is wrong with it."""
    language = Path(name).stem
    try:
        catalogue = read_po(BytesIO(content), locale=language, abort_invalid=True)
    except (PoFileError, UnknownLocaleError, ValueError) as error:
        findings.faults.append(f"{name}: {error}")
        return b""
    for message in catalogue:
        if message.id:
            findings.faults += [f"{name}: {fault}" for fault in _faults(message)]
            findings.warnings += [f"{name}: {one}" for one in _warnings(message, known)]
    return _compiled(catalogue)


def _compiled(catalogue: Catalog) -> bytes:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def _faults(message: Message) -> Iterator[str]:
    original = _original(message)
    wanted = sorted(MARKS.findall(original))
    for text in filter(None, _texts(message)):
        if (found := sorted(MARKS.findall(text))) != wanted:
            yield f'"{original}" needs {_listed(wanted)}, not {_listed(found)}'


def _warnings(message: Message, known: frozenset[str]) -> Iterator[str]:
    original = _original(message)
    if known and original not in known:
        near = difflib.get_close_matches(original, known, n=1)
        meant = f'; is it "{near[0]}"?' if near else ""
        yield f'"{original}" is no text of the pages{meant}'
    if message.fuzzy or not all(_texts(message)):
        yield f'"{original}" is {"fuzzy" if message.fuzzy else "empty"}, so it stays as it is'


def _original(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _texts(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _listed(marks: list[str]) -> str:
    return " ".join(marks) or "none"
