"""What became of a case, in words that do not depend on where it ran: placeholders for ids, times and numbers of ours."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from leadline.delivery.record import Outgoing
from services.converter.domain.alike import SUSPECTED
from tests.cases.case import DAY, Case
from tests.scenarios.harness.records import conversion_id

_REQUESTS_OF_CUSTOMERS = uuid.UUID("c3f0a1de-4f0b-5c62-9d1f-2b8f3f7a6e54")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r'"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?Z"')
_NUMBER = re.compile(r'"(CUST-|4295)\d{6,}"')
_CUSTOMER = (
    "customer_id", "customer_number", "code", "name", "type", "role", "customer_status", "prospect_stage", "first_name",
    "last_name", "company_name", "email", "phone", "address", "vat", "branch_id", "salesperson_id", "discovered_by", "lead_id",
    "conversion_id", "custom_fields",
)  # fmt: skip
_CONTACT = (
    "contact_id", "lead_contact_id", "first_name", "last_name", "email", "phone", "job_title", "role", "is_primary",
)  # fmt: skip
WAYS = ("created", "linked", "copied", "carried_over", "closed")


class Told(NamedTuple):
    """One record that was told: its topic, its kind (`conversion.failed`), whose it is, when it was told, and its body."""

    topic: str
    key: str
    kind: str
    conversion: str
    time: str
    body: str


class DeadLetter(NamedTuple):
    """A record of `converter.dlq`: its code and the conversion it names."""

    code: str
    conversion: str


@dataclass(frozen=True)
class Outcome:
    """Of each conversion, by its key: what was told in each topic, the dead letters; and the customers in the store."""

    stories: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    dead_letters: dict[str, list[str]] = field(default_factory=dict)
    customers: dict[str, Any] = field(default_factory=dict)

    def events(self, key: str, topic: str) -> list[str]:
        """The kinds of one conversion's events in a topic, in order."""
        return [event["kind"] for event in self.stories[key][topic]]

    def last(self, key: str, kind: str) -> Any:
        """The body of its last event of this kind; None if there is none."""
        bodies = [event["body"] for event in self.stories[key]["conversion.events"] if event["kind"] == kind]
        return bodies[-1] if bodies else None


def told_by(told: list[Outgoing]) -> Iterator[Told]:
    """Records as a reader of the topics sees them."""
    for out in told:
        headers = {name: (value or b"").decode() for name, value in out.headers}
        kind = headers["ce_type"].removeprefix("leadline.").removesuffix(".v1")
        key, body = (out.key or b"").decode(), (out.value or b"").decode()
        yield Told(out.topic, key, kind, headers["ce_correlationid"], headers["ce_time"], body)


class Reader:
    """Reads what was told of one case."""

    def __init__(self, case: Case, mark: str = "") -> None:
        self._case = case
        self._mark = mark
        self._keys = {conversion_id(f"{key}{mark}"): key for key in case.keys}
        self._names = dict(self._name_ids())

    def read(self, told: Iterable[Told], dead: Iterable[DeadLetter], customers: Iterable[Mapping[str, Any]]) -> Outcome:
        """The outcome; what belongs to other cases is left out."""
        outcome = Outcome()
        for key in self._case.keys:
            outcome.stories[key] = {"conversion.events": [], "customer.events": []}
            outcome.dead_letters[key] = []
        for record in (each for each in told if each.conversion in self._keys):
            outcome.stories[self._keys[record.conversion]][record.topic].append(self._event(record))
        for letter in (each for each in dead if each.conversion in self._keys):
            outcome.dead_letters[self._keys[letter.conversion]].append(letter.code)
        for customer in customers:
            if (name := self._names.get(customer["customer_id"])) is not None:
                outcome.customers[name] = _kept(json.loads(self._plain(json.dumps(customer, ensure_ascii=False), "")))
        return outcome

    def _event(self, record: Told) -> dict[str, Any]:
        body = json.loads(self._plain(record.body, record.time))
        if "warnings" in body and "warnings" not in self._case.then:
            body["warnings"] = [each for each in body["warnings"] if each["code"] != SUSPECTED]
        return {"kind": record.kind, "key": self._plain(record.key, ""), "body": _in_order(body)}

    def _plain(self, text: str, now: str) -> str:
        def moment(found: re.Match[str]) -> str:
            if found[0] == f'"{now}"':
                return '"now"'
            return f'"{found[1]}Z"' if found[1].startswith(DAY) else '"another time"'

        named = _UUID.sub(lambda found: self._names.get(found[0], found[0]), _TIME.sub(moment, text))
        return _NUMBER.sub(r'"\g<1>######"', named.replace(self._mark, "") if self._mark else named)

    def _name_ids(self) -> Iterable[tuple[str, str]]:
        items = {step.body["item_id"] for step in self._case.steps if "item_id" in step.body}
        items |= {item["item_id"] for step in self._case.steps for item in step.body.get("lead", {}).get("items", ())}
        for conversion, key in self._keys.items():
            yield conversion, f"conversion:{key}"
            yield str(uuid.uuid5(uuid.uuid5(_REQUESTS_OF_CUSTOMERS, f"note-{key}{self._mark}"), "note")), f"note:{key}"
            for kind in ("customer", "contact", "opportunity"):
                yield str(uuid.uuid5(uuid.UUID(conversion), kind)), f"{kind}:{key}"
            for kind in ("contact", "document", "opportunity"):
                for item in items:
                    yield str(uuid.uuid5(uuid.UUID(conversion), f"{kind}:{item}")), f"{kind}:{item}:{key}"


