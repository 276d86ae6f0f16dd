"""Files of others that we serve are exactly those that were looked at."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[1] / "static" / "vendor"
LOCK = json.loads((VENDOR / "lock.json").read_text())


@pytest.mark.parametrize("folder", sorted(LOCK))
def test_every_vendored_file_has_the_hash_of_its_record(folder):
    found = {
        str(path.relative_to(VENDOR / folder)): "sha384-"
        + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
        for path in (VENDOR / folder).rglob("*")
        if path.is_file()
    }
    assert found == LOCK[folder]["files"]


def test_nothing_stands_beside_what_is_recorded():
    assert {path.name for path in VENDOR.iterdir()} == {*LOCK, "lock.json"}


@pytest.mark.parametrize("folder", sorted(LOCK))
def test_every_package_brings_its_licence(folder):
    assert "LICENSE" in LOCK[folder]["files"]
    assert LOCK[folder]["licence"]
