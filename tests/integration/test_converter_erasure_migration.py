"""What the tables knew before customers could be erased."""

from __future__ import annotations

from leadline.postgres.migrate import migrate, migrations_of
from leadline.postgres.pool import connect
from tests.integration.converter_on_postgres import open_converter, told
from tests.integration.marked_person import erased
from tests.integration.marks import MARK, marked_places
from tests.unit.converter_records import lead_event


def test_an_erasure_from_before_customers_could_be_erased_has_to_be_sent_again(database_url: str) -> None:
    _install(database_url)
    assert migrate(database_url, "converter")[0] == "converter/0005_erasure.sql"
    with open_converter(database_url) as converter:
        gone = converter.one("SELECT erased_at IS NOT NULL AS known, fields FROM lead WHERE lead_id = 'L-2'")
        assert gone == {"known": True, "fields": {}}
        assert converter.rows("SELECT FROM conversion WHERE lead_id = 'L-2' AND is_erased AND request = ''") == [{}]
        assert told(converter.take(lead_event("updated", second=8, phone="1"))) == []
        assert told(converter.take(erased())) == ["customer.erased"]
        assert marked_places(database_url, "converter") == []


def _install(url: str) -> None:
    """A database as it was before, with a converted lead that was erased and an erased one that was asked for."""
    before = [each for each in migrations_of("converter") if not "converter/0005" <= each.name < "converter/9"]
    with connect(url, "converter") as connection:
        connection.execute("CREATE SCHEMA converter")
        connection.execute(
            "CREATE TABLE schema_migration (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz DEFAULT now())"
        )
        for migration in before:
            connection.execute(migration.text.encode())
            connection.execute("INSERT INTO schema_migration VALUES (%s, %s)", (migration.name, migration.checksum))
        connection.execute(_BEFORE.encode())
        connection.commit()


_ID = "0198f1c2-7a41-5c3e-8d4b-6a2f0e9b1c11"
_STAMP = "2026-11-22T08:00:05.000000/00000000000000000005"
_BEFORE = f"""
INSERT INTO lead (lead_id, status, fields, stamps, history, conversion_id, customer_id, converted_at)
VALUES ('L-1', 'converted', '{{"email": "{MARK}"}}', '{{}}', '{{"{_STAMP}": "erased"}}', '{_ID}', '{_ID}', now()),
    ('L-2', 'erased', '{{}}', '{{}}', '{{}}', NULL, NULL, NULL);
INSERT INTO conversion (conversion_id, idempotency_key, lead_id, state, attempt, origin, request, requested_at, finished_at,
    customer_id, error)
VALUES ('{_ID}', 'K-1', 'L-1', 'completed', 1, 'x/0/1', '{MARK}', now(), now(), '{_ID}', NULL),
    ('0198f1c2-7a41-5c3e-8d4b-6a2f0e9b1c12', 'K-2', 'L-2', 'failed', 1, 'x/0/2', '{MARK}', now(), now(), NULL,
    '{{"code": "CUSTOMER_EMAIL_EXISTS", "retryable": true, "candidates": [{{"customer_id": "{_ID}", "email": "{MARK}"}}]}}');
INSERT INTO customer (customer_id, customer_number, code, name, type, role, customer_status, lead_id, conversion_id,
    custom_fields, created_at)
VALUES ('{_ID}', 'CUST-1', 'CUST-1', '{MARK}', 'individual', 'customer', 'active', 'L-1', '{_ID}', '{{}}', now())
"""
