"""The outbox: what waits to leave the house, and what never left it."""

import click
from flask.cli import AppGroup
from sqlalchemy import select, update

from app import clock
from app.cli.kit import NEWEST, moment, operating, parts, table
from app.events import Name
from app.mtoken.callbacks import reference_of
from app.store.callbacks import CallbackRow
from app.store.db import changed_one
from app.store.outbox import CALLBACK, SENDING, OutboxRow

UNKNOWN = "There is no such delivery: see flask outbox list"
STATES = ("pending", "delivered", "failed", "void")

group = AppGroup("outbox", help="Messages that leave the house.")


@group.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("--kind", help="Only these, e.g. callback.")
@click.option("--callback", help="Only what is for this callback.")
@click.option("-n", "--newest", type=NEWEST, default=50, show_default=True, help="How many.")
def list_some(state: str | None, kind: str | None, callback: str | None, newest: int) -> None:
    """List deliveries, the newest last; what they say is sealed and not shown."""
    wanted = select(OutboxRow).order_by(OutboxRow.created_at.desc(), OutboxRow.id).limit(newest)
    if state:
        wanted = wanted.where(OutboxRow.state == state)
    if kind:
        wanted = wanted.where(OutboxRow.kind == kind)
    if callback:
        wanted = wanted.where(OutboxRow.reference == reference_of(callback))
    with operating(writing=False) as services:
        rows = services.session.scalars(wanted).all()
    head = ("id", "kind", "state", "attempts", "created", "due", "error")
    click.echo(
        table(
            head,
            (
                (
                    row.id,
                    row.kind,
                    row.state,
                    row.attempts,
                    moment(row.created_at),
                    moment(row.due_at) if row.state == "pending" else "-",
                    row.error or "-",
                )
                for row in reversed(rows)
            ),
        )
    )


@group.command("show")
@click.argument("row_id")
def show(row_id: str) -> None:
    """Show a delivery; what it says is sealed and not shown."""
    with operating(writing=False) as services:
        row = services.session.get(OutboxRow, row_id)
        if row is None:
            raise click.ClickException(UNKNOWN)
        callback = services.session.get(CallbackRow, row.reference.removeprefix("callback:"))
    facts = {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "for": row.reference,
        "attempts": row.attempts,
        "error": row.error or "-",
        "created": moment(row.created_at),
        "due": moment(row.due_at) if row.state == "pending" else "-",
        "finished": moment(row.finished_at) if row.finished_at else "-",
        "forgotten after": moment(row.delete_after) if row.delete_after else "-",
    }
    if row.lane is not None:
        facts |= {"about": row.lane.partition(":")[2], "turn": row.turn}
    if callback is not None:
        facts |= {"callback": callback.name, "application": callback.application_id}
    click.echo(table(("what", ""), facts.items()))


@group.command("retry")
@click.argument("row_id")
def retry(row_id: str) -> None:
    """Try a delivery that waits at once, or a callback that has failed once more."""
    with operating() as services:
        due = update(OutboxRow).where(
            OutboxRow.id == row_id, OutboxRow.state == "pending", OutboxRow.error != SENDING
        )
        waits = changed_one(services.session, due.values(due_at=clock.now()))
        if not waits and not services.outbox.revive(row_id):
            raise click.ClickException(_why_not(services.session.get(OutboxRow, row_id)))
        services.journal.record(Name.OUTBOX_RETRIED, row_id)
    parts().wake_worker()
    click.echo(f"{row_id} is due now.")


def _why_not(row: OutboxRow | None) -> str:
    if row is None:
        return UNKNOWN
    if row.state == "pending":
        return "It is being sent; if its worker died, that is found out a minute after."
    if row.kind == CALLBACK:
        return f"It is {row.state}: there is nothing left to be sent."
    return f"It is {row.state}: its text is gone, and the customer asks for a new code."
