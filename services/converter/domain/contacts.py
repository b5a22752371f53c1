"""The contacts of a new customer: the lead's own person, and those of the lead's contacts that were chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.converter.domain.names import email_key, name_id

_PERSON: Final = ("first_name", "last_name", "email", "phone", "job_title")
Contacts = Mapping[str, Mapping[str, Any]]


def unknown_contacts(chosen: Sequence[str] | None, known: Contacts) -> list[str]:
    """Those that were chosen and are none of the lead's."""
    return [item_id for item_id in chosen or () if item_id not in known]


def make_contacts(space: bytes, lead: Mapping[str, Any], chosen: Contacts) -> list[dict[str, Any]]:
    """The primary contact first. It is the lead's person, unless a chosen contact is marked as primary.

    Two with one e-mail address are one contact: the chosen one.
    """
    person: dict[str, Any] = {
        "contact_id": name_id(space, "contact"),
        "lead_contact_id": None,
        **{name: lead.get(name) for name in _PERSON},
        "role": None,
        "is_primary": True,
    }
    if not chosen:
        return [person]
    contacts = [_chosen(space, item_id, fields) for item_id, fields in chosen.items()]
    emails = {key for contact in contacts if (key := email_key(contact["email"])) is not None}
    if email_key(person["email"]) not in emails:
        contacts.insert(0, person)
    primary = next((place for place, each in enumerate(contacts) if each["is_primary"] and each is not person), 0)
    ordered = [contacts[primary], *contacts[:primary], *contacts[primary + 1 :]]
    return [{**contact, "is_primary": place == 0} for place, contact in enumerate(ordered)]


def _chosen(space: bytes, item_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "contact_id": name_id(space, f"contact:{item_id}"),
        "lead_contact_id": item_id,
        **{name: fields.get(name) for name in _PERSON},
        "role": fields.get("role"),
        "is_primary": bool(fields.get("is_primary")),
    }
