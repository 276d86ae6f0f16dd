"""Which language a page speaks, and what changing it leaves alone."""

import re

import pytest

from app.settings import WebSettings
from app.web.locale import LABELS
from tests.support.databases import built
from tests.support.pages import LANGUAGES
from tests.support.store import on_sqlite
from tests.support.walker import Walker


def spoken(page):
    return page.html.partition('<html lang="')[2][:2]


@on_sqlite
@pytest.mark.parametrize(
    ("wanted", "given"),
    [("cs", "cs"), ("cs-CZ,en;q=0.5", "cs"), ("en", "en"), ("pl", "en"), ("", "en"),
     ("pl,cs;q=0.3", "cs"), ("en-US,en;q=0.9,cs;q=0.8", "en"), ("*", "en"), (";;q=x", "en"),
     ("de-AT", "de"), ("fr-CA,en;q=0.8", "fr"), ("pl,uk;q=0.4,ro;q=0.7", "ro"), ("cs;q=0,es", "es"),
     ("cs;q=0", "en")],
)  # fmt: skip
def test_the_browser_s_language_is_spoken_where_we_know_it(app, wanted, given):  # 96
    assert spoken(Walker(app, language=wanted).start_login()) == given


@on_sqlite
def test_a_switch_changes_words_form_and_consent_and_stays(app):  # 115
    walker = Walker(app)
    walker.start_payment()
    walker.log_in()
    assert "Confirm Payment" in walker.page.text
    czech = walker.reload("?lang=cs")
    assert spoken(czech) == "cs"
    assert "Confirm Payment" not in czech.text
    assert "29. 6. 2017" in czech.text.replace("\xa0", " ")
    assert "100,00 Kč (CZK)" in czech.text.replace("\xa0", " ")
    assert "Běžný účet" in czech.text
    assert spoken(walker.reload()) == "cs"
    walker.approve()
    assert spoken(walker.page) == "cs"
    assert "Souhlas s iniciováním platby" in walker.page.text
    assert spoken(walker.agree()) == "cs"
    assert walker.flow().language == "cs"


@on_sqlite
@pytest.mark.parametrize("stage", ["name", "factors", "wrong", "review", "approval", "consent"])
def test_a_switch_changes_nothing_else(app, stage):  # 60, 115
    walker = Walker(app)
    walker.start_payment()
    for act in {
        "name": [],
        "factors": [walker.name],
        "wrong": [walker.name, lambda: walker.prove(walker.wrong_code())],
        "review": [walker.log_in],
        "approval": [walker.log_in, walker.choose],
        "consent": [walker.log_in, walker.approve],
    }[stage]:
        act()
    before, number = walker.state_of_things(), walker.nonce
    for language in ("cs", "en", "de", "x" * 500, ""):
        walker.reload(f"?lang={language}")
    assert walker.state_of_things() == before
    assert walker.nonce == number


@on_sqlite
def test_what_was_wrong_is_still_said_after_a_switch(app):
    walker = Walker(app)
    walker.start_login()
    walker.name()
    walker.prove(walker.wrong_code())
    assert "Remaining attempts: 4" in walker.reload("?lang=en").text
    assert "4" in walker.reload("?lang=cs").text
    walker.prove()
    assert walker.flow().step == "CONSENT"


@on_sqlite
def test_a_typed_user_name_survives_a_switch(app):
    walker = Walker(app)
    walker.start_login()
    walker.name("a b")
    page = walker.reload("?lang=cs")
    assert [c.value for form in page.forms for c in form.fields("username")] == ["a b"]


@on_sqlite
def test_a_page_offers_every_language_with_its_own_name(app):
    page = Walker(app).start_login()
    for code, label in LABELS.items():
        link = rf'href="\?lang={code}"\s+lang="{code}"'
        assert re.search(rf'{link}(?: aria-current="true")?>{label}</a>', page.html)
    assert list(LABELS) == list(WebSettings().languages)


@on_sqlite
@pytest.mark.parametrize(("languages", "folds"), [(("en", "cs", "de"), False), (LABELS, True)])
def test_many_languages_fold_into_a_menu_that_needs_no_script(settings, languages, folds):
    web = settings.web.model_copy(update={"languages": tuple(languages)})
    with built(settings.model_copy(update={"web": web})) as app:
        page = Walker(app).start_login()
        navigation = re.search(r'<nav class="languages.*?</nav>', page.html, re.DOTALL)
        assert navigation
        assert ("<details>" in navigation[0]) is folds
        assert navigation[0].count("?lang=") == len(languages)
        assert "<button" not in navigation[0]


@on_sqlite
def test_a_language_that_is_not_offered_changes_nothing(app):
    walker = Walker(app)
    walker.start_login()
    walker.reload("?lang=cs")
    for language in ("pl", "", "xx", "../cs", "\x00", "cs\x00", "EN"):
        answer = walker.client.get(walker.address, query_string={"lang": language})
        assert answer.status_code == 200
        assert '<html lang="cs"' in answer.text, language


@on_sqlite
def test_an_operator_may_offer_one_language_only(settings):
    web = settings.web.model_copy(update={"languages": ("cs",)})
    with built(settings.model_copy(update={"web": web})) as app:
        page = Walker(app, language="en").start_login()
        assert spoken(page) == "cs"
        assert "?lang=" not in page.html


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_whole_walk_says_nothing_in_english(app, language):
    walker = Walker(app, language=language)
    pages = [walker.start_payment(), walker.name(), walker.prove(walker.wrong_code())]
    pages += [walker.prove(), walker.choose(), walker.prove(), walker.agree()]
    english = ("Continue", "Cancel", "Password", "Confirm", "Payment", "Consent", "Sign in",
               "account", "Remaining", "payment", "will be", r"MISSING_\w+")  # fmt: skip
    for page in pages:
        text = page.text
        for given in ("Utility Bill Payment - 05/2017", "Web Flow demo application"):
            text = text.replace(given, "")
        assert not [word for word in english if re.search(rf"\b{word}\b", text)], text
