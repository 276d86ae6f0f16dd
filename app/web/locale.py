"""Which language a page speaks: chosen on it, asked for by the client, or the browser's."""

from babel.support import NullTranslations
from flask import Flask, g, request, session
from flask_babel import Babel, get_locale, get_translations

from app import texts

CHOSEN, ASKED = "language", "ui_locales"
"""What the person chose on a page, and what the last client asked for; both in the session."""

LABELS = {
    "en": "English", "cs": "Čeština", "de": "Deutsch", "fr": "Français", "es": "Español",
    "uk": "Українська", "ro": "Română",
}  # fmt: skip


def register(app: Flask, *, languages: tuple[str, ...], timezone: str) -> None:
    """Let Flask-Babel choose among the offered languages."""

    def select() -> str:
        for wanted in (request.args.get("lang"), session.get(CHOSEN), session.get(ASKED)):
            if wanted in languages:
                return str(wanted)
        asked = (tag for tag, quality in request.accept_languages if quality)
        return texts.best(asked, languages) or languages[0]

    Babel(
        app,
        locale_selector=select,
        default_timezone=timezone,
        default_translation_directories="../translations",
    )

    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of its i18n extension
        gettext=lambda text: _words().ugettext(text),
        ngettext=lambda one, many, n: _words().ungettext(one, many, n),
        newstyle=True,
    )

    @app.before_request
    def remember() -> None:
        wanted = request.args.get("lang")
        if wanted in languages and request.endpoint != "static":
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
                    "url": f"?lang={code}",
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


def prefer(code: str) -> None:
    """Remember the language that the client asked for."""
    session[ASKED] = code
