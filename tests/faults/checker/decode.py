"""From bytes to what is judged. Written anew on purpose: a wrong decoder of the services must not excuse itself."""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.faults.checker.facts import Coordinates, Event, Record


def headers_of(record: Record) -> dict[str, str]:
    """Header texts by lower-case name; of repeated names the last one."""
    return {name.lower(): (value or b"").decode("utf-8", errors="replace") for name, value in record.headers}


def event_of(at: Coordinates, record: Record) -> Event:
    """Read an outgoing event; one that breaks the envelope comes back with `unreadable` set."""
    headers = headers_of(record)
    try:
        body = json.loads(record.value or b"")
        problem = _problem(headers, body)
    except ValueError as error:
        body, problem = {}, f"no JSON: {error}"
    if problem:
        return Event(*at, type=headers.get("ce_type", ""), ce_id=headers.get("ce_id", ""), time="", unreadable=problem)
    return _event(at, headers, body)


def _problem(headers: dict[str, str], body: Any) -> str | None:
    missing = [name for name in ("ce_id", "ce_source", "ce_type", "ce_time") if not headers.get(name)]
    if missing:
        return f"no {', '.join(missing)}"
    if headers.get("ce_specversion") != "1.0":
        return f"ce_specversion {headers.get('ce_specversion')}"
    return None if isinstance(body, dict) else "the body is no object"


def _event(at: Coordinates, headers: dict[str, str], body: dict[str, Any]) -> Event:
    customer = body.get("customer") or {}
    error = body.get("error") or {}
    correlation = headers.get("ce_correlationid") or headers.get("correlation_id")
    return Event(
        *at,
        type=sys.intern(headers["ce_type"]),
        ce_id=headers["ce_id"],
        time=headers["ce_time"],
        conversion_id=body.get("conversion_id") or correlation,
        lead_id=body.get("lead_id"),
        customer_id=body.get("customer_id") or customer.get("customer_id"),
        customer_number=body.get("customer_number"),
        code=body.get("code"),
        attempt=body.get("attempt"),
        error_code=error.get("code"),
        recipient=body.get("recipient"),
    )
