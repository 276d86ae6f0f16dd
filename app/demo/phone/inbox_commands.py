"""The commands of the inbox: list what there is, and read it."""

import json

import click

from app.demo.phone.command_kit import json_option, name_option, told
from app.demo.phone.inbox import MOST, InboxMessage
from app.demo.phone.shop import Shop


@click.command()
@name_option
@click.option("--unread", is_flag=True, help="Only what was not read yet.")
@click.option("--page", type=click.IntRange(0), default=0, help="From 0.")
@json_option
@click.pass_obj
@told
def inbox(shop: Shop, name: str, page: int, *, unread: bool, as_json: bool) -> None:
    """List messages of the bank, the newest first."""
    found = shop.named(name).inbox.messages(page, size=MOST, only_unread=unread)
    if as_json:
        click.echo(json.dumps([_row(message) for message in found]))
    for message in [] if as_json else found:
        click.echo(_in_a_line(message))


@click.command()
@click.argument("message_id", default="")
@name_option
@click.option("--all", "everything", is_flag=True, help="Only note that all were read.")
@click.pass_obj
@told
def read(shop: Shop, message_id: str, name: str, *, everything: bool) -> None:
    """Read a message: its text is written out, and the bank knows."""
    if bool(message_id) == everything:
        raise click.UsageError("Name a message, or all of them by --all.")
    box = shop.named(name).inbox
    if everything:
        box.read_all()
        return
    message = box.detail(message_id)
    click.echo(f"{message.subject}\n\n{message.plain}")
    box.read(message_id)


def _row(message: InboxMessage) -> dict[str, object]:
    return {
        "id": message.id,
        "subject": message.subject,
        "summary": message.summary,
        "read": message.is_read,
        "created": message.created.isoformat() if message.created else None,
    }


def _in_a_line(message: InboxMessage) -> str:
    state = "read" if message.is_read else "unread"
    words = (message.id, state, message.subject, message.summary)
    return "  ".join(" ".join(each.split()) for each in words)
