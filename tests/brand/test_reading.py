"""The folder of a brand: what is read of it, and what is refused."""

import pytest

from app.brand import read
from tests.support.brands import HARBOUR, copied, edited
from tests.support.pages import compile_translations

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{}</svg>'


@pytest.fixture
def known(tmp_path_factory, monkeypatch):
    """Catalogues that are compiled, whatever the tree holds."""
    folder = tmp_path_factory.mktemp("translations")
    compile_translations(folder)
    monkeypatch.setattr("app.brand.reading.TRANSLATIONS", folder)


def faults(folder):
    return " | ".join(read(folder)[1].faults)


def test_the_second_brand_that_ships_has_no_fault(known):
    brand, findings = read(HARBOUR, ("en", "cs"))
    assert (findings.faults, findings.warnings, findings.unreadable) == ([], [], [])
    assert brand.description.name == "Harbour Bank"
    assert brand.page_colors == ("#f5f3ee", "#12110e")
    assert set(brand.words) == {"en", "cs"}
    assert set(brand.files) == {
        "brand.css", "logo.svg", "logo-dark.svg", "fonts/figtree-latin.woff2",
        "fonts/figtree-latin-ext.woff2",
    }  # fmt: skip


def test_every_font_of_the_stylesheet_is_loaded_by_the_hash_of_its_content():
    files = read(HARBOUR)[0].files
    for name, file in files.items():
        if name.endswith(".woff2"):
            assert f'url("{name}?v={file.version}")'.encode() in files["brand.css"].content


def test_a_brand_needs_only_a_name_colours_and_a_logo(tmp_path):
    (tmp_path / "brand.toml").write_text("")
    (tmp_path / "brand.css").write_text(":root { --brand: #0c5c46 }")
    (tmp_path / "logo.svg").write_text(SVG.format(""))
    brand, findings = read(tmp_path)
    assert findings.faults == []
    assert brand.page_colors == ("#f2f4f7", "#0d1116")


@pytest.mark.parametrize("name", ["brand.toml", "brand.css", "logo.svg"])
def test_a_file_that_is_missing_is_named(tmp_path, name):
    assert faults(copied(tmp_path, {name: None})) == f"{name} is missing"


def test_a_folder_that_is_missing_is_a_fault(tmp_path):
    assert faults(tmp_path / "nowhere") == "there is no such folder"


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("colour = 1", "colour: Extra inputs are not permitted"),
        ('legal = [{ label = "A", url = "https://a.example", colour = "b" }]', "legal.0.colour"),
        ('help = "http://bank.example/"', "help"),
        ('help = "javascript:alert(1)"', "help"),
        ('help = "//evil.example/"', "help"),
        ('help = "https://bank.example/\\"onclick=x"', "help"),
        ('help = { cs = "https://bank.example/" }', "has no en"),
        ('phone = "call me"', "phone"),
        ('name = ""', "name"),
        ('name = "<b>Bank</b>"', "name"),
        ('name = "a\\nb"', "name"),
        ('theme = "dark"', "theme"),
        ('theme_color = { light = "red", dark = "#000000" }', "theme_color.light"),
        ("name = ", "brand.toml: "),
    ],
)
def test_what_brand_toml_may_not_say_is_refused_by_name(tmp_path, line, fault):
    assert fault in faults(copied(tmp_path, {"brand.toml": line}))


def test_a_language_that_the_pages_offer_and_a_link_lacks_is_told(tmp_path):
    line = 'help = { en = "https://bank.example/" }'
    told = read(copied(tmp_path, {"brand.toml": line}), ("en", "cs"))[1].warnings
    assert "brand.toml: help has no cs" in told


@pytest.mark.parametrize(
    ("inner", "fault"),
    [
        ("<script>alert(1)</script>", "could act: <script"),
        ('<rect onload="x"/>', "could act: onload="),
        ("<foreignObject/>", "could act: <foreignObject"),
        ('<a href="javascript:x"/>', "could act: javascript:"),
        ('<image href="https://evil.example/x.png"/>', "outside of itself"),
        ("<style>@import 'x'</style>", "outside of itself"),
        ('<rect fill="url(https://evil.example/)"/>', "outside of itself"),
    ],
)
@pytest.mark.parametrize("name", ["logo.svg", "logo-dark.svg", "favicon.svg"])
def test_a_drawing_that_could_act_is_refused(tmp_path, name, inner, fault):
    assert fault in faults(copied(tmp_path, {name: SVG.format(inner)}))


