"""The outbox: what waits to leave the house, and what never left it."""

import click
from flask.cli import AppGroup
from sqlalchemy import select, update

from app import clock
from app.cli.kit import moment, operating, parts, table
from app.events import Name
from app.store.db import changed_one
from app.store.outbox import SENDING, OutboxRow

STATES = ("pending", "delivered", "failed", "void")

group = AppGroup("outbox", help="Messages that leave the house.")


@group.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only these.")
@click.option("-n", "--newest", default=50, show_default=True, help="How many.")
def list_some(state: str | None, newest: int) -> None:
    """List deliveries, the newest last; what they say is sealed and not shown."""
    wanted = select(OutboxRow).order_by(OutboxRow.created_at.desc(), OutboxRow.id).limit(newest)
    if state:
        wanted = wanted.where(OutboxRow.state == state)
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


@group.command("retry")
@click.argument("row_id")
def retry(row_id: str) -> None:
    """Try a delivery that waits for its next attempt at once."""
    with operating() as services:
        due = update(OutboxRow).where(
            OutboxRow.id == row_id, OutboxRow.state == "pending", OutboxRow.error != SENDING
        )
        if not changed_one(services.session, due.values(due_at=clock.now())):
            raise click.ClickException(_why_not(services.session.get(OutboxRow, row_id)))
        services.journal.record(Name.OUTBOX_RETRIED, row_id)
    parts().wake_worker()
    click.echo(f"{row_id} is due now.")


def _why_not(row: OutboxRow | None) -> str:
    if row is None:
        return "There is no such delivery: see flask outbox list"
    if row.state == "pending":
        return "It is being sent; if its worker died, that is found out a minute after."
    return f"It is {row.state}: its text is gone, and the customer asks for a new code."
