"""Read the settings, and say what is wrong with them."""

import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from pydantic import (
    ValidationError,
)
from pydantic_settings import (
    EnvSettingsSource,
    SettingsError,
)

from app.settings.kit import (
    PREFIX,
    UnsafeConfiguration,
)
from app.settings.whole import Settings


def root_secret(settings: Settings) -> bytes:
    """Return the secret from which all keys are derived.

    The demo makes one for itself, once: a file that only its owner can read. Processes that
    start together agree on it, since the file appears whole or not at all.
    """
    if given := settings.secret_key.get_secret_value():
        return given.encode()
    kept = settings.var_dir / "secret_key"
    if not kept.exists():
        require_var_dir(settings)
        draft = kept.with_name(f".secret_key.{secrets.token_hex(8)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(32))
        try:
            os.link(draft, kept)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return kept.read_text().encode()


def require_var_dir(settings: Settings) -> None:
    """Make the folder of what we write; one that cannot be used is the end of the process."""
    folder = settings.var_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        refuse(
            [f"{folder.resolve()} cannot be used ({error.strerror})"],
            f"In the folder of {PREFIX}VAR_DIR",
        )


def previous_secrets(settings: Settings) -> list[bytes]:
    """Return the roots that were used before, the newest first."""
    return [each.get_secret_value().encode() for each in settings.previous_secret_keys]


def settings_or_exit() -> Settings:
    """Read the settings; what is wrong with them is one line each, and the end of the process."""
    try:
        return Settings()
    except (ValidationError, SettingsError) as error:
        refuse(list(faults_of(error)), f"In the environment, or in {Path('.env').resolve()}")
        raise


def refuse(faults: Sequence[str], where: str) -> None:
    """End the process, if there is anything wrong, with one line for each fault."""
    if faults:
        lines = "\n".join(f"  - {fault}" for fault in faults)
        sys.stderr.write(f"Web Flow does not start. {where}:\n{lines}\n")
        raise SystemExit(1)


def faults_of(error: ValidationError | SettingsError) -> Iterator[str]:
    """Yield what is wrong with the settings: names and rules, never a value."""
    if isinstance(error, SettingsError):
        yield f'{error}: lists are JSON, e.g. ["en"]'
        return
    for detail in error.errors(include_url=False, include_input=False):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, UnsafeConfiguration):
            yield from cause.faults
            continue
        message = detail["msg"].removeprefix("Value error, ")
        name = "__".join(str(part).upper() for part in detail["loc"] if isinstance(part, str))
        yield f"WEBFLOW_{name}: {message}" if name else message


def unknown_settings() -> list[str]:
    """Return variables with our prefix that are no setting: mistyped ones would do nothing."""
    known = {name.upper() for name in Settings.model_fields}
    given = EnvSettingsSource(Settings).env_vars
    others = (
        f"{PREFIX}TEST_",
        f"{PREFIX}DEMO_ACCESS_",
        f"{PREFIX}DEMO_CLIENT_",
        f"{PREFIX}DEMO_INSTANCE",
        f"{PREFIX}DEMO_INTEGRATION_",
    )  # the suite's, and the demo client's
    named = (name.upper() for name in given)
    ours = (name for name in named if name.startswith(PREFIX) and not name.startswith(others))
    return sorted(n for n in ours if n.removeprefix(PREFIX).partition("__")[0] not in known)
