"""Histories and parts of leads and customers in a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.delivery.record import Record
from leadline.postgres.ledger import PostgresLedger
from services.projector.domain.scoring import Scales
from services.projector.handler import ProjectorHandler
from services.projector.reading import read
from services.projector.store import StatusStore
from tests.integration.projector_life import CARRIED, ID, LIFE, customer_event, lead_event, moment
from tests.integration.projector_world import Projector
from tests.unit.service_records import at, conversion_event, customer_reverted, error, messages, requested


@pytest.fixture
def projector(database_url: str) -> Iterator[Projector]:
    projector = Projector(database_url)
    yield projector
    projector.close()


TABLES = (
    "lead", "lead_part_change", "lead_event", "customer", "customer_part_change", "customer_event", "customer_order",
    "conversion", "conversion_event",
)  # fmt: skip
VIEWS = ("lead_item", "lead_score", "lead_assignment", "customer_part", "opportunity", "counted_lead")


def everything(projector: Projector) -> dict[str, list[str]]:
    return {table: sorted(map(str, projector.rows(f"SELECT * FROM {table}"))) for table in (*TABLES, *VIEWS)}


def test_the_history_of_a_leads_status_ends_with_its_conversion(projector: Projector) -> None:
    projector.take(*LIFE)
    row = projector.row("SELECT status, status_at, status_history, customer_id, conversion_id, converted_at FROM lead")
    assert [(p["status"], p["since"], p["until"]) for p in row["status_history"]] == [
        ("new", at(1), at(4)),
        ("contacted", at(4), at(11)),
        ("qualified", at(11), at(12)),
        ("converting", at(12), at(30)),
        ("converted", at(30), None),
    ]
    assert (row["status"], row["status_at"], row["converted_at"]) == ("converted", moment(30), moment(30))
    assert (row["customer_id"], row["conversion_id"]) == ("C-1", ID)


def test_every_score_is_kept_with_its_grade_and_what_it_was_before(projector: Projector) -> None:
    projector.take(*LIFE)
    scores = projector.rows("SELECT at, total, previous_total, grade, temperature, reason, said_by FROM lead_score ORDER BY at")
    assert [tuple(score.values()) for score in scores] == [
        (moment(1), 20, None, "D", "cold", None, None),
        (moment(5), 90, 20, "A", "hot", "visited", "rep-2"),
    ]
    assert projector.row("SELECT score_total, grade, temperature FROM lead") == {
        "score_total": 90,
        "grade": "A",
        "temperature": "hot",
    }


def test_the_thresholds_of_the_store_give_the_grade(projector: Projector, database_url: str) -> None:
    ledger = PostgresLedger(database_url, "projector", "projector", "")
    with ledger.work() as work:
        store = StatusStore(Scales((("A", 95),), (("hot", 95), ("warm", 90))))
        ProjectorHandler(store).handle(work, messages(read, LIFE))
    ledger.close()
    assert projector.row("SELECT grade, temperature FROM lead") == {"grade": "F", "temperature": "warm"}


def test_an_assignment_lasts_until_the_next_rep_or_the_conversion(projector: Projector) -> None:
    projector.take(*LIFE)
    found = projector.rows("SELECT rep_id, opened_at, closed_at, status FROM lead_assignment ORDER BY opened_at")
    assert [tuple(each.values()) for each in found] == [
        ("rep-1", moment(1), moment(3), "released"),
        ("rep-2", moment(3), moment(30), "converted"),
    ]


def test_an_assignment_without_an_end_is_active(projector: Projector) -> None:
    projector.take(LIFE[0])
    assert projector.row("SELECT rep_id, status, closed_at FROM lead_assignment") == {
        "rep_id": "rep-1",
        "status": "active",
        "closed_at": None,
    }


def test_an_item_shows_the_newest_word_of_each_field_and_none_that_was_removed(projector: Projector) -> None:
    projector.take(*LIFE)
    found = projector.rows("SELECT kind, item_id, data FROM lead_item ORDER BY kind")
    assert [tuple(each.values()) for each in found] == [
        ("message", "M-1", {"subject": "Hello", "text": "Dear Ada"}),
        ("task", "T-1", {"subject": "Call", "priority": None, "done": True}),
    ]


def test_a_removal_takes_all_that_was_said_before_and_nothing_after(projector: Projector) -> None:
    projector.take(*LIFE)
    projector.take(lead_event("item-changed", 8, kind="note", item_id="N-1", text="late"))
    assert projector.rows("SELECT item_id FROM lead_item WHERE kind = 'note'") == []
    projector.take(lead_event("item-added", 20, kind="note", item_id="N-1", by="rep-9"))
    assert projector.row("SELECT data FROM lead_item WHERE kind = 'note'") == {"data": {"by": "rep-9"}}


def test_an_opportunity_keeps_what_a_stage_change_leaves_out(projector: Projector) -> None:
    projector.take(*LIFE)
    row = projector.row("SELECT value, stage, stage_at, probability, lead_id FROM opportunity")
    assert (str(row["value"]), row["stage"], row["stage_at"]) == ("12000.00", "closed_won", moment(49))
    assert (row["probability"], row["lead_id"]) == (80, "L-1")


def test_items_and_scores_in_a_request_are_kept_once(projector: Projector) -> None:
    embedded = {
        "first_name": "Ada",
        "status": "qualified",
        "score": {"behavioral": 40, "demographic": 40},
        "items": [{"kind": "note", "item_id": "N-9", "text": "from the form"}],
    }
    first = requested("key-1", second=1, lead=embedded)
    again = requested("key-1", second=9, lead={**embedded, "items": []})
    projector.take(first, again)
    projector.take(again, first)
    assert projector.row("SELECT item_id, data FROM lead_item") == {"item_id": "N-9", "data": {"text": "from the form"}}
    assert projector.row("SELECT total FROM lead_score") == {"total": 80}


def test_an_erased_lead_keeps_its_statuses_and_reps_and_nothing_else(projector: Projector) -> None:
    projector.take(*LIFE[:11])
    projector.take(lead_event("erased", 15))
    projector.take(lead_event("item-added", 8, kind="note", item_id="N-2", text="told late"))
    projector.take(lead_event("item-added", 18, kind="note", item_id="N-3", text="told afterwards"))
    assert projector.rows("SELECT * FROM lead_item") == projector.rows("SELECT * FROM lead_score") == []
    values = projector.rows("SELECT value FROM lead_part_change WHERE aspect <> 'assignment'")
    assert {str(each["value"]) for each in values} == {"{}"}
    assert len(projector.rows("SELECT * FROM lead_assignment")) == 2
    row = projector.row("SELECT status, score_total, data FROM lead")
    assert (row["status"], row["score_total"], row["data"]) == ("qualified", None, {})


def test_a_conversion_that_failed_for_good_stays_in_the_history_of_the_lead(projector: Projector) -> None:
    projector.take(*LIFE[:12])
    refused = error("CUSTOMER_EMAIL_EXISTS", retryable=False)
    projector.take(conversion_event("failed", ID, second=20, error=refused, requested_at=at(12)))
    history = projector.row("SELECT status_history FROM lead")["status_history"]
    assert [each["status"] for each in history] == ["new", "contacted", "qualified", "converting", "qualified"]


def test_a_conversion_that_was_taken_back_opens_the_lead_again(projector: Projector) -> None:
    projector.take(*LIFE[:13])
    projector.take(conversion_event("reverted", ID, second=50, customer_id="C-1"))
    row = projector.row("SELECT status, customer_id, converted_at FROM lead")
    assert row == {"status": "qualified", "customer_id": None, "converted_at": None}


def test_a_customer_that_was_taken_back_has_no_opportunities_and_its_assignment_goes_on(projector: Projector) -> None:
    projector.take(*LIFE[:18], customer_reverted())
    again = {"assignment_id": "A-2", "lead_id": "L-1", "rep_id": "rep-2", "customer_id": "C-1", "reopened_at": at(50)}
    projector.take(customer_event("assignment.reopened", 50, again))
    assert projector.rows("SELECT * FROM opportunity") == []
    turns = projector.rows("SELECT assignment_id, status FROM lead_assignment ORDER BY stamp DESC LIMIT 2")
    assert [tuple(turn.values()) for turn in turns] == [("A-2", "active"), ("A-2", "converted")]


def test_what_came_with_a_lead_goes_when_it_is_unlinked_and_may_come_again(projector: Projector) -> None:
    again = {**CARRIED, "message_ids": ["M-1"], "linked_at": at(60)}
    gone = {"contact_ids": ["P-1"], "opportunity_ids": ["O-1"], "items": [{"kind": "message", "item_id": "M-1"}]}
    projector.take(customer_event("messages.linked", 60, again), *LIFE[:18])
    parts = "SELECT kind, part_id FROM customer_part ORDER BY kind"
    assert [row["kind"] for row in projector.rows(parts)] == ["contact", "message", "opportunity"]
    projector.take(customer_event("customer.lead-unlinked", 50, {**CARRIED, **gone, "unlinked_at": at(50)}))
    assert [tuple(row.values()) for row in projector.rows(parts)] == [("message", "M-1")]
    assert projector.rows("SELECT * FROM opportunity") == []


def test_a_contact_has_what_was_said_of_it_last(projector: Projector) -> None:
    changes = {"customer_id": "C-1", "contact_id": "P-1", "changes": {"phone": "1", "first_name": None}, "updated_at": at(40)}
    projector.take(customer_event("contact.updated", 40, changes), *LIFE[:18])
    (contact,) = projector.rows("SELECT data FROM customer_part WHERE kind = 'contact'")
    assert {name: contact["data"][name] for name in ("first_name", "phone", "is_primary")} == {
        "first_name": None, "phone": "1", "is_primary": True
    }  # fmt: skip


@given(st.permutations(LIFE), st.integers(1, 6))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_arrival_and_any_batching_gives_the_same_rows(
    projector: Projector, arrival: list[Record], size: int
) -> None:
    everything_empty(projector)
    projector.take(*LIFE)
    expected = everything(projector)
    everything_empty(projector)
    for start in range(0, len(arrival), size):
        projector.take(*arrival[start : start + size])
    projector.take(*arrival[:3])
    assert everything(projector) == expected


def everything_empty(projector: Projector) -> None:
    projector.run(f"TRUNCATE {', '.join([*TABLES, 'order_summary'])}")
