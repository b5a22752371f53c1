"""A status store from before the histories goes on with what it knew."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from leadline.postgres.migrate import Migration, migrate, migrations_of
from leadline.postgres.pool import connect
from tests.integration.projector_world import Projector
from tests.unit.service_records import at, record

FIELDS = {"status": "contacted", "status_at": at(2), "first_name": "Ada", "custom_fields": {"size": 3}, "consent": None}
STAMP = f"{at(2)}/0000000000000000002/lead.events"


def before(migration: Migration) -> bool:
    return migration.name < "projector/0002"


def test_a_lead_from_before_keeps_its_status_and_its_fields(database_url: str) -> None:
    with connect(database_url, "projector") as connection:
        connection.execute("CREATE SCHEMA projector")
        for migration in filter(before, migrations_of("projector")):
            connection.execute(migration.text.encode())
        connection.execute(
            "INSERT INTO lead (lead_id, status, created_at, updated_at, data, field_times) VALUES (%s, %s, %s, %s, %s, %s)",
            ("L-1", "contacted", at(1), at(2), Jsonb(FIELDS), Jsonb(dict.fromkeys(FIELDS, STAMP))),
        )
        connection.execute(
            "CREATE TABLE schema_migration (name text PRIMARY KEY, checksum text, applied_at timestamptz DEFAULT now())"
        )
        for migration in filter(before, migrations_of("projector")):
            connection.execute("INSERT INTO schema_migration VALUES (%s, %s)", (migration.name, migration.checksum))
    assert migrate(database_url, "projector")[0] == "projector/0002_histories.sql"
    projector = Projector(database_url)
    more = {"lead_id": "L-1", "custom_fields": {"color": "red"}}
    projector.take(record("lead.events", "lead.updated", more, second=3))
    projector.take(record("lead.events", "lead.qualified", {"lead_id": "L-1"}, second=4))
    row = projector.row("SELECT status, data FROM lead")
    projector.close()
    assert (row["status"], row["data"]["first_name"]) == ("qualified", "Ada")
    assert row["data"]["custom_fields"] == {"size": 3, "color": "red"}
