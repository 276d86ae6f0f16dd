"""Logs: what happened in an instance, as a table for spreadsheets."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Final

from flask import Response

from app.api.nevis.calls import call, instance
from app.api.nevis.log_schemas import LogExportQuery
from app.api.nevis.schemas import microseconds
from app.events import Name
from app.services import services
from app.upkeep.instance_log import LogLine

COLUMNS: Final = (
    "timestamp",
    "event",
    "category",
    "channel",
    "status",
    "actorType",
    "actor",
    "userId",
    "username",
    "transactionId",
    "authenticatorId",
    "requestId",
)
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for the beginning of a formula."""


@call("GET /api/v1/logs/export", asks=LogExportQuery, answers=None, about="Logs")
def export_logs(asked: LogExportQuery) -> Response:
    """Tell what happened, as CSV: the newest first, in UTC, at most 10,000 lines."""
    lines = services().instance_log.lines(instance(), asked.query())
    answer = Response(_table(lines), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="logs.csv")
    services().begin_writing()
    services().journal.record(
        Name.AUDIT_EXPORTED, "audit", application=instance(), count=len(lines)
    )
    return answer


def _table(lines: Iterable[LogLine]) -> str:
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for line in lines:
        cells = (
            line.event,
            line.category,
            line.channel,
            line.status,
            line.actor_type,
            line.actor,
            line.user_id,
            line.username,
            line.transaction_id,
            line.authenticator_id,
            line.request,
        )
        writer.writerow([microseconds(line.at), *map(harmless, cells)])
    return written.getvalue()


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet computes."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
