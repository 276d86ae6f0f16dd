"""Finds the vectors: the published ones in place, ours beside the tests."""

import base64
import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = Path(os.environ.get("WEBFLOW_TEST_VECTORS") or ROOT.parent / "shared" / "vectors")
OWN = ROOT / "tests" / "vectors"


def published(name):
    """One file that the PowerAuth project published, whole."""
    folder = SHARED / "published"
    if not folder.is_dir():
        pytest.skip(f"the published vectors are not at hand: {folder} does not exist")
    return whole(folder / f"{name}.json")


def own(name):
    return whole(OWN / f"{name}.json")


def whole(path):
    read = json.loads(path.read_text())
    assert len(read["vectors"]) == read["count"] > 0
    return read


def b64(text):
    return base64.b64decode(text, validate=True)


def text64(data):
    return base64.b64encode(data).decode()


def flipped(data, bit):
    """The same bytes with one bit changed."""
    changed = bytearray(data)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)
