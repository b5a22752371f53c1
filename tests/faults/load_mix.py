"""What the load consists of: a seeded mix of leads, mostly plain, some of every awkward kind. Pure; sends nothing."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

NAMESPACE = uuid.UUID("6f1c2a52-6f0e-5d57-9c62-3f6c2b0c7a11")
LEADS, REQUESTS = "lead.events", "conversion.requests"
SHARES = {
    "normal": 90.0,
    "not-qualified": 1.0,
    "repeat": 2.0,
    "second": 2.0,
    "same-email": 1.0,
    "unknown-lead": 0.5,
    "key-reused": 0.5,
    "bad-json": 0.75,
    "bad-schema": 0.75,
    "bad-type": 0.75,
    "bad-key": 0.75,
}
"""Per cent of the leads. Bad requests and unknown leads have a lead of their own: no other result depends on them."""

FIRST = ("Zoë", "Jürgen", "Nguyễn", "محمد", "美咲", "O'Neil", "Åsa", "Łukasz", "Ana", "Ion")
LAST = ("Müller", "García", "Trần", "الحسن", "山田", "D'Angelo", "Öberg", "Żak", "Šarić", "Smith")
WITHOUT_LEAD = frozenset({"unknown-lead", "bad-json", "bad-schema", "bad-type", "bad-key"})


@dataclass(frozen=True)
class Outgoing:
    """One record to send; `kind` and `seq` are None for lead events, which no ledger counts."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    lead_id: str
    idempotency_key: str | None = None
    kind: str | None = None
    seq: int = 0
    email: str | None = None


@dataclass(frozen=True)
class Lead:
    """The records of one lead: events first, then requests; `later` come some seconds after those."""

    lead_id: str
    events: tuple[Outgoing, ...]
    requests: tuple[Outgoing, ...]
    later: tuple[Outgoing, ...] = ()


class Mix:
    """An endless row of leads; the same seed gives the same leads, ids, keys and kinds (only ce_time differs)."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._random = random.Random(seed)
        self._emails: list[str] = []
        self._next = 0

    def next_lead(self) -> Lead:
        """Make the next lead."""
        number, self._next = self._next, self._next + 1
        kind = self._random.choices(list(SHARES), list(SHARES.values()))[0]
        if kind == "same-email" and not self._emails:
            kind = "normal"
        lead_id = f"L-{self._seed}-{number}"
        email = self._email(kind, number)
        events = () if kind in WITHOUT_LEAD else self._events(lead_id, email, kind)
        return Lead(lead_id, events, *self._requests(lead_id, email, kind))

    def _email(self, kind: str, number: int) -> str:
        if kind == "same-email":
            return self._random.choice(self._emails)
        email = f"lead{number}.{self._seed}@example.com"
        if kind == "normal":
            self._emails = [*self._emails[-200:], email]
        return email

    def _events(self, lead_id: str, email: str, kind: str) -> tuple[Outgoing, ...]:
        pick = self._random.choice
        body = {
            "lead_id": lead_id,
            "code": f"P-{lead_id}",
            "first_name": pick(FIRST),
            "last_name": pick(LAST),
            "company_name": pick(("", "Nordlicht GmbH", "Ébène & Fils", "株式会社青空")) or None,
            "email": email if kind != "same-email" else f" {email.upper()} ",
            "phone": f"+49 30 {self._random.randrange(10**6, 10**7)}",
            "source": "load",
            "origin": pick(("map", "snap", "form", "api")),
            "discovered_by": f"rep-{self._random.randrange(20)}",
            "assigned_to": f"rep-{self._random.randrange(20)}",
        }
        created = self._event(LEADS, lead_id, "lead.created", body)
        if kind == "not-qualified":
            return (created,)
        return created, self._event(LEADS, lead_id, "lead.qualified", {"lead_id": lead_id, "notes": "budget is there"})

    def _requests(self, lead_id: str, email: str, kind: str) -> tuple[tuple[Outgoing, ...], tuple[Outgoing, ...]]:
        key = self._uuid()
        first_kind = "normal" if kind in ("repeat", "second", "key-reused") else kind
        first = self._request(lead_id, key, first_kind, 1, email)
        if kind == "repeat":
            again = self._copy(first, kind, 2)
            return ((first, again), ()) if self._random.random() < 0.5 else ((first,), (again,))
        if kind == "second":
            return (first,), (self._request(lead_id, self._uuid(), kind, 2, email),)
        if kind == "key-reused":
            return (first,), (self._request(lead_id, key, kind, 2, email, notes="another body"),)
        return (first,), ()

    def _request(self, lead_id: str, key: str, kind: str, seq: int, email: str, notes: str = "load") -> Outgoing:
        rep = f"rep-{self._random.randrange(20)}"
        body: dict[str, object] = {"lead_id": lead_id, "requested_by": {"id": rep}, "options": {"notes": notes}}
        if kind == "bad-schema":
            body["options"] = {
                "copy_messages": "perhaps",
                "opportunity": {"name": "x", "value": "12,000", "currency": "EUR"},
            }
        if kind == "bad-key":
            body["lead_id"] = f"{lead_id}-else"
        name = "conversion.teleport-requested" if kind == "bad-type" else "conversion.requested"
        record = self._event(REQUESTS, lead_id, name, body, key)
        value = b'{"lead_id": ' + lead_id.encode() + b", not JSON" if kind == "bad-json" else record.value
        counted_lead = f"{lead_id}-else" if kind == "bad-key" else lead_id
        return Outgoing(REQUESTS, lead_id, value, record.headers, counted_lead, key, kind, seq, email)

    def _copy(self, first: Outgoing, kind: str, seq: int) -> Outgoing:
        """The same key and body under another ce_id, as a repeating upstream sends it."""
        headers = tuple((n, self._uuid().encode() if n == "ce_id" else v) for n, v in first.headers)
        key, email = first.idempotency_key, first.email
        return Outgoing(first.topic, first.key, first.value, headers, first.lead_id, key, kind, seq, email)

    def _event(self, topic: str, key: str, name: str, body: object, idempotency_key: str | None = None) -> Outgoing:
        time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        headers = {
            "ce_specversion": "1.0",
            "ce_id": self._uuid(),
            "ce_source": f"/load/{self._seed}",
            "ce_type": f"leadline.{name}.v1",
            "ce_time": time,
            "ce_subject": key,
            "content-type": "application/json",
        }
        if idempotency_key:
            headers["idempotency-key"] = idempotency_key
        value = json.dumps(body, ensure_ascii=False).encode()
        return Outgoing(topic, key, value, tuple((n, v.encode()) for n, v in headers.items()), key)

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
