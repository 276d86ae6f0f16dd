"""Look at everything that an installation needs, and say what is wrong and what to do."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app import clock, oauth
from app.cli.kit import NO_KEYS, WRONG_ROOT, parts
from app.crypto.vault import CannotOpenError, NoDataKeyError
from app.jobs import ping
from app.mtoken.demo_access import leftover_keys, leftover_users
from app.oauth.keys import signing_keys, state_of
from app.services import Services
from app.settings import unknown_settings
from app.store.outbox import OutboxRow
from app.upkeep.readiness import NotAtHeadError, Readiness

LATE = timedelta(minutes=1)
STALE = timedelta(minutes=10)

Check = Callable[[Services], Iterator[str]]


@click.command("doctor")
@with_appcontext
def command() -> None:
    """Check settings, database, keys, queue and worker; exit code 1 if anything is wrong."""
    checked = list(_basics())
    if not any(faults for _, faults in checked):
        checked += _details()
    for name, faults in checked:
        click.echo(f"{'FAIL' if faults else 'ok':<5} {name}")
        for fault in faults:
            click.echo(f"      {fault}")
    if any(faults for _, faults in checked):
        current_app.extensions["webflow"].engine.dispose()
        raise SystemExit(1)


def _basics() -> Iterator[tuple[str, list[str]]]:
    """Check what all other checks need."""
    unknown = [f"{name} is no setting of ours: is it mistyped?" for name in unknown_settings()]
    yield "settings", unknown
    settings = parts().settings
    readiness = Readiness(parts().engine, parts().vault, queue=lambda: ping(settings))
    for name, check in readiness.checks.items():
        try:
            check()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what we look for
            yield name, [_advice(name, error)]
            if name == "database":
                return
        else:
            yield name, []


def _advice(name: str, error: Exception) -> str:
    match error:
        case NotAtHeadError():
            return f"{error}: run flask db upgrade"
        case CannotOpenError():
            return WRONG_ROOT
        case NoDataKeyError():
            return NO_KEYS
        case SQLAlchemyError() if name == "database":
            return "It does not answer: is WEBFLOW_DATABASE_URL right, and does it run?"
        case SQLAlchemyError():
            return "Its table is missing: run flask db upgrade"
        case _:
            return f"It does not answer ({type(error).__name__})"


def _details() -> list[tuple[str, list[str]]]:
    services = Services(parts(), writing=False)
    try:
        return [(name, list(check(services))) for name, check in DETAILS.items()]
    finally:
        services.close()


def _root(services: Services) -> Iterator[str]:
    old = [row.kid for row in services.keys.all() if not services.keys.is_newest(row.as_kept())]
    if old:
        yield f"{len(old)} data keys need a previous secret: run flask keys rewrap"
    elif services.settings.previous_secret_keys:
        yield "WEBFLOW_PREVIOUS_SECRET_KEYS is not needed any more: unset it"


def _signing(services: Services) -> Iterator[str]:
    if all(state_of(key) != "signs" for key in signing_keys(services.session)):
        yield "No key signs ID tokens: run flask seed"


def _leftovers(services: Services) -> Iterator[str]:
    if services.settings.profile == "production":
        yield from oauth.demo_leftovers(services)
        yield from leftover_users(services.system_users)
        yield from leftover_keys(services.access_keys)
        if services.testers.clock_offset():
            yield "The testers' clock is moved: this database belongs to a demo"


def _outbox(services: Services) -> Iterator[str]:
    waiting = (OutboxRow.state == "pending") & (OutboxRow.due_at <= clock.now() - LATE)
    failed = (OutboxRow.state == "failed") & (OutboxRow.finished_at >= clock.now() - STALE)
    count = select(func.count()).select_from(OutboxRow)
    if late := services.session.scalar(count.where(waiting)):
        yield f"{late} messages have waited for more than a minute: does the worker run?"
    if lost := services.session.scalar(count.where(failed)):
        yield f"{lost} messages have failed in ten minutes: see flask outbox list --state failed"


def _pushes(services: Services) -> Iterator[str]:
    if services.settings.push.chosen(services.settings.profile) != "providers":
        return
    for application, provider in services.mtoken.push_credentials.missing():
        yield (
            f"Phones of {application} cannot be pushed to: "
            f"run flask mtoken push set {application} {provider}"
        )


def _audit(services: Services) -> Iterator[str]:
    oldest = services.audit.oldest_waiting()
    if oldest is not None and oldest < clock.now() - STALE:
        yield "Entries have not been chained for ten minutes: does the worker run?"


DETAILS: dict[str, Check] = {
    "root secret": _root,
    "signing key": _signing,
    "demo leftovers": _leftovers,
    "outbox": _outbox,
    "pushes": _pushes,
    "audit trail": _audit,
}
