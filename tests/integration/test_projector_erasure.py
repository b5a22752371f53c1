"""Erasure in the status store, on a real PostgreSQL: the same emptied rows in whatever order things are heard."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.delivery.record import Record
from tests.integration.marks import marked_places
from tests.integration.projector_person import ERASURES, ID, LETTERS, LIFE, about_customer, lead_event, notified
from tests.integration.projector_world import Projector
from tests.unit.service_records import at
from tests.waiting import until_blocked

TABLES = (
    "lead", "lead_event", "lead_part_change", "customer", "customer_event", "customer_part_change", "customer_order",
    "order_summary", "conversion", "conversion_event", "notification", "dead_letter", "dead_letter_decision",
)  # fmt: skip


@pytest.fixture
def projector(database_url: str) -> Iterator[Projector]:
    projector = Projector(database_url)
    yield projector
    projector.close()


def everything(projector: Projector) -> dict[str, list[str]]:
    return {table: sorted(map(str, projector.rows(f"SELECT * FROM {table}"))) for table in TABLES}


def test_nothing_personal_is_left_of_an_erased_lead_and_customer(projector: Projector, database_url: str) -> None:
    projector.take(*LIFE)
    assert len(marked_places(database_url, "projector")) > 15
    projector.take(*ERASURES)
    assert marked_places(database_url, "projector") == []


@given(st.permutations([*LIFE, *ERASURES]), st.integers(1, 9))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_arrival_gives_the_same_emptied_rows(
    projector: Projector, database_url: str, arrival: list[Record], size: int
) -> None:
    projector.run(f"TRUNCATE {', '.join(TABLES)}")
    projector.take(*LIFE, *ERASURES)
    expected = everything(projector)
    projector.run(f"TRUNCATE {', '.join(TABLES)}")
    for start in range(0, len(arrival), size):
        projector.take(*arrival[start : start + size])
    projector.take(*arrival[:5])
    assert everything(projector) == expected
    assert marked_places(database_url, "projector") == []


def test_statuses_numbers_and_links_of_the_erased_stay(projector: Projector) -> None:
    projector.take(*LIFE)
    queries = {
        "lead": "SELECT lead_id, status, status_history, customer_id, conversion_id, converted_at, created_at FROM lead",
        "customer": "SELECT customer_id, customer_number, code, lead_id, conversion_id, orders, first_order_at FROM customer",
        "conversion": "SELECT conversion_id, lead_id, state, attempt, error_code, customer_id, finished_at FROM conversion",
        "opportunity": "SELECT opportunity_id, customer_id, lead_id, value, currency, stage, stage_at FROM opportunity",
        "assignment": "SELECT rep_id, assignment_id, opened_at, status FROM lead_assignment",
        "timeline": "SELECT type, at FROM customer_event WHERE type NOT LIKE '%.erased.v1'",
    }
    before = {name: sorted(map(str, projector.rows(query))) for name, query in queries.items()}
    projector.take(*ERASURES)
    assert {name: sorted(map(str, projector.rows(query))) for name, query in queries.items()} == before
    row = projector.row("SELECT erased_at, data ->> 'prospect_stage' AS stage FROM customer")
    assert (row["erased_at"].isoformat(), row["stage"]) == ("2026-11-22T08:01:01+00:00", "active")


def test_what_is_heard_of_another_lead_stays(projector: Projector) -> None:
    projector.take(*LIFE, *ERASURES)
    assert projector.row("SELECT first_name, erased FROM lead WHERE lead_id = 'L-2'") == {"first_name": "Bo", "erased": None}
    assert projector.row("SELECT requested_by FROM conversion WHERE lead_id = 'L-2'")["requested_by"] == {"id": "rep-7"}


def test_of_customers_that_stood_in_the_way_only_the_ids_are_kept(projector: Projector) -> None:
    projector.take(*LIFE)
    kept = projector.row("SELECT error -> 'candidates' AS kept FROM conversion WHERE lead_id = 'L-2'")["kept"]
    assert kept == [{"customer_id": "C-1"}]


def test_an_erased_dead_letter_keeps_its_place_and_its_code(projector: Projector) -> None:
    projector.take(*LETTERS)
    before = projector.rows("SELECT dlq_id, error_code, fingerprint, failed_at FROM dead_letter ORDER BY 1")
    projector.take(*ERASURES)
    assert projector.rows("SELECT dlq_id, error_code, fingerprint, failed_at FROM dead_letter WHERE erased ORDER BY 1") == before


@pytest.mark.parametrize("is_erasure_first", [True, False])
def test_what_another_instance_adds_meanwhile_is_emptied_too(
    projector: Projector, database_url: str, is_erasure_first: bool
) -> None:
    """An erasure waits for those who add, and they for it, so that neither misses the other."""
    late = notified("conversion-completed", 31, conversion_id=ID, lead_id="L-1", customer_id="C-1")
    first, second = (ERASURES, [late]) if is_erasure_first else ([late], ERASURES)

    def take_second() -> None:
        other = Projector(database_url)
        other.take(*second)
        other.close()

    with projector.work() as work:
        projector.take_unfinished(work, *first)
        thread = threading.Thread(target=take_second)
        thread.start()
        until_blocked(database_url)
    thread.join(10)
    assert marked_places(database_url, "projector") == []


def test_the_first_of_several_erasures_is_the_time_of_a_customer(projector: Projector) -> None:
    for second in (50, 40, 60):
        projector.take(about_customer("customer.erased", second, lead_id="L-1", erased_at=at(second)))
        projector.take(lead_event("erased", second))
    assert projector.row("SELECT erased_at::text AS at FROM customer") == {"at": "2026-11-22 08:00:40+00"}
    assert projector.row("SELECT left(erased, 27) AS at FROM lead") == {"at": at(40)}
