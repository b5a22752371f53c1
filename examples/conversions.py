"""Requests for conversion: the plain one, and each awkward one that a real day brings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from examples.leads import Lead, Leads, item
from examples.names import NOTES, REPS, digits
from examples.records import REQUESTS, Body, Day, Line

Case = Callable[["Desk"], list[str]]
"""Publishes what belongs to the case; returns the keys of requests that surely end in a customer."""


@dataclass
class Desk:
    """Where requests are written."""

    day: Day
    leads: Leads

    def qualified(self, body: Body | None = None) -> Lead:
        """A new lead, worked on and qualified."""
        return self.leads.qualify(self.leads.work(self.leads.create(body)))

    def ask(self, lead: Lead, *, after: float = 600.0, key: str | None = None, **options: object) -> Line:
        """Publish a request up to `after` seconds after the lead's last event."""
        return self.request(lead, lead.ready_at + self.day.rng.uniform(2, after), key=key, **options)

    def request(self, lead: Lead, at: float, *, key: str | None = None, **options: object) -> Line:
        """Publish a request at a second of the day."""
        rep_id, name = self.day.rng.choice(REPS)
        requested_by = {"id": rep_id, "name": name, "email": f"{rep_id}@leadline.example.com"}
        body: Body = {
            "lead_id": lead.body["lead_id"],
            "requested_by": requested_by,
            "origin": "dialog",
            "profile": "default",
        }
        chosen = {name: value for name, value in options.items() if value is not None}
        if chosen:
            body["options"] = chosen
        line = self.day.event(at, REQUESTS, lead.lead_id, "conversion.requested", body)
        line["headers"]["idempotency-key"] = key or self.day.uuid()
        return line


def key_of(line: Line) -> str:
    """The idempotency key that a request line carries."""
    return str(line["headers"]["idempotency-key"])


def plain(desk: Desk) -> list[str]:
    """A qualified lead is converted, sometimes with notes."""
    notes = desk.day.rng.choice(NOTES) if desk.day.rng.random() < 0.3 else None
    return [key_of(desk.ask(desk.qualified(), notes=notes))]


def opportunity(desk: Desk) -> list[str]:
    """A deal comes with the conversion."""
    rng = desk.day.rng
    value = f"{rng.randrange(500, 90000)}.{rng.randrange(100):02d}"
    deal = {
        "name": "Erste Lieferung 🚚",
        "value": value,
        "currency": rng.choice(("EUR", "USD", "VND")),
        "stage": "proposal",
        "probability": rng.randrange(10, 91),
        "expected_close_date": "2026-12-31",
    }
    return [key_of(desk.ask(desk.qualified(), opportunity=deal))]


def custom_code(desk: Desk) -> list[str]:
    """The customer gets a code of its own."""
    return [key_of(desk.ask(desk.qualified(), customer_code=f"KD-{desk.day.uuid()[:6].upper()}"))]


def custom_fields(desk: Desk) -> list[str]:
    """Custom fields are kept, moved to a standard field, or skipped."""
    body = desk.leads.body() | {"vat": None}
    body["custom_fields"] = {"fleet_size": 12, "tax_no": digits("DE#########", desk.day.rng), "shoe_size": 43}
    rules = {"fleet_size": {"as": "custom"}, "tax_no": {"as": "standard", "target": "vat"}, "shoe_size": {"as": "skip"}}
    return [key_of(desk.ask(desk.qualified(body), custom_fields=rules))]


def chosen_contact(desk: Desk) -> list[str]:
    """Only the named contacts are taken over."""
    lead = desk.leads.work(desk.leads.create())
    contact = item("contact", desk.day, lead.body, lead.ready_at)
    desk.leads.tell(lead, lead.ready_at + 5, "lead.item-added", contact)
    lead = desk.leads.qualify(replace(lead, ready_at=lead.ready_at + 10))
    return [key_of(desk.ask(lead, contact_ids=[contact["item_id"]]))]


def repeat(desk: Desk) -> list[str]:
    """The same request twice, at once or an hour later, as the same event or under a new ce_id."""
    rng = desk.day.rng
    lead = desk.qualified()
    at = lead.ready_at + 60
    line = desk.request(lead, at)
    desk.day.repeat(at + rng.choice((0.001, 1.0, 3600.0)), line, new_id=rng.random() < 0.5)
    return [key_of(line)]


def second(desk: Desk) -> list[str]:
    """Another key for the same lead: refused with the first one's customer."""
    lead = desk.qualified()
    at = lead.ready_at + 60
    first = desk.request(lead, at)
    desk.request(lead, at + desk.day.rng.choice((0.001, 5.0, 5400.0)))
    return [key_of(first)]


def twins(desk: Desk) -> list[str]:
    """Two leads with one e-mail, differently written: one of them becomes a customer, which one is open."""
    first = desk.qualified()
    email = f"  {str(first.body['email']).upper()} "
    other = desk.qualified(desk.leads.body() | {"email": email})
    desk.ask(first)
    desk.ask(other)
    return []


def code_twins(desk: Desk) -> list[str]:
    """Two requests with one custom code: the second one is refused."""
    code = f"KD-{desk.day.uuid()[:6].upper()}"
    desk.ask(desk.qualified(), customer_code=code)
    desk.ask(desk.qualified(), customer_code=code)
    return []


