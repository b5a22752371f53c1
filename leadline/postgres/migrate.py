"""Forward-only migrations: the engine's own tables, then a service's, in the service's schema, under a lock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Final, NamedTuple

import psycopg
from psycopg import sql

from leadline.errors import SetupError
from leadline.postgres.pool import connect

SERVICES: Final = ("converter", "notifier", "projector")
OPERATIONS: Final = "operations"  # the schema of operators' tools: no service, so no tables of the engine
SCHEMAS: Final = (*SERVICES, OPERATIONS)
_LOCK: Final = 0x1EAD11E  # any number; the same for all, so that migrations never run side by side


class Migration(NamedTuple):
    """One file: its name (`delivery/0001_delivery.sql`), its text, and the SHA-256 of it."""

    name: str
    text: str
    checksum: str


def migrations_of(service: str) -> list[Migration]:
    """Every migration of a service or of operators' tools, in the order in which they are applied."""
    if service == OPERATIONS:
        return list(_read(OPERATIONS, "leadline.operations"))
    return [*_read("delivery", "leadline.postgres"), *_read(service, f"services.{service}")]


def _read(label: str, package: str) -> Iterator[Migration]:
    folder = files(package) / "migrations"
    if not folder.is_dir():
        return
    for file in sorted((each for each in folder.iterdir() if each.name.endswith(".sql")), key=lambda each: each.name):
        text = file.read_text(encoding="utf-8")
        yield Migration(f"{label}/{file.name}", text, hashlib.sha256(text.encode()).hexdigest())


def migrate(url: str, service: str) -> list[str]:
    """Apply what is missing and give its names; raises SetupError if an applied file has changed since."""
    with connect(url, service) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(service)))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migration "
            "(name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        missing = _missing(connection, service)
        for migration in missing:
            connection.execute(migration.text.encode())
            connection.execute(
                "INSERT INTO schema_migration (name, checksum) VALUES (%s, %s)", (migration.name, migration.checksum)
            )
    return [migration.name for migration in missing]


def migrate_all(urls: dict[str, str] | str, services: Sequence[str] = SCHEMAS) -> dict[str, list[str]]:
    """Migrate every schema; `urls` is one for all or one for each."""
    return {each: migrate(urls if isinstance(urls, str) else urls[each], each) for each in services}


def missing_migrations(url: str, service: str) -> list[str]:
    """The names of what `migrate` would apply; changes nothing."""
    with connect(url, service) as connection:
        if connection.execute("SELECT to_regclass('schema_migration') AS found").fetchone() == {"found": None}:
            return [migration.name for migration in migrations_of(service)]
        return [migration.name for migration in _missing(connection, service)]


def _missing(connection: psycopg.Connection[dict[str, object]], service: str) -> list[Migration]:
    applied = {row["name"]: row["checksum"] for row in connection.execute("SELECT name, checksum FROM schema_migration")}
    missing = []
    for migration in migrations_of(service):
        if migration.name not in applied:
            missing.append(migration)
        elif applied[migration.name] != migration.checksum:
            message = f"{service}: the applied migration {migration.name} has changed since; add a new file instead"
            raise SetupError(message)
    return missing
