"""The consumer of many a tutorial: one record, its rows, one commit, then the offset. At least once, no events."""

from __future__ import annotations

import time
import uuid

import orjson
import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from bench.stack import Stack

PARTITIONS = 6


def consume_row_by_row(stack: Stack, records: int) -> float:
    """Conversions a second: read a request, look the lead up, write four rows, commit, commit the offset."""
    reader = Consumer({"bootstrap.servers": stack.bootstrap, "group.id": "row-by-row", "enable.auto.commit": False})
    reader.assign([TopicPartition("conversion.requests", number, OFFSET_BEGINNING) for number in range(PARTITIONS)])
    with psycopg.connect(stack.database_url, options="-c search_path=bench_limit") as connection:
        connection.execute("TRUNCATE lead, conversion, customer, contact")
        connection.commit()
        first = reader.poll(30)
        started = time.perf_counter()
        done = 0
        message = first
        while done < records:
            if message is not None and message.error() is None:
                _convert(connection, message.value() or b"", done)
                connection.commit()
                reader.commit(message=message, asynchronous=True)
                done += 1
            message = reader.poll(1)
        elapsed = time.perf_counter() - started
    reader.close()
    return records / elapsed


def _convert(connection: psycopg.Connection[tuple[object, ...]], body: bytes, number: int) -> None:
    request = orjson.loads(body)
    lead_id = request["lead_id"]
    customer_id, conversion_id = uuid.uuid4(), uuid.uuid4()
    connection.execute("INSERT INTO lead SELECT * FROM converter.lead WHERE lead_id = %s", (lead_id,))
    connection.execute(
        "INSERT INTO conversion (conversion_id, idempotency_key, lead_id, state, attempt, origin, request, requested_at, "
        "finished_at, customer_id) VALUES (%s, %s, %s, 'completed', 1, 'x', %s, now(), now(), %s)",
        (conversion_id, str(conversion_id), lead_id, body, customer_id),
    )
    connection.execute(
        "INSERT INTO customer (customer_id, customer_number, code, name, type, role, customer_status, email, email_key, "
        "lead_id, conversion_id, custom_fields, created_at) "
        "VALUES (%s, %s, %s, %s, 'individual', 'customer', 'active', %s, %s, %s, %s, '{}', now())",
        (customer_id, f"R-{number}", f"R-{number}", lead_id, f"{lead_id}@x", f"{lead_id}@x", lead_id, conversion_id),
    )
    connection.execute(
        "INSERT INTO contact (contact_id, customer_id, first_name, is_primary, created_at) VALUES (%s, %s, 'x', true, now())",
        (uuid.uuid4(), customer_id),
    )
