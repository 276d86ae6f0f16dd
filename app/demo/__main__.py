"""`python -m app.demo`: the demo client as a process of its own, under gunicorn."""

import os
import sys

from app.demo.environment import Environment, EnvironmentRefused

COMMAND = (sys.executable, "-m", "gunicorn", "--config", "python:app.demo.serving")


def main() -> None:
    """Become the server; signals reach it directly because it keeps this process's id."""
    try:
        Environment.read(os.environ)
    except EnvironmentRefused as refused:
        sys.exit(f"The demo client cannot start: {refused}")
    os.execv(COMMAND[0], COMMAND)  # noqa: S606 - our own interpreter, no shell between


if __name__ == "__main__":
    main()
