"""One conversion as a plan, from the request, its lead, the lead's things and the profile. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from leadline.contracts.codes import ErrorCode
from services.converter.domain.carry import NO_ITEMS, Choices, Items
from services.converter.domain.contacts import Chosen, unknown_contacts
from services.converter.domain.custom_fields import merge_custom_fields
from services.converter.domain.decision import Refusal, Request
from services.converter.domain.lead import Lead
from services.converter.domain.match_keys import KEYED, Domains, match_keys
from services.converter.domain.names import email_key
from services.converter.domain.profile import Profile

REJECT: Final = "reject"
FILL_EMPTY: Final = "fill_empty"


class Plan(NamedTuple):
    """A conversion that can be carried out. `fields` are the lead's, with its custom fields where they are to go.

    `implied` are the lead events that the request stands for, `skipped_fields` the custom fields that are left out.
    """

    request: Request
    lead: Lead
    fields: Mapping[str, Any]
    profile: Profile
    contacts: Chosen
    items: Items
    choices: Choices
    email_key: str | None
    custom_code: str | None
    attempt: int
    implied: tuple[str, ...] = ()
    skipped_fields: Sequence[str] = ()

    @property
    def links(self) -> bool:
        """Whether the lead is linked to the customer that has its e-mail address, if there is one."""
        options = self.request.options
        return options is not None and options.duplicate_policy not in (None, REJECT)

    @property
    def fills(self) -> bool:
        """Whether the empty fields of that customer are filled from the lead."""
        return self.links and self.request.options.duplicate_policy == FILL_EMPTY


class Found(NamedTuple):
    """What a request is planned with: its lead, the lead's things, the profile, and which attempt this is."""

    lead: Lead
    profile: Profile
    items: Items = NO_ITEMS
    attempt: int = 1
    implied: tuple[str, ...] = ()


def make_plan(request: Request, found: Found) -> Plan | Refusal:
    """Check the options against the lead and the profile; Refusal names the fields that do not fit."""
    lead, profile, items, attempt, implied = found
    options, fields = request.options, lead.fields
    if profile.branch_required and (options is None or not options.branch_id):
        return Refusal(ErrorCode.BRANCH_REQUIRED, fields=["options.branch_id"])
    if options is None:
        choices = Choices(profile.copy_messages, profile.copy_documents, profile.relink_opportunities)
        key = email_key(fields.get("email"))
        return Plan(request, lead, fields, profile, {}, items, choices, key, None, attempt, implied)
    if (options.contact_ids or options.opportunity) and (refusal := _refuse_options(options, items)):
        return refusal
    skipped: Sequence[str] = ()
    if options.custom_fields:
        merged = merge_custom_fields(fields, options.custom_fields)
        if isinstance(merged, Refusal):
            return merged
        fields, skipped = {**fields, **merged.standard, "custom_fields": merged.custom}, merged.skipped
    chosen = {item_id: items["contact"][item_id] for item_id in options.contact_ids} if options.contact_ids else {}
    key = email_key(fields.get("email"))
    choices = _choices(options, profile)
    return Plan(request, lead, fields, profile, chosen, items, choices, key, options.customer_code, attempt, implied, skipped)


def rekeyed(plan: Plan, free_mail: Domains) -> Plan:
    """The plan with the keys of its fields, where custom fields of the lead have become others that are compared."""
    lead = plan.lead
    if plan.fields is lead.fields or all(plan.fields.get(name) == lead.fields.get(name) for name in KEYED):
        return plan
    return plan._replace(lead=lead._replace(match_keys=match_keys(plan.fields, free_mail)))


def _choices(options: Any, profile: Profile) -> Choices:
    messages, documents = options.copy_messages, options.copy_documents
    return Choices(
        profile.copy_messages if messages is None else messages,
        profile.copy_documents if documents is None else documents,
        profile.relink_opportunities,
    )


def _refuse_options(options: Any, items: Items) -> Refusal | None:
    if unknown := unknown_contacts(options.contact_ids, items.get("contact", {})):
        places = [f"options.contact_ids.{options.contact_ids.index(each)}" for each in unknown]
        return Refusal(ErrorCode.CONTACT_UNKNOWN, fields=places)
    if options.opportunity is not None and (missing := _missing_of_opportunity(options.opportunity)):
        return Refusal(ErrorCode.OPPORTUNITY_INVALID, fields=missing)
    return None


def _missing_of_opportunity(asked: Any) -> list[str]:
    return [f"options.opportunity.{name}" for name in ("name", "value") if not (getattr(asked, name) or "").strip()]
