"""The rules of the default profile over a whole day, as a model small enough to be checked by reading.

Part of the independent simulation. It delivers the records in the order it is given; `expected` tries several.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from examples.reading import Read

STATUS = {
    "lead.contacted": "contacted",
    "lead.qualified": "qualified",
    "lead.disqualified": "disqualified",
    "lead.junked": "junk",
    "lead.nurturing-started": "nurturing",
}
COMPLETED = "completed"
RUNGS = 3


@dataclass
class Lead:
    """What is known of a lead."""

    status: str = "new"
    status_order: tuple[str, int] = ("", -1)
    fields: dict[str, Any] = field(default_factory=dict)
    contact_ids: set[str] = field(default_factory=set)
    customer: bool = False


@dataclass
class Conversion:
    """What became of an idempotency key."""

    request: Read
    body: str
    outcome: str | None = None
    retries: int = 0


class World:
    """Leads, customers and conversions; `deliver` records, then `settle` what waits for its retry."""

    def __init__(self) -> None:
        self.leads: dict[str, Lead] = {}
        self.conversions: dict[str, Conversion] = {}
        self.converter_dead: list[str] = []
        self.unreadable: list[tuple[str, str]] = []
        self.repeats = 0
        self._emails: set[str] = set()
        self._codes: set[str] = set()
        self._waiting: list[Conversion] = []

    def deliver(self, records: Iterable[Read]) -> None:
        """Hand over records in this order."""
        for record in records:
            if record.fault:
                self._refuse(record)
            elif record.topic == "lead.events":
                self._tell(record.subject or "", record)
            elif record.topic == "conversion.requests":
                self._ask(record)

    def settle(self) -> None:
        """Try again what waits, rung after rung; requests of one lead keep their order."""
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            for conversion in waiting:
                self._attempt(conversion)

    def _refuse(self, record: Read) -> None:
        self.unreadable.append((record.topic, record.fault or ""))
        if record.topic == "order.events":
            return
        self.converter_dead.append(record.fault or "")
        if record.topic == "conversion.requests" and record.subject and record.key:
            self.conversions.setdefault(record.key, Conversion(record, "", outcome=record.fault))

    def _tell(self, lead_id: str, event: Read) -> None:
        lead = self.leads.setdefault(lead_id, Lead())
        order = (event.time, event.order)
        if event.name in STATUS and order > lead.status_order:
            lead.status, lead.status_order = STATUS[event.name], order
        if event.name == "lead.created":
            lead.fields = {**event.body, **lead.fields}
        if event.name == "lead.updated":
            lead.fields |= event.body
        if event.body.get("kind") == "contact":
            lead.contact_ids.add(event.body["item_id"])

    def _ask(self, request: Read) -> None:
        body = json.dumps(request.body, sort_keys=True)
        known = self.conversions.get(request.key or "")
        if known is None:
            conversion = Conversion(request, body)
            self.conversions[request.key or ""] = conversion
            self._attempt(conversion)
        elif known.body == body:
            self.repeats += 1
        else:
            self.converter_dead.append("IDEMPOTENCY_KEY_REUSED")

    def _attempt(self, conversion: Conversion) -> None:
        lead_id = conversion.request.subject or ""
        if any(other.request.subject == lead_id for other in self._waiting):
            self._waiting.append(conversion)
            return
        self._carry_lead(conversion.request)
        outcome = self._decide(lead_id, conversion.request.body.get("options") or {})
        again = {"LEAD_UNKNOWN": RUNGS, "LEAD_NOT_QUALIFIED": 1}.get(outcome, 0)
        if conversion.retries < again:
            conversion.retries += 1
            self._waiting.append(conversion)
            return
        conversion.outcome = outcome
        if outcome == "LEAD_UNKNOWN":
            self.converter_dead.append(outcome)
        if outcome == COMPLETED:
            self._convert(lead_id, conversion.request.body.get("options") or {})

    def _carry_lead(self, request: Read) -> None:
        carried = request.body.get("lead")
        if carried and request.subject not in self.leads:
            contacts = {item["item_id"] for item in carried["items"] if item["kind"] == "contact"}
            self.leads[request.subject or ""] = Lead(carried["status"], (request.time, 0), carried, contacts)

    def _decide(self, lead_id: str, options: dict[str, Any]) -> str:
        lead = self.leads.get(lead_id)
        if lead is None:
            return "LEAD_UNKNOWN"
        targets = [rule.get("target") for rule in (options.get("custom_fields") or {}).values() if rule["as"] == "standard"]
        refusals = (
            ("LEAD_ALREADY_CONVERTED", lead.customer),
            ("LEAD_NOT_CONVERTIBLE", lead.status in ("disqualified", "junk")),
            ("LEAD_NOT_QUALIFIED", lead.status != "qualified"),
            ("CONTACT_UNKNOWN", not set(options.get("contact_ids") or ()) <= lead.contact_ids),
            ("CUSTOM_FIELD_CLASH", len(targets) != len(set(targets)) or any(lead.fields.get(name) for name in targets)),
            ("CUSTOMER_EMAIL_EXISTS", _email(lead) in self._emails),
            ("CUSTOMER_CODE_TAKEN", options.get("customer_code") in self._codes),
        )
        return next((code for code, refused in refusals if refused), COMPLETED)

    def _convert(self, lead_id: str, options: dict[str, Any]) -> None:
        lead = self.leads[lead_id]
        lead.customer = True
        self._emails.add(_email(lead))
        if options.get("customer_code"):
            self._codes.add(options["customer_code"])


def _email(lead: Lead) -> str:
    return str(lead.fields.get("email") or f"nobody of {id(lead)}").strip().casefold()
