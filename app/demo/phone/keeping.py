"""A drawer of phones, each in its file.

A code must never be used twice. So who lets a phone sign holds it (`held`), writes it down
(`write`) and only then sends; a second tab or process waits.
"""

import json
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self, get_type_hints

from app.demo.phone.files import Files
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.state import PhoneState
from app.demo.phone.troubles import Trouble

MOST_ANSWERS = 30


@dataclass
class Kept:
    """One phone, and what was last heard of its registration."""

    name: str
    address: str
    state: PhoneState
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    user: str = ""
    standing: str = "PENDING_COMMIT"
    failed_attempts: int = 0
    max_failed_attempts: int = 0
    online: bool = True
    push_token: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    """What this phone has answered to operations, by id: so that a second click is told so."""
    paired: int = field(default_factory=time.time_ns)

    def to_json(self) -> str:
        """Write everything, secrets too."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        try:
            values = json.loads(text)
            state = PhoneState.from_json(json.dumps(values.pop("state")))
            kept = cls(state=state, **values)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise PhoneRefused("not a phone of a drawer") from None
        if any(type(getattr(kept, name)) is not kind for name, kind in KINDS.items()):
            raise PhoneRefused("not a phone of a drawer")
        return kept

    def answered(self, operation_id: str, answer: str) -> None:
        """Remember an answer; the oldest one goes when there are too many."""
        self.answers[operation_id] = answer
        while len(self.answers) > MOST_ANSWERS:
            del self.answers[next(iter(self.answers))]


KINDS = {name: kind for name, kind in get_type_hints(Kept).items() if isinstance(kind, type)}


class Drawer(Files[Kept]):
    """All phones of a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Kept.from_json)

    def all(self) -> list[Kept]:
        """Return every phone, the oldest first; what cannot be read is passed over."""
        return sorted(super().all(), key=lambda kept: kept.paired)

    def missing(self) -> Trouble:
        """Say that a phone is not there."""
        return Trouble("There is no such phone here.", "It was thrown away, or never paired.")
