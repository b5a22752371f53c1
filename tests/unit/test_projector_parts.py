"""Which parts of a lead or customer an event speaks of."""

from __future__ import annotations

from typing import Any

import pytest

from services.projector.domain.event import Event, Place
from services.projector.domain.parts import customer_parts, lead_parts
from tests.unit.service_records import at


def event(name: str, **data: Any) -> Event:
    return Event("e-1", "/tests", f"leadline.{name}.v1", name, at(1), 0, "k", Place("t", 0, 1), data)


@pytest.mark.parametrize(
    ("name", "kind", "id_name"),
    [("message.logged", "message", "message_id"), ("task.added", "task", "task_id"), ("note.added", "note", "note_id")],
)
def test_what_is_added_to_a_customer_is_a_part_by_its_own_id(name: str, kind: str, id_name: str) -> None:
    (part,) = customer_parts(event(name, customer_id="C-1", text="hello", **{id_name: "X-1"}), "C-1")
    assert (part.aspect, part.part_id, part.value) == (kind, "X-1", {"text": "hello", id_name: "X-1"})


def test_a_thing_without_an_id_has_always_the_same_one() -> None:
    logged = event("activity.logged", customer_id="C-1", kind="visit", occurred_at=at(1))
    (first,), (again,) = customer_parts(logged, "C-1"), customer_parts(logged, "C-1")
    (other,) = customer_parts(logged._replace(id="e-2"), "C-1")
    assert first.part_id == again.part_id != other.part_id


def test_an_event_that_speaks_of_no_part_has_none() -> None:
    assert customer_parts(event("customer.status-changed", customer_id="C-1", status="active"), "C-1") == []
    assert lead_parts(event("lead.contacted", lead_id="L-1")) == []


def test_a_lead_without_a_rep_is_assigned_to_nobody() -> None:
    (part,) = lead_parts(event("lead.updated", lead_id="L-1", assigned_to=None))
    assert (part.aspect, part.value["rep_id"]) == ("assignment", None)


def test_a_stage_change_says_nothing_of_what_it_leaves_out() -> None:
    body = {"customer_id": "C-1", "opportunity_id": "O-1", "stage": "closed_won", "probability": None}
    (part,) = customer_parts(event("opportunity.stage-changed", **body), "C-1")
    assert part.value == {"stage": "closed_won", "stage_at": at(1)}
