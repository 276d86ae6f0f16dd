"""The files of a brand's folder: which there may be, and that they are what they say."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from app.brand.findings import Findings

KIB: Final = 1024


class Kind(NamedTuple):
    """What a file of a kind is served as, how large it may be, and how it begins."""

    mimetype: str
    most: int
    begins: bytes = b""


SERVED: Final[Mapping[str, Kind]] = {
    "brand.css": Kind("text/css", 64 * KIB),
    "logo.svg": Kind("image/svg+xml", 64 * KIB),
    "logo-dark.svg": Kind("image/svg+xml", 64 * KIB),
    "favicon.svg": Kind("image/svg+xml", 64 * KIB),
    "favicon.png": Kind("image/png", 128 * KIB, b"\x89PNG\r\n"),
    "favicon.ico": Kind("image/x-icon", 128 * KIB, b"\x00\x00\x01\x00"),
}
FONT: Final = Kind("font/woff2", 512 * KIB, b"wOF2")
WORDS: Final = Kind("", 512 * KIB)
DESCRIPTION: Final = Kind("", 64 * KIB)
REQUIRED: Final = ("brand.toml", "brand.css", "logo.svg")
MOST_FILES: Final = 40
_FONT = re.compile(r"(fonts/)?[A-Za-z0-9][A-Za-z0-9._-]*\.woff2")
_WORDS = re.compile(r"words/[a-z]{2,3}\.po")
_ACTIVE = re.compile(
    r"<\s*(script|foreignObject|iframe|embed|object|animate|set)\b|\bon[a-z]+\s*=|javascript:|<!ENTITY",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(
    r"(href\s*=\s*[\"']|url\(\s*[\"']?)\s*(?![#\"')\s]|data:image/)|@import", re.IGNORECASE
)
_BOX = re.compile(r"<svg\b[^>]*\bviewBox\s*=", re.DOTALL)


def kind_of(name: str) -> Kind | None:
    """Return what a file is; None: nothing of ours."""
    if name in SERVED:
        return SERVED[name]
    if _FONT.fullmatch(name):
        return FONT
    if name == "brand.toml":
        return DESCRIPTION
    return WORDS if _WORDS.fullmatch(name) else None


def read_files(folder: Path, findings: Findings) -> dict[str, bytes]:
    """Return the files of ours by name; others in the folder are left alone.

    A link is followed as long as it stays in the folder, as a ConfigMap's do.
    """
    found: dict[str, bytes] = {}
    root = folder.resolve()
    for name in _names(folder):
        kind = kind_of(name)
        if kind is None:
            findings.warnings.append(f"{name} is not used")
        elif not (folder / name).resolve().is_relative_to(root):
            findings.faults.append(f"{name} leads out of the folder")
        elif len(found) == MOST_FILES:
            findings.faults.append(f"there are more than {MOST_FILES} files")
            break
        else:
            found |= _read(folder / name, name, kind, findings)
    findings.faults += [f"{name} is missing" for name in REQUIRED if name not in found]
    return found


def _names(folder: Path) -> Iterator[str]:
    for place in ("", "fonts", "words"):
        if (folder / place).is_dir():
            for entry in sorted(os.scandir(folder / place), key=lambda entry: entry.name):
                hidden = entry.name.startswith(".") or entry.is_dir()
                if not hidden and not entry.name.lower().startswith(("readme", "licen", "ofl")):
                    yield f"{place}/{entry.name}".lstrip("/")


def _read(path: Path, name: str, kind: Kind, findings: Findings) -> dict[str, bytes]:
    try:
        if path.stat().st_size > kind.most:
            findings.faults.append(f"{name} is larger than {kind.most // KIB} KiB")
            return {}
        content = path.read_bytes()
    except OSError as error:
        findings.faults.append(f"{name} cannot be read ({error.strerror})")
        return {}
    findings.faults += [f"{name} {fault}" for fault in _faults(name, content, kind)]
    if name.endswith(".svg") and not _BOX.search(content.decode(errors="replace")):
        findings.warnings.append(f"{name} has no viewBox, so it may be cut off")
    return {name: content}


def _faults(name: str, content: bytes, kind: Kind) -> Iterator[str]:
    if not content.startswith(kind.begins):
        yield f"is no {kind.mimetype}"
    if kind.begins:
        return
    try:
        text = content.decode()
    except UnicodeDecodeError:
        yield "is not UTF-8"
        return
    if name.endswith(".svg"):
        if "<svg" not in text:
            yield "is no SVG"
        if found := _ACTIVE.search(text):
            yield f"holds what could act: {found[0].strip()}"
        if found := _OUTSIDE.search(text):
            yield f"points at something outside of itself: {found[0].strip()}"
