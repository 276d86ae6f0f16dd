"""Text messages: what they may say, to which numbers they go, and in which language."""

import re
from typing import Annotated, Final

import phonenumbers
from flask import request
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from pydantic import AfterValidator

from app import texts
from app.mtoken.text_codes import PLACE_OF_CODE, Wording
from app.services import services

GSM_7: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
    "^{}\\[~]|€\f"
)
"""Signs of 3GPP TS 23.038, with those of its extension."""
LONGEST: Final = 459
"""Three parts."""
INTERNATIONAL: Final = re.compile(r"\+[1-9][0-9 ]{6,24}")
COSTLY: Final = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})
"""Kinds of numbers that somebody earns money by being sent to."""


def checked_text(message: str) -> str:
    """Refuse what is no text message, or has no place for the code."""
    if PLACE_OF_CODE not in message:
        raise ValueError(f"has no {PLACE_OF_CODE}")
    if len(message) > LONGEST:
        raise ValueError(f"has more than {LONGEST} characters")
    if not GSM_7.issuperset(message):
        raise ValueError("has signs that are not of GSM-7")
    return message


def checked_number(text: str) -> str:
    """Return a telephone number in the form of E.164."""
    try:
        if not INTERNATIONAL.fullmatch(text):
            raise ValueError("is not + and a number with its country")
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        raise ValueError("is not a telephone number") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("is not a telephone number")
    if phonenumbers.number_type(number) in COSTLY:
        raise ValueError("is not a number of a person")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


Number = Annotated[str, AfterValidator(checked_number)]


def wording(message: str | None) -> Wording:
    """Return what a message says: the integrator's words, or ours in the caller's language."""
    offered = services().settings.web.languages
    wanted = (tag for tag, quality in request.accept_languages if quality)
    return Wording(message, texts.best(wanted, offered) or offered[0])
