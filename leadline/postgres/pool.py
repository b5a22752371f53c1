"""Connections: one for each thread that needs one, with the time limits that let a frozen process give way."""

from __future__ import annotations

from typing import Any, Final

import orjson
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_loads

from leadline.errors import Unavailable

# Milliseconds. A frozen owner's transaction ends after `idle_in_transaction`, and with it its locks.
LIMITS: Final = {
    "statement_timeout": 60_000,
    "lock_timeout": 20_000,
    "idle_in_transaction_session_timeout": 10_000,
    "transaction_timeout": 120_000,
}
CONNECT_SECONDS: Final = 5
Connection = psycopg.Connection[DictRow]


def connection_info(url: str, schema: str) -> str:
    """The url with our limits, and `schema` as the only place where tables are looked for."""
    given = conninfo_to_dict(url)
    settings = {"search_path": schema, "timezone": "UTC", **LIMITS}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    ours: dict[str, Any] = {
        "options": f"{given.get('options') or ''} {options}".strip(),
        "application_name": f"leadline-{schema}",
        "connect_timeout": given.get("connect_timeout") or CONNECT_SECONDS,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
    return make_conninfo(url, **ours)


def connect(url: str, schema: str) -> Connection:
    """Open a connection whose rows are dicts; raises Unavailable where the database does not answer."""
    try:
        connection = psycopg.connect(connection_info(url, schema), autocommit=True, row_factory=dict_row)
    except psycopg.OperationalError as error:
        message = f"PostgreSQL cannot be reached: {str(error).splitlines()[0]}"
        raise Unavailable(message) from error
    set_json_loads(orjson.loads, connection)
    return connection
