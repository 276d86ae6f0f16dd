"""Keys: data keys that seal our secrets, and the keys that sign ID tokens."""

from datetime import timedelta

import click
from flask.cli import AppGroup

from app.cli.kit import moment, operating, table
from app.oauth.keys import rotate_signing_key, signing_keys, state_of

group = AppGroup("keys", help="Keys at rest and signing keys: see docs/key-management.md.")


@group.command("list")
def list_all() -> None:
    """List all keys: how old they are, and what they do."""
    with operating(writing=False) as services:
        rows = [
            (
                row.kid,
                f"data, {row.purpose}",
                moment(row.created_at),
                moment(row.retired_at),
                "retired" if row.retired_at else "current",
                "this secret" if services.keys.is_newest(row.as_kept()) else "another secret",
            )
            for row in services.keys.all()
        ]
        rows += [
            (
                key.kid,
                "signing",
                moment(key.created_at),
                moment(key.retired_at),
                state_of(key),
                "a data key",
            )
            for key in signing_keys(services.session)
        ]
    click.echo(table(("key", "kind", "created", "retired", "state", "sealed by"), rows))


@group.command("rotate")
def rotate() -> None:
    """Make a new data key and seal everything anew with it; safe to interrupt and repeat."""
    with operating() as services:
        kid = services.keys.rotate()
    if kid is None:
        raise click.ClickException("Somebody else is rotating at this moment.")
    click.echo(f"New data key {kid}.")
    _reseal()


@group.command("reseal")
def reseal() -> None:
    """Finish an interrupted rotation: seal anew what older keys have sealed."""
    _reseal()


@group.command("rewrap")
def rewrap() -> None:
    """After a change of WEBFLOW_SECRET_KEY: seal the data keys with the new one."""
    with operating() as services:
        count = services.keys.rewrap()
    click.echo(
        f"Sealed {count} data keys anew. Once every process runs with the new secret, "
        "WEBFLOW_PREVIOUS_SECRET_KEYS is not needed any more."
    )


@group.command("rotate-signing")
@click.option("--now", is_flag=True, help="Sign with the new key at once (the old one leaked).")
@click.option("--withdraw", is_flag=True, help="With --now: publish the old keys no longer.")
def rotate_signing(*, now: bool, withdraw: bool) -> None:
    """Publish the next signing key; it signs after WEBFLOW_OAUTH__SIGNING_KEY_LEAD."""
    if withdraw and not now:
        raise click.UsageError("--withdraw goes with --now: somebody has to sign.")
    with operating() as services:
        lead = timedelta(0) if now else services.settings.oauth.signing_key_lead
        key = rotate_signing_key(services.session, services.vault, services.journal, lead=lead)
        if withdraw:
            services.keys.withdraw_signing_keys(kept=timedelta(0))
        kid, signs_from = key.kid, key.signs_from
    click.echo(f"Published {kid}; it signs from {moment(signs_from)} UTC on.")


def _reseal() -> None:
    with operating() as services:
        result = services.keys.reseal(services.commit)
    click.echo(f"Values sealed anew: {result.done}.")
    for place in result.broken:
        click.echo(f"Cannot be opened: {place}", err=True)
    if result.broken:
        raise click.ClickException("Some values were changed, or their key is lost.")
