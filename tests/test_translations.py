"""Every word of ours in every language."""

import gettext
import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from app.instruments.mobile_token import Asked, Nearness
from app.instruments.offline_code import Scanned
from app.mtoken.views import Phone
from app.settings import WebSettings
from app.web.formats import fours
from app.web.locale import LABELS
from tests.support import catalogs
from tests.support.catalogs import PLACEHOLDER
from tests.support.pages import LANGUAGES, ROOT, Site, compile_translations
from tests.support.sample_pages import samples

NAMES = sorted(samples())
OURS = " ".join(["Demo Bank Privacy", *LABELS.values()])  # of the site, and names of languages
ATTRIBUTES = ("aria-label", "data-ready", "data-countdown")
WORD = re.compile(r"[^\W\d_]{3,}")
PURPOSES = ("to LOG IN", "to PAY %(amount)s %(currency)s to %(account)s")
SMS = "%(bank)s: code"
NARROW = "\N{NARROW NO-BREAK SPACE}"


def _translation(language: str) -> Catalog:
    with (ROOT / "translations" / language / "LC_MESSAGES/messages.po").open("rb") as given:
        return read_po(given, locale=language)


@pytest.fixture(scope="module")
def source() -> Catalog:
    return catalogs.source()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("translations")
    compile_translations(folder)
    return Site(folder)


def _texts(message: Message) -> list[str]:
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return list(strings)


def test_every_language_that_is_offered_has_its_words() -> None:
    assert set(WebSettings().languages) - {"en"} == set(LANGUAGES) == set(LABELS) - {"en"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_missing_stale_or_fuzzy(source: Catalog, language: str) -> None:
    translation = _translation(language)
    wanted = {message.id for message in source if message.id}
    given = {message.id for message in translation if message.id}
    assert wanted - given == set(), "new: run `make i18n` and translate"
    assert given - wanted == set(), "stale: run `make i18n`"
    assert not translation.obsolete
    assert not [message.id for message in translation if message.id and message.fuzzy]
    assert not [message.id for message in translation if not all(_texts(message))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_tags_survive_translation(language: str) -> None:
    for message in _translation(language):
        if message.id:
            original = message.id[0] if isinstance(message.id, tuple) else message.id
            for text in _texts(message):
                assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(original))


@pytest.mark.parametrize("language", LANGUAGES)
def test_plural_forms_are_those_of_the_language(language: str) -> None:
    translation, plural = _translation(language), get_plural(language)
    assert translation.num_plurals == plural.num_plurals
    rules = [gettext.c2py(each) for each in (translation.plural_expr, plural.plural_expr)]
    assert [rules[0](n) for n in range(200)] == [rules[1](n) for n in range(200)]
    plurals = [message for message in translation if isinstance(message.id, tuple)]
    assert {len(_texts(message)) for message in plurals} == {plural.num_plurals}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_left_in_english(language: str) -> None:
    for message in _translation(language):
        for text in _texts(message):
            if len(WORD.findall(PLACEHOLDER.sub("", text))) > 2:
                assert text not in (message.id if isinstance(message.id, tuple) else [message.id])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_quotes_what_the_text_message_says(language: str) -> None:
    words = {str(message.id): str(message.string) for message in _translation(language)}
    for purpose in PURPOSES:
        (sms,) = (text for text in words if text.startswith(SMS) and purpose in text)
        assert words[purpose] in words[sms]


@pytest.mark.parametrize("language", LANGUAGES)
def test_quotes_and_apostrophes_are_those_of_print(language: str) -> None:
    for message in _translation(language):
        if message.id and not str(message.id).startswith(SMS):
            assert not [text for text in _texts(message) if re.search("['\"]", text)]


def test_french_marks_stand_apart_from_their_words_and_never_alone() -> None:
    for message in _translation("fr"):
        if message.id and not str(message.id).startswith(SMS):
            for text in _texts(message):
                plain = PLACEHOLDER.sub("x", text)
                assert not re.search(f"(?<!{NARROW})[:;!?»%]|«(?!{NARROW})", plain), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_header_never_changes_by_itself(language: str) -> None:
    path = ROOT / "translations" / language / "LC_MESSAGES/messages.po"
    header = path.read_text().split("\n\n")[0]
    assert '"POT-Creation-Date: 2026-11-22 00:00+0000\\n"' in header
    assert '"PO-Revision-Date: 2026-11-22 00:00+0000\\n"' in header
    assert not re.search(r"^#: ", path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_every_page_renders_in_every_language(site: Site, name: str, language: str) -> None:
    seen = site.sample(name, language)
    assert seen.one("html")["lang"] == language
    assert "%(" not in seen.html


@pytest.fixture(scope="module")
def bracketed(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Pages in a language in which every text of ours stands in brackets."""
    folder = tmp_path_factory.mktemp("brackets")
    catalogs.invent(folder, "cs", lambda text: f"⟦{text}⟧")
    return Site(folder)


@pytest.mark.parametrize("name", NAMES)
def test_no_word_of_a_page_escapes_translation(bracketed: Site, name: str) -> None:
    seen = bracketed.sample(name, "cs")
    labels = [str(a[key]) for _, a in seen.elements for key in ATTRIBUTES if a.get(key)]
    outside = " ".join([seen.title, *seen.texts, *labels])
    while (inner := re.sub("⟦[^⟦⟧]*⟧", " ", outside)) != outside:
        outside = inner
    leaves = list(_leaves(samples()[name][1]))
    groups = [group for leaf in leaves for group in fours(leaf)]
    data = set(WORD.findall(" ".join([OURS, *leaves, *groups])))
    assert set(WORD.findall(outside)) <= data


def _leaves(value: object) -> Iterator[str]:
    """Yield every text in sample data."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _leaves(each)
        case list() | tuple():
            for each in value:
                yield from _leaves(each)
        case SimpleNamespace() | Scanned() | Phone() | Asked() | Nearness():
            yield from _leaves(vars(value))
        case _:
            pass
