"""A bank's own look, words and links, as the portal serves them."""

import re

import pytest

from app.settings import BrandSettings
from tests.support.brands import HARBOUR, copied, edited
from tests.support.databases import built, settings_for
from tests.support.pages import DASH, Page
from tests.support.store import on_sqlite, parts_of
from tests.support.walker import Walker

YEAR = "public, max-age=31536000, immutable"
NEW_TAB = {"target": "_blank", "rel": "noopener noreferrer"}


def branded(settings, folder=HARBOUR):
    return settings.model_copy(update={"brand": BrandSettings(folder=str(folder))})


@pytest.fixture
def harbour(settings):
    with built(branded(settings)) as app:
        yield app


@pytest.fixture
def walker(harbour):
    walker = Walker(harbour)
    walker.start_login()
    return walker


def shown(walker, **headers):
    return Page(walker.client.get(walker.address, headers=headers).text)


@on_sqlite
def test_a_page_wears_the_name_the_logo_and_the_colours_of_the_bank(walker):
    seen = shown(walker)
    assert seen.title == DASH.join(["Sign in", "Sign-in request", "Harbour Bank"])
    assert seen.one("img")["src"].startswith("/brand/logo.svg?v=")
    assert seen.one("img")["alt"] == ""  # its name stands beside it
    assert seen.one("source")["srcset"].startswith("/brand/logo-dark.svg?v=")
    assert seen.one("source")["media"] == "(prefers-color-scheme: dark)"
    assert [meta["content"] for meta in seen.find("meta", name="theme-color")] == [
        "#f5f3ee",
        "#12110e",
    ]
    order = [link["href"].partition("?")[0] for link in seen.find("link", rel="stylesheet")]
    assert order[:3] == ["/static/css/tokens.css", "/brand/brand.css", "/static/css/base.css"]
    assert seen.one("link", rel="icon")["href"].startswith("/brand/logo.svg?v=")
    assert "Harbour Bank never asks for your code" in seen.text


@on_sqlite
def test_a_logo_that_is_the_written_name_says_it_once(settings, tmp_path):
    folder = edited(tmp_path, "brand.toml", "phone =", "logo_says_name = true\nphone =")
    with built(branded(settings, folder)) as app:
        seen = Page(app.test_client().get("/nothing").text)
    assert seen.one("img")["alt"] == "Harbour Bank"
    assert "Harbour Bank" not in seen.texts


@on_sqlite
def test_a_bank_may_stay_light(settings, tmp_path):
    folder = edited(tmp_path, "brand.toml", "phone =", 'theme = "light"\nphone =')
    with built(branded(settings, folder)) as app:
        seen = Page(app.test_client().get("/nothing").text)
    assert seen.one("html")["data-theme"] == "light"
    assert seen.one("meta", name="color-scheme")["content"] == "light"
    assert {meta["content"] for meta in seen.find("meta", name="theme-color")} == {"#f5f3ee"}
    assert not seen.find("source")


@on_sqlite
def test_an_error_page_looks_the_same(harbour):
    answer = harbour.test_client().get("/nothing")
    seen = Page(answer.text)
    assert answer.status_code == 404
    assert seen.title.endswith("Harbour Bank")
    assert seen.one("img")["src"].startswith("/brand/logo.svg?v=")
    assert seen.one("a", href="https://www.harbour.example/help")


@on_sqlite
def test_without_a_folder_pages_wear_the_shipped_look(app):
    seen = Page(app.test_client().get("/nothing").text)
    assert seen.title.endswith("Demo Bank")
    assert not seen.find("img")
    assert not seen.find("a", target="_blank")
    assert seen.one("link", rel="icon")["href"].startswith("/static/logo.svg")
    assert app.test_client().get("/brand/brand.css").status_code == 404


@on_sqlite
def test_help_is_the_first_link_of_every_footer_and_opens_beside_the_flow(walker):
    for page in (shown(walker), Page(walker.client.get("/nothing").text)):
        outward = [link for link in page.find("a") if str(link["href"]).startswith("https:")]
        assert outward[0]["href"] == "https://www.harbour.example/help"
        assert all(NEW_TAB.items() <= link.items() for link in outward)
        assert page.text.count("(opens in a new tab)") == len(outward) == 4
        assert NEW_TAB.items() <= page.one("a", href="tel:+442079460958").items()


