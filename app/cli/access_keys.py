"""Access keys: what back ends of the second façade prove themselves with."""

import click
from flask.cli import AppGroup

from app.cli.kit import Named, moment, operating, table
from app.errors import AccessKeyNotFound, ApplicationNotFound
from app.naming import OF_ANYBODY

group = AppGroup("access-keys", help="Keys of back ends that call /nevis/<application>.")


@group.command("create")
@click.argument("application")
@click.argument("name", type=Named(OF_ANYBODY))
def create(application: str, name: str) -> None:
    """Make a key for one application; it is shown once, and kept as a keyed hash."""
    try:
        with operating() as services:
            key = services.access_keys.create(application, name)
    except ApplicationNotFound:
        raise click.ClickException(f"There is no application {application}") from None
    click.echo(key)


@group.command("list")
def list_all() -> None:
    """List all keys; none of them can be read again."""
    with operating(writing=False) as services:
        rows = [
            (key.id, key.application_id, key.name, moment(key.created_at), moment(key.revoked_at))
            for key in services.access_keys.all()
        ]
    click.echo(table(("id", "application", "name", "created", "revoked"), rows))


@group.command("revoke")
@click.argument("key_id", metavar="ID")
def revoke(key_id: str) -> None:
    """Refuse a key from the next call on."""
    try:
        with operating() as services:
            services.access_keys.revoke(key_id)
    except AccessKeyNotFound:
        raise click.ClickException(f"There is no access key {key_id}") from None
    click.echo(f"Revoked {key_id}.")
