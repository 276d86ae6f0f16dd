"""What the templates need to show JSON, tokens and times to people."""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Flask

from app.demo.forms import as_text
from app.demo.session import Transaction

SECRETS = frozenset({"code", "access_token", "refresh_token", "id_token"})
TIMES = frozenset({"exp", "iat", "nbf", "auth_time"})
# From this length on, so many characters are shown at the beginning: `wf_at_7Hq2…Zk0`.
MASKS = ((28, 10), (12, 3))


class Row(NamedTuple):
    """One line of a list: name, value and a remark."""

    name: str
    value: str
    remark: str


def install(app: Flask) -> None:
    """Give the templates their filters."""
    app.template_filter("as_json")(as_text)
    app.template_filter("day_and_time")(day_and_time)
    app.template_filter("time_of_day")(time_of_day)
    app.template_filter("rows")(rows)
    app.template_filter("masked")(masked)
    app.template_filter("as_base64")(as_base64)
    app.template_filter("clock")(clock)
    app.template_test("faulty")(faulty)


def as_base64(text: str) -> str:
    """Return a text as a form brings it back unchanged."""
    return base64.b64encode(text.encode()).decode()


def clock(moment: datetime, pattern: str = "%H:%M") -> str:
    """Return a time on this machine's clock."""
    return moment.astimezone().strftime(pattern)


def rows(shown: Mapping[str, object], remarks: Mapping[str, str] | None = None) -> Iterable[Row]:
    """Return a JSON object line by line; secrets are masked and times are also put in words."""
    for name, value in shown.items():
        text = masked(str(value)) if name in SECRETS else _text(value)
        remark = (remarks or {}).get(name, "")
        if name in TIMES and isinstance(value, int):
            remark = day_and_time(value)
        yield Row(name, text, remark)


def masked(secret: str) -> str:
    """Return enough of a token to recognise it and too little to use it."""
    shown = next((head for length, head in MASKS if len(secret) >= length), 0)
    return f"{secret[:shown]}…{secret[-3:]}" if shown else "…"


def day_and_time(moment: int) -> str:
    """Return a Unix time as a day and a time on this machine's clock."""
    try:
        local = datetime.fromtimestamp(moment, UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return ""
    return f"{local.day} {local:%b %Y, %H:%M:%S}"


def time_of_day(moment: datetime) -> str:
    """Return a time to the millisecond on this machine's clock."""
    local = moment.astimezone()
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03}"


def faulty(transaction: Transaction, name: str) -> bool:
    """Tell whether the check of this name has failed."""
    return any(check.name == name for check in transaction.failed)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)
