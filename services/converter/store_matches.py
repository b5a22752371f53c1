"""The tables of match keys: who has which, and which customers are found by those that several leads have.

A key that one lead alone has costs its conversion nothing: there is nobody to be found by it, and nothing is written until a
second lead has it. The first lead's customer is found through the lead.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.converter.domain.alike import KEPT, Alike
from services.converter.domain.lead import Lead
from services.converter.domain.result import Result

Owners = Mapping[int, Sequence[str]]


class MatchStore:
    """Named queries on the transaction of a batch."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("store_matches.sql"))

    def move_keys(self, transaction: Transaction, moves: Iterable[tuple[Lead, Lead]]) -> None:
        """Note which keys these leads, before and after, have come to have and have no more. The leads are to be locked."""
        gained: dict[int, list[str]] = {}
        lost: dict[int, list[str]] = {}
        for before, after in moves:
            if before.match_keys != after.match_keys:
                had, has = set(filter(None, before.match_keys)), set(filter(None, after.match_keys))
                for keys, owners in ((has - had, gained), (had - has, lost)):
                    for key in keys:
                        owners.setdefault(key, []).append(after.lead_id)
        self._claim(transaction, gained)
        if lost:
            transaction.execute(self._queries["release_keys"], _pairs(lost))

    def _claim(self, transaction: Transaction, gained: Owners) -> None:
        if not gained:
            return
        parameters = {
            "keys": list(gained),
            "leads": [min(owners) for owners in gained.values()],
            "shared": [len(owners) > 1 for owners in gained.values()],
        }
        taken = [row["key"] for row in transaction.execute(self._queries["claim_keys"], parameters)]
        if taken:
            transaction.execute(self._queries["share_keys"], _pairs({key: gained[key] for key in taken}))

    def change_keys(self, transaction: Transaction, moves: Sequence[tuple[Lead, Lead]]) -> None:
        """As `move_keys`, for leads of which nothing else is written."""
        if moves:
            parameters = {
                "leads": [after.lead_id for _, after in moves],
                "keys": [array_text(after.match_keys) for _, after in moves],
            }
            transaction.execute(self._queries["change_keys"], parameters)
            self.move_keys(transaction, moves)

    def alike(self, transaction: Transaction, keys: Collection[int | None]) -> Alike:
        """The customers of those of these keys that several leads have."""
        return self._found(transaction, "customers_of_shared_keys", keys)

    def alike_whatever_is_written(self, transaction: Transaction, keys: Collection[int | None]) -> Alike:
        """The customers of these keys, also where no lead that is written shares them."""
        return self._found(transaction, "customers_of_keys", keys)

    def _found(self, transaction: Transaction, query: str, keys: Collection[int | None]) -> Alike:
        found: dict[int, list[Mapping[str, Any]]] = {}
        if keys:
            parameters = {"keys": array_text(keys), "limit": KEPT}
            for row in transaction.execute(self._queries[query], parameters):
                customers = found.setdefault(row["key"], [])
                if row["customer_id"] is not None:
                    names = ("customer_number", "name")
                    customers.append({"customer_id": str(row["customer_id"]), **{name: row[name] for name in names}})
        return Alike(found)

    def save(self, transaction: Transaction, results: Sequence[Result]) -> None:
        """Note the customers of these results under their shared keys, in order."""
        rows = [[key, result.customer["customer_id"]] for result in results for key in result.shared_keys]
        if rows:
            transaction.copy(self._queries["copy_customer_matches"], rows)

    def forget_customers(self, transaction: Transaction, customer_ids: Sequence[str]) -> None:
        """Nobody is warned of these customers any more; before their leads are theirs no longer."""
        if customer_ids:
            transaction.execute(self._queries["forget_customers"], {"ids": list(customer_ids)})

    def forget_links(self, transaction: Transaction, links: Mapping[str, Sequence[str]]) -> None:
        """Nobody is warned of these `customers` any more for what only these of their `leads` had in common with others."""
        transaction.execute(self._queries["forget_links"], links)


def array_text(keys: Collection[int | None]) -> str:
    """As PostgreSQL writes an array: quicker than a list for many keys, and arrays of an array would be of one length."""
    return f"{{{str(list(keys))[1:-1].replace('None', 'NULL')}}}"


def _pairs(owners: Owners) -> dict[str, Any]:
    pairs = [(key, lead_id) for key, lead_ids in sorted(owners.items()) for lead_id in lead_ids]
    return {"keys": [key for key, _ in pairs], "leads": [lead_id for _, lead_id in pairs]}
