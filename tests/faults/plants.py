"""Faults to plant into a clean world: each takes facts and gives facts that somebody broke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.faults.checker import Facts, judge
from tests.faults.checker.facts import Event, Record
from tests.faults.checker_world import REQUESTS

Plant = Callable[[Facts], Facts]


def rules(facts: Facts) -> set[str]:
    return {violation.rule for violation in judge(facts)}


def add_events(facts: Facts, *events: Event) -> Facts:
    return replace(facts, conversion_events=[*facts.conversion_events, *events])


def conversion(*events: Event) -> Plant:
    return lambda facts: add_events(facts, *events)


def customer(*events: Event) -> Plant:
    return lambda facts: replace(facts, customer_events=[*facts.customer_events, *events])


def ledger(*lines: Any) -> Plant:
    return lambda facts: replace(facts, ledger=[*facts.ledger, *lines])


def tables(**changes: Any) -> Plant:
    return lambda facts: replace(facts, tables=replace(facts.tables, **changes))


def with_field(facts: Facts, field: str, value: Any) -> Facts:
    changes: dict[str, Any] = {field: value}
    return replace(facts, **changes)


def alter(field: str, position: int, **changes: Any) -> Plant:
    """Change one entry of a list of the facts."""

    def plant(facts: Facts) -> Facts:
        entries = list(getattr(facts, field))
        entries[position] = replace(entries[position], **changes)
        return with_field(facts, field, entries)

    return plant


def alter_row(field: str, position: int, **changes: Any) -> Plant:
    def plant(facts: Facts) -> Facts:
        rows = list(getattr(facts.tables, field))
        rows[position] = replace(rows[position], **changes)
        return tables(**{field: rows})(facts)

    return plant


def lose(field: str, position: int) -> Plant:
    def plant(facts: Facts) -> Facts:
        entries = list(getattr(facts, field))
        del entries[position]
        return with_field(facts, field, entries)

    return plant


def lose_row(field: str, position: int) -> Plant:
    def plant(facts: Facts) -> Facts:
        rows = list(getattr(facts.tables, field))
        del rows[position]
        return tables(**{field: rows})(facts)

    return plant


def dead_letter_header(name: str, value: bytes | None) -> Plant:
    """Set a header of the first dead letter, or take it away."""

    def plant(facts: Facts) -> Facts:
        letter = facts.dead_letters[0]
        kept = [(found, value if found == name else old) for found, old in letter.record.headers]
        headers = tuple(pair for pair in kept if pair[1] is not None)
        changed = replace(letter, record=replace(letter.record, headers=headers))
        return replace(facts, dead_letters=[changed, *facts.dead_letters[1:]])

    return plant


def original(**changes: Any) -> Plant:
    def plant(facts: Facts) -> Facts:
        place = (REQUESTS, 0, 5)
        changed: Record = replace(facts.originals[place], **changes)
        return replace(facts, originals={**facts.originals, place: changed})

    return plant


def both(*plants: Plant) -> Plant:
    def plant(facts: Facts) -> Facts:
        for one in plants:
            facts = one(facts)
        return facts

    return plant
