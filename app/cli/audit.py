"""The audit trail: read it, prove that nobody has changed it, hand it over."""

import json
import re
from typing import TextIO

import click
from flask.cli import AppGroup

from app.cli.kit import NEWEST, moment, operating, table
from app.events import Name
from app.upkeep.audit import Checkpoint

CHECKPOINT = "[0-9]{1,18}:[0-9A-Fa-f]{64}"

group = AppGroup("audit", help="Who did what, and the proof that nobody has rewritten it.")


class CheckpointType(click.ParamType[Checkpoint]):
    """`POSITION:HASH`, as `flask audit seal` and the worker's log say it."""

    name = "position:hash"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> Checkpoint:
        """Read it."""
        if re.fullmatch(CHECKPOINT, value) is None:
            self.fail("expected POSITION:HASH", param, ctx)
        position, _, digest = value.partition(":")
        return Checkpoint(int(position), digest.lower())


@group.command("list")
@click.option("-n", "--newest", type=NEWEST, default=50, show_default=True, help="How many.")
@click.option("--subject", default="", help="Only about this operation, client, key, …")
def list_some(newest: int, subject: str) -> None:
    """List entries, the newest last."""
    with operating(writing=False) as services:
        rows = services.audit.entries(newest=newest, of_subject=subject)
    head = ("at", "what", "subject", "who", "client", "user", "request", "facts")
    click.echo(
        table(
            head,
            (
                (
                    moment(row.at),
                    row.name,
                    row.subject,
                    row.actor,
                    row.client_id or "-",
                    row.user_id or "-",
                    row.request or "-",
                    " ".join(f"{name}={value}" for name, value in row.facts.items()),
                )
                for row in rows
            ),
        )
    )


@group.command("seal")
def seal() -> None:
    """Chain what is not chained yet (the worker does it every minute) and print the end."""
    with operating() as services:
        services.audit.seal(services.commit, all_of_it=True)
        end = services.audit.end()
    click.echo(f"{end.position}:{end.hash}")


@group.command("verify")
@click.option(
    "--expect",
    type=CheckpointType(),
    help="A checkpoint that was kept elsewhere: the chain must still go through it.",
)
def verify(expect: Checkpoint | None) -> None:
    """Compute the whole chain again; exit code 1 and the first broken place, if there is one."""
    with operating(writing=False) as services:
        verdict = services.audit.verify(expect)
        end = services.audit.end()
    if verdict.fault:
        raise click.ClickException(f"BROKEN: {verdict.fault}; {verdict.checked} are sound.")
    click.echo(f"Sound: {verdict.checked} entries, {verdict.waiting} not chained yet.")
    click.echo(f"{end.position}:{end.hash}")


@group.command("export")
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
def export(file: TextIO) -> None:
    """Write every chained entry as a line of JSON, in order, with its place and hash."""
    count = 0
    with operating(writing=False) as services:
        for entry in services.audit.export():
            file.write(json.dumps(entry) + "\n")
            count += 1
    with operating() as services:
        services.journal.record(Name.AUDIT_EXPORTED, "audit", count=count)
