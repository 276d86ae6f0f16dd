"""What holds for every page of the portal."""

import re
from pathlib import Path

import pytest

from app.web import messages
from tests.support.pages import DASH, ROOT, Page, Site, compile_translations
from tests.support.sample_pages import samples

LANGUAGES = ("en", "cs")
NAMES = sorted(samples())
OTHER_WAYS = {
    "token-alone": ["ask"],
    "token-passkey": ["ask", "offline", "passkey", "sms"],
    "token-over": ["offline", "sms"],
    "token": ["ask", "offline", "sms"],
    "passkey-only": ["sms"],
    "passkey": ["ask", "sms"],
    "offline": ["ask", "sms"],
    "approval-failed": [],
    "approval": ["ask", "offline"],
}
RETURNED = "ended-returned"
STEPS = [name for name in NAMES if samples()[name][0].startswith("methods/")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("translations")
    compile_translations(folder)
    return Site(folder)


def test_every_template_that_is_a_page_has_a_sample() -> None:
    frames = {
        "layout.html",
        "step.html",
        "demo/layout.html",
        "methods/sms_scripts.html",
        "time_out.html",
    }
    folder = ROOT / "templates"
    pages = {path.relative_to(folder).as_posix() for path in folder.rglob("*.html")}
    macros = {page for page in pages if page.startswith("macros/")}
    assert {template for template, _ in samples().values()} == pages - macros - frames


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_holds_nothing_that_a_strict_policy_blocks(
    site: Site, name: str, language: str
) -> None:
    seen = site.sample(name, language)
    assert not seen.find("style")
    for _, attributes in seen.elements:
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        for address in (attributes.get("src"), attributes.get("action")):
            assert address is None or address.startswith(("/static/", "/demo/"))
    for script in seen.find("script"):
        assert script["type"] == "module"


def _files(seen: Page) -> set[str]:
    files = {str(each["src"]) for each in seen.find("script")}
    links = [each for each in seen.find("link") if each["rel"] != "expect"]
    return files | {str(each["href"]) for each in links}


@pytest.mark.parametrize("name", NAMES)
def test_every_script_and_style_of_a_page_is_a_file_of_ours(site: Site, name: str) -> None:
    for address in _files(site.sample(name)):
        assert (ROOT / address.lstrip("/").partition("?")[0]).is_file()


def test_every_static_file_is_used_by_a_page(site: Site) -> None:
    used: set[str] = set()
    for name in NAMES:
        used |= _files(site.sample(name))
    names = {Path(address.partition("?")[0]).name for address in used}
    ours = [p for p in (ROOT / "static").rglob("*.*") if p.parent.name in ("css", "js", "static")]
    assert names == {path.name for path in ours}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_put_together_for_screen_readers(site: Site, name: str, language: str) -> None:
    seen = site.sample(name, language)
    assert seen.one("html")["lang"] == language
    assert len(seen.find("h1")) == 1
    assert seen.title.endswith("Demo Bank") or "demo" in str(seen.one("body")["data-kind"])
    ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in seen.elements:
        for key in ("aria-describedby", "aria-labelledby", "aria-controls", "for", "form"):
            assert set(str(attributes.get(key) or "").split()) <= set(ids)
    assert len([1 for _, attributes in seen.elements if "autofocus" in attributes]) <= 1


@pytest.mark.parametrize("name", STEPS)
def test_forms_carry_the_token_and_the_nonce_and_the_main_action_first(
    site: Site, name: str
) -> None:
    seen = site.sample(name)
    forms = seen.find("form")
    assert [form.get("method") for form in forms] == ["post"] * len(forms)
    for field, value in (("csrf_token", "csrf-1"), ("step", "nonce-1")):
        assert [e["value"] for e in seen.find("input", name=field)] == [value] * len(forms)
    actions = [button["value"] for button in seen.answers]
    if name == "review-none":
        assert actions == ["cancel"]
    else:
        forward, backward, *others = actions
        assert others == next((w for n, w in OTHER_WAYS.items() if name.startswith(n)), [])
        onward = {
            "offline-over": ("offline",),
            "offline-blocked": ("offline",),
            "passkey-over": ("passkey",),
            "token-over": ("ask",),
            "android": ("override",),
        }
        assert forward in onward.get(name, ("continue", "confirm"))
        assert backward in ("cancel", "reject")


@pytest.mark.parametrize("name", STEPS)
def test_a_problem_is_told_by_the_title_and_by_one_notice_or_field(site: Site, name: str) -> None:
    problem = samples()[name][1]["page"].problem  # type: ignore[attr-defined]
    seen = site.sample(name)
    assert seen.title.startswith("Error:") == (problem is not None)
    notices = [a for _, a in seen.elements if a.get("id") == "problem"]
    if problem is None:
        assert not notices
        return
    assert messages.PROBLEMS[problem.code].title in seen.text
    if problem.field in (None, "option"):
        (notice,) = notices
        assert (notice["role"], notice["tabindex"]) == ("alert", "-1")
        assert "autofocus" in notice
    else:
        assert not notices


@pytest.mark.parametrize("name", sorted({n for n in NAMES if n.startswith("ended-")} - {RETURNED}))
def test_the_end_leads_back_with_and_without_a_script(site: Site, name: str) -> None:
    seen = site.sample(name)
    link = seen.one("a", href="/oauth2/resume/abc")
    assert link["data-redirect-after"] == "3"
    assert seen.one("meta", http_equiv="refresh")["content"] == "3;url=/oauth2/resume/abc"
    assert re.search(r"<noscript>\s*<meta http-equiv", seen.html)
    assert "Back to Demo application" in seen.text
    assert "You will be redirected back in a moment." in seen.text


def test_whoever_comes_back_to_the_end_is_not_sent_away_again(site: Site) -> None:
    seen = site.sample(RETURNED)
    assert not seen.find("meta", http_equiv="refresh")
    assert not seen.find("a", class_="button")
    assert "The application has got the result." in seen.text


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("ended-")])
def test_the_end_says_whether_money_moved(site: Site, name: str) -> None:
    shown = samples()[name][1]["ended"]
    text = site.sample(name).text
    paying = shown.operation_kind == "payment"  # type: ignore[attr-defined]
    done = shown.outcome == "done"  # type: ignore[attr-defined]
    assert ("The payment was not sent." in text) == (paying and not done)
    assert ("o payment was made" in text) == (not paying)


def test_an_error_page_needs_nothing_but_the_error(site: Site) -> None:
    token = site.app.jinja_env.globals.pop("csrf_token")
    try:
        seen = site.sample("error-retry")
    finally:
        site.app.jinja_env.globals["csrf_token"] = token
    assert "4f1c-88a2-d07e" in seen.text
    assert seen.title == DASH.join(["Error: Something went wrong on our side", "Demo Bank"])
    seen.one("a", href="/flow/abc")
    assert not site.sample("error-csrf").find("a", class_="button")


def test_the_outbox_tells_the_state_of_each_code(site: Site) -> None:
    seen = site.sample("outbox")
    assert seen.one("body")["data-kind"] == "demo"
    for words in ("Works until 14:07:02", "Used", "Replaced by a newer one", "Expired"):
        assert words in seen.texts
    assert "No messages yet" in site.sample("outbox-empty").text
