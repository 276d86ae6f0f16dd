"""A store that has served for years: one real flow, and so many copies of what it left."""

from collections.abc import Iterator

from sqlalchemy import Connection, Engine, inspect, text

NAMES = {
    "flows": ("id", "handle", "nonce", "user_id", "username"),
    "flow_history": ("flow_id",),
    "da_sms_authorization": ("message_id", "operation_id", "user_id"),
    "given_consents": ("flow_id", "user_id"),
    "audit": ("subject", "user_id"),
    "outbox": ("id", "reference"),
    "oauth_requests": ("id", "operation_id", "handle"),
    "oauth_codes": ("code_hash", "family", "operation_id", "user_id"),
    "oauth_tokens": ("id", "access_hash", "family", "operation_id", "user_id"),
    "user_attempts": ("username",),
}
"""What a flow leaves, and the columns that name something: each copy has names of its own."""

SHORT_LIVED = ("outbox", "oauth_requests", "oauth_codes", "oauth_tokens")
"""What the clean-up removes within days: kept of one flow in a hundred."""

NUMBERS = {
    "postgresql": "generate_series(1, {many}) AS numbers(n)",
    "sqlite": (
        "(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {many}) "
        "SELECT n FROM c) AS numbers"
    ),
}
SCATTERED = {
    "postgresql": "lpad(to_hex((n::bigint * 2654435761) % 1099511627776), 12, '0')",
    "sqlite": "printf('%012x', (n * 2654435761) % 1099511627776)",
}
"""A different beginning for each copy, spread over the index as random names are."""

HURRY = {
    "postgresql": ("SET synchronous_commit = off",),
    "sqlite": (
        "PRAGMA synchronous = OFF",
        "PRAGMA cache_size = -1000000",
        "PRAGMA analysis_limit = 1000",  # looks at samples, as PostgreSQL does
    ),
}
"""Nothing here has to survive; of this connection alone."""

CHAIN = (
    "INSERT INTO audit_chain (position, entry_id, hash) "
    "SELECT (SELECT coalesce(max(position), 0) FROM audit_chain) "
    "+ row_number() OVER (ORDER BY id), id, '{hash}' FROM audit "
    "WHERE id NOT IN (SELECT entry_id FROM audit_chain)"
)


def multiply(engine: Engine, copies: int) -> None:
    """Copy what the only flow of a store has left, and let the database count its rows anew."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in HURRY[connection.dialect.name]:
            connection.execute(text(statement))
        for statement in _copies(connection, copies):
            connection.execute(text(statement))
        connection.execute(text(CHAIN.format(hash="0" * 64)))
        connection.execute(text("ANALYZE"))


def _copies(connection: Connection, copies: int) -> Iterator[str]:
    kind, found = connection.dialect.name, inspect(connection)
    for table, names in NAMES.items():
        many = max(1, copies // 100) if table in SHORT_LIVED else copies
        columns = [column["name"] for column in found.get_columns(table)]
        if table == "audit":
            columns.remove("id")  # counted by the database
        values = [f"{SCATTERED[kind]} || substr({c}, 13)" if c in names else c for c in columns]
        numbers = NUMBERS[kind].format(many=many)
        yield (
            f"INSERT INTO {table} ({', '.join(columns)}) "  # noqa: S608 - names of our own tables
            f"SELECT {', '.join(values)} FROM {table} CROSS JOIN {numbers} "
            f"ORDER BY {SCATTERED[kind]}"  # in the order of the indexes: each page is met once
        )
