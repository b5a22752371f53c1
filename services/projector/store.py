"""The status store in PostgreSQL: a batch's changes in a fixed number of statements, whatever its size.

Rows are locked in the order of their keys, one table after the other, so that instances never wait in a circle.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.projector import rows
from services.projector.domain.changes import Changes, TimelineEntry
from services.projector.domain.conversion import Facts, join_facts
from services.projector.domain.customer import apply_event
from services.projector.domain.erasure import touched
from services.projector.domain.lead import Lead
from services.projector.domain.scoring import DEFAULT_SCALES, Scales
from services.projector.erasure import Erasure


class StatusStore:
    """Writes through the transaction that it is given, and commits nothing."""

    def __init__(self, scales: Scales = DEFAULT_SCALES) -> None:
        self._queries = load_queries(Path(__file__).with_name("store.sql"))
        self._erasure = Erasure()
        self._scales = scales

    def apply(self, transaction: Transaction, changes: Changes) -> None:
        """Merge what a batch has brought into every table that it touches."""
        self._erasure.begin(transaction, is_erasing=changes.erases)
        write = _Writer(transaction, self._queries, self._scales)
        facts = _merge_conversions(write, changes)
        changes.accept_embedded(facts)
        leads_of_conversions = {lead_id for each in facts.values() for lead_id in _lead_ids(each)}
        _merge_leads(write, changes, leads_of_conversions)
        _merge_customers(write, changes)
        _merge_dead_letters(write, changes)
        write.rows("add_notifications", map(rows.notification_row, changes.notifications.values()))
        _add_timelines(write, changes)
        self._erasure.finish(transaction, touched(changes, facts))


class _Writer:
    """Runs named queries over sets; an empty set costs nothing."""

    def __init__(self, transaction: Transaction, queries: Mapping[str, str], scales: Scales) -> None:
        self._transaction = transaction
        self._queries = queries
        self.scales = scales

    def ids(self, query: str, ids: Collection[str]) -> list[Mapping[str, Any]]:
        """Run a query over ids, in their order; gives its rows, none for a query that returns nothing."""
        if not ids:
            return []
        cursor = self._transaction.execute(self._queries[query], {"ids": sorted(ids)})
        return cursor.fetchall() if cursor.description else []

    def rows(self, query: str, each: Iterable[rows.Row]) -> None:
        """Run a query over rows."""
        listed = list(each)
        if listed:
            self._transaction.execute(self._queries[query], {"rows": orjson.dumps(listed).decode()})


def _merge_conversions(write: _Writer, changes: Changes) -> dict[str, Facts]:
    """Join the facts of the batch with the known ones; gives all that is known of the conversions now."""
    write.ids("claim_conversions", changes.facts)
    known = {row["conversion_id"]: row["facts"] for row in write.ids("lock_conversions", changes.facts)}
    facts = {id: join_facts(known[id], new) for id, new in changes.facts.items()}
    write.rows("write_conversions", (rows.conversion_row(id, facts[id], changes.results.get(id)) for id in facts))
    return facts


def _merge_leads(write: _Writer, changes: Changes, leads_of_conversions: set[str]) -> None:
    """A lead exists once an event or a request says something of it; one that is only asked for is not made up."""
    ids = changes.leads.keys() | leads_of_conversions
    write.ids("claim_leads", changes.leads)
    known = [rows.lead_from_row(row) for row in write.ids("lock_leads", ids)]
    conversions: dict[str, list[rows.Row]] = {}
    for row in write.ids("find_conversions_of_leads", ids):
        conversions.setdefault(row["lead_id"], []).append(row)
    leads = [_changed(lead, changes) for lead in known]
    write.rows("write_leads", (rows.lead_row(lead, conversions.get(lead.lead_id, []), write.scales) for lead in leads))
    write.rows("add_lead_events", map(rows.timeline_row, changes.lead_timeline))
    write.rows("add_lead_parts", (rows.part_row(part, write.scales) for part in changes.lead_parts))


def _changed(lead: Lead, changes: Changes) -> Lead:
    for change in changes.leads.get(lead.lead_id, ()):
        lead = change(lead)
    return lead


def _lead_ids(facts: Facts) -> set[str]:
    return {fact["lead_id"] for fact in facts.values() if fact.get("lead_id")}


def _merge_customers(write: _Writer, changes: Changes) -> None:
    """Orders may come before their customer, from another instance: both take the lock of the order summary."""
    ordering = {order.customer_id for order in changes.orders}
    ids = changes.customers.keys() | ordering
    write.ids("claim_order_summaries", ids)
    write.ids("lock_order_summaries", ids)
    write.rows("write_orders", (order._asdict() for order in changes.orders))
    write.ids("summarise_orders", ordering)
    write.ids("claim_customers", changes.customers)
    customers = [rows.customer_from_row(row) for row in write.ids("lock_customers", changes.customers)]
    for index, customer in enumerate(customers):
        for event in changes.customers[customer.customer_id]:
            customers[index] = apply_event(customers[index], event)
    write.rows("write_customers", map(rows.customer_row, customers))
    write.ids("show_orders", ids)
    write.rows("add_customer_parts", (rows.part_row(part, write.scales) for part in changes.customer_parts))


def _merge_dead_letters(write: _Writer, changes: Changes) -> None:
    """A decision may come before its dead letter, from another instance: both take the lock of the decision."""
    ids = changes.dead_letters.keys() | changes.decisions.keys()
    write.ids("claim_decisions", ids)
    write.ids("lock_decisions", ids)
    write.rows("write_decisions", (decision._asdict() for decision in changes.decisions.values()))
    write.rows("write_dead_letters", map(rows.dead_letter_row, changes.dead_letters.values()))
    write.ids("decide_dead_letters", ids)


def _add_timelines(write: _Writer, changes: Changes) -> None:
    to_row: Callable[[TimelineEntry], rows.Row] = rows.timeline_row
    write.rows("add_conversion_events", map(to_row, changes.conversion_timeline))
    write.rows("add_customer_events", map(to_row, changes.customer_timeline))
