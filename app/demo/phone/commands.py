"""The phone on the command line: for scripts, and for who has no browser at hand.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 wrong PIN, 4 the phone is blocked, removed or not
let in yet, 5 the operation has ended, 6 a forged code, 7 no connection.
"""

import json
import sys
from collections.abc import Callable
from functools import wraps
from os import environ
from pathlib import Path
from typing import ParamSpec

import click

from app.demo.environment import PHONES, default_folder
from app.demo.phone.configuration import App
from app.demo.phone.keeping import Kept
from app.demo.phone.mobile import BIOMETRY, Approval, Mobile, knowledge
from app.demo.phone.operations import REASONS, Operation
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.shop import Shop, Wish
from app.demo.phone.signing import Proof
from app.demo.phone.troubles import Trouble

P = ParamSpec("P")
CONFIGURATION = "WEBFLOW_DEMO_CLIENT_ENVIRONMENT"

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


@click.group(help=__doc__)
@click.option("--folder", envvar=PHONES, type=click.Path(path_type=Path), help="Of the phones.")
@click.pass_context
def phone(context: click.Context, folder: Path | None) -> None:
    """Hold the phones of a folder."""
    context.obj = Shop(folder or default_folder(environ))


@phone.command()
@click.option("--server", default="", help="Address of the portal, or of its device API.")
@click.option("--config", envvar=CONFIGURATION, required=True,
              help="The configuration string of the app, or the environment JSON.")  # fmt: skip
@click.option("--code", required=True, help="Activation code, or the text of its QR code.")
@click.option("--otp", default="", help="A one-time password, if the bank has given one.")
@click.option("--phone", "name", default="", help="Its name; one is found if absent.")
@click.option("--no-biometry", is_flag=True, help="Without the finger.")
@pin_option
@click.pass_obj
@told
def pair(  # noqa: PLR0913 - each is an option
    shop: Shop,
    *,
    server: str,
    config: str,
    code: str,
    otp: str,
    name: str,
    pin: str | None,
    no_biometry: bool,
) -> None:
    """Pair a new phone by an activation code."""
    try:
        app = App.read(config, server)
    except PhoneRefused as refused:
        raise click.UsageError(f"--config and --server: {refused}") from refused
    chosen = _pin(pin, confirm=True)
    wish = Wish(app, code, chosen, name=name, otp=otp, biometry=not no_biometry)
    mobile = shop.pair(wish)
    click.echo(f"Paired {mobile.kept.name}.")
    click.echo(f"Compare with the bank: {mobile.kept.state.fingerprint}")


@phone.command("list")
@name_option
@json_option
@click.pass_obj
@told
def list_(shop: Shop, name: str, *, as_json: bool) -> None:
    """List what waits for an answer."""
    _print(shop.named(name).pending(), as_json=as_json)


@phone.command()
@name_option
@json_option
@pin_option
@finger_option
@click.pass_obj
@told
def history(shop: Shop, name: str, pin: str | None, *, biometry: bool, as_json: bool) -> None:
    """List all operations, the newest first."""
    mobile = shop.named(name)
    _print(mobile.history(_proof(pin, biometry=biometry)), as_json=as_json)


@phone.command()
@click.argument("operation_id", default="")
@name_option
@pin_option
@finger_option
@click.option("--number", default="", help="The number, or the link, that the page shows.")
@click.pass_obj
@told
def approve(  # noqa: PLR0913 - each is an option
    shop: Shop, operation_id: str, name: str, pin: str | None, number: str, *, biometry: bool
) -> None:
    """Approve an operation; without an id the only one that waits."""
    mobile = shop.named(name)
    operation = _chosen(mobile, operation_id)
    click.echo(_line(operation), err=True)
    proof = _proof(pin, biometry=biometry)
    mobile.approve(Approval(operation.id, operation.data, proof, number))
    click.echo(f"Approved {operation.id}")


@phone.command()
@click.argument("operation_id", default="")
@name_option
@click.option("--reason", type=click.Choice(REASONS), default="UNKNOWN", show_default=True)
@click.pass_obj
@told
def reject(shop: Shop, operation_id: str, name: str, reason: str) -> None:
    """Reject an operation; without an id the only one that waits."""
    mobile = shop.named(name)
    operation = _chosen(mobile, operation_id)
    mobile.reject(operation.id, reason)
    click.echo(f"Rejected {operation.id}")


