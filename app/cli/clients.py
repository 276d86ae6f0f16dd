"""Third parties: register, show, disable, give another secret."""

import secrets
from collections.abc import Sequence

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app import clock
from app.cli.kit import Named, moment, operating, table
from app.events import Name
from app.naming import OF_ANYBODY, OF_CLIENTS
from app.oauth.clients import BASIC, NONE, POST, ensure_client, secret_hash
from app.oauth.scopes import SCOPES, USUAL
from app.services import Services
from app.store.oauth import OAuthClient

SECRET_BYTES = 32

group = AppGroup("clients", help="Third parties that may ask for authorizations.")


@group.command("create")
@click.argument("client_id", type=Named(OF_CLIENTS, 128))
@click.option("--name", type=Named(OF_ANYBODY), required=True, help="What customers read.")
@click.option("--redirect-uri", "redirect_uris", multiple=True, required=True, help="Repeatable.")
@click.option(
    "--scope", "scopes", multiple=True, help=f"Repeatable; of {SCOPES}; by default {USUAL}."
)
@click.option("--description", help="A sentence about it.")
@click.option(
    "--login-operation",
    type=click.Choice(["login_sca", "login"]),
    default="login_sca",
    show_default=True,
    help="What the scope aisp starts.",
)
@click.option(
    "--auth-method",
    type=click.Choice([BASIC, POST, NONE]),
    default=BASIC,
    show_default=True,
    help="How it proves who it is; `none` for a public client.",
)
def create(  # noqa: PLR0913 - what a registration consists of
    *,
    client_id: str,
    name: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    description: str | None,
    login_operation: str,
    auth_method: str,
) -> None:
    """Register a third party; its secret is shown once, and kept as a hash."""
    secret = None if auth_method == NONE else secrets.token_urlsafe(SECRET_BYTES)
    with operating() as services:
        if services.session.get(OAuthClient, client_id) is not None:
            raise click.ClickException(f"There is a client {client_id} already.")
        try:
            ensure_client(
                services.session,
                vault=services.vault,
                client_id=client_id,
                secret=secret,
                name=name,
                redirect_uris=redirect_uris,
                description=description,
                scopes=scopes or USUAL,
                login_operation=login_operation,
                token_endpoint_auth_method=auth_method,
            )
        except ValueError as error:
            raise click.ClickException(f"Not registered: {error}") from None
        services.journal.record(Name.CLIENT_CREATED, client_id, client_id=client_id)
    _show_secret(client_id, secret)


@group.command("list")
def list_all() -> None:
    """List all third parties."""
    with operating(writing=False) as services:
        rows = services.session.scalars(select(OAuthClient).order_by(OAuthClient.client_id)).all()
    head = ("client", "name", "authenticates by", "scopes", "state")
    click.echo(
        table(
            head,
            (
                (
                    row.client_id,
                    row.name,
                    row.token_endpoint_auth_method,
                    " ".join(row.scopes),
                    "disabled" if row.disabled_at else "enabled",
                )
                for row in rows
            ),
        )
    )


@group.command("show")
@click.argument("client_id")
def show(client_id: str) -> None:
    """Show one third party."""
    with operating(writing=False) as services:
        row = _find(services, client_id)
    facts = {
        "client": row.client_id,
        "name": row.name,
        "description": row.description or "-",
        "redirect URIs": " ".join(row.redirect_uris),
        "scopes": " ".join(row.scopes),
        "aisp starts": row.login_operation,
        "authenticates by": row.token_endpoint_auth_method,
        "created": moment(row.created_at),
        "disabled": moment(row.disabled_at),
    }
    click.echo("\n".join(f"{name:<18}{value}" for name, value in facts.items()))


@group.command("disable")
@click.argument("client_id")
def disable(client_id: str) -> None:
    """Let a third party do nothing more; its tokens stop working at once."""
    with operating() as services:
        _find(services, client_id).disabled_at = clock.now()
        services.journal.record(Name.CLIENT_DISABLED, client_id, client_id=client_id)
    click.echo(f"Disabled {client_id}.")


@group.command("enable")
@click.argument("client_id")
def enable(client_id: str) -> None:
    """Let a disabled third party work again."""
    with operating() as services:
        _find(services, client_id).disabled_at = None
        services.journal.record(Name.CLIENT_ENABLED, client_id, client_id=client_id)
    click.echo(f"Enabled {client_id}.")


@group.command("secret")
@click.argument("client_id")
def new_secret(client_id: str) -> None:
    """Give a third party another secret; the old one stops working at once."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with operating() as services:
        row = _find(services, client_id)
        if row.secret_hash is None:
            raise click.ClickException(f"{client_id} is a public client: it has no secret.")
        row.secret_hash = secret_hash(services.vault, client_id, secret)
        services.journal.record(Name.CLIENT_SECRET_CHANGED, client_id, client_id=client_id)
    _show_secret(client_id, secret)


def _find(services: Services, client_id: str) -> OAuthClient:
    row = services.session.get(OAuthClient, client_id)
    if row is None:
        raise click.ClickException(f"There is no client {client_id}: see flask clients list")
    return row


def _show_secret(client_id: str, secret: str | None) -> None:
    click.echo(f"client_id      {client_id}")
    if secret is not None:
        click.echo(f"client_secret  {secret}")
        click.echo("Write it down now: it cannot be shown again.", err=True)
