"""Leads and their items on a real PostgreSQL: any order of arrival, any batches and any repeats give the same rows."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.delivery.message import Done
from leadline.delivery.record import Record
from leadline.postgres.migrate import migrate, migrations_of
from leadline.postgres.pool import connect
from services.converter.decode import decode
from services.converter.domain.items import Item, ItemKey, apply_words
from services.converter.domain.lead import Lead, LeadChange, LeadItem, apply
from services.converter.store import ConverterStore
from tests.integration.converter_on_postgres import (
    SECONDS,
    Converter,
    Counting,
    error,
    open_converter,
    qualified,
)
from tests.unit.converter_records import ADA, lead_event
from tests.unit.lead_stories import arrivals, stories
from tests.unit.service_records import at, requested
from tests.waiting import until_blocked

Story = list[tuple[int, str, dict[str, Any]]]
ITEM: Story = [(3, "item-added", {"phone": "3"}), (5, "item-changed", {"phone": "5"}), (7, "item-changed", {"email": "7@x"})]


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as converter:
        yield converter


def leads(converter: Converter) -> dict[str, Lead]:
    rows = converter.rows("SELECT * FROM lead")
    names = ("lead_id", "status", "fields", "stamps", "assignment", "history")
    times = ("created_at", "contacted_at", "qualified_at", "erased_at")
    return {
        row["lead_id"]: Lead(
            **{name: row[name] for name in names},
            **{name: row[name] and row[name].isoformat(timespec="microseconds").replace("+00:00", "Z") for name in times},
        )
        for row in rows
    }


def items(converter: Converter) -> dict[ItemKey, Item]:
    rows = converter.rows("SELECT lead_id, kind, item_id, fields, stamps, stamp AS said, removed FROM lead_item")
    return {(row["lead_id"], row["kind"], row["item_id"]): Item(**row) for row in rows}


def by_time(events: Sequence[Record]) -> tuple[dict[str, Lead], dict[ItemKey, Item]]:
    """What the rules make of the events one by one, in the order of time."""
    leads: dict[str, Lead] = {}
    items: dict[ItemKey, Item] = {}
    for part in sorted((decode(record).data for record in events), key=lambda part: part.stamp):
        leads.setdefault(part.lead_id, Lead(part.lead_id))
        if isinstance(part, LeadChange):
            leads[part.lead_id] = apply(leads[part.lead_id], [part])
        elif isinstance(part, LeadItem):
            items[part.key] = apply_words(items.get(part.key, Item(*part.key)), [part])
    return leads, {key: item for key, item in items.items() if leads[item.lead_id].status != "erased"}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stories(max_size=25), st.data())
def test_any_order_any_repeats_and_any_batches_leave_the_rows_of_the_order_of_time(
    converter: Converter, events: list[Record], data: st.DataObject
) -> None:
    with converter.ledger.work() as work:
        work.execute("TRUNCATE lead, lead_item")
    for batch in data.draw(arrivals(events)):
        assert converter.take(*batch) == [Done([])] * len(batch)
    assert (leads(converter), items(converter)) == by_time(events)


@pytest.mark.parametrize("batches", [[[0, 1, 2]], [[0], [1], [2]], [[1], [0, 2]], [[2, 1, 0]], [[1, 1], [2], [0]]])
def test_an_older_word_about_an_item_never_undoes_a_newer_one(converter: Converter, batches: list[list[int]]) -> None:
    for batch in batches:
        parts = [ITEM[index] for index in batch]
        converter.take(*(lead_event(name, second=at, kind="contact", item_id="c-1", **data) for at, name, data in parts))
    assert converter.one("SELECT fields FROM lead_item")["fields"] == {"phone": "5", "email": "7@x"}


def test_the_times_of_a_lead_are_in_its_row(converter: Converter) -> None:
    converter.take(lead_event("created", **ADA), lead_event("qualified", second=2), lead_event("contacted", second=1))
    found = leads(converter)["L-1"]
    assert found.status == "qualified"
    assert (found.created_at, found.contacted_at, found.qualified_at) == (at(0), at(1), at(2))


def test_nothing_personal_is_left_of_an_erased_lead_and_its_items(converter: Converter) -> None:
    note: dict[str, Any] = {"kind": "note", "item_id": "n-1", "text": "hello"}
    converter.take(*qualified(), lead_event("item-added", **note), lead_event("assigned", rep_id="rep-1"))
    converter.take(*qualified("L-2", email="2@x.de"), lead_event("item-added", lead_id="L-2", **note))
    converter.take(lead_event("erased", second=5))
    assert leads(converter)["L-1"] == Lead("L-1", "erased", erased_at=at(5))
    assert [key[0] for key in items(converter)] == ["L-2"], "another lead keeps what it has"
    for second in (4, 6):
        converter.take(lead_event("updated", phone="1", second=second), lead_event("item-added", second=second, **note))
    assert leads(converter)["L-1"] == Lead("L-1", "erased", erased_at=at(5))
    assert [key[0] for key in items(converter)] == ["L-2"]
    assert error(converter.take(requested("K"))[0]).code == "LEAD_NOT_CONVERTIBLE"


def test_a_lead_that_a_request_brings_along_does_not_bring_an_erased_one_back(converter: Converter) -> None:
    converter.take(*qualified(), lead_event("erased", second=5))
    brings = {**ADA, "status": "qualified", "items": [{"kind": "note", "item_id": "n-1", "text": "hello"}]}
    assert error(converter.take(requested("K", lead=brings, second=9))[0]).code == "LEAD_NOT_CONVERTIBLE"
    assert (leads(converter)["L-1"], items(converter)) == (Lead("L-1", "erased", erased_at=at(5)), {})


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("order", [["item-added", "erased"], ["erased", "item-added"]])
def test_an_item_that_another_instance_brings_meanwhile_does_not_outlive_its_lead(
    converter: Converter, database_url: str, is_known: bool, order: list[str]
) -> None:
    note: dict[str, Any] = {"kind": "note", "item_id": "n-1", "text": "hello"}
    first, second = (lead_event(name, second=5, **(note if name == "item-added" else {})) for name in order)
    converter.take(*(qualified() if is_known else ()))

    def take_second() -> None:
        with open_converter(database_url) as other:
            other.take(second)

    with converter.ledger.work() as work:
        converter.take_unfinished(work, first)
        thread = threading.Thread(target=take_second)
        thread.start()
        until_blocked(database_url)
    thread.join(SECONDS)
    assert (leads(converter)["L-1"], items(converter)) == (Lead("L-1", "erased", erased_at=at(5)), {})


def test_the_number_of_statements_does_not_grow_with_leads_and_items(converter: Converter) -> None:
    def statements(first: int, count: int) -> int:
        ids = [f"L-{n}" for n in range(first, first + count)]
        note: dict[str, Any] = {"kind": "note", "item_id": "n-1"}
        words = [lead_event(f"item-{name}", lead_id=each, **note) for each in ids for name in ("added", "changed")]
        with converter.ledger.work() as work:
            counting = Counting(work)
            converter.take_unfinished(counting, *(record for each in ids for record in qualified(each)), *words)
            converter.take_unfinished(counting, *(lead_event("erased", lead_id=each) for each in ids))
        return counting.count

    assert statements(0, 1) == statements(1, 40)


def test_a_conversion_reads_neither_stamps_nor_history(converter: Converter) -> None:
    converter.take(*qualified())
    with converter.ledger.work() as work:
        (lead,) = ConverterStore().leads_to_convert(work, ["L-1"]).values()
    assert (lead.status, lead.fields, lead.stamps, lead.history) == ("qualified", ADA, {}, {})


def test_leads_that_were_there_before_the_history_was_kept_go_on_from_where_they_stood(database_url: str) -> None:
    first = [each for each in migrations_of("converter") if not "converter/0004" <= each.name < "converter/9"]
    with connect(database_url, "converter") as connection:
        connection.execute("CREATE SCHEMA converter")
        for migration in first:
            connection.execute(migration.text.encode())
        connection.execute(_BEFORE.encode())
        connection.execute(_AS_MIGRATED.encode())
        for migration in first:
            connection.execute("INSERT INTO schema_migration VALUES (%s, %s)", (migration.name, migration.checksum))
        connection.commit()
    assert migrate(database_url, "converter")[0] == "converter/0004_lead_history.sql"
    with open_converter(database_url) as converter:
        converter.take(lead_event("updated", first_name="late", second=1), lead_event("nurturing-started", second=9))
        converter.take(lead_event("item-changed", kind="note", item_id="n-1", text="late", by="rep-1", second=1))
        lead = converter.one("SELECT status, fields FROM lead WHERE lead_id = 'L-1'")
        assert lead == {"status": "nurturing", "fields": {"first_name": "Ada"}}
        assert leads(converter)["L-2"]._replace(erased_at=None) == Lead("L-2", "erased")
        assert {key[0]: item.fields for key, item in items(converter).items()} == {"L-1": {"text": "hi", "by": "rep-1"}}


_MARK = "2026-11-22T08:00:05.000000/00000000000000000005"
_AS_MIGRATED = (
    "CREATE TABLE schema_migration (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
)
_BEFORE = f"""
INSERT INTO lead (lead_id, status, fields, stamps)
VALUES ('L-1', 'qualified', '{{"first_name": "Ada"}}', '{{"first_name": "{_MARK}", "status!": "{_MARK}"}}'),
    ('L-2', 'erased', '{{"first_name": "Bo"}}', '{{"first_name": "{_MARK}", "status!": "{_MARK}"}}');
INSERT INTO lead_item (lead_id, kind, item_id, fields, stamp, is_removed)
VALUES ('L-1', 'note', 'n-1', '{{"text": "hi"}}', '{_MARK}', false),
    ('L-2', 'note', 'n-1', '{{"text": "hi"}}', '{_MARK}', false)
"""
