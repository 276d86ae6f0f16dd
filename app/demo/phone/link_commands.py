"""The commands of the authenticator: accounts, and what app links ask for."""

import json
import sys

import click

from app.demo.phone.authenticator.accounts import Account
from app.demo.phone.authenticator.app import DEVICE, Enrollment
from app.demo.phone.authenticator.requests import Request
from app.demo.phone.command_kit import finger_option, json_option, pin_of, pin_option, told
from app.demo.phone.shop import Shop
from app.demo.phone.troubles import Ended, Trouble


@click.command()
@click.argument("link", default="-")
@click.option("--name", default="", help="What the phone calls the account; its user if absent.")
@click.option("--device", default=DEVICE, show_default=True, help="What the bank calls the phone.")
@click.option("--no-biometry", is_flag=True, help="Without the finger.")
@pin_option
@finger_option
@click.pass_obj
@told
def enroll(  # noqa: PLR0913 - each is an option
    shop: Shop,
    *,
    link: str,
    name: str,
    device: str,
    no_biometry: bool,
    pin: str | None,
    biometry: bool,
) -> None:
    """Add the account that an app link is about, with a new PIN (`-`: read the link)."""
    request = shop.authenticator.open(_given(link))
    if not request.is_enrollment:
        raise Trouble("This link adds no account.", "Answer it by approve or reject.")
    wish = Enrollment(
        pin_of(pin, confirm=True), name, device, biometry=not no_biometry, by_finger=biometry
    )
    account = shop.authenticator.enroll(request.id, wish)
    click.echo(f"Added {account.name} of {account.bank}.")


def approve_link(shop: Shop, link: str, name: str, pin: str | None, *, biometry: bool) -> None:
    """Approve what a link asks for."""
    request = _asked(shop, link)
    if request.is_enrollment:
        raise Trouble("This link adds an account.", "Use enroll.")
    account = shop.authenticator.named(name, shop.authenticator.able(request))
    given = None if biometry else pin_of(pin)
    shop.authenticator.approve(request.id, account.id, given)
    click.echo(f"Approved {request.transaction}")


def reject_link(shop: Shop, link: str, reason: str) -> None:
    """Reject what a link asks for."""
    request = _asked(shop, link)
    shop.authenticator.reject(request.id, reason)
    click.echo(f"Rejected {request.transaction}")


@click.command()
@json_option
@click.pass_obj
@told
def pushes(shop: Shop, *, as_json: bool) -> None:
    """List the links that came by push, the newest first."""
    found = [link for _, link in shop.authenticator.pushed()]
    if as_json:
        click.echo(json.dumps([link.text for link in found]))
    for link in [] if as_json else found:
        click.echo(link.text)


@click.group()
def account() -> None:
    """List, rename or forget the accounts that were added by links."""


@account.command("list")
@json_option
@click.pass_obj
@told
def list_(shop: Shop, *, as_json: bool) -> None:
    """List the accounts."""
    found = [_row(each) for each in shop.authenticator.accounts.all()]
    if as_json:
        click.echo(json.dumps(found))
    for row in [] if as_json else found:
        click.echo("  ".join(map(str, row.values())))


@account.command("rename")
@click.argument("name")
@click.argument("new_name")
@click.pass_obj
@told
def rename(shop: Shop, name: str, new_name: str) -> None:
    """Call an account otherwise, on this phone alone."""
    shop.authenticator.rename(shop.authenticator.named(name).id, new_name)


@account.command("forget")
@click.argument("name")
@click.pass_obj
@told
def forget(shop: Shop, name: str) -> None:
    """Throw an account and its key away; the bank is not told."""
    shop.authenticator.forget(shop.authenticator.named(name).id)


def _given(link: str) -> str:
    return sys.stdin.read() if link == "-" else link


def _asked(shop: Shop, link: str) -> Request:
    """Open a link, and write what it asks for where people see it."""
    request = shop.authenticator.open(link)
    if not request.is_open:
        raise Ended("This request was answered, or is over.", "Ask for a new one.")
    if request.content:
        click.echo(request.message.plain, err=True)
    return request


def _row(each: Account) -> dict[str, object]:
    return {
        "account": each.name,
        "bank": each.bank,
        "state": "LOCKED" if each.is_blocked else "ACTIVE",
        "username": each.username,
        "userId": each.user_id,
        "authenticatorId": each.authenticator_id,
    }
