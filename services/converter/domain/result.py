"""What a conversion makes of its plan: customer, contacts, opportunities, carried things, manifest, all of one time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from services.converter.domain.carry import Kept, Part, carry, opportunities_of
from services.converter.domain.contacts import Contact, fill_contacts, make_contacts, tell_apart
from services.converter.domain.manifest import Manifest, ManifestBuilder, check_counts, plain_manifest
from services.converter.domain.names import customer_name, id_space, name_id
from services.converter.domain.plan import Plan

FILLABLE: Final = ("first_name", "last_name", "company_name", "phone", "address", "vat", "salesperson_id")
"""The fields of a customer that `fill_empty` may fill."""
LINKED: Final = "the customer keeps its own"
LEFT_OUT: Final = "was left out on request"


NOTHING_YET: Final = {"last_payment": None, "ytd_sales": "0.00", "ar_balance": "0.00", "lifetime_sales": "0.00"}
"""What a new customer has paid and owes."""


class Existing(NamedTuple):
    """A customer that a lead is linked to, shaped as the events say it, with its contacts."""

    customer: dict[str, Any]
    contacts: Sequence[Contact]


class Link(NamedTuple):
    """What changes of a customer that existed before: the values of its empty fields, and those of its contacts."""

    changes: dict[str, Any]
    contact_changes: dict[str, dict[str, Any]]


class Result(NamedTuple):
    """What a conversion has made, ready to be written and told: shaped as the events say it, times are text.

    `opportunity` is the one that was asked for, `relinked` are the lead's own; `link` is None for a new customer.
    `warnings` say which customers may be the same, `shared_keys` are those by which this one is found.
    """

    plan: Plan
    now: str
    customer: dict[str, Any]
    contacts: list[Contact]
    opportunity: dict[str, Any] | None
    relinked: list[dict[str, Any]]
    kept: list[Kept]
    assignment: dict[str, Any] | None
    manifest: Manifest
    link: Link | None = None
    warnings: Sequence[Mapping[str, Any]] = ()
    shared_keys: Sequence[int] = ()

    @property
    def opportunities(self) -> list[dict[str, Any]]:
        """Those that are opened, the one that was asked for first."""
        return [self.opportunity, *self.relinked] if self.opportunity else self.relinked


def carry_out(plan: Plan, count: int, now: str, *, taken_codes: Mapping[str, Any]) -> Result:
    """A new customer; `count` is its place in the count of customers, `now` the time that all of it carries."""
    space = id_space(plan.request.conversion_id)
    number = plan.profile.number(count)
    lead_code = plan.lead.fields.get("code") if plan.profile.code == "lead" else None
    customer = _customer(plan, now)
    customer["customer_id"], customer["customer_number"] = name_id(space, "customer"), number
    customer["code"] = plan.custom_code or (lead_code if lead_code and lead_code not in taken_codes else number)
    return _complete(plan, now, Existing(customer, ()), None)


def link_to(plan: Plan, existing: Existing, now: str) -> Result:
    """The lead becomes one more of a customer that exists; filled fields of that customer never change."""
    link = Link({}, {})
    if plan.fills:
        lead = _customer(plan, now)
        changes = {name: lead[name] for name in FILLABLE if lead[name] and not existing.customer.get(name)}
        made = make_contacts(id_space(plan.request.conversion_id), plan.fields, plan.contacts)
        link = Link(changes, fill_contacts(made, existing.contacts))
    return _complete(plan, now, existing, link)


def _complete(plan: Plan, now: str, whose: Existing, link: Link | None) -> Result:
    space = id_space(plan.request.conversion_id)
    customer = {**whose.customer, **link.changes} if link else whose.customer
    people = tell_apart(make_contacts(space, plan.fields, plan.contacts), whose.contacts, plan.items, plan.contacts)
    parts = carry(plan.items, plan.choices, space) if plan.items else []
    owner = {"customer_id": customer["customer_id"], "lead_id": plan.lead.lead_id, "created_at": now}
    asked = plan.request.options.opportunity if plan.request.options else None
    opportunity = None if asked is None else _asked_opportunity(asked, name_id(space, "opportunity")) | owner
    relinked = [_lead_opportunity(each) | owner for each in opportunities_of(parts)] if parts else []
    assignment = plan.lead.assignment
    closed = None
    if assignment and assignment["status"] == "active":
        closed = {**assignment, "status": "converted", "closed_at": now}
    manifest = _manifest(plan, [*people.parts, *parts], _Made(people.created, opportunity, closed), link)
    kept = [part for part in parts if isinstance(part, Kept) and part.kind != "opportunity"] if parts else []
    return Result(plan, now, customer, people.created, opportunity, relinked, kept, closed, manifest, link)


class _Made(NamedTuple):
    """What a conversion has made that is none of the lead's things."""

    contacts: Sequence[Contact]
    opportunity: Mapping[str, Any] | None
    closed: Mapping[str, Any] | None


