"""The documents that name tests name tests that exist."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
CHECKLIST = TESTS.parent / "docs" / "checklist.md"
REQUIRED = {
    *(1, 2, 23, 37, 38, 54, 55, 56, *range(58, 69), 70, 71, 72, *range(75, 80)),
    *(*range(81, 86), 88, 91, 92, *range(110, 120), *range(123, 137)),
    *(145, 146, 147),
    *(f"C{number}" for number in range(1, 107)),
    *(f"M{number}" for number in range(107, 122)),
    *(f"N{number}" for number in (*range(122, 145), *range(146, 151))),
}
"""What the portal and its APIs have to do today, by the numbers of the checklists."""


def rows() -> dict[int | str, list[str]]:
    """Return the tests that the checklist names for each line; `C…` are those of the Cloud API,
    `M…` those of phones, `N…` those of the second façade.
    """
    found = {}
    for line in CHECKLIST.read_text().splitlines():
        if row := re.fullmatch(r"\| ([CMN]?\d+) \| [SDH] \| .* \| ([^|]+) \|", line):
            found[int(row[1]) if row[1].isdigit() else row[1]] = re.findall(r"`([^`]+)`", row[2])
    return found


def names_in(path: Path) -> set[str]:
    """Return the names of the tests of a file, without running it."""
    tree = ast.parse(path.read_text()) if path.is_file() else ast.Module([], [])
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_line_of_the_checklist_has_tests_that_exist():
    assert rows().keys() >= REQUIRED
    named = {test for tests in rows().values() for test in tests}
    missing = [
        test
        for test in sorted(named)
        if test.partition("::")[2] not in names_in(TESTS / test.partition("::")[0])
    ]
    assert missing == []
    assert [number for number, tests in rows().items() if not tests] == []
