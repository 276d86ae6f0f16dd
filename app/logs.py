"""Structured logs: one JSON line for each fact, ids and codes only.

Nobody may log a secret. In case somebody does, a second line of defence stands here: fields with
telling names are masked, so is what looks like a token, and failures are written as the places
where they happened, without their messages (a database's repeats values, for instance).
"""

import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from types import TracebackType
from typing import Any

import structlog

MASK = "***"

SECRET_WORDS = frozenset(
    {
        "assertion", "authorization", "code", "cookie", "csrf", "iban", "key", "nonce", "otp",
        "passphrase", "password", "phone", "pin", "recipient", "secret", "session", "signature",
        "token", "verifier",
    }
)  # fmt: skip
"""A field is masked when one of the words of its name is one of these: `client_secret`."""

WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

LOOKS_SECRET = re.compile(
    r"\bwf_[a-z]+_[\w-]{16,}"  # our tokens
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # JWTs
    r"|(?<=\b[Bb]asic )[A-Za-z0-9+/=]{8,}"
    r"|(?<=\b[Bb]earer )[\w.~+/=-]{8,}"
    r"|(?<=[?&])[^\s\"']+"  # queries
)

CHATTY = (
    "httpx2", "httpcore2", "hpack", "twilio.http_client", "huey", "alembic", "sqlalchemy"
)  # fmt: skip
"""Libraries whose lower levels repeat addresses and headers, with what is secret in them."""

OF_GUNICORN = re.compile(r"^(Invalid request from ip=\S+: ).*", re.DOTALL)
"""gunicorn repeats what it could not read: a line with a code in its query, a header."""

OF_GRANIAN = re.compile(r"\n.*", re.DOTALL)
"""granian repeats a failure of the application as a traceback, with its message."""

OF_TABLES = ("OperationalError", "ProgrammingError")


def configure(level: str) -> None:
    """Send everything, the libraries' records too, as JSON lines to standard error."""
    shared = _shared()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.handlers = [h for h in root.handlers if not _is_ours(h)] + [handler]
    root.setLevel(level)
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)


def formatter() -> structlog.stdlib.ProcessorFormatter:
    """Return what writes one record as one line."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            redact,
            structlog.processors.JSONRenderer(),
        ],
    )


def last_resort() -> None:
    """Write what nobody catches as a line, too; for processes that serve."""

    def of_process(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
        structlog.get_logger("webflow").critical("unexpected", exc_info=error)

    def of_thread(given: threading.ExceptHookArgs) -> None:
        structlog.get_logger("webflow").critical("unexpected", exc_info=given.exc_value)

    sys.excepthook, threading.excepthook = of_process, of_thread


def redact(_logger: object, _method: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Mask what must not be in a line."""
    logger, event = str(line.get("logger", "")), str(line.get("event", ""))
    if logger.startswith("gunicorn"):
        line["event"] = OF_GUNICORN.sub(rf"\1{MASK}", event)
    elif logger.startswith("_granian"):
        line["event"] = OF_GRANIAN.sub("", event)
    return redacted(line)


def redacted(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts with masks over those that look secret by name or by form."""
    return {
        name: MASK if value and _is_secret(name) else _clean(value) for name, value in facts.items()
    }


def _clean(value: Any) -> Any:  # noqa: ANN401 - anything may be logged
    match value:
        case str():
            return LOOKS_SECRET.sub(MASK, value)
        case Mapping():
            return redacted({str(name): each for name, each in value.items()})
        case list() | tuple() | set() | frozenset():
            return [_clean(each) for each in value]
        case _:
            return value


def _is_secret(name: str) -> bool:
    return any(word.lower() in SECRET_WORDS for word in WORD.findall(name))


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _where_it_failed,
    ]


def _where_it_failed(
    _logger: object, _method: str, line: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Write a failure as types and places; its message may repeat what was being worked on."""
    given = line.pop("exc_info", None)
    match given:
        case BaseException():
            error: BaseException | None = given
        case (_, BaseException() as error, _):
            pass
        case None | False:
            return line
        case _:
            error = sys.exc_info()[1]
    if error is not None:
        line["exception"] = "\n".join(_story(error))
    return line


def _story(error: BaseException) -> Iterator[str]:
    """Yield the first failure first, as tracebacks do."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    for each in reversed(seen):
        yield from _places(each.__traceback__)
        yield f"{type(each).__module__}.{type(each).__qualname__}{_state(each)}"


def _places(trace: TracebackType | None) -> Iterator[str]:
    for frame in traceback.extract_tb(trace):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"


def _state(error: BaseException) -> str:
    """Return the database's own name for what went wrong: it has no values in it.

    What it says of its tables and of itself has none either; what it says of rows has.
    """
    if type(error).__name__ in OF_TABLES and (said := str(getattr(error, "orig", ""))):
        return f": {said.splitlines()[0]}"
    for name in ("sqlstate", "sqlite_errorname"):
        if isinstance(found := getattr(error, name, None), str):
            return f" ({found})"
    return ""


def _is_ours(handler: logging.Handler) -> bool:
    return isinstance(handler.formatter, structlog.stdlib.ProcessorFormatter)
