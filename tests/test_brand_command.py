"""`flask brand check`."""

import pytest

from tests.support.brands import HARBOUR, copied, edited


@pytest.fixture
def check(shared_app):
    def run(folder, code):
        done = shared_app.test_cli_runner().invoke(args=("brand", "check", str(folder)))
        assert done.exit_code == code, done.output
        return done.output

    return run


def test_a_sound_folder_is_told_with_its_files_and_contrasts(check):
    said = check(HARBOUR, 0)
    assert "fonts/figtree-latin.woff2  20156 bytes" in said
    assert "words/cs.po" in said
    assert "Nothing is wrong with this brand." in said
    rows = [line.split() for line in said.splitlines()]
    assert ["light", "--on-brand", "--brand", "7.97"] in rows
    assert ["dark", "--link", "--pay-page"] in [row[:3] for row in rows]


def test_what_is_wrong_is_told_and_the_exit_code_is_1(check, tmp_path):
    said = check(copied(tmp_path, {"brand.toml": "colour = 1", "logo.svg": None}), 1)
    assert "wrong: logo.svg is missing\n" in said
    assert "wrong: brand.toml: colour: Extra inputs are not permitted\n" in said
    assert "Nothing is wrong" not in said


def test_colours_that_are_hard_to_read_are_wrong_with_their_numbers(check, tmp_path):
    said = check(edited(tmp_path, "brand.css", "light-dark(#625b50, #b6ada0)", "#a8a297"), 1)
    assert "wrong: light: --muted on --surface has 2.50:1, not 4.5:1" in said
    assert ["light", "--muted", "--surface", "2.50", "LOW"] in [
        line.split() for line in said.splitlines()
    ]


def test_a_folder_that_is_not_there_is_told(check, tmp_path):
    assert "wrong: there is no such folder" in check(tmp_path / "nowhere", 1)
