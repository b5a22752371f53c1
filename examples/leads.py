"""Leads and what happens to them before anybody asks for a conversion."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from examples.names import COUNTRIES, DISCOVERERS, JOBS, NOTES, REPS, ascii_of, digits
from examples.records import LEADS, Body, Day, time_of

ORIGINS = ("map", "snap", "form", "api", "fair", "referral", "import")


@dataclass(frozen=True)
class Lead:
    """A lead with its body, when it was created, and when the last of its events was published."""

    body: Body
    created_at: float
    ready_at: float
    contact_ids: tuple[str, ...] = ()

    @property
    def lead_id(self) -> str:
        """The record key."""
        return str(self.body["lead_id"])


class Leads:
    """Makes leads one after the other, each with ids and an e-mail of its own."""

    def __init__(self, day: Day) -> None:
        self._day = day
        self._count = 0

    def body(self) -> Body:
        """The fields of a new lead; nothing is published."""
        rng = self._day.rng
        self._count += 1
        number = self._count
        country = rng.choice(COUNTRIES)
        first, last = rng.choice(country.first), rng.choice(country.last)
        postal_code, city = rng.choice(country.places)
        street = country.street.format(rng.randrange(1, 200))
        return {
            "lead_id": f"L-{1000 + number}",
            "code": f"P-{number:05d}",
            "first_name": first,
            "last_name": last,
            "company_name": rng.choice((*country.companies, None)),
            "email": _email(first, last, number, rng),
            "phone": digits(country.phone, rng) if rng.random() < 0.8 else None,
            "job_title": rng.choice((*JOBS, None)),
            "address": {"street": street, "postal_code": postal_code, "city": city, "country": country.code},
            "vat": digits(country.vat, rng) if country.vat and rng.random() < 0.5 else None,
            "source": rng.choice(("fair", "web", "cold-call", "partner")),
            "origin": rng.choice(ORIGINS),
            "discovered_by": rng.choice(DISCOVERERS) if rng.random() < 0.7 else None,
            "assigned_to": rng.choice(REPS)[0] if rng.random() < 0.6 else None,
            "custom_fields": {"fleet_size": rng.randrange(1, 90)} if rng.random() < 0.3 else {},
        }

    def create(self, body: Body | None = None) -> Lead:
        """Publish lead.created in the first seven hours, now and then twice."""
        body = body or self.body()
        rng = self._day.rng
        at = rng.uniform(0, 7 * 3600)
        line = self._day.event(at, LEADS, str(body["lead_id"]), "lead.created", body)
        if rng.random() < 0.04:
            self._day.repeat(at + rng.uniform(1, 60), line)
        return Lead(body, at, at)

    def work(self, lead: Lead) -> Lead:
        """What sales people do with a lead before it is decided: assign, contact, update, add items."""
        rng, at = self._day.rng, lead.ready_at
        contacts: list[str] = []
        for step in rng.choices(("assigned", "contacted", "updated", "scored", "item", "item"), k=rng.randrange(1, 6)):
            at += rng.uniform(20, 900)
            name, fields = _step(step, self._day, lead, at)
            late = rng.uniform(60, 600) if rng.random() < 0.05 else 0.0
            self.tell(lead, at, name, fields, late=min(late, at - lead.created_at - 1))
            if fields.get("kind") == "contact":
                contacts.append(str(fields["item_id"]))
        return Lead(lead.body, lead.created_at, at, tuple(contacts))

    def qualify(self, lead: Lead) -> Lead:
        """Publish lead.qualified; sometimes an older lead.contacted arrives only after it."""
        rng = self._day.rng
        at = lead.ready_at + rng.uniform(30, 900)
        self.tell(lead, at, "lead.qualified", {"notes": rng.choice(NOTES)})
        if rng.random() < 0.06:
            at += rng.uniform(5, 60)
            self.tell(lead, at, "lead.contacted", {"channel": "phone"}, late=at - lead.ready_at - 1)
        return Lead(lead.body, lead.created_at, at, lead.contact_ids)

    def tell(self, lead: Lead, at: float, name: str, fields: Body, *, late: float = 0.0) -> None:
        """Publish one event of a lead."""
        body = {"lead_id": lead.body["lead_id"], **fields}
        self._day.event(at, LEADS, lead.lead_id, name, body, late=late)


def item(kind: str, day: Day, lead_body: Body, at: float) -> Body:
    """The fields of something that hangs on a lead."""
    rng = day.rng
    item_id = f"{kind[0].upper()}-{day.uuid()[:8]}"
    country = rng.choice(COUNTRIES)
    first, last = rng.choice(country.first), rng.choice(country.last)
    fields: dict[str, dict[str, Any]] = {
        "contact": {"first_name": first, "last_name": last, "email": f"{item_id.lower()}@contacts.example.com",
                    "phone": digits(country.phone, rng), "job_title": rng.choice(JOBS), "is_primary": False},
        "note": {"text": rng.choice(NOTES), "by": rng.choice(REPS)[0]},
        "task": {"subject": "Send the quote ✉️", "due_date": time_of(at + 86400)[:10], "done": rng.random() < 0.3},
        "document": {"file_name": f"Angebot – {lead_body['last_name']}.pdf", "media_type": "application/pdf",
                     "size_bytes": rng.randrange(10_000, 900_000), "content_hash": f"{rng.getrandbits(256):064x}"},
        "message": {"direction": rng.choice(("in", "out")), "channel": "email", "subject": "Re: Ihre Anfrage",
                    "text": rng.choice(NOTES), "occurred_at": time_of(at)},
    }  # fmt: skip
    return {"kind": kind, "item_id": item_id, **fields[kind]}


def _step(step: str, day: Day, lead: Lead, at: float) -> tuple[str, Body]:
    rng = day.rng
    if step == "assigned":
        return "lead.assigned", {"rep_id": rng.choice(REPS)[0]}
    if step == "contacted":
        return "lead.contacted", {"channel": rng.choice(("phone", "email", "visit"))}
    if step == "updated":
        return "lead.updated", rng.choice(({"phone": None}, {"job_title": rng.choice(JOBS)}, {"company_name": "Neu & Søn"}))
    if step == "scored":
        scores = {"behavioral": rng.randrange(51), "demographic": rng.randrange(51), "reason": "opened the quote"}
        return "lead.scored", scores
    return "lead.item-added", item(rng.choice(("contact", "note", "task", "document", "message")), day, lead.body, at)


def _email(first: str, last: str, number: int, rng: random.Random) -> str:
    local = ".".join(part for part in (ascii_of(first), ascii_of(last)) if part) or "office"
    tag = rng.choice(("", "", "", "+fair", "+web2026"))
    email = f"{local}{number}{tag}@{rng.choice(('nordlicht', 'ebene', 'aozora', 'acme'))}.example.com"
    return email.upper() if rng.random() < 0.08 else email
