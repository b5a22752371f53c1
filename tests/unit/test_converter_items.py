"""What hangs on a lead is what was said of it since it was last removed, field by field, newest word first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.contracts.events.leads import ItemKind
from leadline.delivery.record import Record
from services.converter.decode import decode
from services.converter.domain.items import Item, ItemKey, apply_words
from services.converter.domain.lead import LeadItem
from tests.unit.lead_stories import arrivals, stories
from tests.unit.service_records import record


def word(happening: str, second: int, **fields: Any) -> LeadItem:
    data = {"lead_id": "L-1", "kind": "contact", "item_id": "c-1", **fields}
    item: LeadItem = decode(record("lead.events", f"lead.item-{happening}", data, second=second)).data
    return item


def after(*words: LeadItem) -> Item:
    return apply_words(Item("L-1", "contact", "c-1"), words)


def heard(batches: Sequence[Sequence[Record]]) -> dict[ItemKey, Item]:
    """The items of a story, batch after batch."""
    items: dict[ItemKey, Item] = {}
    for batch in batches:
        told: dict[ItemKey, list[LeadItem]] = {}
        for part in (decode(each).data for each in batch):
            if isinstance(part, LeadItem):
                told.setdefault(part.key, []).append(part)
        items |= {key: apply_words(items.get(key, Item(*key)), words) for key, words in told.items()}
    return items


@settings(deadline=None, max_examples=200)
@given(stories(), st.data())
def test_any_order_any_repeats_and_any_batches_give_what_the_order_of_time_gives(
    events: list[Record], data: st.DataObject
) -> None:
    by_time = sorted(events, key=lambda each: decode(each).data.stamp)
    assert heard(data.draw(arrivals(events))) == heard([[each] for each in by_time])


def test_a_change_loses_no_field_of_an_earlier_word_whichever_comes_first() -> None:
    words = [word("added", 1, email="a@b", phone="1"), word("changed", 3, phone="3"), word("changed", 2, phone="2", role="boss")]
    for order in permutations(words):
        assert after(*order).fields == {"email": "a@b", "phone": "3", "role": "boss"}


def test_null_clears_a_field() -> None:
    assert after(word("added", 1, phone="1"), word("changed", 2, phone=None)).fields == {"phone": None}


def test_a_removal_takes_what_was_said_before_it_and_nothing_of_that_re_appears() -> None:
    words = [word("added", 1, email="a@b"), word("removed", 3), word("changed", 2, phone="2")]
    for order in permutations(words):
        found = after(*order)
        assert (found.is_removed, found.fields) == (True, {})


def test_what_is_said_after_a_removal_stands_without_what_was_before() -> None:
    words = [word("added", 1, email="a@b"), word("removed", 2), word("added", 3, phone="3")]
    for order in permutations(words):
        found = after(*order)
        assert (found.is_removed, found.fields) == (False, {"phone": "3"})


def test_an_item_of_which_nothing_is_said_but_that_it_is_there_is_there() -> None:
    assert not after(word("added", 1)).is_removed


TIME = "2026-12-01T08:00:00.000000Z"
FIELDS: dict[str, dict[str, Any]] = {
    "contact": {"first_name": "Bo", "last_name": "Li", "email": "b@l", "phone": "1", "job_title": "Owner", "role": "champion",
                "is_primary": True},
    "message": {"subject": "Re", "text": "hello", "direction": "in", "channel": "email", "by": "rep-1", "occurred_at": TIME},
    "document": {"file_name": "a.pdf", "media_type": "application/pdf", "content_hash": "ab" * 32, "size_bytes": 7, "url": "x/a"},
    "note": {"text": "call in March", "by": "rep-1"},
    "task": {"subject": "send quote", "due_date": "2026-12-01", "priority": "high", "done": False},
    "reminder": {"subject": "call", "text": "again", "remind_at": TIME, "done": True},
    "activity": {"activity": "visit", "subject": "on site", "text": "went well", "by": "rep-1"},
    "opportunity": {"name": "First", "value": "12.00", "currency": "EUR", "stage": "proposal", "probability": 60,
                    "expected_close_date": "2026-12-31"},
}  # fmt: skip


@pytest.mark.parametrize("kind", get_args(ItemKind))
def test_an_item_of_every_kind_keeps_all_its_fields(kind: str) -> None:
    found = apply_words(Item("L-1", kind, "i-1"), [word("added", 1, kind=kind, item_id="i-1", **FIELDS[kind])])
    assert found.fields == FIELDS[kind]
