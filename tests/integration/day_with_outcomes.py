"""The example day, with what could have come of its requests made up by chance: conversions, refusals and deals.

Gives the records, and beside them what they say of each lead and deal, read without the projector's code.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from examples.reading import Read, read
from examples.records import conversion_id, customer_id
from leadline.cli.lines import read_lines
from leadline.contracts.envelope import Envelope, write_headers
from leadline.delivery.record import Record
from tests.integration.recount import Deal, Facts, Lead

DAY = Path(__file__).parents[2] / "examples" / "day.jsonl"
COSTS = {"fair": Decimal("1200.00"), "web": Decimal("300.5"), "radio": Decimal(80)}
MAY_FOLLOW = {
    "contacted": {"new", "nurturing", "disqualified", "qualified"},
    "qualified": {"new", "contacted", "nurturing"},
    "nurturing": {"contacted", "qualified", "disqualified"},
    "disqualified": {"new", "contacted", "qualified", "nurturing"},
    "junk": {"new", "contacted", "nurturing", "disqualified"},
    "new": {"junk"},
}
MOVES = {
    "lead.contacted": "contacted", "lead.qualified": "qualified", "lead.nurturing-started": "nurturing",
    "lead.disqualified": "disqualified", "lead.junked": "junk", "lead.restored": "new",
}  # fmt: skip


Step = tuple[datetime, int, int, str, str]


class Outcome(NamedTuple):
    """What came of one request."""

    request: Read
    id: str
    ended: datetime
    is_completed: bool
    reverted: datetime | None = None
    """When it was taken back; None: it stands."""


class World(NamedTuple):
    """The records in the order of publishing, and what is to be counted."""

    records: list[Record]
    facts: Facts


def build(seed: int) -> World:
    """The day of the file with outcomes from a seed."""
    chance = random.Random(seed)
    reads = [read(json.loads(line), number) for number, line in enumerate(DAY.read_text("utf-8").splitlines())]
    good = sorted((each for each in reads if each.fault is None), key=lambda each: (moment(each.time), each.order))
    outcomes = _outcomes(reads, good, chance)
    leads = {lead_id: _lead(events, [o for o in outcomes if o.request.subject == lead_id])
             for lead_id, events in _by_lead(good, outcomes).items()}  # fmt: skip
    made, deals = _made(outcomes, chance)
    first = [
        Record(out.topic, 0, n, 1_790_000_000_000 + n, out.key, out.value, out.headers) for n, out in enumerate(read_lines(DAY))
    ]
    return World([*first, *made], Facts(leads, deals, COSTS))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _by_lead(good: list[Read], outcomes: list[Outcome]) -> dict[str, list[Read]]:
    found = defaultdict(list)
    accepted = {id(outcome.request) for outcome in outcomes}
    for each in good:
        if each.topic == "lead.events" or (id(each) in accepted and each.body.get("lead")):
            found[str(each.subject)].append(each)
    for outcome in outcomes:
        if outcome.is_completed:
            found[str(outcome.request.subject)] += []
    return found


def _outcomes(reads: list[Read], good: list[Read], chance: random.Random) -> list[Outcome]:
    """The first request for a qualified lead may be granted; every other one is refused for good."""
    known = defaultdict(list)
    for each in good:
        if each.topic == "lead.events":
            known[each.subject].append(each)
    outcomes: dict[str, Outcome] = {}
    regret = random.Random(11)  # of its own: what else comes of the day stays as it is without reverts
    converted: set[str | None] = set()
    for request in (each for each in reads if each.fault is None and each.name == "conversion.requested"):
        id = conversion_id(str(request.key))
        if id in outcomes:
            continue
        ended = moment(request.time) + timedelta(milliseconds=chance.randrange(5, 90_000_000))
        is_qualified = any(each.name == "lead.qualified" for each in known[request.subject])
        granted = is_qualified and request.subject not in converted and chance.random() < 0.85
        if granted:
            converted.add(request.subject)
        back = ended + timedelta(seconds=regret.randrange(1, 500_000)) if granted and regret.random() < 0.06 else None
        outcomes[id] = Outcome(request, id, ended, granted, back)
    return list(outcomes.values())


def _lead(events: list[Read], outcomes: list[Outcome]) -> Lead:
    times = [moment(each.time) for each in events] + [each.ended for each in outcomes if each.is_completed]
    lead = Lead(created=min(times))
    for each in events:
        _take_fields(lead, each.body.get("lead", each.body) if each.name == "conversion.requested" else each.body)
    lead.statuses = _statuses(events, outcomes)
    lead.is_reverted = any(outcome.reverted for outcome in outcomes)
    return lead


def _take_fields(lead: Lead, body: dict[str, Any]) -> None:
    if "source" in body:
        lead.source = body["source"] or "unknown"
    if "reason" in body and "behavioral" not in body:
        lead.reason = body["reason"]
    for name in ("assigned_to", "rep_id"):
        if name in body:
            lead.rep = body[name] or "unknown"


def _statuses(events: list[Read], outcomes: list[Outcome]) -> list[tuple[str, datetime]]:
    """Walk through the lead's life in the order of time."""
    said, under_way, is_converted = "", set(), False
    seen: list[tuple[str, datetime]] = []
    for at, _, _, kind, what in sorted([*_steps_said(events), *_steps_of(outcomes)]):
        if kind == "open":
            under_way.add(what)
        elif kind in {"over", "done"}:
            under_way.discard(what)
            is_converted = is_converted or kind == "done"
        elif kind == "back":
            said, is_converted = "qualified", False
        else:
            said = _moved(said, kind, what)
        shown = "converted" if is_converted else "converting" if under_way and said == "qualified" else said
        if shown and (not seen or seen[-1][0] != shown):
            seen.append((shown, at))
    return seen


