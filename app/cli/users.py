"""System users: the bank's back ends that call our APIs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from flask.cli import AppGroup

from app.cli.kit import Named, operating, table
from app.errors import ApplicationNotFound, SystemUserAlreadyExists, SystemUserNotFound
from app.mtoken.access import ROLES
from app.mtoken.administering import Administration
from app.naming import OF_SYSTEM_USERS

group = AppGroup("users", help="Back ends of the bank that call our APIs.")


@group.command("create")
@click.argument("username", type=Named(OF_SYSTEM_USERS))
@click.option(
    "--role",
    "roles",
    type=click.Choice(list(ROLES)),
    multiple=True,
    default=("integration",),
    show_default=True,
    help="Repeatable; admin may change the configuration.",
)
@click.option("--application", "applications", multiple=True, help="Repeatable; see grant.")
def create(username: str, roles: Sequence[str], applications: Sequence[str]) -> None:
    """Make a system user; its password is shown once, and kept as a hash."""
    with _administering(username) as users:
        password = users.create(username, *roles)
        for application in applications:
            users.grant(username, application)
    _show_password(username, password)


@group.command("list")
def list_all() -> None:
    """List all system users."""
    with operating(writing=False) as services:
        rows = [
            (
                user.username,
                " ".join(user.authorities) or "-",
                "enabled" if user.enabled else "disabled",
                " ".join(user.applications) or "-",
            )
            for user in services.administration.all()
        ]
    click.echo(table(("user", "authorities", "state", "applications"), rows))


@group.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """Refuse a system user from the next call on."""
    with _administering(username) as users:
        users.disable(username, even_last=True)
    click.echo(f"Disabled {username}.")


@group.command("enable")
@click.argument("username")
def enable(username: str) -> None:
    """Let a disabled back end in again."""
    with _administering(username) as users:
        users.enable(username)
    click.echo(f"Enabled {username}.")


@group.command("reset")
@click.argument("username")
def reset(username: str) -> None:
    """Give a system user another password; the old one stops working at once."""
    with _administering(username) as users:
        password = users.reset(username)
    _show_password(username, password)


@group.command("remove")
@click.argument("username")
def remove(username: str) -> None:
    """Forget a system user; what it did stays in the audit trail."""
    with _administering(username) as users:
        users.remove(username, even_last=True)
    click.echo(f"Removed {username}.")


@group.command("grant")
@click.argument("username")
@click.argument("application_id")
def grant(username: str, application_id: str) -> None:
    """Let a system user see and change what belongs to an application of phones."""
    with _administering(username) as users:
        users.grant(username, application_id)
    click.echo(f"{username} sees {application_id}.")


@group.command("revoke")
@click.argument("username")
@click.argument("application_id")
def revoke(username: str, application_id: str) -> None:
    """Let a system user see nothing of an application from the next call on."""
    with _administering(username) as users:
        users.revoke(username, application_id)
    click.echo(f"{username} does not see {application_id}.")


@contextmanager
def _administering(username: str) -> Iterator[Administration]:
    """Change system users; say in a sentence what cannot be done."""
    with operating() as services:
        try:
            yield services.administration
        except SystemUserAlreadyExists:
            raise click.ClickException(f"There is a system user {username} already.") from None
        except SystemUserNotFound:
            raise click.ClickException(
                f"There is no system user {username}: see flask users list"
            ) from None
        except ApplicationNotFound as missing:
            raise click.ClickException(
                f"There is no application {missing.detail}: see flask mtoken application list"
            ) from None


def _show_password(username: str, password: str) -> None:
    click.echo(f"username  {username}")
    click.echo(f"password  {password}")
    click.echo("Write it down now: it cannot be shown again.", err=True)
