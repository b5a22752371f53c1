"""What one conversion creates: customer, primary contact, opportunity, the closed assignment. Pure, all of one time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadline.contracts.codes import ErrorCode
from services.converter.domain.decision import Refusal, Request
from services.converter.domain.lead import Lead
from services.converter.domain.names import customer_name, customer_number, email_key

_PERSON = ("first_name", "last_name", "email", "phone", "job_title")


@dataclass(frozen=True, slots=True)
class Plan:
    """A conversion that can be carried out; the parts are shaped as the events say them, times are text.

    `customer_code` is the code that was asked for, else the lead's, else None (then the number).
    """

    request: Request
    lead: Lead
    email_key: str | None
    custom_code: str | None
    attempt: int


@dataclass(frozen=True, slots=True)
class Result:
    """What a conversion has made, ready to be written and told."""

    plan: Plan
    customer: dict[str, Any]
    contact: dict[str, Any]
    opportunity: dict[str, Any] | None
    assignment: dict[str, Any] | None


def make_plan(request: Request, lead: Lead, attempt: int) -> Plan | Refusal:
    """Check the options against each other; Refusal names the fields that do not fit."""
    options = request.options
    opportunity = options.opportunity if options else None
    if opportunity is not None:
        missing = [name for name in ("name", "value") if getattr(opportunity, name) is None]
        if missing:
            return Refusal(ErrorCode.OPPORTUNITY_INVALID, fields=[f"options.opportunity.{name}" for name in missing])
    custom_code = options.customer_code if options else None
    return Plan(request, lead, email_key(lead.fields.get("email")), custom_code, attempt)


def carry_out(plan: Plan, count: int, now: str, *, taken_codes: Mapping[str, Any]) -> Result:
    """Make the records of a plan; `count` is the customer's place in the count, `now` the time that all of it carries."""
    request, lead = plan.request, plan.lead
    space = uuid.UUID(request.conversion_id)
    number = customer_number(count)
    lead_code = lead.fields.get("code")
    code = plan.custom_code or (lead_code if lead_code and lead_code not in taken_codes else number)
    customer_id = str(uuid.uuid5(space, "customer"))
    contact = _contact(lead.fields, str(uuid.uuid5(space, "contact")))
    customer = _customer(plan, now) | {"customer_id": customer_id, "customer_number": number, "code": code}
    opportunity = None
    if request.options and request.options.opportunity is not None:
        opportunity = _opportunity(request.options.opportunity, str(uuid.uuid5(space, "opportunity")), now)
        opportunity |= {"customer_id": customer_id, "lead_id": lead.lead_id}
    assignment = None
    if lead.assignment and lead.assignment["status"] == "active":
        assignment = {**lead.assignment, "status": "converted", "closed_at": now}
    return Result(plan, customer, contact, opportunity, assignment)


def _customer(plan: Plan, now: str) -> dict[str, Any]:
    lead, options = plan.lead.fields, plan.request.options
    active = plan.lead.assignment if plan.lead.assignment and plan.lead.assignment["status"] == "active" else None
    get = lead.get
    return {
        "customer_id": "",
        "customer_number": "",
        "code": "",
        "name": customer_name(lead),
        "type": (options.customer_type if options else None) or "individual",
        "role": "customer",
        "customer_status": "active",
        "prospect_stage": "qualified",
        "first_name": get("first_name"),
        "last_name": get("last_name"),
        "company_name": get("company_name"),
        "email": get("email"),
        "phone": get("phone"),
        "address": get("address"),
        "vat": get("vat"),
        "branch_id": options.branch_id if options else None,
        "salesperson_id": active["rep_id"] if active else get("assigned_to"),
        "discovered_by": get("discovered_by"),
        "lead_id": plan.lead.lead_id,
        "conversion_id": plan.request.conversion_id,
        "custom_fields": get("custom_fields") or {},
        "created_at": now,
    }


def _contact(lead: Mapping[str, Any], contact_id: str) -> dict[str, Any]:
    """The lead's person is the primary contact."""
    person = {name: lead.get(name) for name in _PERSON}
    return {"contact_id": contact_id, **person, "role": None, "is_primary": True}


def _opportunity(asked: Any, opportunity_id: str, now: str) -> dict[str, Any]:
    closes = asked.expected_close_date
    return {
        "opportunity_id": opportunity_id,
        "name": asked.name,
        "value": asked.value,
        "currency": asked.currency,
        "stage": asked.stage or "prospecting",
        "probability": asked.probability,
        "expected_close_date": closes.isoformat() if closes else None,
        "created_at": now,
    }