@on_sqlite
def test_links_speak_the_language_of_the_page(walker):
    seen = shown(walker, **{"Accept-Language": "cs"})
    for url in ("cs/pomoc", "cs/soukromi"):
        assert seen.one("a", href=f"https://www.harbour.example/{url}")
    assert "Ochrana soukromí" in seen.texts
    assert "(otevře se na nové kartě)" in seen.text


@on_sqlite
def test_a_label_in_another_language_says_so(settings, tmp_path):
    folder = edited(tmp_path, "brand.toml", ', cs = "Ochrana soukromí"', "")
    with built(branded(settings, folder)) as app:
        seen = Page(app.test_client().get("/nothing", headers={"Accept-Language": "cs"}).text)
    link = seen.one("a", href="https://www.harbour.example/cs/soukromi")
    assert (link["lang"], link["hreflang"]) == ("en", "en")


@on_sqlite
def test_a_forgotten_password_is_asked_for_below_the_password_field(walker):
    walker.press("continue", username="10045678")
    html = walker.page.html
    link = html.index('href="https://www.harbour.example/password"')
    assert html.index('id="password"') < link < html.index('id="code"')
    assert (
        NEW_TAB.items() <= Page(html).one("a", href="https://www.harbour.example/password").items()
    )


@on_sqlite
def test_without_links_there_is_no_help_and_no_forgotten_password(app):
    walker = Walker(app)
    walker.start_login()
    walker.press("continue", username="10045678")
    for word in ("Help", "Forgotten password?", "Accessibility", "Need help?"):
        assert word not in Page(walker.page.html).text


@on_sqlite
@pytest.mark.parametrize(
    ("language", "label", "empty"),
    [
        ("en", "Customer number", "Fill in your customer number."),
        ("cs", "Klientské číslo", "Vyplňte klientské číslo."),
    ],
)
def test_a_bank_words_pages_and_messages_its_own_way(walker, language, label, empty):
    assert label in shown(walker, **{"Accept-Language": language}).texts
    walker.press("continue", username="")
    assert empty in shown(walker, **{"Accept-Language": language}).text


@on_sqlite
def test_what_a_bank_does_not_word_stays_as_it_is(walker):
    assert "Pokračovat" in shown(walker, **{"Accept-Language": "cs"}).texts


@on_sqlite
def test_a_text_message_bears_the_name_and_the_words_of_the_bank(settings, tmp_path):
    original = "%(bank)s: code %(code)s to LOG IN. Never tell anyone."
    own = original.replace("Never tell anyone", "Keep it to yourself")
    words = f'msgid "{original}"\nmsgstr "{own}"\n'
    with built(branded(settings, copied(tmp_path, {"words/en.po": words}))) as app:
        sent = parts_of(app).texts.render("sms/login.txt", "en", code="123")
    assert sent.startswith("HARBOUR BANK: code 123 to LOG IN. Keep it to yourself.")


