"""What one conversion creates: customer, primary contact, opportunity, the closed assignment. Pure, all of one time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from leadline.contracts.codes import ErrorCode
from services.converter.domain.contacts import Contacts, make_contacts, unknown_contacts
from services.converter.domain.custom_fields import merge_custom_fields
from services.converter.domain.decision import Refusal, Request
from services.converter.domain.lead import Lead
from services.converter.domain.names import customer_name, customer_number, email_key, id_space, name_id


class Plan(NamedTuple):
    """A conversion that can be carried out. `fields` are the lead's, with its custom fields where they are to go."""

    request: Request
    lead: Lead
    fields: Mapping[str, Any]
    contacts: Contacts
    email_key: str | None
    custom_code: str | None
    attempt: int


class Result(NamedTuple):
    """What a conversion has made, ready to be written and told: shaped as the events say it, times are text."""

    plan: Plan
    customer: dict[str, Any]
    contacts: list[dict[str, Any]]
    opportunity: dict[str, Any] | None
    assignment: dict[str, Any] | None


def make_plan(request: Request, lead: Lead, known_contacts: Contacts, attempt: int) -> Plan | Refusal:
    """Check the options against the lead; Refusal names the fields that do not fit."""
    options = request.options
    if options is None:
        return Plan(request, lead, lead.fields, {}, email_key(lead.fields.get("email")), None, attempt)
    if unknown := unknown_contacts(options.contact_ids, known_contacts):
        places = [f"options.contact_ids.{options.contact_ids.index(each)}" for each in unknown]
        return Refusal(ErrorCode.CONTACT_UNKNOWN, fields=places)
    if missing := _missing_of_opportunity(options.opportunity):
        return Refusal(ErrorCode.OPPORTUNITY_INVALID, fields=missing)
    fields = lead.fields
    if options.custom_fields:
        merged = merge_custom_fields(lead.fields, options.custom_fields)
        if isinstance(merged, Refusal):
            return merged
        fields = {**lead.fields, **merged.standard, "custom_fields": merged.custom}
    chosen = {item_id: known_contacts[item_id] for item_id in options.contact_ids or ()}
    return Plan(request, lead, fields, chosen, email_key(fields.get("email")), options.customer_code, attempt)


def _missing_of_opportunity(asked: Any) -> list[str]:
    if asked is None:
        return []
    return [f"options.opportunity.{name}" for name in ("name", "value") if getattr(asked, name) is None]


def carry_out(plan: Plan, count: int, now: str, *, taken_codes: Mapping[str, Any]) -> Result:
    """Make the records of a plan; `count` is the customer's place in the count, `now` the time that all of it carries."""
    request, lead = plan.request, plan.lead
    space = id_space(request.conversion_id)
    number = customer_number(count)
    lead_code = lead.fields.get("code")
    code = plan.custom_code or (lead_code if lead_code and lead_code not in taken_codes else number)
    customer_id = name_id(space, "customer")
    customer = _customer(plan, now)
    customer["customer_id"], customer["customer_number"], customer["code"] = customer_id, number, code
    opportunity = None
    if request.options and request.options.opportunity is not None:
        opportunity = _opportunity(request.options.opportunity, name_id(space, "opportunity"), now)
        opportunity |= {"customer_id": customer_id, "lead_id": lead.lead_id}
    assignment = None
    if lead.assignment and lead.assignment["status"] == "active":
        assignment = {**lead.assignment, "status": "converted", "closed_at": now}
    return Result(plan, customer, make_contacts(space, plan.fields, plan.contacts), opportunity, assignment)


def _customer(plan: Plan, now: str) -> dict[str, Any]:
    lead, options = plan.fields, plan.request.options
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
