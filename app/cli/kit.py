"""What all commands need: services that act for an operator, plain errors, tables of text."""

import getpass
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import click
from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from app.crypto.vault import CannotOpenError, NoDataKeyError
from app.services import Parts, Services

NO_DATABASE = "The database does not answer, or its tables are of another version: see flask doctor"
WRONG_ROOT = (
    "A key cannot be opened: WEBFLOW_SECRET_KEY is not the one that sealed it. "
    "Set it back, or put the former one into WEBFLOW_PREVIOUS_SECRET_KEYS."
)
NO_KEYS = "There are no data keys yet: run flask seed"


def parts() -> Parts:
    """Return what the application was built from."""
    found: Parts = current_app.extensions["webflow"]
    return found


class Named(click.ParamType[str]):
    """A name that the APIs would take, too, and that its column holds."""

    name = "name"

    def __init__(self, rule: tuple[str, str], longest: int = 256) -> None:
        self._pattern, self._hint = rule
        self._longest = longest

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it."""
        if re.fullmatch(self._pattern, value) is None:
            self.fail(self._hint, param, ctx)
        if len(value) > self._longest:
            self.fail(f"must have at most {self._longest} characters", param, ctx)
        return value


NEWEST = click.IntRange(min=1, max=100_000)
"""How many rows are listed."""


@contextmanager
def operating(*, writing: bool = True) -> Iterator[Services]:
    """Give services that act for whoever runs the command; what was done is committed."""
    with explained():
        services = Services(parts(), writing=writing, actor=operator())
        try:
            yield services
            services.commit()
        finally:
            services.close()


@contextmanager
def explained() -> Iterator[None]:
    """Say in a sentence what went wrong with the database or the keys."""
    try:
        yield
    except SQLAlchemyError as error:
        raise click.ClickException(NO_DATABASE) from error
    except CannotOpenError as error:
        raise click.ClickException(WRONG_ROOT) from error
    except NoDataKeyError as error:
        raise click.ClickException(NO_KEYS) from error


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows of text in columns."""
    lines = [list(head), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def moment(at: datetime | None) -> str:
    """Write a moment, to the second, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else "-"


def operator() -> str:
    """Return who runs the command, as the audit trail names them."""
    try:
        return f"operator:{getpass.getuser()}"
    except (KeyError, OSError):  # a container may run as somebody without a name
        return f"operator:uid {os.getuid()}"
