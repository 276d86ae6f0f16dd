"""A drawer of phones: one file for each, which is whole at any moment and changed by one at once.

A code must never be used twice. So who lets a phone sign holds it (`held`), writes it down
(`write`) and only then sends; a second tab or process waits.
"""

import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self, get_type_hints

from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.state import PhoneState
from app.demo.phone.troubles import Trouble

ID = re.compile(r"[0-9a-f]{12}")
LONGEST_WAIT_SECONDS = 30.0
OWNER_ONLY = 0o600
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


class Drawer:
    """A folder that only its owner can look into."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def all(self) -> list[Kept]:
        """Return every phone, the oldest first; what cannot be read is passed over."""
        found = []
        for path in self._folder.glob("*.json"):
            try:
                found.append(Kept.from_json(path.read_text()))
            except (OSError, PhoneRefused):
                continue
        return sorted(found, key=lambda kept: kept.paired)

    def find(self, phone_id: str) -> Kept:
        """Return one phone. Raises Trouble."""
        if ID.fullmatch(phone_id):
            try:
                return Kept.from_json(self._path(phone_id).read_text())
            except FileNotFoundError:
                pass
            except (OSError, PhoneRefused) as error:
                raise Trouble(f"The file of this phone cannot be read: {error}") from error
        raise Trouble("There is no such phone here.", "It was thrown away, or never paired.")

    @contextmanager
    def held(self, phone_id: str) -> Iterator[Kept]:
        """Hold a phone as the only one, and give it as it was written last."""
        self.find(phone_id)
        with self._locked(phone_id):
            yield self.find(phone_id)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the drawer itself, to put another phone into it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked("drawer"):
            yield

    def write(self, kept: Kept) -> None:
        """Write a phone down: afterwards the file is the new one, or still the former one."""
        whole = self._path(kept.id)
        part = whole.with_name(f".{kept.id}.{secrets.token_hex(4)}")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(kept.to_json())
                file.flush()
                os.fsync(file.fileno())
            part.replace(whole)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def discard(self, phone_id: str) -> None:
        """Throw a phone away; the portal is not asked."""
        with self.held(phone_id):
            self._path(phone_id).unlink()
            self._lock_path(phone_id).unlink()  # an id comes only once

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        handle = os.open(self._lock_path(name), os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        try:
            _wait_for(handle)
            yield
        finally:
            os.close(handle)

    def _path(self, phone_id: str) -> Path:
        return self._folder / f"{phone_id}.json"

    def _lock_path(self, name: str) -> Path:
        return self._folder / f"{name}.lock"


def _wait_for(handle: int) -> None:
    until = time.monotonic() + LONGEST_WAIT_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise Trouble("This phone is busy elsewhere.", "Try again.") from None
            time.sleep(0.02)
        else:
            return
