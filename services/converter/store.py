"""The converter's tables: set-based statements only, a handful for a whole batch whatever its size.

What lead events write is in `store_leads.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from leadline.contracts.times import time_now_text
from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.converter.domain.carry import Items
from services.converter.domain.custom_fields import Registry
from services.converter.domain.decision import Known, Request, Taken
from services.converter.domain.lead import Lead
from services.converter.domain.result import Existing


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
    filled: Sequence[str] | None = None
    """The fields of an existing customer that it filled; None if it made the customer."""


class Commanded(NamedTuple):
    """A conversion that a command is about: its request as it was kept, and how it stands."""

    conversion_id: str
    idempotency_key: str
    lead_id: str
    state: str
    attempt: int
    body: bytes
    requested_at: str
    is_retryable: bool
    is_erased: bool


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

    def items_of(self, transaction: Transaction, lead_ids: Iterable[str]) -> dict[str, Items]:
        """For each lead that has any, the things that hang on it: by kind and item id, their fields."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for row in transaction.execute(self._queries["items_of"], {"ids": sorted(set(lead_ids))}):
            found.setdefault(row["lead_id"], {}).setdefault(row["kind"], {})[row["item_id"]] = row["fields"]
        return dict(found)

    def custom_fields(self, transaction: Transaction, names: Iterable[str]) -> Registry:
        """The types of those of these custom fields that have one."""
        wanted = sorted(set(names))
        rows = transaction.execute(self._queries["custom_fields"], {"names": wanted}) if wanted else ()
        return Registry({row["name"]: row["type"] for row in rows})

    def add_custom_fields(self, transaction: Transaction, registry: Registry) -> None:
        """Write the new ones; raises where another instance has added one of them meanwhile."""
        if registry.added:
            parameters = {"names": list(registry.added), "types": list(registry.added.values())}
            transaction.execute(self._queries["add_custom_fields"], parameters)

    def existing_customers(self, transaction: Transaction, customer_ids: Iterable[str]) -> dict[str, Existing]:
        """These customers with their contacts, shaped as the events say them, locked until the transaction ends."""
        parameters = {"ids": sorted(set(customer_ids))}
        customers = {str(row["customer_id"]): row for row in transaction.execute(self._queries["customers_to_link"], parameters)}
        contacts: dict[str, list[dict[str, Any]]] = {customer_id: [] for customer_id in customers}
        for row in transaction.execute(self._queries["contacts_of_customers"], parameters):
            contact = {**row, "contact_id": str(row["contact_id"])}
            contacts[str(contact.pop("customer_id"))].append(contact)
        return {customer_id: Existing(_told(row), contacts[customer_id]) for customer_id, row in customers.items()}

    def known_conversions(self, transaction: Transaction, conversion_ids: Sequence[str]) -> dict[str, Known]:
        """What is known already of these conversions."""
        rows = transaction.execute(self._queries["known_conversions"], {"ids": list(conversion_ids)})
        return {
            str(row["conversion_id"]): Known(
                row["state"],
                row["attempt"],
                bytes(row["request"]),
                row["origin"],
                row["is_retryable"],
                row["error_code"],
                row["is_erased"],
            )
            for row in rows
        }

    def commanded_conversions(self, transaction: Transaction, conversion_ids: Iterable[str]) -> dict[str, Commanded]:
        """These conversions as far as they are known, locked until the transaction ends."""
        rows = transaction.execute(self._queries["commanded_conversions"], {"ids": sorted(set(conversion_ids))})
        return {
            str(row["conversion_id"]): Commanded(
                str(row["conversion_id"]),
                row["idempotency_key"],
                row["lead_id"],
                row["state"],
                row["attempt"],
                bytes(row["request"]),
                time_now_text(row["requested_at"]),
                row["is_retryable"],
                row["is_erased"],
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
                "errors": [_error(ending) for ending in again],
                "filled": [None if ending.filled is None else to_json(ending.filled) for ending in again],
            }
            transaction.execute(self._queries["update_conversions"], parameters)
        if without_customer := [ending.request.conversion_id for ending in endings if ending.customer_id is None]:
            transaction.execute(self._queries["forget_requests_of_erased_leads"], {"ids": without_customer})


def _lead(row: Mapping[str, Any]) -> Lead:
    return Lead(
        row["lead_id"],
        row["status"],
        row["fields"],
        assignment=row["assignment"],
        conversion_id=str(row["conversion_id"]) if row["conversion_id"] else None,
        customer_id=str(row["customer_id"]) if row["customer_id"] else None,
        match_keys=tuple(row["match_keys"]),
    )


def to_json(value: Any) -> str | None:
    """JSON text; None stays None, which is NULL."""
    return None if value is None else orjson.dumps(value).decode()


def _error(ending: Ending) -> str | None:
    """Of customers that stood in the way only the ids: what they are called stands in their own rows, while it may."""
    if not ending.error or not ending.error["candidates"]:
        return to_json(ending.error)
    candidates = [{"customer_id": each["customer_id"]} for each in ending.error["candidates"]]
    return to_json({**ending.error, "candidates": candidates})


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
        _error(ending),
        request.batch_id,
        ending.filled,
    ]


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A customer's row as the events say it."""
    texts = {name: str(row[name]) for name in ("customer_id", "conversion_id")}
    return {**row, **texts, "created_at": time_now_text(row["created_at"])}
