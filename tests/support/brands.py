"""Folders of brands: the one that ships, and copies of it with something wrong."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.support.pages import ROOT

HARBOUR = ROOT / "brands" / "harbour"


def copied(folder: Path, changes: Mapping[str, str | bytes | None] | None = None) -> Path:
    """Return a copy of Harbour Bank with files put in, or taken away (None)."""
    target = folder / "brand"
    shutil.copytree(HARBOUR, target)
    for name, content in (changes or {}).items():
        path = target / name
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
    return target


def edited(folder: Path, name: str, old: str, new: str) -> Path:
    """Return a copy of Harbour Bank with a text of a file replaced."""
    text = (HARBOUR / name).read_text()
    assert old in text
    return copied(folder, {name: text.replace(old, new)})
