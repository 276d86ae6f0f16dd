"""Read the folder of a brand, once, at the start; nothing of it is looked for on the disk again."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from app.brand import tokens
from app.brand.description import Description
from app.brand.files import kind_of, read_files
from app.brand.findings import Findings
from app.brand.look import Brand, BrandFile, served
from app.brand.stylesheet import UnreadableStyle, bare
from app.brand.tokens import SCHEMES, Tokens
from app.brand.words import originals, read_words

ROOT: Final = Path(__file__).resolve().parents[2]
TOKENS: Final = ROOT / "static" / "css" / "tokens.css"
TRANSLATIONS: Final = ROOT / "translations"


def read(folder: Path, languages: Sequence[str] = ()) -> tuple[Brand, Findings]:
    """Return the brand of a folder, and what is wrong with it; with faults it is not for use."""
    findings = Findings()
    if not folder.is_dir():
        findings.faults.append("there is no such folder")
        return Brand(), findings
    files = read_files(folder, findings)
    description = _description(files.pop("brand.toml", b""), findings)
    findings.warnings += description.lacking(languages)
    colors = _colors(files, description, findings)
    return Brand(description, _served(files), _words(files, findings), colors), findings


def _description(content: bytes, findings: Findings) -> Description:
    try:
        return Description.model_validate(tomllib.loads(content.decode(errors="replace")))
    except tomllib.TOMLDecodeError as error:
        findings.faults.append(f"brand.toml: {error}")
    except ValidationError as error:
        findings.faults += [
            f"brand.toml: {'.'.join(map(str, each['loc']))}: "
            f"{each['msg'].removeprefix('Value error, ')}"
            for each in error.errors(include_url=False, include_input=False)
        ]
    return Description()


def _colors(
    files: dict[str, bytes], description: Description, findings: Findings
) -> tuple[str, str]:
    """Judge the stylesheet, give its fonts their addresses, and return the colours of the page."""
    css = bare(files.get("brand.css", b"").decode(errors="replace"))
    tokens.check(css, findings)
    missing = [name for name in tokens.fonts(css) if name not in files or kind_of(name) is None]
    findings.faults += [f"brand.css: the font {name} is not in the folder" for name in missing]
    try:
        look = Tokens(TOKENS.read_text(), css)
    except UnreadableStyle:
        look, missing = Tokens(TOKENS.read_text()), [css]
    if "brand.css" in files and not missing:
        versions = {name: served(name, content, "")[1].version for name, content in files.items()}
        files["brand.css"] = tokens.dated(css, versions).strip().encode()
    schemes = [
        name for name, (_, dark) in SCHEMES.items() if description.theme != "light" or not dark
    ]
    findings.contrasts = list(look.contrasts(schemes))
    findings.warnings += look.warnings(schemes)
    if (given := description.theme_color) is not None:
        return given.light, given.dark
    light, dark = look.colour("--page", "light"), look.colour("--page", "dark")
    usual = Brand().page_colors
    return light.code if light else usual[0], dark.code if dark else usual[1]


def _served(files: Mapping[str, bytes]) -> dict[str, BrandFile]:
    return dict(
        served(name, content, kind.mimetype)
        for name, content in files.items()
        if (kind := kind_of(name)) and kind.mimetype
    )


def _words(files: Mapping[str, bytes], findings: Findings) -> dict[str, bytes]:
    given = [name for name in files if name.endswith(".po")]
    known = originals(TRANSLATIONS) if given else frozenset()
    return {Path(name).stem: read_words(name, files[name], known, findings) for name in given}
