"""What a conversion would do, before it is asked for: each field with its source and what happens to it. Pure.

The fingerprint names the lead and the customer that stands in the way as they are now: a request that carries it is
refused once either has changed. Warnings have no part in it: nothing is refused for a warning, and each new customer of a
large company would make the previews of all its leads stale.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.converter.domain.carry import Items
from services.converter.domain.lead import Lead
from services.converter.domain.plan import Plan
from services.converter.domain.result import FILLABLE, Existing, Result

_SOURCES: Final = {
    "name": "company_name, else first and last name, else email",
    "type": "options.customer_type, else the profile",
    "code": "options.customer_code, else the profile",
    "customer_number": "the profile's pattern, counted at the conversion",
    "customer_status": "the profile",
    "prospect_stage": "the profile",
    "branch_id": "options.branch_id",
    "salesperson_id": "the active assignment, else assigned_to",
    "custom_fields": "custom_fields, by options.custom_fields",
}
_MADE: Final = frozenset({"customer_id", "role", "lead_id", "conversion_id", "created_at", "snapshot"})


def fingerprint(lead: Lead, items: Items, existing: Existing | None) -> str:
    """32 hex digits of everything that a preview rests on; in whatever order things are kept, the same."""
    customer = None if existing is None else {name: existing.customer[name] for name in sorted(existing.customer)}
    seen = [lead.status, dict(lead.fields), lead.assignment, items, customer]
    text = json.dumps(seen, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def describe_fields(result: Result, existing: Existing | None) -> list[dict[str, Any]]:
    """Each field of the customer: its value, where that comes from, and what happens: copy, fill-empty or keep."""
    return list(_linked(result, existing) if existing else _new(result))


def _new(result: Result) -> Iterator[dict[str, Any]]:
    for name, value in result.customer.items():
        if name not in _MADE and value not in (None, {}):
            shown = None if name == "customer_number" else value
            yield {"field": name, "value": shown, "source": _source(result.plan, name), "action": "copy"}


def _linked(result: Result, existing: Existing) -> Iterator[dict[str, Any]]:
    changes: Mapping[str, Any] = result.link.changes if result.link else {}
    for name in FILLABLE:
        is_filled = name in changes
        value = changes[name] if is_filled else existing.customer.get(name)
        if value:
            source = _source(result.plan, name) if is_filled else "the customer"
            yield {"field": name, "value": value, "source": source, "action": "fill-empty" if is_filled else "keep"}


def _source(plan: Plan, name: str) -> str:
    choices = plan.request.options.custom_fields if plan.request.options else None
    for custom, choice in (choices or {}).items():
        if choice.as_ == "standard" and choice.target == name:
            return f"custom_fields.{custom}"
    return _SOURCES.get(name, f"lead.{name}")
