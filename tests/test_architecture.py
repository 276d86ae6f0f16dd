"""The rules of the house that no other tool checks, and that the contracts do catch a breach."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
APP = ROOT / "app"
OURS = [path for path in sorted(APP.rglob("*.py")) if "demo" not in path.relative_to(APP).parts[:1]]
LINT_IMPORTS = ROOT / ".venv" / "bin" / "lint-imports"

BREACHES = [
    # contract, a file of ours, the line that breaks it
    ("house", "store/db.py", "from app import services"),
    ("house", "methods/consent.py", "from app.web import guard"),
    ("house", "nextstep/tables.py", "from app.crypto import vault"),
    ("pure", "crypto/vault.py", "from app import settings"),
    ("pure", "crypto/vault.py", "import sqlalchemy"),
    ("nextstep", "nextstep/engine.py", "import cryptography"),
    ("flask", "flows/service.py", "from flask import g"),
    ("flask", "bank/demo.py", "import werkzeug"),
    ("flask", "mtoken/signing.py", "from flask import g"),
    ("house", "mtoken/signing.py", "from app.flows import service"),
    ("facades-ask-services", "web/flow.py", "from app.store import flows"),
    ("facades-ask-services", "api/health.py", "import sqlalchemy"),
    ("oauth-store", "oauth/views.py", "from app.store import otps"),
    ("facades", "api/health.py", "from app.api import nextstep"),
    ("facades", "api/device/errors.py", "from app.api import nextstep"),
    ("facades", "api/cloud/errors.py", "from app.api.nextstep import errors"),
    ("methods", "methods/consent.py", "from app.methods import login_sca"),
    ("instruments", "instruments/password.py", "from app.instruments import sms_code"),
    ("stranger", "demo/portal.py", "from app import clock"),
]


@pytest.fixture
def copy(tmp_path) -> Path:
    shutil.copytree(APP, tmp_path / "app", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(("contract", "file", "line"), BREACHES)
def test_a_contract_catches_its_breach(copy, contract, file, line):
    path = copy / "app" / file
    path.write_text(f"{path.read_text()}\n{line}\n")
    done = subprocess.run(  # noqa: S603 - ours
        (LINT_IMPORTS, "--no-cache", "--contract", contract),
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 broken" in done.stdout


def test_a_package_without_a_place_is_refused(copy):
    (copy / "app" / "helpers.py").write_text('"""Odds and ends."""\n')
    done = subprocess.run(  # noqa: S603 - ours
        (LINT_IMPORTS, "--no-cache", "--contract", "house"),
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "helpers" in done.stdout


def uses(path: Path) -> Iterator[tuple[str, int]]:
    """Names with their attributes that a file uses, e.g. `os.environ`, and where."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node), node.lineno
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def users(*names: str) -> list[str]:
    return sorted({str(p.relative_to(APP)) for p in OURS for used, _ in uses(p) if used in names})


def test_one_file_reads_the_clock():
    assert users(
        "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"
    ) == ["clock.py"]


def test_only_the_settings_read_the_environment():
    # The supervisor hands the environment on to what it starts.
    known = ["settings/guide.py", "supervise.py"]
    assert users("os.environ", "os.getenv", "os.environb") == known
    assert users("current_app.config") == []


def test_nobody_makes_codes_or_keys_with_an_ordinary_random_generator():
    assert users("random.random", "random.randint", "random.choice", "random.Random") == []


def test_rooms_never_commit():
    rooms = ("flows/", "methods/", "instruments/", "mtoken/", "store/", "bank/", "channels/",
             "nextstep/")  # fmt: skip
    found = [
        f"{path.relative_to(APP)}:{line}"
        for path in OURS
        for used, line in uses(path)
        if str(path.relative_to(APP)).startswith(rooms)
        and used.split(".")[-1] in {"commit", "rollback"}
    ]
    assert found == []


def test_importing_a_room_imports_only_that_room():
    assert len(ast.parse((APP / "__init__.py").read_text()).body) == 1  # its docstring


def test_no_script_or_style_stands_inside_a_page():
    pages = [*(ROOT / "templates").rglob("*.html"), *(APP / "demo" / "templates").rglob("*.html")]
    assert pages
    for page in pages:
        words = page.read_text()
        assert "<style" not in words, page
        assert " style=" not in words, page
        assert " onclick=" not in words, page
        assert "<script>" not in words, page


SECRETS = re.compile(r"(digest|secret|password|code|given|hash)$")


def compared(tree: ast.AST) -> Iterator[ast.expr]:
    """Return both sides of every == and != that Python itself judges, not the database."""
    if isinstance(tree, ast.Call) and getattr(tree.func, "attr", "") == "where":
        return
    if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.Eq | ast.NotEq):
        yield from (tree.left, *tree.comparators)
    for child in ast.iter_child_nodes(tree):
        yield from compared(child)


def test_nothing_that_proves_who_somebody_is_is_compared_in_varying_time():  # 55
    files = [*APP.glob("instruments/*.py"), APP / "methods/sms_page.py", APP / "bank/demo.py"]
    files.append(APP / "mtoken/approving.py")
    found = [
        f"{path.name}: {ast.unparse(side)}"
        for path in files
        for side in compared(ast.parse(path.read_text()))
        if isinstance(side, ast.Name | ast.Attribute) and SECRETS.search(ast.unparse(side))
    ]
    assert found == []
    judged = [use for path in files for use, _ in uses(path)]
    assert "hmac.compare_digest" in judged
