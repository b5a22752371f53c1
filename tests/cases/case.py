"""Conversion cases as data: reads `tests/cases/*.json`, and turns the steps of a case into records. See README.md there."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import LEADS, REQUESTER, REQUESTS, as_json, conversion_id, envelope

FOLDER = Path(__file__).parent
COMMANDS = ("retry", "cancel", "revert")
ORDERS, CUSTOMERS = "order.events", "customer.requests"
ABOUT_CUSTOMERS = {
    "order": (ORDERS, "order.placed", {"amount": "9.90", "currency": "EUR", "placed_at": "2020-02-29T09:00:00Z"}),
    "order-cancelled": (ORDERS, "order.cancelled", {}),
    "moved": (ORDERS, "opportunity.stage-changed", {}),
    "note": (CUSTOMERS, "customer.note-added", {"text": "a note"}),
}
"""What is said of the customer of a conversion: its topic, its kind, and what stands in it unless the step says otherwise."""
_AT = re.compile(r"(?:\+[^@\s]*)?@")  # before the tag of an address, or it would be a part of the tag
DAY = "2020-02-29"
"""The day of everything that comes in; what is told has another one."""


class Step(NamedTuple):
    """One record of a case; `key` is the idempotency key of the conversion that it is about, None for lead events."""

    verb: str
    lead: str
    key: str | None
    body: Mapping[str, Any]


Round = Sequence[Step]
Part = Sequence[Round]


@dataclass(frozen=True)
class Case:
    """A case; `parts` are apart by the end of every wait, the rounds of a part by an answer to each request."""

    name: str
    profile: str
    parts: Sequence[Part]
    then: Mapping[str, Any]

    @property
    def steps(self) -> list[Step]:
        """Every step in order."""
        return [step for part in self.parts for each in part for step in each]

    @property
    def keys(self) -> list[str]:
        """The idempotency keys of its requests, in order."""
        return list(dict.fromkeys(step.key for step in self.steps if step.key is not None))

    @property
    def of(self) -> str:
        """The key of the conversion that `then` is about."""
        of: str = self.then.get("of") or self.keys[-1]
        return of


def load_cases() -> list[Case]:
    """Every case of every file, in order."""
    return [case for file in sorted(FOLDER.glob("*.json")) for case in map(read_case, json.loads(file.read_text("utf-8")))]


def read_case(data: Mapping[str, Any]) -> Case:
    """One case from JSON."""
    parts: list[list[list[Step]]] = [[[]]]
    lead_of: dict[str | None, str] = {}
    for step in [*data.get("given", ()), "then", *data["when"]]:
        if step == "settled":
            parts.append([[]])
        elif step == "then":
            parts[-1].append([])
        else:
            parts[-1][-1].append(_step(step, lead_of))
    return Case(data["name"], data["profile"], parts, data["then"])


def _step(step: Sequence[Any], lead_of: dict[str | None, str]) -> Step:
    """A key without a lead is about the lead that it was about before."""
    verb, *rest = step
    body = rest.pop() if rest and isinstance(rest[-1], dict) else {}
    key = rest.pop(0) if verb in ("request", *COMMANDS, *ABOUT_CUSTOMERS) else None
    lead = rest[0] if rest else lead_of.get(key, "L-1")
    if key is not None:
        lead_of[key] = lead
    return Step(verb, lead, key, body)


def ordered(part: Part) -> Iterator[list[Step]]:
    """The steps of each round, lead events first."""
    return (sorted(each, key=lambda step: step.key is not None) for each in part)


class Writer:
    """Writes a case's steps as records. `mark` keeps cases apart that run in one installation, and comes off again."""

    def __init__(self, case: Case, mark: str = "") -> None:
        self._case = case
        self._mark = mark
        self._numbers = {id(step): number for number, step in enumerate(case.steps, 1)}

    def write(self, step: Step) -> Outgoing:
        """The record of one step."""
        number = self._numbers[id(step)]
        body = dict(step.body)
        second = body.pop("at", number)
        lead_id = step.lead + self._mark
        headers = {"ce_id": f"e-{number}{self._mark}", "ce_time": f"{DAY}T08:{second // 60:02}:{second % 60:02}Z"}
        if step.verb in ABOUT_CUSTOMERS:
            return self._about_customer(step, body, headers)
        wish = body.pop("wish", None)
        marked = {"lead_id": lead_id, **self._marked(body)}
        if step.verb == "request":
            asked = {"requested_by": REQUESTER, "profile": self._case.profile, **marked}
            key = {"idempotency_key": f"{step.key}{self._mark}"}
            return Outgoing(
                REQUESTS, lead_id.encode(), as_json(asked), envelope("conversion.requested", lead_id, **headers, **key)
            )
        if step.verb in COMMANDS:
            asked = {"conversion_id": conversion_id(f"{step.key}{self._mark}"), "requested_by": REQUESTER, **marked}
            kind = f"conversion.{step.verb}-requested"
            headers |= {"idempotency_key": f"{wish}{self._mark}"} if wish else {}
            return Outgoing(REQUESTS, lead_id.encode(), as_json(asked), envelope(kind, lead_id, **headers))
        return Outgoing(LEADS, lead_id.encode(), as_json(marked), envelope(f"lead.{step.verb}", lead_id, **headers))

    def _about_customer(self, step: Step, body: Mapping[str, Any], headers: Mapping[str, str]) -> Outgoing:
        """Keyed by the customer that the conversion has made, which is known beforehand."""
        topic, kind, defaults = ABOUT_CUSTOMERS[step.verb]
        space = uuid.UUID(conversion_id(f"{step.key}{self._mark}"))
        customer_id = str(uuid.uuid5(space, "customer"))
        if step.verb == "moved":
            body = {"opportunity_id": str(uuid.uuid5(space, "opportunity")), **body}
        more = {"idempotency_key": f"note-{step.key}{self._mark}"} if topic == CUSTOMERS else {}
        said = as_json({"customer_id": customer_id, **defaults, **body})
        return Outgoing(topic, customer_id.encode(), said, envelope(kind, customer_id, **headers, **more))

    def _marked(self, value: Any, name: str = "") -> Any:
        """Marks what is unique in an installation: addresses, codes, and the names of custom fields."""
        if isinstance(value, str):
            text = _AT.sub(lambda found: f"{self._mark}{found[0]}", value)
            return text + self._mark if name in ("code", "customer_code") and text else text
        if isinstance(value, list):
            return [self._marked(each) for each in value]
        if isinstance(value, dict):
            suffix = self._mark if name == "custom_fields" else ""
            return {each + suffix: self._marked(inner, each) for each, inner in value.items()}
        return value