def _manifest(plan: Plan, parts: Sequence[Part], made: _Made, link: Link | None) -> Manifest:
    own = [each["contact_id"] for each in made.contacts if each["lead_contact_id"] is None]
    options = plan.request.options
    if not plan.items and not made.opportunity and not link and not (options and options.custom_fields):
        manifest = plain_manifest(own)
        if made.closed:
            manifest["assignments"] = {"closed": [made.closed["assignment_id"]], "count": 1}
        return manifest
    check_counts(plan.items, parts)
    builder = ManifestBuilder()
    builder.take("contacts", "created", own)
    builder.add(parts)
    if made.opportunity:
        builder.take("opportunities", "created", [made.opportunity["opportunity_id"]])
    if made.closed:
        builder.take("assignments", "closed", [made.closed["assignment_id"]])
    _tell_custom_fields(builder, plan, link)
    return builder.build()


def _tell_custom_fields(builder: ManifestBuilder, plan: Plan, link: Link | None) -> None:
    """A customer that exists keeps its own; a new one has them if anything was said of them, `copied` into standard fields."""
    names = list(plan.fields.get("custom_fields") or ())
    if link is not None:
        for name in names:
            builder.skip("custom_fields", name, LINKED)
    elif plan.request.options and plan.request.options.custom_fields:
        builder.take("custom_fields", "created", names)
        had = plan.lead.fields.get("custom_fields") or {}
        builder.take("custom_fields", "copied", [n for n in had if n not in names and n not in plan.skipped_fields])
    for name in plan.skipped_fields:
        builder.skip("custom_fields", name, LEFT_OUT)


def _customer(plan: Plan, now: str) -> dict[str, Any]:
    options, profile = plan.request.options, plan.profile
    active = plan.lead.assignment if plan.lead.assignment and plan.lead.assignment["status"] == "active" else None
    get = plan.fields.get
    by_company = profile.customer_type == "by-company" and get("company_name")
    return {
        "customer_id": "",
        "customer_number": "",
        "code": "",
        "name": customer_name(plan.fields),
        "type": (options.customer_type if options else None) or ("company" if by_company else "individual"),
        "role": "customer",
        "customer_status": profile.customer_status,
        "prospect_stage": profile.prospect_stage,
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
        "snapshot": NOTHING_YET,
    }


def _asked_opportunity(asked: Any, opportunity_id: str) -> dict[str, Any]:
    closes = asked.expected_close_date
    return {
        "opportunity_id": opportunity_id,
        "lead_opportunity_id": None,
        "name": asked.name,
        "value": asked.value,
        "currency": asked.currency,
        "stage": asked.stage or "prospecting",
        "probability": asked.probability,
        "expected_close_date": closes.isoformat() if closes else None,
    }


def _lead_opportunity(kept: Kept) -> dict[str, Any]:
    names = ("name", "value", "currency", "probability", "expected_close_date")
    return {
        "opportunity_id": kept.item_id,
        "lead_opportunity_id": kept.source_id,
        **{name: kept.fields.get(name) for name in names},
        "stage": kept.fields.get("stage") or "prospecting",
    }
