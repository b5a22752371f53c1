"""Writes what conversions have made: new customers, links to existing ones, and what goes on with either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.converter.domain.lead import implied_history
from services.converter.domain.result import Link, Result
from services.converter.store import to_json

_CUSTOMER = (
    "customer_id", "customer_number", "code", "name", "type", "role", "customer_status", "prospect_stage",
    "first_name", "last_name", "company_name", "email",
)  # fmt: skip
_OPPORTUNITY = (
    "opportunity_id", "lead_opportunity_id", "customer_id", "lead_id", "name", "value", "currency", "stage", "probability",
    "expected_close_date", "created_at",
)  # fmt: skip


class ResultStore:
    """Set-based statements on the transaction of a batch."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("store.sql"))

    def save(self, transaction: Transaction, results: Sequence[Result]) -> None:
        """Write everything. Ordered by e-mail, so that two batches never wait for each other crosswise."""
        if not results:
            return
        ordered = sorted(results, key=lambda result: result.plan.email_key or "")
        self._copy(transaction, "copy_customers", [_customer_row(each) for each in ordered if each.link is None])
        self._fill(transaction, ordered)
        self._copy(transaction, "copy_contacts", _contact_rows(ordered))
        self._copy(transaction, "copy_opportunities", list(_opportunity_rows(ordered)))
        self._copy(transaction, "copy_customer_items", list(_item_rows(ordered)))
        self._mark_converted(transaction, results)
        self._imply_steps(transaction, [result for result in results if result.plan.implied])

    def _copy(self, transaction: Transaction, query: str, rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            transaction.copy(self._queries[query], rows)

    def _fill(self, transaction: Transaction, results: Sequence[Result]) -> None:
        links = [(result.customer["customer_id"], result.link) for result in results if result.link]
        customers = [(customer_id, link.changes) for customer_id, link in links if link.changes]
        contacts = [change for _, link in links for change in link.contact_changes.items()]
        for query, changes in (("fill_customers", customers), ("fill_contacts", contacts)):
            if changes:
                ids, values = zip(*changes, strict=True)
                parameters = {"ids": list(ids), "changes": [to_json(value) for value in values]}
                transaction.execute(self._queries[query], parameters)
        self._copy(transaction, "copy_fills", [_fill_row(each, each.link) for each in results if each.link and any(each.link)])

    def _mark_converted(self, transaction: Transaction, results: Sequence[Result]) -> None:
        parameters = {
            "ids": [result.plan.lead.lead_id for result in results],
            "customers": [result.customer["customer_id"] for result in results],
            "conversions": [result.plan.request.conversion_id for result in results],
            "times": [result.now for result in results],
            "assignments": [to_json(result.assignment) for result in results],
        }
        transaction.execute(self._queries["mark_converted"], parameters)

    def _imply_steps(self, transaction: Transaction, results: Sequence[Result]) -> None:
        """No lead's history misses a step that its conversion stood for."""
        if results:
            parameters = {
                "ids": [result.plan.lead.lead_id for result in results],
                "histories": [to_json(implied_history(result.plan.implied, result.now)) for result in results],
                "times": [result.now for result in results],
            }
            transaction.execute(self._queries["imply_steps"], parameters)

    def provenance(self, transaction: Transaction, customer_id: str) -> list[Mapping[str, Any]]:
        """The leads that a customer has its values from, the one that made it first."""
        return list(transaction.execute(self._queries["provenance"], {"id": customer_id}))


def _customer_row(result: Result) -> list[Any]:
    customer, request = result.customer, result.plan.request
    return [
        *(customer[name] for name in _CUSTOMER),
        result.plan.email_key,
        customer["phone"],
        to_json(customer["address"]),
        customer["vat"],
        customer["branch_id"],
        customer["salesperson_id"],
        customer["discovered_by"],
        customer["lead_id"],
        customer["conversion_id"],
        to_json(customer["custom_fields"]),
        request.options.notes if request.options else None,
        result.now,
    ]


def _fill_row(result: Result, link: Link) -> list[Any]:
    return [result.plan.request.conversion_id, to_json(link.changes), to_json(link.contact_changes)]


def _contact_rows(results: Sequence[Result]) -> list[list[Any]]:
    return [
        [
            contact["contact_id"],
            result.customer["customer_id"],
            contact["lead_contact_id"],
            contact["first_name"],
            contact["last_name"],
            contact["email"],
            contact["phone"],
            contact["job_title"],
            contact["role"],
            contact["is_primary"],
            result.now,
        ]
        for result in results
        for contact in result.contacts
    ]


def _opportunity_rows(results: Sequence[Result]) -> Iterator[list[Any]]:
    for result in results:
        for opportunity in (result.opportunity, *result.relinked):
            if opportunity:
                yield [opportunity[name] for name in _OPPORTUNITY]


def _item_rows(results: Sequence[Result]) -> Iterator[list[Any]]:
    for result in results:
        for kept in result.kept:
            fields = {} if kept.how == "linked" else kept.fields
            ids = (result.customer["customer_id"], kept.kind, kept.item_id, result.plan.lead.lead_id)
            yield [*ids, kept.source_id, kept.how, to_json(fields), result.now]
