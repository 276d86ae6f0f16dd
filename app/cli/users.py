"""System users: the bank's back ends that call our APIs."""

from collections.abc import Sequence

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.cli.kit import operating, table
from app.events import Name
from app.mtoken.access import ADMIN, INTEGRATION, Remembered, SystemUsers
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
def create(username: str, roles: Sequence[str]) -> None:
    """Make a system user; its password is shown once, and kept as a hash."""
    with operating() as services:
        if _look(services, username) is not None:
            raise click.ClickException(f"There is a system user {username} already.")
        password = _users(services).add(username, *(ROLES[role] for role in roles))
        services.journal.record(Name.SYSTEM_USER_CREATED, username, roles=" ".join(roles))
    _show_password(username, password)


@group.command("list")
def list_all() -> None:
    """List all system users."""
    with operating(writing=False) as services:
        users = services.session.scalars(select(SystemUser).order_by(SystemUser.username)).all()
        held = services.session.scalars(select(SystemUserAuthority)).all()
    rows = (
        (
            user.username,
            " ".join(sorted(each.authority for each in held if each.user_id == user.id)) or "-",
            "enabled" if user.enabled else "disabled",
        )
        for user in users
    )
    click.echo(table(("user", "authorities", "state"), rows))


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
        password = _users(services).reset(_find(services, username))
        services.journal.record(Name.SYSTEM_USER_RESET, username)
    _show_password(username, password)


def _users(services: Services) -> SystemUsers:
    return SystemUsers(services.session, services.vault, Remembered())


def _look(services: Services, username: str) -> SystemUser | None:
    return services.session.scalar(select(SystemUser).where(SystemUser.username == username))


def _find(services: Services, username: str) -> SystemUser:
    user = _look(services, username)
    if user is None:
        raise click.ClickException(f"There is no system user {username}: see flask users list")
    return user


def _show_password(username: str, password: str) -> None:
    click.echo(f"username  {username}")
    click.echo(f"password  {password}")
    click.echo("Write it down now: it cannot be shown again.", err=True)
