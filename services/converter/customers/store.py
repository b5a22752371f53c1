"""The tables of what is asked about customers: a handful of statements for a whole batch whatever its size."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.converter.domain.customer import Customer, CustomerRequest, Made, Said

_OUR_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_COLUMNS: Final = {
    "message": (
        "message_id", "customer_id", "external_id", "action_code", "subject", "text", "occurred_at", "logged_by",
        "logged_at",
    ),
    "task": (
        "task_id", "customer_id", "external_id", "message_id", "subject", "priority", "due_date", "assigned_to",
        "added_by", "added_at",
    ),
    "note": ("note_id", "customer_id", "external_id", "text", "added_by", "added_at"),
    "contact": (
        "contact_id", "external_id", "lead_contact_id", "first_name", "last_name", "email", "phone", "job_title",
        "role", "is_primary", "customer_id", "created_at",
    ),
    "opportunity": (
        "opportunity_id", "customer_id", "lead_id", "name", "value", "currency", "stage", "probability",
        "expected_close_date", "created_at",
    ),
}  # fmt: skip


class Handled(NamedTuple):
    """A request that was carried out: where it came from, when it was handled (text), and what it made."""

    request: CustomerRequest
    origin: str
    handled_at: str
    made: Made


class CustomerStore:
    """Named queries on the transaction of a batch."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("store.sql"))

    def known_requests(self, transaction: Transaction, request_ids: Sequence[str]) -> dict[str, Said]:
        """Kind and body of those that were carried out before; no body of those whose customer is erased."""
        rows = transaction.execute(self._queries["known_requests"], {"ids": sorted(set(request_ids))})
        return {str(row["request_id"]): (row["kind"], row["body"] and bytes(row["body"])) for row in rows}

    def lock_customers(self, transaction: Transaction, customer_ids: Iterable[str]) -> dict[str, Customer]:
        """Those that exist, locked until the transaction ends; an id that is none of ours names nobody."""
        ids = sorted(id for id in customer_ids if _OUR_ID(id))
        if not ids:
            return {}
        rows = transaction.execute(self._queries["lock_customers"], {"ids": ids})
        return {id: Customer(id, *list(row.values())[1:]) for row in rows if (id := str(row["customer_id"]))}

    def reverted_customers(self, transaction: Transaction, customer_ids: Iterable[str]) -> set[str]:
        """Those whose conversion was taken back."""
        ids = sorted(id for id in customer_ids if _OUR_ID(id))
        rows = transaction.execute(self._queries["reverted_customers"], {"ids": ids}) if ids else ()
        return {str(row["customer_id"]) for row in rows}

    def save(self, transaction: Transaction, handled: Sequence[Handled]) -> None:
        """Write what requests have made. Raises where another instance has carried out one of the same key meanwhile."""
        if not handled:
            return
        transaction.copy(self._queries["copy_request"], [_request_row(each) for each in handled])
        self._change_customers(transaction, [each.made.customer for each in handled])
        self._add_rows(transaction, [each.made for each in handled])

    def _change_customers(self, transaction: Transaction, customers: Sequence[Customer]) -> None:
        rows = orjson.dumps([customer._asdict() for customer in customers]).decode()
        transaction.execute(self._queries["change_customers"], {"customers": rows})

    def _add_rows(self, transaction: Transaction, made: Sequence[Made]) -> None:
        primary = [each.rows["contact"]["customer_id"] for each in made if each.rows.get("contact", {}).get("is_primary")]
        if primary:
            transaction.execute(self._queries["give_way_as_primary"], {"ids": primary})
        for kind, columns in _COLUMNS.items():
            rows = [[row[name] for name in columns] for each in made if (row := each.rows.get(kind))]
            if rows:
                transaction.copy(self._queries[f"copy_{kind}"], rows)


def _request_row(handled: Handled) -> list[object]:
    request = handled.request
    return [
        request.request_id,
        request.idempotency_key,
        request.customer_id,
        request.kind,
        request.body,
        handled.origin,
        handled.handled_at,
    ]
