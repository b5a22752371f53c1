"""Input of the benchmarks: leads like those of a sales team, and the requests to convert them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from confluent_kafka import Producer
from stdnum.iso7064.mod_11_10 import calc_check_digit

Progress = Callable[[int], None]


def producer(bootstrap: str, *, linger_milliseconds: int = 5) -> Producer:
    """An idempotent producer that keys as every producer of the contract does."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "linger.ms": linger_milliseconds,
            "compression.type": "lz4",
        }
    )


def headers(kind: str, event_id: str, **more: str) -> list[tuple[str, bytes]]:
    """The CloudEvents headers of one record."""
    given = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": "/bench",
        "ce_type": f"leadline.{kind}.v1",
        "ce_time": "2026-11-22T08:00:00Z",
        "content-type": "application/json",
        **more,
    }
    return [(name, text.encode()) for name, text in given.items()]


def lead(number: int, run: str) -> dict[str, Any]:
    """A lead with the fields that a CRM usually fills. Every tenth is of the same company as the one before."""
    company = number - (number % 10 == 1)
    digits = f"{10_000_000 + company}"
    return {
        "lead_id": f"L-{run}-{number}",
        "code": f"P-{run}-{number}",
        "first_name": "Zoë",
        "last_name": f"O'Neill-{number}",
        "company_name": f"Müller & Söhne {company} GmbH",
        "email": f"zoe.{number}@{run}-{company}.example",
        "phone": f"+49 30 {digits}",
        "job_title": "Head of Purchasing",
        "address": {"street": "Karl-Marx-Allee 1", "postal_code": "10178", "city": "Berlin", "country": "DE"},
        "vat": f"DE{digits}{calc_check_digit(digits)}",
        "source": "fair",
        "origin": "map",
        "discovered_by": "rep-2",
        "assigned_to": "rep-3",
        "custom_fields": {"fleet_size": 12, "tags": ["a", "b"]},
    }


def request(number: int, run: str) -> dict[str, Any]:
    """A request with the options that a dialog usually sends."""
    return {
        "lead_id": f"L-{run}-{number}",
        "requested_by": {"id": "rep-7", "name": "Ada Byron", "email": "ada@example.com"},
        "origin": "dialog",
        "profile": "default",
        "options": {
            "customer_code": None,
            "notes": "met at the fair",
            "copy_messages": True,
            "copy_documents": True,
            "duplicate_policy": "reject",
            "opportunity": None,
        },
    }


def publish(bootstrap: str, topic: str, records: list[tuple[str, Any, list[tuple[str, bytes]]]]) -> None:
    """Write (key, body, headers) and wait until the broker has all of them."""
    client = producer(bootstrap)
    for key, body, given in records:
        value = json.dumps(body, ensure_ascii=False).encode()
        while True:
            try:
                client.produce(topic, value, key, headers=given)
                break
            except BufferError:
                client.poll(0.1)
        client.poll(0)
    client.flush()


def publish_leads(bootstrap: str, numbers: range, run: str) -> None:
    """Created and qualified leads."""
    records = []
    for number in numbers:
        body = lead(number, run)
        key = body["lead_id"]
        records.append((key, body, headers("lead.created", f"{key}:c")))
        records.append((key, {"lead_id": key}, headers("lead.qualified", f"{key}:q")))
    publish(bootstrap, "lead.events", records)


def publish_requests(bootstrap: str, numbers: range, run: str) -> None:
    """A conversion request for each lead."""
    records = []
    for number in numbers:
        body = request(number, run)
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run}-{number}"))
        records.append((body["lead_id"], body, headers("conversion.requested", key, **{"idempotency-key": key})))
    publish(bootstrap, "conversion.requests", records)
