"""Phones in a drawer: whole files, one hand at a time."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.demo.phone import files
from app.demo.phone.keeping import Drawer, Kept
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.troubles import Trouble
from tests.demo.phone.conftest import paired
from tests.demo.phone.portal import Portal

SIGN = """
import sys
from pathlib import Path
from app.demo.phone.keeping import Drawer
drawer = Drawer(Path(sys.argv[1]))
for _ in range(10):
    with drawer.held(sys.argv[2]) as kept:
        kept.state.move()
        drawer.write(kept)
"""


@pytest.fixture
def drawer(tmp_path):
    return Drawer(tmp_path / "phones")


@pytest.fixture
def kept(drawer):
    kept = Kept("Pixel 8", "http://localhost/enrollment-server", paired(Portal(), "3.3").state)
    with drawer.open():
        drawer.write(kept)
    return kept


def test_a_phone_is_found_again_as_it_was(drawer, kept):
    assert drawer.find(kept.id) == kept
    assert drawer.all() == [kept]


def test_only_the_owner_may_look_into_the_drawer(drawer, kept, tmp_path):
    assert stat.S_IMODE((tmp_path / "phones").stat().st_mode) == 0o700
    files = list((tmp_path / "phones").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    drawer.write(kept)
    assert stat.S_IMODE((tmp_path / "phones" / f"{kept.id}.json").stat().st_mode) == 0o600


def test_a_file_is_never_half_written(drawer, kept, tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        drawer.write(Kept(**{**vars(kept), "name": "Another"}))
    assert drawer.find(kept.id).name == "Pixel 8"
    assert sorted(file.suffix for file in (tmp_path / "phones").iterdir()) == [".json", ".lock"]


def test_of_many_threads_none_loses_a_step(drawer, kept):
    def sign(_):
        with drawer.held(kept.id) as held:
            held.state.move()
            drawer.write(held)

    with ThreadPoolExecutor(8) as tabs:
        list(tabs.map(sign, range(40)))
    assert drawer.find(kept.id).state.counter == 40


def test_of_two_processes_none_loses_a_step(drawer, kept, tmp_path):
    command = (sys.executable, "-c", SIGN, str(tmp_path / "phones"), kept.id)
    processes = [subprocess.Popen(command) for _ in range(2)]  # noqa: S603 - ours
    assert [process.wait(30) for process in processes] == [0, 0]
    assert drawer.find(kept.id).state.counter == 20


def test_who_waits_too_long_is_told_that_the_phone_is_busy(drawer, kept, monkeypatch):
    monkeypatch.setattr(files, "LONGEST_WAIT_SECONDS", 0.05)
    with drawer.held(kept.id), pytest.raises(Trouble, match="busy"), drawer.held(kept.id):
        pytest.fail("two hands hold it")
    with drawer.held(kept.id) as held:
        assert held == kept


@pytest.mark.parametrize("phone_id", ["", "..", "../x", "0" * 12, "ABCDEF012345", "0" * 11 + "\n"])
def test_what_is_no_phone_is_told(drawer, kept, phone_id):
    for look in (drawer.find, drawer.discard):
        with pytest.raises(Trouble, match="no such phone"):
            look(phone_id)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"state": {}}'])
def test_a_file_that_is_no_phone_is_passed_over(drawer, kept, tmp_path, text):
    (tmp_path / "phones" / "0123456789ab.json").write_text(text)
    assert drawer.all() == [kept]
    with pytest.raises(Trouble, match="cannot be read"):
        drawer.find("0123456789ab")


@pytest.mark.parametrize(("name", "value"), [("paired", "x"), ("name", 1), ("online", 1)])
def test_a_value_of_another_kind_is_refused(kept, name, value):
    with pytest.raises(PhoneRefused):
        Kept.from_json(Kept(**{**vars(kept), name: value}).to_json())


def test_a_phone_that_is_thrown_away_leaves_nothing(drawer, kept, tmp_path):
    drawer.discard(kept.id)
    assert drawer.all() == []
    assert [file.name for file in (tmp_path / "phones").iterdir()] == ["drawer.lock"]


def test_only_the_last_answers_are_remembered(kept):
    for number in range(100):
        kept.answered(str(number), "APPROVED")
    assert list(kept.answers) == [str(number) for number in range(70, 100)]
