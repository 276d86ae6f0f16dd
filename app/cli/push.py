"""Credentials of the providers of pushes: put in, shown without secrets, removed."""

from collections.abc import Callable
from typing import BinaryIO, get_args

import click
from flask.cli import AppGroup

from app.channels.base import Platform
from app.cli.kit import operating, table
from app.errors import ApplicationNotFound, PushCredentialsRefused
from app.mtoken.push_credentials import PushCredentials

group = AppGroup("push", help="Credentials by which pushes reach an application's phones.")


@group.group("set")
@click.argument("application_id")
@click.pass_context
def set_credentials(context: click.Context, application_id: str) -> None:
    """Put in, or replace, the credentials of one provider; they count from the next push."""
    context.obj = application_id


@set_credentials.command("apns")
@click.option("--topic", required=True, help="Bundle id of the app.")
@click.option("--key-id", required=True, help="Id of the signing key.")
@click.option("--team-id", required=True, help="Id of the team.")
@click.option(
    "--environment",
    type=click.Choice(("development", "production"), case_sensitive=False),
    default="production",
    show_default=True,
    help="Of devices that do not say which they are of.",
)
@click.option("--key", type=click.File("rb"), required=True, help="The .p8 file, or - for input.")
@click.pass_obj
def set_apns(  # noqa: PLR0913 - what Apple gives out
    application_id: str,
    /,
    *,
    topic: str,
    key_id: str,
    team_id: str,
    environment: str,
    key: BinaryIO,
) -> None:
    """Apple: a signing key of the team."""
    read = key.read()
    _change(
        application_id,
        lambda room: room.set_apns(
            application_id,
            topic=topic,
            key_id=key_id,
            team_id=team_id,
            environment=environment,
            key=read,
        ),
    )


@set_credentials.command("fcm")
@click.option(
    "--service-account",
    "file",
    type=click.File("rb"),
    required=True,
    help="The JSON file of the service account, or - for input.",
)
@click.option("--project-id", default="", help="The file's own by default.")
@click.pass_obj
def set_fcm(application_id: str, file: BinaryIO, project_id: str) -> None:
    """Google: a service account of the Firebase project."""
    read = file.read()
    _change(
        application_id,
        lambda room: room.set_fcm(application_id, file=read, project_id=project_id),
    )


@set_credentials.command("hms")
@click.option("--project-id", required=True, help="Id of the project.")
@click.option("--app-id", required=True, help="Id of the app in AppGallery Connect.")
@click.option("--client-id", required=True, help="Id of the OAuth client.")
@click.option(
    "--client-secret",
    "file",
    type=click.File("rb"),
    required=True,
    help="A file with the client secret, or - for input.",
)
@click.pass_obj
def set_hms(
    application_id: str, project_id: str, app_id: str, client_id: str, file: BinaryIO
) -> None:
    """Huawei: an OAuth client of the app."""
    read = file.read().decode(errors="replace").strip()
    _change(
        application_id,
        lambda room: room.set_hms(
            application_id,
            project_id=project_id,
            app_id=app_id,
            client_id=client_id,
            secret=read,
        ),
    )


@group.command("show")
@click.argument("application_id")
def show(application_id: str) -> None:
    """Show which providers an application has credentials of; never a secret."""
    with operating(writing=False) as services:
        try:
            found = services.mtoken.push_credentials.describe(application_id)
        except ApplicationNotFound:
            raise _no_application(application_id) from None
    rows = [
        (provider, name, value)
        for provider, facts in found.items()
        for name, value in facts.items()
    ]
    click.echo(table(("provider", "", "value"), rows))


@group.command("remove")
@click.argument("application_id")
@click.argument("provider", type=click.Choice(get_args(Platform)))
def remove(application_id: str, provider: str) -> None:
    """Push to an application by this provider no more."""
    with operating() as services:
        try:
            done = services.mtoken.push_credentials.remove(application_id, provider)
        except ApplicationNotFound:
            raise _no_application(application_id) from None
        if not done:
            raise click.ClickException(f"{application_id} has no credentials of {provider}.")
    click.echo(f"Removed: nothing is pushed to {application_id} by {provider} any more.")


def _change(application_id: str, act: Callable[[PushCredentials], None]) -> None:
    with operating() as services:
        try:
            act(services.mtoken.push_credentials)
        except ApplicationNotFound:
            raise _no_application(application_id) from None
        except PushCredentialsRefused as refused:
            raise click.ClickException(f"Not taken: {refused.detail}.") from None
    click.echo(f"Taken: see flask mtoken push show {application_id}")


def _no_application(application_id: str) -> click.ClickException:
    return click.ClickException(
        f"There is no application {application_id}: see flask mtoken application list"
    )
