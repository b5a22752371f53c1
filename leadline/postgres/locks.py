"""Locks that last as long as a connection."""

from __future__ import annotations

from psycopg.errors import LockNotAvailable

from leadline.postgres.pool import Connection


def take_lock(connection: Connection, number: int) -> bool:
    """Wait for the lock of this number, at most as long as the connection waits for any; False: somebody else has it still."""
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (number,))
    except LockNotAvailable:
        return False
    return True
