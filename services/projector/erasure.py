"""Keeps erased persons erased: whatever a batch has added of them is emptied at its end, in whatever order things come.

A fixed number of statements for a batch: a lock, two questions, and the emptying where somebody of the batch is erased.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.projector.domain.erasure import KEPT, Touched

_EMPTYING: Final = (
    "empty_history_of_leads", "empty_parts_of_leads", "empty_conversions_of_leads", "empty_timelines_of_leads", "empty_results",
    "empty_customers", "empty_history_of_customers", "empty_parts_of_customers", "empty_notifications",
)  # fmt: skip


class Erasure:
    """Named queries on the transaction of a batch."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("erasure.sql"))

    def begin(self, transaction: Transaction, *, is_erasing: bool) -> None:
        """Take the lock of the batch before anything of it is looked at."""
        transaction.execute(self._queries["erase_alone" if is_erasing else "add_beside_others"])

    def finish(self, transaction: Transaction, touched: Touched) -> None:
        """Empty what is written of those who are erased."""
        asked = {name: sorted(ids) for name, ids in touched._asdict().items()}
        leads = [row["lead_id"] for row in self._run(transaction, "find_erased_leads", asked)]
        customers = [row["customer_id"] for row in self._run(transaction, "find_erased_customers", asked)]
        erased = {"leads": leads, "customers": customers, "kept": list(KEPT), "dead_letters": asked["dead_letters"]}
        if leads or customers:
            for query in _EMPTYING:
                self._run(transaction, query, erased)
        if leads or customers or touched.dead_letters:
            subjects = [*(f"lead/{id}" for id in leads), *(f"customer/{id}" for id in customers)]
            self._run(transaction, "empty_dead_letters", {**erased, "subjects": subjects})

    def _run(self, transaction: Transaction, query: str, parameters: dict[str, Any]) -> Any:
        return transaction.execute(self._queries[query], parameters)