def unqualified(desk: Desk) -> list[str]:
    """Nobody ever qualifies this lead."""
    lead = desk.leads.work(desk.leads.create())
    if desk.day.rng.random() < 0.3:
        desk.leads.tell(lead, lead.ready_at + 1, "lead.nurturing-started", {"tags": ["später", "2027"]})
    desk.ask(replace(lead, ready_at=lead.ready_at + 2))
    return []


def lost(desk: Desk) -> list[str]:
    """The lead is lost or junk before the request comes."""
    name = "lead.junked" if desk.day.rng.random() < 0.2 else "lead.disqualified"
    was_qualified = name == "lead.disqualified" and desk.day.rng.random() < 0.5
    lead = desk.qualified() if was_qualified else desk.leads.work(desk.leads.create())
    at = lead.ready_at + 60
    desk.leads.tell(lead, at, name, {"reason": "spam 😞" if name == "lead.junked" else "competitor"})
    desk.ask(replace(lead, ready_at=at))
    return []


def unknown(desk: Desk) -> list[str]:
    """Nobody ever tells of this lead."""
    lead = Lead(desk.leads.body(), 0, desk.day.rng.uniform(3600, 9 * 3600))
    desk.ask(lead)
    return []


def late_qualified(desk: Desk) -> list[str]:
    """The request overtakes lead.qualified by seconds."""
    lead = desk.leads.work(desk.leads.create())
    line = desk.request(lead, lead.ready_at + 60)
    desk.leads.tell(lead, lead.ready_at + 62, "lead.qualified", {"notes": "late"}, late=10)
    return [key_of(line)]


def late_created(desk: Desk) -> list[str]:
    """The request overtakes the whole lead."""
    lead = Lead(desk.leads.body(), 0, desk.day.rng.uniform(3600, 8 * 3600))
    line = desk.request(lead, lead.ready_at)
    desk.day.event(lead.ready_at + 1, "lead.events", lead.lead_id, "lead.created", lead.body, late=30)
    desk.leads.tell(lead, lead.ready_at + 2, "lead.qualified", {"notes": "late"}, late=10)
    return [key_of(line)]


def backwards(desk: Desk) -> list[str]:
    """lead.qualified arrives before the older lead.created."""
    lead = Lead(desk.leads.body(), 0, desk.day.rng.uniform(3600, 8 * 3600))
    desk.leads.tell(lead, lead.ready_at, "lead.qualified", {"notes": "first to arrive"})
    desk.day.event(lead.ready_at + 30, "lead.events", lead.lead_id, "lead.created", lead.body, late=600)
    return [key_of(desk.ask(replace(lead, ready_at=lead.ready_at + 60)))]


def whole(desk: Desk) -> list[str]:
    """The request carries the lead, since its upstream publishes no lead events."""
    body = desk.leads.body()
    at = desk.day.rng.uniform(3600, 9 * 3600)
    items = [item(kind, desk.day, body, at) for kind in ("contact", "note", "message", "document")]
    line = desk.request(Lead(body, 0, at), at)
    line["value"] |= {"origin": "api", "lead": body | {"status": "qualified", "items": items}}
    return [key_of(line)]


def unknown_contact(desk: Desk) -> list[str]:
    """The chosen contact does not belong to the lead."""
    desk.ask(desk.qualified(), contact_ids=["C-of-somebody-else"])
    return []


def field_clash(desk: Desk) -> list[str]:
    """Two custom fields claim one standard field."""
    body = desk.leads.body() | {"vat": None, "custom_fields": {"tax_no": "DE123456789", "ust_id": "DE987654321"}}
    rule = {"as": "standard", "target": "vat"}
    desk.ask(desk.qualified(body), custom_fields={"tax_no": rule, "ust_id": rule})
    return []


def without_key(desk: Desk) -> list[str]:
    """No idempotency-key: source and ce_id name the request."""
    line = desk.ask(desk.qualified())
    del line["headers"]["idempotency-key"]
    return ["{ce_source}#{ce_id}".format(**line["headers"])]


def structured(desk: Desk) -> list[str]:
    """A CloudEvent in structured mode."""
    line = desk.ask(desk.qualified())
    headers = line["headers"]
    event = {name.removeprefix("ce_"): value for name, value in headers.items() if name.startswith("ce_")}
    line["value"] = {**event, "datacontenttype": "application/json", "data": line["value"]}
    line["headers"] = {"content-type": "application/cloudevents+json", "idempotency-key": key_of(line)}
    return [key_of(line)]


def shouting(desk: Desk) -> list[str]:
    """Header names in another case, and fields that nobody knows."""
    line = desk.ask(desk.qualified())
    key = key_of(line)
    line["headers"] = {name.title(): value for name, value in line["headers"].items()}
    line["value"]["utm"] = {"campaign": "frühling"}
    return [key]


def integer_id(desk: Desk) -> list[str]:
    """An upstream whose lead ids are JSON numbers."""
    body = desk.leads.body()
    body["lead_id"] = int(str(body["lead_id"]).removeprefix("L-")) + 900_000
    return [key_of(desk.ask(desk.qualified(body)))]


PER_500_LEADS: dict[Case, int] = {
    plain: 76, opportunity: 14, custom_code: 8, custom_fields: 5, chosen_contact: 5, repeat: 12, second: 8, twins: 5,
    code_twins: 1, unqualified: 6, lost: 5, unknown: 3, late_qualified: 4, late_created: 2, backwards: 4, whole: 5,
    unknown_contact: 2, field_clash: 1, without_key: 4, structured: 4, shouting: 3, integer_id: 2,
}  # fmt: skip
"""How often each case happens on a day with 500 leads."""
