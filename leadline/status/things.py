"""One lead, customer or conversion: what is known of it, what belongs to it, and its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from leadline.status.reader import Row, StatusReader

# What belongs to a thing: what it is called, and the query that finds it.
PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "conversion": {"warnings": "conversion_warnings"},
    "lead": {
        "statuses": "lead_statuses",
        "scores": "lead_scores",
        "assignments": "lead_assignments",
        "items": "lead_items",
        "customer_opportunities": "lead_opportunities",
    },
    "customer": {"parts": "customer_parts", "orders": "customer_orders", "warnings": "customer_warnings"},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A thing, its timeline with the oldest first, and what belongs to it, by kind."""

    thing: Row
    timeline: Sequence[Row]
    parts: Mapping[str, Sequence[Row]] = field(default_factory=dict)


def ask(reader: StatusReader, kind: str, id: str) -> Answer | None:
    """A `conversion`, `lead` or `customer` as it is now; None if there is none."""
    with reader.moment():
        thing = reader.row(kind, id=id)
        if thing is None:
            return None
        parts = {name: reader.rows(query, id=id) for name, query in PARTS[kind].items()}
        return Answer(thing, reader.rows(f"{kind}_timeline", id=id), _by_kind(parts))


def _by_kind(parts: Mapping[str, Sequence[Row]]) -> dict[str, Sequence[Row]]:
    """Items and parts stand under their own kinds, such as `contacts`; kinds of which there is none are left out."""
    found: dict[str, list[Row]] = {}
    for name, rows in parts.items():
        for row in rows:
            own = f"{row['kind']}s".replace("ys", "ies") if "kind" in row else name
            found.setdefault(own, []).append({column: value for column, value in row.items() if column != "kind"})
    return {name: tuple(rows) for name, rows in found.items()}