def _steps_said(events: list[Read]) -> Iterator[Step]:
    for each in events:
        kind, status = _said(each)
        if status:
            yield moment(each.time), 0, each.order, kind, status


def _steps_of(outcomes: list[Outcome]) -> Iterator[Step]:
    for outcome in outcomes:
        yield moment(outcome.request.time), 1, 0, "open", outcome.id
        yield outcome.ended, 2, 0, "done" if outcome.is_completed else "over", outcome.id
        if outcome.reverted:
            yield outcome.reverted, 3, 0, "back", outcome.id


def _moved(said: str, kind: str, what: str) -> str:
    if kind == "given" and not said:
        return what
    may = (said or "new") in MAY_FOLLOW[what] and (kind, what) != ("given", "new")
    return what if may else said or "new"


def _said(each: Read) -> tuple[str, str]:
    if each.name in {"lead.created", "conversion.requested"}:
        given = (each.body.get("lead") or each.body).get("status")
        return "given", given if given in MAY_FOLLOW else "new"
    if each.name == "lead.updated":
        given = each.body.get("status")
        return "moves", given if given in {"contacted", "nurturing"} else ""
    return "moves", MOVES.get(each.name, "")


def _made(outcomes: list[Outcome], chance: random.Random) -> tuple[list[Record], list[Deal]]:
    records: list[Record] = []
    deals: list[Deal] = []
    for outcome in outcomes:
        records.append(_event("conversion.events", _ending(outcome), outcome))
        if outcome.is_completed:
            records.append(_event("customer.events", ("customer.created", _customer(outcome)), outcome))
            if chance.random() < 0.6:
                deal, told = _deal(outcome, chance)
                deals += [] if outcome.reverted else [deal]
                records += told
        records += _taken_back(outcome)
    return records, deals


def _deal(outcome: Outcome, chance: random.Random) -> tuple[Deal, list[Record]]:
    lead_id, value = str(outcome.request.subject), f"{chance.randrange(10, 90_000)}.{chance.randrange(100):02}"
    currency = chance.choice(("EUR", "EUR", "JPY"))
    deal = Deal(lead_id, Decimal(value), currency, "proposal", outcome.ended)
    opened = {"opportunity_id": f"O-{outcome.id}", "name": "Deal", "value": value, "currency": currency, "stage": "proposal",
              "customer_id": customer_of(outcome), "lead_id": lead_id, "created_at": text(outcome.ended)}  # fmt: skip
    records = [_event("customer.events", ("opportunity.created", {"opportunity": opened}), outcome)]
    for _ in range(chance.randrange(4)):
        deal.stage_at += timedelta(seconds=chance.randrange(1, 400_000))
        deal.stage = chance.choice(("negotiation", "closed_won", "closed_won", "closed_lost"))
        body = {"opportunity_id": opened["opportunity_id"], "customer_id": customer_of(outcome), "stage": deal.stage}
        later = outcome._replace(ended=deal.stage_at)
        records.append(_event("order.events", ("opportunity.stage-changed", body), later))
    return deal, records


def _taken_back(outcome: Outcome) -> list[Record]:
    """The lead is free again, and the customer is none any longer."""
    if outcome.reverted is None:
        return []
    at, then = text(outcome.reverted), outcome._replace(ended=outcome.reverted)
    ids = {
        "conversion_id": outcome.id,
        "lead_id": outcome.request.subject,
        "customer_id": customer_of(outcome),
        "reverted_at": at,
    }
    number = {"customer_number": customer_of(outcome)}
    return [
        _event("customer.events", ("customer.reverted", ids | number), then),
        _event("conversion.events", ("conversion.reverted", {**ids, "attempt": 1, "requested_at": outcome.request.time}), then),
    ]


def customer_of(outcome: Outcome) -> str:
    return customer_id(str(outcome.request.key))


def text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _customer(outcome: Outcome) -> dict[str, Any]:
    id = customer_of(outcome)
    return {"customer_id": id, "customer_number": id, "code": id, "name": "n", "type": "company", "role": "customer",
            "customer_status": "active", "lead_id": outcome.request.subject, "conversion_id": outcome.id,
            "created_at": text(outcome.ended), "contacts": []}  # fmt: skip


def _ending(outcome: Outcome) -> tuple[str, dict[str, Any]]:
    lead_id = outcome.request.subject
    said = {"conversion_id": outcome.id, "lead_id": lead_id, "attempt": 1, "requested_at": outcome.request.time}
    if not outcome.is_completed:
        error = {"code": "LEAD_NOT_QUALIFIED", "message": "no", "retryable": False}
        return "conversion.failed", {**said, "failed_at": text(outcome.ended), "error": error}
    lead = {"lead_id": lead_id, "status": "converted", "converted_at": text(outcome.ended)}
    made = {"customer": _customer(outcome), "contacts": [], "lead": lead, "manifest": {}}
    return "conversion.completed", {**said, "completed_at": text(outcome.ended), **made}


def _event(topic: str, said: tuple[str, dict[str, Any]], outcome: Outcome) -> Record:
    name, data = said
    offset = 1_000_000 + outcome.request.order * 10
    body = orjson.dumps(data)
    id = f"{outcome.id}:{name}:{text(outcome.ended)}"
    envelope = Envelope(id, "/tests", f"leadline.{name}.v1", time=text(outcome.ended), data=body)
    key = str(outcome.request.subject if topic == "conversion.events" else customer_of(outcome)).encode()
    return Record(topic, 0, offset + len(name), 1_790_000_000_000 + offset, key, body, list(write_headers(envelope)))
