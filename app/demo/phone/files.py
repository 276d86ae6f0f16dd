"""Things in a folder, a file for each: whole at any moment, and changed by one at once."""

import fcntl
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, get_type_hints

from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.troubles import Trouble

ID = re.compile(r"[0-9a-f]{12}")
LONGEST_WAIT_SECONDS = 30.0
OWNER_ONLY = 0o600


class Thing(Protocol):
    """What is kept in a file of its own."""

    id: str

    def to_json(self) -> str:
        """Write everything, secrets too."""


K = TypeVar("K", bound=Thing)


class Files(Generic[K]):
    """A folder that only its owner can look into."""

    def __init__(self, folder: Path, read: Callable[[str], K]) -> None:
        self._folder = folder
        self._read = read

    def missing(self) -> Trouble:
        """Say that a thing is not there."""
        return Trouble("There is no such thing here.")

    def all(self) -> list[K]:
        """Return everything, in no order; what cannot be read is passed over."""
        found = []
        for path in self._folder.glob("*.json"):
            try:
                found.append(self._read(path.read_text()))
            except (OSError, PhoneRefused):
                continue
        return found

    def find(self, thing_id: str) -> K:
        """Return one thing. Raises Trouble."""
        if ID.fullmatch(thing_id):
            try:
                return self._read(self._path(thing_id).read_text())
            except FileNotFoundError:
                pass
            except (OSError, PhoneRefused) as error:
                raise Trouble(f"The file of this phone cannot be read: {error}") from error
        raise self.missing()

    @contextmanager
    def held(self, thing_id: str) -> Iterator[K]:
        """Hold a thing as the only one, and give it as it was written last."""
        self.find(thing_id)
        with self._locked(thing_id):
            yield self.find(thing_id)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the folder itself, to put another thing into it."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self._locked("drawer"):
            yield

    def write(self, kept: K) -> None:
        """Write a thing down: afterwards the file is the new one, or still the former one."""
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

    def discard(self, thing_id: str) -> None:
        """Throw a thing away; the portal is not asked."""
        with self.held(thing_id):
            self._path(thing_id).unlink()
            self._lock_path(thing_id).unlink()  # an id comes only once

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        handle = os.open(self._lock_path(name), os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        try:
            _wait_for(handle)
            yield
        finally:
            os.close(handle)

    def _path(self, thing_id: str) -> Path:
        return self._folder / f"{thing_id}.json"

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


def values_of(kind: type, text: str) -> dict[str, Any]:
    """Read the fields of a flat dataclass: each must be there, and of its type."""
    kinds = get_type_hints(kind)
    try:
        values = json.loads(text)
    except ValueError:
        raise PhoneRefused("not JSON") from None
    if not isinstance(values, dict) or set(values) != set(kinds):
        raise PhoneRefused("not all that is kept")
    if any(type(values[name]) is not wanted for name, wanted in kinds.items()):
        raise PhoneRefused("a value of another kind")
    return values
