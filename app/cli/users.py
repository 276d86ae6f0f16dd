"""System users: the bank's back ends that call our APIs."""

from collections.abc import Sequence

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.cli.kit import operating, table
from app.errors import ApplicationNotFound
from app.events import Name
from app.mtoken.access import ADMIN, INTEGRATION
from app.services import Services
from app.store.system_users import SystemUser, SystemUserAuthority

ROLES = {"admin": ADMIN, "integration": INTEGRATION}

group = AppGroup("users", help="Back ends of the bank that call our APIs.")


@group.command("create")
@click.argument("username")
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
    with operating() as services:
        if services.system_users.look(username) is not None:
            raise click.ClickException(f"There is a system user {username} already.")
        password = services.system_users.add(username, *(ROLES[role] for role in roles))
        services.journal.record(Name.SYSTEM_USER_CREATED, username, roles=" ".join(roles))
        for application in applications:
            _grant(services, username, application)
    _show_password(username, password)


@group.command("list")
def list_all() -> None:
    """List all system users."""
    with operating(writing=False) as services:
        users = services.session.scalars(select(SystemUser).order_by(SystemUser.username)).all()
        held = services.session.scalars(select(SystemUserAuthority)).all()
        given = {user.id: services.system_users.applications(user) for user in users}
    rows = (
        (
            user.username,
            " ".join(sorted(each.authority for each in held if each.user_id == user.id)) or "-",
            "enabled" if user.enabled else "disabled",
            " ".join(sorted(given[user.id])) or "-",
        )
        for user in users
    )
    click.echo(table(("user", "authorities", "state", "applications"), rows))


@group.command("disable")
@click.argument("username")
def disable(username: str) -> None:
    """Refuse a system user from the next call on."""
    with operating() as services:
        _find(services, username).enabled = False
        services.journal.record(Name.SYSTEM_USER_DISABLED, username)
    click.echo(f"Disabled {username}.")


@group.command("enable")
@click.argument("username")
def enable(username: str) -> None:
    """Let a disabled back end in again."""
    with operating() as services:
        _find(services, username).enabled = True
        services.journal.record(Name.SYSTEM_USER_ENABLED, username)
    click.echo(f"Enabled {username}.")


@group.command("reset")
@click.argument("username")
def reset(username: str) -> None:
    """Give a system user another password; the old one stops working at once."""
    with operating() as services:
        password = services.system_users.reset(_find(services, username))
        services.journal.record(Name.SYSTEM_USER_RESET, username)
    _show_password(username, password)


@group.command("grant")
@click.argument("username")
@click.argument("application_id")
def grant(username: str, application_id: str) -> None:
    """Let a system user see and change what belongs to an application of phones."""
    with operating() as services:
        _grant(services, username, application_id)
    click.echo(f"{username} sees {application_id}.")


@group.command("revoke")
@click.argument("username")
@click.argument("application_id")
def revoke(username: str, application_id: str) -> None:
    """Let a system user see nothing of an application from the next call on."""
    with operating() as services:
        services.system_users.revoke(_find(services, username), application_id)
        services.journal.record(Name.SYSTEM_USER_REVOKED, username, application=application_id)
    click.echo(f"{username} does not see {application_id}.")


def _grant(services: Services, username: str, application_id: str) -> None:
    try:
        services.system_users.grant(_find(services, username), application_id)
    except ApplicationNotFound:
        raise click.ClickException(
            f"There is no application {application_id}: see flask mtoken application list"
        ) from None
    services.journal.record(Name.SYSTEM_USER_GRANTED, username, application=application_id)


def _find(services: Services, username: str) -> SystemUser:
    user = services.system_users.look(username)
    if user is None:
        raise click.ClickException(f"There is no system user {username}: see flask users list")
    return user


def _show_password(username: str, password: str) -> None:
    click.echo(f"username  {username}")
    click.echo(f"password  {password}")
    click.echo("Write it down now: it cannot be shown again.", err=True)