def test_a_drawing_may_point_into_itself(tmp_path):
    inner = '<rect fill="url(#a)"/><use href="#b"/><image href="data:image/png;base64,AA=="/>'
    assert faults(copied(tmp_path, {"logo.svg": SVG.format(inner)})) == ""


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("fonts/x.woff2", b"<html>", "fonts/x.woff2 is no font/woff2"),
        ("favicon.png", b"GIF89a", "favicon.png is no image/png"),
        ("logo.svg", b"\xff\xfe", "logo.svg is not UTF-8"),
        ("logo.svg", b"<html></html>", "logo.svg is no SVG"),
        ("logo.svg", SVG.format(" " * 65_536).encode(), "logo.svg is larger than 64 KiB"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused(tmp_path, name, content, fault):
    assert fault in faults(copied(tmp_path, {name: content}))


def test_too_many_files_are_refused(tmp_path):
    fonts = {f"fonts/{number}.woff2": b"wOF2" for number in range(50)}
    assert "more than 40 files" in faults(copied(tmp_path, fonts))


@pytest.mark.parametrize("name", ["logo.svg", "fonts/figtree-latin.woff2", "words/cs.po"])
def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    secret = tmp_path / "secret"
    secret.write_bytes((HARBOUR / name).read_bytes())
    folder = copied(tmp_path, {name: None})
    (folder / name).symlink_to(secret)
    assert f"{name} leads out of the folder" in faults(folder)
    assert name not in read(folder)[0].files


def test_a_link_that_stays_in_the_folder_is_followed_as_in_a_config_map(tmp_path):
    folder = copied(tmp_path)
    (folder / "..data").mkdir()
    (folder / "logo.svg").rename(folder / "..data" / "logo.svg")
    (folder / "logo.svg").symlink_to("..data/logo.svg")
    assert faults(folder) == ""


def test_other_files_of_the_folder_are_never_served(tmp_path):
    folder = copied(tmp_path, {"secret.key": "x", "script.js": "x", ".env": "x", "README.md": "x"})
    brand, findings = read(folder)
    assert {"secret.key", "script.js", ".env", "README.md"}.isdisjoint(brand.files)
    assert "brand.toml" not in brand.files
    assert "words/cs.po" not in brand.files
    assert "secret.key is not used" in findings.warnings


def test_a_font_that_is_not_there_is_named(tmp_path):
    folder = copied(tmp_path, {"fonts/figtree-latin.woff2": None})
    assert "the font fonts/figtree-latin.woff2 is not in the folder" in faults(folder)


@pytest.mark.parametrize("address", ["https://fonts.example/a.woff2", "../x.woff2", "brand.toml"])
def test_a_font_from_elsewhere_is_refused(tmp_path, address):
    folder = edited(tmp_path, "brand.css", "fonts/figtree-latin.woff2", address)
    assert f"the font {address} is not in the folder" in faults(folder)


def test_a_colour_that_is_hard_to_read_is_told_with_its_numbers(tmp_path):
    folder = edited(tmp_path, "brand.css", "light-dark(#625b50, #b6ada0)", "#a8a297")
    told = read(folder)[1].unreadable
    assert "light: --muted on --surface has 2.50:1, not 4.5:1" in told
    assert not any(each.startswith("dark: --muted on --page ") for each in told)


def test_a_bank_that_stays_light_is_not_judged_in_the_dark(tmp_path):
    folder = edited(tmp_path, "brand.css", "light-dark(#625b50, #b6ada0)", "#625b50")
    assert any(each.startswith("dark: --muted") for each in read(folder)[1].unreadable)
    (folder / "brand.toml").write_text('theme = "light"')
    assert read(folder)[1].unreadable == []


PO = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "{}"\nmsgstr "{}"\n'


@pytest.mark.parametrize(
    ("original", "text"),
    [
        ("Sign in to confirm a request from %(application)s", "Sign in"),
        ("Sign in", "Sign in to %(application)s"),
        ("Sign in", "100 %"),
        ("Sign in", "<script src=x></script>"),
        ("Sign in", "<b"),
        ("Language", r"\"Language\" onfocus=\"x"),
        ("The payment was <strong>not</strong> sent.", "It was not sent."),
        ("(in {} s)", "(in a moment)"),
        ("Remaining attempts: %(num)d", "Remaining attempts: %(num)s"),
    ],
)
def test_a_text_keeps_the_places_for_values_and_the_tags(tmp_path, original, text):
    told = faults(copied(tmp_path, {"words/en.po": PO.format(original, text)}))
    assert f'words/en.po: "{original}" needs' in told


def test_a_text_that_the_pages_do_not_have_is_told_with_what_may_be_meant(tmp_path, known):
    folder = copied(tmp_path, {"words/en.po": PO.format("Login numbr", "Customer number")})
    (told,) = read(folder)[1].warnings
    assert told == 'words/en.po: "Login numbr" is no text of the pages; is it "Login number"?'


@pytest.mark.parametrize("content", ["nonsense", b"\xff\xfe"])
def test_words_that_cannot_be_read_are_a_fault(tmp_path, content):
    assert "words/en.po" in faults(copied(tmp_path, {"words/en.po": content}))
