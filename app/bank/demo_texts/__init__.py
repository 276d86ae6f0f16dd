"""Words of the demo bank in every language that we ship.

They stand here and not among our translations because a bank writes its own: account names,
reasons and the consents that its lawyers have signed off.
"""

from collections.abc import Mapping

from app.bank.demo_texts.czech import CZECH
from app.bank.demo_texts.english import ENGLISH
from app.bank.demo_texts.french import FRENCH
from app.bank.demo_texts.german import GERMAN
from app.bank.demo_texts.romanian import ROMANIAN
from app.bank.demo_texts.shape import Texts
from app.bank.demo_texts.spanish import SPANISH
from app.bank.demo_texts.ukrainian import UKRAINIAN

TEXTS: Mapping[str, Texts] = {
    "en": ENGLISH,
    "cs": CZECH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "uk": UKRAINIAN,
    "ro": ROMANIAN,
}


def texts(language: str) -> Texts:
    """Return the words in this language, e.g. "cs" or "cs-CZ"; English when there are none."""
    return TEXTS.get(language[:2], ENGLISH)


__all__ = ["TEXTS", "Texts", "texts"]