@phone.command()
@click.argument("text", default="-")
@name_option
@pin_option
@finger_option
@click.pass_obj
@told
def offline(shop: Shop, text: str, name: str, pin: str | None, *, biometry: bool) -> None:
    """Show the 16 digits for the text of a QR code (`-`: read it)."""
    mobile = shop.named(name)
    scanned = sys.stdin.read() if text == "-" else text
    shown = mobile.scan(scanned)
    click.echo(f"{shown.title}\n{shown.message}\n{shown.data}", err=True)
    given = None if biometry else _pin(pin)
    click.echo(mobile.offline_code(scanned, given))


@phone.command()
@name_option
@json_option
@click.pass_obj
@told
def status(shop: Shop, name: str, *, as_json: bool) -> None:
    """Ask for the state of a phone, or of all."""
    found = [shop.named(name)] if name else [shop.phone(kept.id) for kept in shop.all()]
    silent: Trouble | None = None
    for mobile in found:
        try:
            mobile.sync()
        except Trouble as trouble:
            silent = trouble
            click.echo(f"{mobile.kept.name}: {trouble.words}", err=True)
    known = [_status(mobile.kept) for mobile in found]
    if as_json:
        click.echo(json.dumps(known))
    for told_of in [] if as_json else known:
        click.echo("  ".join(map(str, told_of.values())))
    if silent:
        raise silent


@phone.command()
@click.argument("new_name")
@name_option
@pin_option
@finger_option
@click.pass_obj
@told
def rename(shop: Shop, new_name: str, name: str, pin: str | None, *, biometry: bool) -> None:
    """Call a phone otherwise."""
    shop.rename(shop.named(name), new_name, _proof(pin, biometry=biometry))


@phone.command()
@name_option
@click.option("--platform", type=click.Choice(["apns", "fcm", "hms"]), default="fcm")
@click.option("--token", default="", help="Address of the phone; one is made up if absent.")
@click.pass_obj
@told
def push(shop: Shop, name: str, platform: str, token: str) -> None:
    """Tell the portal where pushes reach a phone."""
    click.echo(shop.named(name).register_push(platform, token))


@phone.command()
@name_option
@click.option("--here", is_flag=True, help="Throw it away without asking the portal.")
@click.pass_obj
@told
def remove(shop: Shop, name: str, *, here: bool) -> None:
    """End the registration, and throw the phone away."""
    mobile = shop.named(name)
    if here:
        mobile.discard()
    else:
        mobile.remove()


def _chosen(mobile: Mobile, operation_id: str) -> Operation:
    if operation_id:
        return mobile.detail(operation_id)
    waiting = mobile.pending()
    if len(waiting) == 1:
        return waiting[0]
    raise Trouble(f"{len(waiting) or 'No'} operations wait.", "Name one." if waiting else "")


def _proof(pin: str | None, *, biometry: bool) -> Proof:
    return BIOMETRY if biometry else knowledge(_pin(pin))


def _pin(given: str | None, *, confirm: bool = False) -> str:
    """Return the PIN: as it was given, else as it is typed, or read where nobody can type."""
    if given is None and sys.stdin.isatty():
        given = str(click.prompt("PIN", hide_input=True, confirmation_prompt=confirm, err=True))
    if given is None:
        given = sys.stdin.readline().rstrip("\n")
    if not given:
        raise click.UsageError("Give the PIN by --pin, or on the standard input.")
    return given


def _print(operations: list[Operation], *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"id": each.id, "name": each.name, "status": each.status, "data": each.data}
            for each in operations
        ]
        click.echo(json.dumps(rows))
    for operation in [] if as_json else operations:
        click.echo(_line(operation))


def _line(operation: Operation) -> str:
    amount, payee = operation.amount, operation.payee
    words = [operation.id, operation.status, operation.title]
    words += [f"{amount.value} {amount.currency}"] if amount else []
    words += [f"to {payee.value}"] if payee else []
    return "  ".join(words)


def _status(kept: Kept) -> dict[str, object]:
    return {
        "phone": kept.name,
        "state": kept.standing,
        "user": kept.user,
        "registration": kept.state.activation_id,
        "server": kept.address,
    }
