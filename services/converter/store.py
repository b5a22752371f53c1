"""The converter's tables: set-based statements only, a handful for a whole batch whatever its size.

What lead events write is in `store_leads.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.converter.domain.decision import Known, Request, Taken
from services.converter.domain.lead import Lead
from services.converter.domain.plan import Result

_CUSTOMER = (
    "customer_id", "customer_number", "code", "name", "type", "role", "customer_status", "prospect_stage",
    "first_name", "last_name", "company_name", "email",
)  # fmt: skip
_OPPORTUNITY = (
    "opportunity_id", "customer_id", "lead_id", "name", "value", "currency", "stage", "probability",
    "expected_close_date", "created_at",
)  # fmt: skip


class Ending(NamedTuple):
    """What is noted of a conversion: its state after this attempt, times as text. `is_new`: there is no row of it yet."""

    request: Request
    origin: str
    is_new: bool
    state: str
    attempt: int
    finished_at: str | None
    customer_id: str | None = None
    error: Mapping[str, Any] | None = None


class ConverterStore:
    """Named queries on the transaction of a batch."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("store.sql"))

    def leads_to_convert(self, transaction: Transaction, lead_ids: Iterable[str]) -> dict[str, Lead]:
        """The leads of these ids that are known, locked until the transaction ends.

        Without stamps and history: a conversion does not change what lead events have said.
        """
        rows = transaction.execute(self._queries["leads_to_convert"], {"ids": sorted(set(lead_ids))})
        return {row["lead_id"]: _lead(row) for row in rows}

    def contacts_of(self, transaction: Transaction, lead_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """For each lead, its contacts' fields by item id."""
        found: dict[str, dict[str, Any]] = {}
        if lead_ids:
            for row in transaction.execute(self._queries["contacts_of"], {"ids": list(lead_ids)}):
                found.setdefault(row["lead_id"], {})[row["item_id"]] = row["fields"]
        return found

    def known_conversions(self, transaction: Transaction, conversion_ids: Sequence[str]) -> dict[str, Known]:
        """What is known already of these conversions."""
        rows = transaction.execute(self._queries["known_conversions"], {"ids": list(conversion_ids)})
        return {
            str(row["conversion_id"]): Known(
                row["state"], row["attempt"], bytes(row["request"]), row["origin"], row["is_retryable"], row["error_code"]
            )
            for row in rows
        }

    def customers_in_the_way(self, transaction: Transaction, emails: set[str], codes: set[str]) -> Taken:
        """The customers that have one of these e-mail keys or codes."""
        taken = Taken({}, {})
        if not emails and not codes:
            return taken
        rows = transaction.execute(self._queries["customers_in_the_way"], {"emails": list(emails), "codes": list(codes)})
        for row in rows:
            taken.add(
                row["email_key"],
                row["code"],
                {name: str(row[name]) for name in ("customer_id", "customer_number", "name", "email") if row[name]},
            )
        return taken

    def take_numbers(self, transaction: Transaction, count: int) -> list[int]:
        """The next numbers of the customer count; a rolled back transaction leaves a gap, never a double."""
        return [row["number"] for row in transaction.execute(self._queries["take_numbers"], {"count": count})]

    def save_results(self, transaction: Transaction, results: Sequence[Result]) -> None:
        """Write what conversions have made. Ordered by e-mail, so that two batches never wait for each other crosswise."""
        if not results:
            return
        ordered = sorted(results, key=lambda result: result.plan.email_key or "")
        transaction.copy(self._queries["copy_customers"], [_customer_row(result) for result in ordered])
        transaction.copy(self._queries["copy_contacts"], _contact_rows(ordered))
        opportunities = [result.opportunity for result in ordered if result.opportunity]
        if opportunities:
            rows = [[each[name] for name in _OPPORTUNITY] for each in opportunities]
            transaction.copy(self._queries["copy_opportunities"], rows)
        self._mark_converted(transaction, results)

    def _mark_converted(self, transaction: Transaction, results: Sequence[Result]) -> None:
        parameters = {
            "ids": [result.plan.lead.lead_id for result in results],
            "customers": [result.customer["customer_id"] for result in results],
            "conversions": [result.plan.request.conversion_id for result in results],
            "times": [result.customer["created_at"] for result in results],
            "assignments": [_json(result.assignment) for result in results],
        }
        transaction.execute(self._queries["mark_converted"], parameters)

    def save_endings(self, transaction: Transaction, endings: Sequence[Ending]) -> None:
        """Note how each conversion stands after this attempt."""
        new = [ending for ending in endings if ending.is_new]
        if new:
            transaction.copy(self._queries["copy_conversions"], [_conversion_row(ending) for ending in new])
        again = [ending for ending in endings if not ending.is_new]
        if again:
            parameters = {
                "ids": [ending.request.conversion_id for ending in again],
                "states": [ending.state for ending in again],
                "attempts": [ending.attempt for ending in again],
                "finished": [ending.finished_at for ending in again],
                "customers": [ending.customer_id for ending in again],
                "errors": [_json(ending.error) for ending in again],
            }
            transaction.execute(self._queries["update_conversions"], parameters)


def _lead(row: Mapping[str, Any]) -> Lead:
    return Lead(
        row["lead_id"],
        row["status"],
        row["fields"],
        assignment=row["assignment"],
        conversion_id=str(row["conversion_id"]) if row["conversion_id"] else None,
        customer_id=str(row["customer_id"]) if row["customer_id"] else None,
    )


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


def _customer_row(result: Result) -> list[Any]:
    customer, request = result.customer, result.plan.request
    return [
        *(customer[name] for name in _CUSTOMER),
        result.plan.email_key,
        customer["phone"],
        _json(customer["address"]),
        customer["vat"],
        customer["branch_id"],
        customer["salesperson_id"],
        customer["discovered_by"],
        customer["lead_id"],
        customer["conversion_id"],
        _json(customer["custom_fields"]),
        request.options.notes if request.options else None,
        customer["created_at"],
    ]


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
            result.customer["created_at"],
        ]
        for result in results
        for contact in result.contacts
    ]


def _conversion_row(ending: Ending) -> list[Any]:
    request = ending.request
    return [
        request.conversion_id,
        request.idempotency_key,
        request.lead_id,
        ending.state,
        ending.attempt,
        ending.origin,
        request.body,
        request.requested_at,
        ending.finished_at,
        ending.customer_id,
        _json(ending.error),
    ]
