"""Finds who hears of what happens, in PostgreSQL: one question for a batch, none where it has nothing to tell."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import time
from pathlib import Path
from typing import Any

from leadline.delivery.handler import Transaction
from leadline.postgres.queries import load_queries
from services.notifier.domain.audience import Audience, Matter
from services.notifier.domain.quiet import Preferences


class AudienceStore:
    """Reads through the transaction that it is given."""

    def __init__(self) -> None:
        self._queries = load_queries(Path(__file__).with_name("audience.sql"))

    def find(self, transaction: Transaction, matters: Iterable[Matter], recipients: Collection[str]) -> Audience:
        """The subscribers of each matter, and what they and `recipients` have said of when they may be disturbed."""
        asked = sorted(set(matters), key=lambda matter: matter[:2])
        if not asked and not recipients:
            return Audience()
        parameters = {
            "kinds": [matter.kind for matter in asked],
            "customer_ids": [matter.customer_id for matter in asked],
            "salespeople": [matter.salesperson_id for matter in asked],
            "discoverers": [matter.discovered_by for matter in asked],
            "branches": [matter.branch_id for matter in asked],
            "recipients": sorted(recipients),
        }
        return _audience(transaction.execute(self._queries["find_audience"], parameters))


def _audience(rows: Iterable[Mapping[str, Any]]) -> Audience:
    subscribers: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    preferences: dict[str, Preferences] = {}
    for row in rows:
        if row["kind"] is not None:
            subscribers[row["kind"], row["customer_id"]].append(row["user_id"])
        if row["time_zone"] is not None and (row["quiet_from"] is not None or row["digest"] != "off"):
            preferences[row["user_id"]] = _preferences(row)
    return Audience(subscribers, preferences)


def _preferences(row: Mapping[str, Any]) -> Preferences:
    _, _, clock = row["digest"].partition("@")
    digest_at = time.fromisoformat(clock) if clock else None
    return Preferences(row["time_zone"], row["quiet_from"], row["quiet_until"], digest_at)
