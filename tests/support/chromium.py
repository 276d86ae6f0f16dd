"""Where Chromium is: the one that is named, the system's, apt's, or Playwright's own."""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

GIVEN = "WEBFLOW_TEST_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    *(("--no-sandbox",) if hasattr(os, "getuid") and os.getuid() == 0 else ()),
)


@cache
def chromium() -> str | None:
    """Return the path of a Chromium, or None where Playwright has one of its own.

    Installs one if there is none; fails with the command that a person has to run.
    """
    found = os.environ.get(GIVEN) or _on_path()
    if not found and _from_debian():
        found = _on_path()
    if found or _from_playwright():
        return found
    raise RuntimeError(
        f"No Chromium: set {GIVEN}, or run `apt-get install chromium`, "
        f"or `{sys.executable} -m playwright install --with-deps chromium`"
    )


def _on_path() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def _from_debian() -> bool:
    apt = shutil.which("apt-get")
    if not (apt and Path("/etc/debian_version").exists() and os.getuid() == 0):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "--yes", "chromium")):
        subprocess.run((apt, "-qq", *arguments), env=environment, check=False)  # noqa: S603 - found by us
    return True


def _from_playwright() -> bool:
    done = subprocess.run((sys.executable, "-m", "playwright", "install", "chromium"), check=False)
    return done.returncode == 0
