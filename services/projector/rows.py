"""From what the domain knows to rows: dicts whose values are JSON, by the columns' names. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leadline.contracts.times import time_now_text
from services.projector.domain.changes import TimelineEntry
from services.projector.domain.conversion import Facts, status_of
from services.projector.domain.customer import Customer
from services.projector.domain.dead_letter import DeadLetter
from services.projector.domain.event import Event
from services.projector.domain.fields import Fields, join_parts, split_parts
from services.projector.domain.lead import SAID_BY_PARTS, Lead, contacted_and_qualified, sayings_of
from services.projector.domain.lead_status import LeadConversion, history, standing
from services.projector.domain.parts import PartChange
from services.projector.domain.scoring import Scales, score_of

Row = Mapping[str, Any]

_LEAD_COLUMNS = (
    "first_name", "last_name", "company_name", "email", "phone", "source", "origin", "discovered_by", "assigned_to",
    "lost_reason", "tags",
)  # fmt: skip
_CUSTOMER_COLUMNS = ("customer_number", "code", "name", "lead_id", "conversion_id")
_NOTIFICATION_COLUMNS = (
    "notification_id", "recipient", "customer_id", "lead_id", "conversion_id", "title", "text",
)  # fmt: skip


def conversion_row(conversion_id: str, facts: Facts, result: Mapping[str, Any] | None) -> Row:
    """A row of `conversion`."""
    return {**status_of(facts)._asdict(), "conversion_id": conversion_id, "facts": facts, "result": result}


def timeline_row(entry: TimelineEntry) -> Row:
    """A row of any of the three timelines."""
    topic, partition, offset = entry.place
    row = {name: value for name, value in entry._asdict().items() if name != "place"}
    return {**row, "topic": topic, "partition": partition, "kafka_offset": offset}


def lead_from_row(row: Row) -> Lead:
    """What the store knew of a lead."""
    return Lead(
        lead_id=row["lead_id"],
        fields=Fields(split_parts(row["data"], SAID_BY_PARTS), row["field_times"]),
        sayings={stamp: (kind, status) for stamp, (kind, status) in row["sayings"].items()},
        created_at=_text(row["created_at"]),
        updated_at=_text(row["updated_at"]),
        erased=row["erased"],
    )


def lead_row(lead: Lead, conversions: Sequence[Row], scales: Scales) -> Row:
    """A row of `lead`; `conversions` are the lead's, latest first, as the store knows them."""
    values = join_parts(lead.fields, SAID_BY_PARTS)
    known = [LeadConversion(**{name: row[name] for name in LeadConversion._fields}) for row in conversions]
    periods, winner = history(sayings_of(lead), known), standing(known)
    latest = conversions[0]["conversion_id"] if conversions else None
    contacted_at, qualified_at = contacted_and_qualified(lead)
    return {name: values.get(name) for name in _LEAD_COLUMNS} | _score_columns(values, scales) | {
        "lead_id": lead.lead_id,
        "status": periods[-1].status if periods else "new",
        "status_at": periods[-1].since if periods else None,
        "status_history": [period._asdict() for period in periods],
        "sayings": lead.sayings,
        "customer_id": winner and winner.customer_id,
        "conversion_id": winner.conversion_id if winner else latest,
        "contacted_at": contacted_at,
        "qualified_at": qualified_at,
        "converted_at": winner and winner.completed_at,
        "created_at": lead.created_at,
        "updated_at": lead.updated_at,
        "data": values,
        "field_times": lead.fields.times,
        "erased": lead.erased,
    }  # fmt: skip


def _score_columns(values: Row, scales: Scales) -> dict[str, Any]:
    score = score_of(values["score"], scales) if values.get("score") else {}
    return {"score_total": score.get("total"), "grade": score.get("grade"), "temperature": score.get("temperature")}


def part_row(part: PartChange, scales: Scales) -> Row:
    """A row of `lead_part_change` or `customer_part_change`; a score is kept with the grade of its day."""
    row = part._asdict()
    return row | {"value": {**part.value, **score_of(part.value, scales)}} if part.aspect == "score" else row


def customer_from_row(row: Row) -> Customer:
    """What the store knew of a customer."""
    fields = Fields(row["data"], row["field_times"])
    return Customer(row["customer_id"], fields, _text(row["created_at"]), _text(row["updated_at"]), _text(row["erased_at"]))


def customer_row(customer: Customer) -> Row:
    """A row of `customer` without what is known of its orders."""
    values = customer.fields.values
    return {name: values.get(name) for name in _CUSTOMER_COLUMNS} | {
        "customer_id": customer.customer_id,
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
        "data": values,
        "field_times": customer.fields.times,
        "erased_at": customer.erased_at,
    }


def dead_letter_row(letter: DeadLetter) -> Row:
    """A row of `dead_letter`; bytes go as base64."""
    row = letter._asdict()
    offset, key, value = row.pop("offset"), row.pop("key"), row.pop("value")
    headers = [[name, _base64(header)] for name, header in letter.headers]
    return row | {
        "kafka_offset": offset,
        "record_key": _base64(key),
        "record_value": _base64(value),
        "headers": headers,
    }


def notification_row(event: Event) -> Row:
    """A row of `notification`."""
    row = {name: event.data.get(name) for name in _NOTIFICATION_COLUMNS}
    kind = event.data.get("kind") or event.name.partition(".")[2]
    return row | {"kind": kind, "created_at": event.data.get("created_at") or event.at}


def _base64(raw: bytes | None) -> str | None:
    return None if raw is None else b64encode(raw).decode()


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else time_now_text(moment)
