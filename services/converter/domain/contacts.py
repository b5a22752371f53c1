"""The contacts of a customer: the lead's own person, and those of the lead's contacts that were chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from services.converter.domain.carry import Items, Kept, Part, Skipped
from services.converter.domain.names import email_key, name_id

PERSON: Final = ("first_name", "last_name", "email", "phone", "job_title")
NOT_CHOSEN: Final = "was not chosen"
Contact = dict[str, Any]
Chosen = Mapping[str, Mapping[str, Any]]


class People(NamedTuple):
    """The contacts that are made, and what became of each of the lead's contacts."""

    created: list[Contact]
    parts: list[Part]


def unknown_contacts(chosen: Sequence[str] | None, known: Chosen) -> list[str]:
    """Those that were chosen and are none of the lead's."""
    return [item_id for item_id in chosen or () if item_id not in known]


def make_contacts(space: bytes, lead: Mapping[str, Any], chosen: Chosen) -> list[Contact]:
    """The primary contact first. It is the lead's person, unless a chosen contact is marked as primary.

    A lead of which only the company is known has no person to go beside those that were chosen.

    Two with one e-mail address are one contact: a chosen one rather than the lead's person, then the one that is marked as
    primary, then the first.
    """
    get = lead.get
    person: Contact = {
        "contact_id": name_id(space, "contact"),
        "lead_contact_id": None,
        "first_name": get("first_name"),
        "last_name": get("last_name"),
        "email": get("email"),
        "phone": get("phone"),
        "job_title": get("job_title"),
        "role": None,
        "is_primary": True,
    }
    if not chosen:
        return [person]
    contacts = _one_of_each_address([_chosen(space, item_id, fields) for item_id, fields in chosen.items()])
    address = email_key(person["email"])
    same = next((each for each in contacts if address is not None and email_key(each["email"]) == address), None)
    if same is None and any(person[name] for name in PERSON):
        contacts.insert(0, person)
    primary = next((each for each in contacts if each["is_primary"] and each is not person), same or contacts[0])
    ordered = [primary, *(each for each in contacts if each is not primary)]
    return [{**contact, "is_primary": contact is primary} for contact in ordered]


def _one_of_each_address(contacts: list[Contact]) -> list[Contact]:
    kept: dict[str, Contact] = {}
    for contact in sorted(contacts, key=lambda each: not each["is_primary"]):
        kept.setdefault(email_key(contact["email"]) or contact["contact_id"], contact)
    ids = {contact["contact_id"] for contact in kept.values()}
    return [contact for contact in contacts if contact["contact_id"] in ids]


def tell_apart(made: Sequence[Contact], existing: Sequence[Contact], items: Items, chosen: Chosen) -> People:
    """Of the contacts that were made, those that the customer does not have yet, and an entry for each of the lead's contacts.

    One whose e-mail address a contact of the customer has already is that contact. A customer keeps its primary contact.
    """
    if not existing and not items:
        return People(list(made), [])  # as below, for the lead that most conversions have
    known = {key: each["contact_id"] for each in existing if (key := email_key(each["email"])) is not None}
    created: list[Contact] = []
    parts: list[Part] = []
    for contact in made:
        key = email_key(contact["email"])
        same = known.get(key) if key is not None else None
        if same is None:
            created.append({**contact, "is_primary": contact["is_primary"] and not existing})
            if key is not None:
                known[key] = contact["contact_id"]
        if contact["lead_contact_id"] is not None:
            how = "created" if same is None else "linked"
            parts.append(Kept("contact", same or contact["contact_id"], contact["lead_contact_id"], how, {}))
    told = {part.source_id for part in parts if isinstance(part, Kept)}
    for item_id in items.get("contact", ()):
        if item_id in chosen and item_id not in told:
            parts.append(Kept("contact", known[email_key(chosen[item_id]["email"]) or ""], item_id, "linked", {}))
        elif item_id not in told:
            parts.append(Skipped("contact", item_id, NOT_CHOSEN))
    return People(created, parts)


def fill_contacts(made: Sequence[Contact], existing: Sequence[Contact]) -> dict[str, dict[str, Any]]:
    """For contacts of the customer that are contacts of the lead: the values for their empty fields, by contact id."""
    known = {key: each for each in existing if (key := email_key(each["email"])) is not None}
    filled = {}
    for contact in made:
        same = known.get(email_key(contact["email"]) or "")
        if same and (values := {name: contact[name] for name in PERSON if contact[name] and not same.get(name)}):
            filled[same["contact_id"]] = values
    return filled


def _chosen(space: bytes, item_id: str, fields: Mapping[str, Any]) -> Contact:
    return {
        "contact_id": name_id(space, f"contact:{item_id}"),
        "lead_contact_id": item_id,
        **{name: fields.get(name) for name in PERSON},
        "role": fields.get("role"),
        "is_primary": bool(fields.get("is_primary")),
    }
