"""The Mobile Token, offline: a QR code that one phone scans, and the digits that it shows."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.crypto.activation import State
from app.crypto.encoding import to_base64
from app.crypto.errors import InvalidOfflineTextError, InvalidSignatureError
from app.crypto.offline_code import code_from_digits
from app.crypto.primitives import KEY_BYTES
from app.mtoken.offline import Digits, Offline
from app.mtoken.operation_views import Origin
from app.mtoken.registrations import Registrations
from app.mtoken.views import Phone
from app.settings import MtokenSettings
from app.store.flows import Flow

OPTION_SIZE = 16
MOST_OF_A_CODE = 256
"""Characters of an answer that are looked at; people paste whole sentences."""
MOST_OF_A_TEXT = 2331
"""Bytes that a QR code holds (version 40, error correction M)."""


@dataclass(frozen=True)
class Scanned:
    """What the page shows."""

    text: str
    phones: Mapping[str, Phone]
    """By the value that chooses them."""
    chosen: Phone
    remaining: int
    """Wrong answers that the operation, and the phone, still take."""


class OfflineCode:
    """Shows an operation that is waiting to one phone, and takes its digits for it."""

    def __init__(
        self,
        offline: Offline,
        registrations: Registrations,
        settings: MtokenSettings,
        *,
        languages: Sequence[str],
    ) -> None:
        self._offline = offline
        self._registrations = registrations
        self._settings = settings
        self._languages = languages

    @property
    def is_offered(self) -> bool:
        """Whether this bank's customers may do so."""
        return self._settings.offline

    def choose(self, flow: Flow, option: str) -> bool:
        """Make a new code for one of the user's phones, by default the last one that was used.

        False: there is none, or what is to be signed fits on no code.
        """
        phones = self._phones(flow)
        wanted = option or (option_of(flow, _phone(flow)) if flow.offline else "")
        named = (each for each in phones if option_of(flow, each.registration_id) == wanted)
        chosen = next(named, None)
        if not self.is_offered or not phones:
            return False
        nonce = to_base64(secrets.token_bytes(KEY_BYTES))
        chosen = chosen or phones[0]
        flow.offline = {"registration_id": chosen.registration_id, "nonce": nonce}
        try:
            texts = [self._text(flow, language) for language in self._languages]
            return max(len(text.encode()) for text in texts) <= MOST_OF_A_TEXT
        except InvalidOfflineTextError:
            return False

    def scanned(self, flow: Flow, language: str) -> Scanned | None:
        """Return what the page shows; None: the phone may not sign any more."""
        phones = self._phones(flow)
        chosen = next((each for each in phones if each.registration_id == _phone(flow)), None)
        if chosen is None:
            return None
        remaining = self._offline.remaining(
            _operation(flow), chosen.registration_id, counts=_is_known(flow)
        )
        options = {option_of(flow, each.registration_id): each for each in phones}
        return Scanned(self._text(flow, language), options, chosen, remaining)

    def read(self, typed: str) -> str | None:
        """Return the digits, however they were typed or pasted; None: there are no 16."""
        digits = "".join(char for char in typed[:MOST_OF_A_CODE] if char in "0123456789")
        try:
            return code_from_digits(digits)
        except InvalidSignatureError:
            return None

    def judge(self, flow: Flow, code: str) -> bool:
        """Approve the operation by its digits, or count them as wrong.

        False: the phone may not sign any more.
        """
        given = Digits(_operation(flow), _phone(flow), _nonce(flow), code, counts=_is_known(flow))
        return self._offline.approve(given, Origin()).state == State.ACTIVE.name

    def forget(self, flow: Flow) -> None:
        """No digits count any more."""
        flow.offline = None

    def _phones(self, flow: Flow) -> Sequence[Phone]:
        user_id = flow.user_id
        return self._registrations.active(user_id, self._settings.application) if user_id else ()

    def _text(self, flow: Flow, language: str) -> str:
        return self._offline.qr_text(
            _operation(flow),
            _phone(flow),
            nonce=_nonce(flow),
            language=language,
        )


def option_of(flow: Flow, registration_id: str) -> str:
    """Return what a phone is called in the form: whoever sees it learns no registration."""
    return hashlib.sha256(f"{flow.id}:{registration_id}".encode()).hexdigest()[:OPTION_SIZE]


def _is_known(flow: Flow) -> bool:
    """Tell whether somebody has proved something in this flow, not only typed a login number."""
    return flow.authenticated_at is not None


def _nonce(flow: Flow) -> str:
    return str((flow.offline or {})["nonce"])


def _phone(flow: Flow) -> str:
    return str((flow.offline or {})["registration_id"])


def _operation(flow: Flow) -> str:
    return str(flow.mtoken_operation_id)
