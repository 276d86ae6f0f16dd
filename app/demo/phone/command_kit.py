"""What the commands of the phone have in common: options, PINs, words, exit codes."""

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from app.demo.phone.keeping import Kept
from app.demo.phone.mobile import BIOMETRY, Mobile, knowledge
from app.demo.phone.operations import Operation
from app.demo.phone.signing import Proof
from app.demo.phone.troubles import NothingWaits, Trouble

P = ParamSpec("P")

name_option = click.option("--phone", "name", default="", help="Which phone; needed if several.")
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")
pin_option = click.option("--pin", help="Asked for, and not shown, if absent.")
finger_option = click.option("--biometry", is_flag=True, help="By the finger instead of the PIN.")


class Failed(click.ClickException):
    """A trouble, as a command ends with it."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(f"{trouble.words} {trouble.hint}".strip())
        self.exit_code = trouble.exit_code  # type: ignore[misc]  # click means it so


def told(command: Callable[P, None]) -> Callable[P, None]:
    """Say what went wrong in a sentence, and end with its exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except Trouble as trouble:
            raise Failed(trouble) from trouble

    return run


def chosen(mobile: Mobile, operation_id: str) -> Operation:
    """Return the operation that is named, or the only one that waits."""
    if operation_id:
        return mobile.detail(operation_id)
    waiting = mobile.pending()
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise NothingWaits("No operations wait.")
    raise Trouble(f"{len(waiting)} operations wait.", "Name one.")


def proof(pin: str | None, *, biometry: bool) -> Proof:
    """Return with what the person proves themselves."""
    return BIOMETRY if biometry else knowledge(pin_of(pin))


def number_of(given: str, operation: Operation) -> str:
    """Return the number of the page, where the operation asks for one; it is typed if need be."""
    if given or not operation.needs_number:
        return given
    if sys.stdin.isatty():
        return str(click.prompt("Number that the page shows", err=True))
    raise click.UsageError("Give the number that the page shows by --number.")


def pin_of(given: str | None, *, confirm: bool = False) -> str:
    """Return the PIN: as it was given, else as it is typed, or read where nobody can type."""
    if given is None and sys.stdin.isatty():
        given = str(click.prompt("PIN", hide_input=True, confirmation_prompt=confirm, err=True))
    if given is None:
        given = sys.stdin.readline().rstrip("\n")
    if not given:
        raise click.UsageError("Give the PIN by --pin, or on the standard input.")
    return given


def print_all(operations: list[Operation], *, as_json: bool) -> None:
    """Write operations, each on a line."""
    if as_json:
        rows = [
            {"id": each.id, "name": each.name, "status": each.status, "data": each.data}
            for each in operations
        ]
        click.echo(json.dumps(rows))
    for operation in [] if as_json else operations:
        click.echo(in_a_line(operation))


def in_a_line(operation: Operation) -> str:
    """Return an operation as one line."""
    amount, payee = operation.amount, operation.payee
    words = [operation.id, operation.status, operation.title]
    words += [f"{amount.value} {amount.currency}"] if amount else []
    words += [f"to {payee.value}"] if payee else []
    return "  ".join(words)


def state_of(kept: Kept) -> dict[str, object]:
    """Return what is known of a phone."""
    return {
        "phone": kept.name,
        "state": kept.standing,
        "user": kept.user,
        "registration": kept.state.activation_id,
        "server": kept.address,
    }
