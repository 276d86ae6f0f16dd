"""Phones: applications and registrations, for trying and for help."""

from collections.abc import Callable

import click
from flask.cli import AppGroup

from app.cli import push
from app.cli.kit import Named, moment, operating, operator, table
from app.errors import (
    ApplicationAlreadyExists,
    ApplicationNotFound,
    RegistrationChangeRefused,
    RegistrationNotFound,
)
from app.mtoken.registrations import Registrations
from app.mtoken.verdicts import Refused
from app.mtoken.views import Shown, Wish
from app.naming import IN_PATHS, OF_ANYBODY

group = AppGroup("mtoken", help="Mobile Token: applications and registrations of phones.")
application = AppGroup("application", help="Apps of the bank, with the keys that are built in.")
registration = AppGroup("registration", help="Phones of users: made, committed, blocked, removed.")
group.add_command(application)
group.add_command(push.group)
group.add_command(registration)


@application.command("create")
@click.argument("application_id", type=Named(IN_PATHS, 255))
@click.option("--name", type=Named(OF_ANYBODY), help="What people call it; the id by default.")
def create_application(application_id: str, name: str | None) -> None:
    """Make an application with new keys."""
    with operating() as services:
        try:
            made = services.mtoken.applications.create(application_id, name or application_id)
        except ApplicationAlreadyExists:
            raise click.ClickException(f"There is an application {application_id}.") from None
    click.echo(f"Made {made.id}: see flask mtoken application show {made.id}")


@application.command("list")
def list_applications() -> None:
    """List all applications."""
    with operating(writing=False) as services:
        rows = [(each.id, each.name) for each in services.mtoken.applications.all()]
    click.echo(table(("application", "name"), rows))


@application.command("show")
@click.argument("application_id")
def show_application(application_id: str) -> None:
    """Show an application, and what its makers build into the app."""
    with operating(writing=False) as services:
        try:
            found = services.mtoken.applications.find(application_id)
        except ApplicationNotFound:
            raise click.ClickException(
                f"There is no application {application_id}: see flask mtoken application list"
            ) from None
    facts = {
        "application": found.id,
        "name": found.name,
        "appKey": found.application_key,
        "appSecret": found.application_secret,
        "masterServerPublicKey": found.master_public,
        "mobileSdkConfig": found.configuration,
    }
    click.echo("\n".join(f"{name:<24}{value}" for name, value in facts.items()))


@registration.command("create")
@click.argument("user_id", type=Named(OF_ANYBODY))
@click.option("--application", "application_id", help="The portal's own by default.")
@click.option("--otp", help="A one-time password that the person has to know, too.")
@click.option("--at-once", is_flag=True, help="ACTIVE without a commit.")
def create_registration(
    user_id: str, application_id: str | None, otp: str | None, *, at_once: bool
) -> None:
    """Make a registration, and show the code that the phone needs."""
    with operating() as services:
        wish = Wish(
            user_id=user_id,
            application_id=application_id or services.settings.mtoken.application,
            commit_phase="ON_KEY_EXCHANGE" if at_once else "ON_COMMIT",
            otp=otp,
            by=operator(),
        )
        try:
            shown = services.mtoken.registrations.create(wish)
        except ApplicationNotFound:
            raise click.ClickException("There is no such application.") from None
    click.echo(f"registration  {shown.id}")
    if shown.code is not None:
        click.echo(f"code          {shown.code.code}")
        click.echo(f"QR text       {shown.code.qr_text}")
    click.echo(f"until         {moment(shown.expires_at)} UTC")


@registration.command("list")
@click.option("--user", "user_id", help="Of one user alone.")
@click.option("--removed", is_flag=True, help="Removed ones, too.")
def list_registrations(user_id: str | None, *, removed: bool) -> None:
    """List registrations, the newest first."""
    head = ("registration", "user", "application", "state", "failed", "name", "created", "used")
    with operating(writing=False) as services:
        found = services.mtoken.registrations.of_user(user_id, with_removed=removed)
    rows = [
        (
            each.id,
            each.user_id,
            each.application_id,
            each.state,
            each.failed_attempts,
            each.name or "-",
            moment(each.created_at),
            moment(each.last_used_at),
        )
        for each in found
    ]
    click.echo(table(head, rows))


@registration.command("commit")
@click.argument("registration_id")
@click.option("--otp", help="The one-time password, if there is one.")
def commit(registration_id: str, otp: str | None) -> None:
    """Let a phone work whose keys are exchanged."""
    _change(lambda all_: all_.commit(registration_id, otp=otp, by=operator()))


@registration.command("block")
@click.argument("registration_id")
@click.option("--reason", type=Named(OF_ANYBODY), help="NOT_SPECIFIED by default.")
def block(registration_id: str, reason: str | None) -> None:
    """Let a phone do nothing for now."""
    _change(lambda all_: all_.block(registration_id, reason, by=operator()))


@registration.command("unblock")
@click.argument("registration_id")
def unblock(registration_id: str) -> None:
    """Let a blocked phone work again."""
    _change(lambda all_: all_.unblock(registration_id, by=operator()))


@registration.command("remove")
@click.argument("registration_id")
def remove(registration_id: str) -> None:
    """End a registration for good."""
    _change(lambda all_: all_.remove(registration_id, by=operator()))


def _change(act: Callable[[Registrations], Shown | Refused]) -> None:
    """Change a registration, and say what it is now; a wrong password is counted."""
    with operating() as services:
        try:
            done = act(services.mtoken.registrations)
        except RegistrationNotFound:
            raise click.ClickException("There is no such registration.") from None
        except RegistrationChangeRefused as refused:
            raise click.ClickException(f"Not done: {refused.detail}.") from None
    if isinstance(done, Refused):
        raise click.ClickException("Not done: the one-time password is wrong.")
    click.echo(f"{done.id} is {done.state}.")
