"""Lead events by chance: of all types, of two leads, with equal times, repeats and any order of arrival."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from leadline.delivery.record import Record
from tests.unit.converter_records import lead_event

LEADS = ("L-1", "L-2")
REASONS = ("no_need", "other")
_text = st.sampled_from([None, "x", "y"])
_parts = st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([None, 1, "x", [1, 2]]), max_size=2)
_fields: dict[str, st.SearchStrategy[Any]] = {
    "first_name": _text,
    "assigned_to": st.sampled_from([None, "rep-1", "rep-2"]),
    "tags": st.sampled_from([None, ["a"], ["b", "c"]]),
    "custom_fields": st.none() | _parts,
    "qualification": st.sampled_from([None, {"budget": "b"}, {"need": None}, {"need": "n", "checklist": {"good_fit": True}}]),
    "contacted_at": st.sampled_from([None, "2026-11-22T07:00:00Z"]),
    "lost_reason": st.sampled_from([None, *REASONS]),
}
_given = st.sampled_from([None, "new", "contacted", "qualified", "nurturing", "disqualified", "junk"])
_item = {"kind": st.sampled_from(["contact", "note"]), "item_id": st.sampled_from(["i-1", "i-2"])}
_item_fields: dict[str, st.SearchStrategy[Any]] = {"text": _text, "email": _text, "is_primary": st.booleans()}
_DATA: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "created": st.fixed_dictionaries({"email": st.just("a@b")}, optional={**_fields, "status": _given}),
    "updated": st.fixed_dictionaries({}, optional={**_fields, "status": st.sampled_from([None, "contacted", "nurturing"])}),
    "contacted": st.just({}),
    "qualified": st.sampled_from([{}, {"notes": "n"}, {"qualification": {"budget": "b2"}}]),
    "disqualified": st.sampled_from(REASONS).map(lambda reason: {"reason": reason}),
    "nurturing-started": st.sampled_from([{}, {"tags": ["warm"]}]),
    "junked": st.just({}),
    "restored": st.just({}),
    "scored": st.integers(0, 50).map(lambda half: {"behavioral": half, "demographic": 50 - half, "reason": "r"}),
    "assigned": st.sampled_from(["rep-1", "rep-2"]).map(lambda rep: {"rep_id": rep}),
    "item-added": st.fixed_dictionaries(_item, optional=_item_fields),
    "item-changed": st.fixed_dictionaries(_item, optional=_item_fields),
    "item-removed": st.fixed_dictionaries(_item),
    "erased": st.just({}),
}
NAMES = tuple(_DATA)


def _of(name: str) -> st.SearchStrategy[Record]:
    event = st.tuples(st.sampled_from(LEADS), st.integers(0, 9), _DATA[name])
    return event.map(lambda drawn: lead_event(name, lead_id=drawn[0], second=drawn[1], **drawn[2]))


def stories(max_size: int = 12) -> st.SearchStrategy[list[Record]]:
    """Events in the order of their offsets; an erasure is rare, since it ends a story."""
    often = [name for name in NAMES if name != "erased"]
    names = st.sampled_from([*often * 3, "erased"])
    return st.lists(names.flatmap(_of), min_size=1, max_size=max_size)


@st.composite
def arrivals(draw: st.DrawFn, events: list[Record]) -> list[list[Record]]:
    """The events in any order, some of them twice, in batches of any size."""
    mixed = draw(st.permutations(events + draw(st.lists(st.sampled_from(events), max_size=4))))
    cuts = sorted(draw(st.sets(st.integers(1, len(mixed) - 1), max_size=4))) if len(mixed) > 1 else []
    return [mixed[start:end] for start, end in zip([0, *cuts], [*cuts, len(mixed)], strict=True)]
