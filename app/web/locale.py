"""Which language a page speaks: chosen on it, asked for by the client, or the browser's."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from types import MappingProxyType
from urllib.parse import urlencode

from babel.support import NullTranslations, Translations
from flask import Flask, g, request, session
from flask_babel import Babel, Domain, get_locale, get_translations

from app import texts

CHOSEN, ASKED = "language", "ui_locales"
"""What the person chose on a page, and what the last client asked for; both in the session."""

LABELS = {
    "en": "English", "cs": "Čeština", "de": "Deutsch", "fr": "Français", "es": "Español",
    "uk": "Українська", "ro": "Română",
}  # fmt: skip


KEPT = frozenset({"static", "brand", "oauth_api.jwks", "oauth_api.metadata", "nevis.fido2_client"})
"""What proxies may keep, so that it must not set a cookie: the person's CSRF token is in it."""


class _OverriddenWords(Domain):  # type: ignore[misc]  # the library ships no types
    """Our words, with those of a bank over them."""

    def __init__(self, own: Mapping[str, bytes]) -> None:
        super().__init__()
        self._own = own
        self._ready: dict[str, NullTranslations] = {}

    def get_translations(self) -> NullTranslations:
        """Return the words of this request's language."""
        present = language()
        if present not in self._ready:
            words: NullTranslations = super().get_translations()
            if not isinstance(words, Translations):  # outside of a request
                return words
            if present in self._own:
                words.merge(Translations(BytesIO(self._own[present])))
            self._ready[present] = words
        return self._ready[present]


def register(
    app: Flask,
    *,
    languages: tuple[str, ...],
    timezone: str,
    own: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Let Flask-Babel choose among the offered languages; a bank's own words win over ours."""

    def select() -> str:
        for wanted in (request.args.get("lang"), session.get(CHOSEN), session.get(ASKED)):
            if wanted in languages:
                return str(wanted)
        asked = (tag for tag, quality in request.accept_languages if quality)
        return texts.best(asked, languages) or languages[0]

    babel = Babel(
        app,
        locale_selector=select,
        default_timezone=timezone,
        default_translation_directories="../translations",
    )
    babel.domain_instance = _OverriddenWords(own)

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of its i18n extension
        gettext=lambda text: _words().ugettext(text),
        ngettext=lambda one, many, n: _words().ungettext(one, many, n),
        newstyle=True,
    )

    @app.before_request
    def remember() -> None:
        wanted = request.args.get("lang")
        if wanted in languages and request.endpoint not in KEPT:
            session[CHOSEN] = wanted

    @app.context_processor
    def words() -> dict[str, object]:
        present = language()
        return {
            "language": present,
            "direction": get_locale().text_direction,
            "languages": [
                {
                    "code": code,
                    "label": LABELS.get(code, code),
                    "url": _in_language(code),
                    "current": code == present,
                }
                for code in languages
            ],
        }


def _words() -> NullTranslations:
    """Return the words of this request's language; Flask-Babel would look for them each time."""
    if "words" not in g:
        g.words = get_translations()
    words: NullTranslations = g.words
    return words


def language() -> str:
    """Return the language of this request, e.g. `cs`."""
    locale = get_locale()
    return str(locale.language) if locale else "en"


def keep_in_links(parameters: Mapping[str, str | Sequence[str]]) -> None:
    """Let the links to other languages keep parameters that this page cannot do without."""
    g.kept_in_links = parameters


def _in_language(code: str) -> str:
    kept = g.get("kept_in_links", {})
    return "?" + urlencode({**kept, "lang": code}, doseq=True)


def prefer(code: str) -> None:
    """Remember the language that the client asked for."""
    session[ASKED] = code
