"""The tables of orders and of the stages of opportunities: one statement for each, whatever the size of the batch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.converter.orders.reading import OrderWord, StageWord

_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


class OrderStore:
    """Named queries on the transaction of a batch."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("store.sql"))

    def apply(self, transaction: Transaction, words: Sequence[OrderWord | StageWord]) -> None:
        """Take note of orders, and move opportunities; one that is none of ours is let alone."""
        self._write_orders(transaction, [word for word in words if isinstance(word, OrderWord)])
        stages = [word for word in words if isinstance(word, StageWord)]
        self._move(transaction, [word for word in stages if _UUID(word.opportunity_id) and _UUID(word.customer_id)])

    def _write_orders(self, transaction: Transaction, words: Sequence[OrderWord]) -> None:
        if words:
            customers, orders, cancelled = (list(each) for each in zip(*words, strict=True))
            parameters = {"customers": customers, "orders": orders, "cancelled": cancelled}
            transaction.execute(self._queries["write_orders"], parameters)

    def _move(self, transaction: Transaction, words: Sequence[StageWord]) -> None:
        if words:
            customers, opportunities, stages, probabilities, stamps = (list(each) for each in zip(*words, strict=True))
            parameters = {"customers": customers, "opportunities": opportunities, "stages": stages, "stamps": stamps}
            transaction.execute(self._queries["move_opportunities"], {**parameters, "probabilities": probabilities})
