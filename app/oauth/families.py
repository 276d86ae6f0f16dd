"""Families: a code and every token that was made from it, directly or by a refresh."""

from sqlalchemy import select, update

from app import clock
from app.services import services
from app.store.oauth import AuthorizationCode, RefreshToken, Token


def hold(family: str) -> None:
    """Let nobody else issue or revoke tokens of this family until the commit."""
    # SQLite has no row locks and needs none: there is one writer at a time.
    services().session.execute(
        select(AuthorizationCode.code_hash)
        .where(AuthorizationCode.family == family)
        .with_for_update()
    )


def revoke(family: str) -> None:
    """Revoke every token of a family; one that is being issued right now, too."""
    hold(family)
    now = clock.now()
    for table in (Token, RefreshToken):
        services().session.execute(
            update(table)
            .where(table.family == family, table.revoked_at.is_(None))
            .values(revoked_at=now)
        )
