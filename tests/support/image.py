"""The image as far as it can be had without an engine: its files, its environment, its command."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Stage:
    """What one FROM begins."""

    base: str
    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)

    def all_of(self, instruction: str) -> list[str]:
        """Return what follows an instruction, each time that it stands there."""
        return [value for name, value in self.lines if name == instruction]

    @property
    def environment(self) -> dict[str, str]:
        """Return what ENV sets."""
        pairs = [pair for line in self.all_of("ENV") for pair in shlex.split(line)]
        return dict(pair.split("=", 1) for pair in pairs)

    @property
    def sources(self) -> list[str]:
        """Return what COPY takes from here."""
        copies = [line for line in self.all_of("COPY") if not line.startswith("--from=")]
        return [source for line in copies for source in line.split()[:-1]]

    @property
    def command(self) -> list[str]:
        """Return what CMD runs."""
        (line,) = self.all_of("CMD")
        found: list[str] = json.loads(line)
        return found

    @property
    def health(self) -> list[str]:
        """Return what HEALTHCHECK runs."""
        (line,) = self.all_of("HEALTHCHECK")
        found: list[str] = json.loads(line.partition("CMD ")[2])
        return found


def stages() -> list[Stage]:
    """Read the Dockerfile."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        instruction, _, value = line.strip().partition(" ")
        if instruction == "FROM":
            base, _, name = value.partition(" AS ")
            found.append(Stage(base, name))
        elif found and instruction:
            found[-1].lines.append((instruction, value))
    return found


def context() -> Iterator[Path]:
    """Yield the files of this folder that `.dockerignore` lets through."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    for top in sorted(ROOT.iterdir()):
        if not _is_let_through(top.relative_to(ROOT), rules):
            continue
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            if path.is_file() and _is_let_through(path.relative_to(ROOT), rules):
                yield path.relative_to(ROOT)


def _is_let_through(path: Path, rules: Sequence[str]) -> bool:
    """Judge a path as Docker does: the last rule that fits it, or a folder above it, counts."""
    kept = True
    for rule in rules:
        pattern = rule.removeprefix("!").removeprefix("**/")
        anywhere = rule.startswith("**/")
        names = path.parts if anywhere else path.parts[:1]
        if any(fnmatchcase(name, pattern) for name in names):
            kept = rule.startswith("!")
    return kept


def lay_out(folder: Path) -> None:
    """Lay out /app as the image has it; nobody may write there."""
    build = stages()[0]
    for path in context():
        if any(path.parts[0] == source.removesuffix("/") for source in build.sources):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target)
    compiling = (sys.executable, "-m", "babel.messages.frontend", "-q", "compile")
    for command in (
        (*compiling, "-d", "translations"),
        (sys.executable, "-m", "compileall", "-q", "."),
    ):
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603 - ours
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)


def let_go(folder: Path) -> None:
    """Let the folder be removed again."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)


def without_privileges() -> tuple[str, ...]:
    """Return what to put before a command so that root, too, may write only where anybody may."""
    if os.getuid() != 0:
        return ()
    return ("setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")


def variables(lines: str) -> dict[str, str]:
    """Read a file for `--env-file` as Docker does: verbatim, without quotes."""
    given = [line for line in lines.splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in given)