@on_sqlite
def test_a_file_is_kept_for_ever_under_the_hash_of_its_content(harbour):
    client = harbour.test_client()
    page = client.get("/nothing").text
    addresses = re.findall(r'"(/brand/[^"]+)"', page)
    css = client.get(next(each for each in addresses if "brand.css" in each)).text
    addresses += [f"/brand/{font}" for font in re.findall(r'url\("([^"]+)"\)', css)]
    assert len(addresses) == 6
    for address in addresses:
        answer = client.get(address)
        assert re.search(r"\?v=[0-9a-f]{16}$", address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == YEAR
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        assert "Set-Cookie" not in client.get(f"{address}&lang=cs").headers


@on_sqlite
@pytest.mark.parametrize("query", ["", "?v=", "?v=0123456789abcdef"])
def test_a_file_without_its_hash_is_not_kept(harbour, query):
    answer = harbour.test_client().get(f"/brand/brand.css{query}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


@on_sqlite
@pytest.mark.parametrize(
    ("name", "mimetype"),
    [
        ("brand.css", "text/css; charset=utf-8"),
        ("logo.svg", "image/svg+xml"),
        ("fonts/figtree-latin.woff2", "font/woff2"),
    ],
)
def test_a_file_is_served_as_what_it_is(harbour, name, mimetype):
    answer = harbour.test_client().get(f"/brand/{name}")
    assert answer.headers["Content-Type"].startswith(mimetype)


@on_sqlite
def test_a_drawing_that_is_opened_by_itself_can_run_nothing(harbour):
    policy = harbour.test_client().get("/brand/logo.svg").headers["Content-Security-Policy"]
    parts = policy.split("; ")
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'none'"} <= set(parts)
    assert "script" not in policy


@on_sqlite
@pytest.mark.parametrize(
    "path",
    ["brand.toml", "words/cs.po", "fonts/OFL.txt", "secret.key", "", "..", "../brand.toml",
     "%2e%2e/harbour/brand.toml", "fonts/../brand.toml", "/etc/passwd", "%00", "logo.svg/"],
)  # fmt: skip
def test_nothing_else_of_the_folder_or_beyond_it_is_served(settings, tmp_path, path):
    with built(branded(settings, copied(tmp_path, {"secret.key": "x"}))) as app:
        assert app.test_client().get(f"/brand/{path}").status_code == 404


@on_sqlite
def test_what_changes_in_the_folder_later_is_not_served(settings, tmp_path):
    folder = copied(tmp_path)
    with built(branded(settings, folder)) as app:
        before = app.test_client().get("/brand/logo.svg").data
        (folder / "logo.svg").write_text("<svg><script/></svg>")
        assert app.test_client().get("/brand/logo.svg").data == before


@on_sqlite
def test_fonts_are_allowed_where_the_bank_has_some_and_nothing_else_is(app, harbour, settings):
    def policy(of):
        return of.test_client().get("/nothing").headers["Content-Security-Policy"]

    assert "font-src" not in policy(app)
    assert policy(harbour) == policy(app).replace("connect-src", "font-src 'self'; connect-src")


def refused(capsys, settings):
    with pytest.raises(SystemExit), built(settings):
        pass
    return capsys.readouterr().err


@on_sqlite
def test_a_folder_with_a_fault_ends_the_start_with_one_line_for_each(settings, tmp_path, capsys):
    folder = copied(tmp_path, {"brand.toml": "colour = 1", "logo.svg": None})
    said = refused(capsys, branded(settings, folder))
    assert "WEBFLOW_BRAND__FOLDER" in said
    assert "  - logo.svg is missing\n" in said
    assert "  - brand.toml: colour: Extra inputs are not permitted\n" in said


@on_sqlite
def test_colours_that_are_hard_to_read_are_a_warning_in_the_demo(settings, tmp_path, capsys):
    folder = edited(tmp_path, "brand.css", "light-dark(#625b50, #b6ada0)", "#a8a297")
    with built(branded(settings, folder)) as app:
        assert app.test_client().get("/nothing").status_code == 404
    logged = capsys.readouterr()
    assert "--muted on --surface has 2.50:1, not 4.5:1" in logged.err + logged.out


@on_sqlite
def test_production_refuses_colours_that_are_hard_to_read(settings, tmp_path, capsys):
    folder = edited(tmp_path, "brand.css", "light-dark(#625b50, #b6ada0)", "#a8a297")
    real = branded(settings, folder).model_copy(update={"profile": "production"})
    assert "light: --muted on --surface has 2.50:1, not 4.5:1" in refused(capsys, real)


def test_the_name_of_the_settings_is_used_where_the_brand_has_none(tmp_path, sqlite_template):
    folder = edited(tmp_path, "brand.toml", 'name = "Harbour Bank"\n', "")
    with built(branded(settings_for(f"sqlite:///{sqlite_template}", tmp_path), folder)) as app:
        assert "Demo Bank" in app.test_client().get("/nothing").text