def _kept(customer: Mapping[str, Any]) -> dict[str, Any]:
    """What a conversion keeps of a customer and its contacts; the table has more, for what comes later."""
    contacts = [{name: contact[name] for name in _CONTACT} for contact in customer["contacts"]]
    contacts.sort(key=lambda contact: contact["contact_id"])
    return {**{name: customer[name] for name in _CUSTOMER}, "contacts": contacts}


def _in_order(body: dict[str, Any]) -> dict[str, Any]:
    """Names of custom fields come in any order; no warnings are the same as none."""
    if not body.get("warnings", True):
        del body["warnings"]
    fields = body.get("manifest", {}).get("custom_fields")
    if fields:
        fields.update({way: sorted(fields[way], key=str) for way in (*WAYS, "skipped") if way in fields})
    return body


def check(case: Case, outcome: Outcome) -> None:
    """Compare with what the case says; AssertionError tells the difference."""
    then, key = case.then, case.of
    assert outcome.events(key, "conversion.events") == then["conversion_events"]
    assert outcome.events(key, "customer.events") == then["customer_events"]
    assert outcome.dead_letters[key] == then.get("dead_letters", [])
    check_times(outcome.stories[key])
    completed, failed = outcome.last(key, "conversion.completed"), outcome.last(key, "conversion.failed")
    if "error" in then and completed is None:
        assert found_error(failed["error"]) == then["error"]
    assert ("customer" in then) == (completed is not None)
    if "refused" in then:
        assert found_refusal(outcome.last(key, "conversion.revert-refused")["error"]) == then["refused"]
    if "left" in then:
        assert sorted(outcome.customers) == then["left"]
    accepted = outcome.last(key, "conversion.accepted") or {}
    assert accepted.get("implied", []) == then.get("implied", [])
    if completed is not None:
        check_result(completed, then)


def check_result(completed: Mapping[str, Any], then: Mapping[str, Any]) -> None:
    """The customer and its contacts hold what the case names; opportunity and manifest are exactly what it says."""
    assert_holds(completed["customer"], then["customer"])
    assert len(completed["contacts"]) == len(then["contacts"])
    for contact, expected in zip(completed["contacts"], then["contacts"], strict=True):
        assert_holds(contact, expected)
    if then["opportunity"] is None:
        assert completed["opportunity"] is None
    else:
        assert_holds(completed["opportunity"], then["opportunity"])
    assert found_manifest(completed["manifest"]) == then["manifest"]
    if "warnings" in then:
        assert found_warnings(completed.get("warnings", ())) == then["warnings"]
    assert completed["lead"] == {"lead_id": completed["lead_id"], "status": "converted", "converted_at": "now"}


def assert_holds(found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Every field that is expected is there."""
    assert {name: found.get(name) for name in expected} == expected


def found_error(error: Mapping[str, Any]) -> dict[str, Any]:
    """An error as cases write it: absent what is empty, candidates counted."""
    more = {"fields": error["fields"], "candidates": len(error["candidates"])}
    more |= {name: error.get(f"existing_{name}_id") for name in ("conversion", "customer")}
    return {"code": error["code"], "retryable": error["retryable"], **{name: value for name, value in more.items() if value}}


def found_refusal(error: Mapping[str, Any]) -> dict[str, Any]:
    """Why a conversion is not taken back, as cases write it: what stands in the way by kind and id."""
    blocking = [[each["kind"], each["id"]] for each in error["blocking"]]
    assert error["blocking_count"] == len(blocking)
    return {"code": error["code"], **({"blocking": blocking} if blocking else {})}


def found_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest as cases write it: without empty lists and empty kinds."""
    kinds = {kind: {way: value for way, value in part.items() if value} for kind, part in manifest.items()}
    return {kind: part for kind, part in kinds.items() if part}


def found_warnings(warnings: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Warnings as cases write them: the ids of the candidates by what is the same, else by the code."""
    return {each.get("reason") or each["code"]: [one["customer_id"] for one in each.get("candidates", ())] for each in warnings}


def check_times(story: Mapping[str, Sequence[Any]]) -> None:
    """All that one conversion has made carries the time at which it was told."""
    for event in story["customer.events"]:
        assert "now" in json.dumps(event["body"]), event
