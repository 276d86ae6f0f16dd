"""The commands of `flask`: run, seed, and everything that operators do to an installation."""

import sys

import click
from flask import Flask, current_app

from app.cli import (
    access_keys,
    audit,
    brand,
    clients,
    docs,
    doctor,
    keys,
    mtoken,
    outbox,
    up,
    users,
)
from app.cli.kit import explained
from app.settings import Settings

GROUPS = (
    access_keys.group,
    audit.group,
    brand.group,
    clients.group,
    docs.group,
    keys.group,
    mtoken.group,
    outbox.group,
    users.group,
)


def register(app: Flask, settings: Settings, *, seed: up.Seed) -> None:
    """Give the application its commands; the factory knows how to seed."""

    @app.cli.command("up")
    def start() -> None:
        """Start portal, worker and demo client, and keep them running."""
        with explained():
            sys.exit(up.run(current_app, settings, seed))

    @app.cli.command("seed")
    def seed_command() -> None:
        """Fill in what a new database needs; safe to repeat."""
        with explained():
            seed(current_app)
        click.echo("Seeded.")

    app.cli.add_command(doctor.command)
    for group in GROUPS:
        app.cli.add_command(group)
