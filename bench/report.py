"""Writes what was measured into the document, between two marks."""

import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psutil

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- end of what was measured -->"


class Report:
    """Tables in the order in which they were measured; also told while it goes on."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def table(self, title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add one table."""
        lines = [f"### {title}", "", _row(head), _row(["---", *["--:"] * (len(head) - 1)])]
        self._add("\n".join([*lines, *(_row(row) for row in rows)]))

    def words(self, text: str) -> None:
        """Add a sentence."""
        self._add(text)

    def write(self) -> None:
        """Put everything into the document in place of what was there."""
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        measured = "\n\n".join([BEGIN, *self._parts, END])
        DOCUMENT.write_text(f"{before}{measured}{after}")

    def _add(self, part: str) -> None:
        print(f"{part}\n", flush=True)  # noqa: T201 - what the command is for
        self._parts.append(part)


def machine() -> str:
    """Name the machine and the day."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = psutil.virtual_memory().total // 2**30
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {psutil.cpu_count()} cores of {model}, "
        f"{memory} GiB, {platform.system()}, Python {platform.python_version()}."
    )


def _row(cells: Iterable[object]) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)
