"""Leads, requests and conversions for tests of the converter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import decode as decode_body
from leadline.delivery.record import Outgoing, Record
from services.converter.decode import decode
from services.converter.domain.decision import Refusal, Request
from services.converter.domain.lead import Lead
from services.converter.domain.plan import Found, Plan, make_plan
from services.converter.domain.result import Result, carry_out
from services.converter.profiles import load_profiles
from tests.unit.service_records import at, record, requested

NOW = at(59)
PROFILES = load_profiles()
ADA: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Byron",
    "email": "Ada@Example.com",
    "phone": "+44 1",
    "address": {"city": "London", "country": "GB"},
    "discovered_by": "rep-2",
    "custom_fields": {"fleet_size": 7},
}
ASSIGNMENT = {"assignment_id": "L-1:e-9", "rep_id": "rep-3", "status": "active", "opened_at": at(1), "closed_at": None}
CONTACTS: dict[str, dict[str, Any]] = {
    "c-1": {"first_name": "Bo", "email": "bo@example.com", "role": "champion"},
    "c-2": {"first_name": "Cy", "email": "ADA@example.com ", "is_primary": True},
}
OPPORTUNITY = {
    "name": "First deal",
    "value": "12000.00",
    "currency": "EUR",
    "probability": 60,
    "expected_close_date": "2026-12-31",
}


def lead(**fields: Any) -> Lead:
    """A qualified lead."""
    return Lead("L-1", "qualified", {**ADA, **fields})


def assigned(of: Lead) -> Lead:
    """The lead with an active assignment."""
    return Lead(of.lead_id, of.status, of.fields, of.stamps, assignment=ASSIGNMENT)


def request(key: str = "K-1", **options: Any) -> Request:
    """A request as it is decoded, with these options."""
    data: Request = decode(requested(key, options=options) if options else requested(key)).data
    return data


def found(of: Lead | None = None, contacts: Mapping[str, Any] | None = None, profile: str = "default") -> Found:
    """What a request is planned with."""
    return Found(of or lead(), PROFILES[profile], {"contact": contacts} if contacts else {})


def planned(asked: Request, of: Lead | None = None, contacts: Mapping[str, Any] | None = None) -> Plan:
    """A plan that is granted."""
    plan = make_plan(asked, found(of, contacts))
    assert isinstance(plan, Plan), plan
    return plan


def refused(asked: Request, of: Lead | None = None, contacts: Mapping[str, Any] | None = None) -> Refusal:
    """The refusal of a plan."""
    plan = make_plan(asked, found(of, contacts))
    assert isinstance(plan, Refusal), plan
    return plan


def carried_out(plan: Plan, taken_codes: Sequence[str] = ()) -> Result:
    """The 567th customer."""
    return carry_out(plan, 567, NOW, taken_codes={code: {} for code in taken_codes})


def read(out: Outgoing) -> tuple[str, Any]:
    """An outgoing record as its readers see it: its kind, and its body through the contract's model."""
    envelope = read_envelope(out.headers, out.value)
    return envelope.type.removeprefix("leadline.").removesuffix(".v1"), decode_body(envelope.type, envelope.data)


def lead_event(name: str, /, *, second: int = 0, lead_id: str = "L-1", **data: Any) -> Record:
    """An event of lead.events."""
    return record("lead.events", f"lead.{name}", {"lead_id": lead_id, **data}, second=second)
