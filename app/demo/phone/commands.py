"""The phone on the command line: for scripts, and for who has no browser at hand.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 wrong PIN, 4 the phone is blocked, removed or not
let in yet, 5 the operation has ended, 6 a forged code, 7 no connection.
"""

import json
import sys
from os import environ
from pathlib import Path

import click

from app.demo.environment import PHONES, default_folder
from app.demo.phone.authenticator.links import looks_like
from app.demo.phone.command_kit import (
    chosen,
    finger_option,
    in_a_line,
    json_option,
    name_option,
    number_of,
    pin_of,
    pin_option,
    print_all,
    proof,
    state_of,
    told,
)
from app.demo.phone.configuration import App
from app.demo.phone.inbox_commands import inbox, read
from app.demo.phone.link_commands import account, approve_link, enroll, pushes, reject_link
from app.demo.phone.mobile import Approval
from app.demo.phone.operations import REASONS
from app.demo.phone.refusals import PhoneRefused
from app.demo.phone.shop import Shop, Wish
from app.demo.phone.troubles import Trouble

CONFIGURATION = "WEBFLOW_DEMO_CLIENT_ENVIRONMENT"


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
    new_pin = pin_of(pin, confirm=True)
    wish = Wish(app, code, new_pin, name=name, otp=otp, biometry=not no_biometry)
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
    print_all(shop.named(name).pending(), as_json=as_json)


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
    print_all(mobile.history(proof(pin, biometry=biometry)), as_json=as_json)


@phone.command()
@click.argument("operation_id", metavar="[ID|LINK]", default="")
@name_option
@pin_option
@finger_option
@click.option("--number", default="", help="The number, or the link, that the page shows.")
@click.pass_obj
@told
def approve(  # noqa: PLR0913 - each is an option
    shop: Shop, operation_id: str, name: str, pin: str | None, number: str, *, biometry: bool
) -> None:
    """Approve an operation or an app link; without either the only one that waits."""
    if looks_like(operation_id):
        approve_link(shop, operation_id, name, pin, biometry=biometry)
        return
    mobile = shop.named(name)
    operation = chosen(mobile, operation_id)
    click.echo(in_a_line(operation), err=True)
    number = number_of(number, operation)
    proved = proof(pin, biometry=biometry)
    mobile.approve(Approval(operation.id, operation.data, proved, number))
    click.echo(f"Approved {operation.id}")


@phone.command()
@click.argument("operation_id", metavar="[ID|LINK]", default="")
@name_option
@click.option("--reason", type=click.Choice(REASONS), default="UNKNOWN", show_default=True)
@click.pass_obj
@told
def reject(shop: Shop, operation_id: str, name: str, reason: str) -> None:
    """Reject an operation or an app link; without either the only one that waits."""
    if looks_like(operation_id):
        reject_link(shop, operation_id, reason)
        return
    mobile = shop.named(name)
    operation = chosen(mobile, operation_id)
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
    given = None if biometry else pin_of(pin)
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
    known = [state_of(mobile.kept) for mobile in found]
    if as_json:
        click.echo(json.dumps(known))
    for each in [] if as_json else known:
        click.echo("  ".join(map(str, each.values())))
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
    shop.rename(shop.named(name), new_name, proof(pin, biometry=biometry))


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


for command in (inbox, read, enroll, account, pushes):
    phone.add_command(command)
