"""Who hears of what happens to customers, and when each of them may be disturbed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from leadline.contracts.times import time_now_text
from services.notifier.domain.notice import Notice
from services.notifier.domain.quiet import Preferences, delay
from services.notifier.domain.sale import Sale


class Matter(NamedTuple):
    """A kind of thing that happens to a customer, with those by whom it is theirs."""

    kind: str
    customer_id: str
    salesperson_id: str | None
    discovered_by: str | None
    branch_id: str | None


def matter(kind: str, sale: Sale) -> Matter:
    """What subscriptions are asked for."""
    discovered_by = sale.customer.discovered_by if sale.customer else None
    return Matter(kind, sale.customer_id, sale.keepers.salesperson_id, discovered_by, sale.keepers.branch_id)


@dataclass(frozen=True, slots=True)
class Audience:
    """`subscribers` by kind and customer; `preferences` of those who have said any."""

    subscribers: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    preferences: Mapping[str, Preferences] = field(default_factory=dict)

    def of(self, kind: str, customer_id: str) -> Sequence[str]:
        """Those who have subscribed to this."""
        return self.subscribers.get((kind, customer_id), ())

    def time(self, notice: Notice, at: datetime) -> Notice:
        """The notice, with when it may disturb if it is made at this moment."""
        preferences = self.preferences.get(notice.recipient)
        if preferences is None:
            return notice
        due, is_digest = delay(preferences, at)
        return notice._replace(not_before=time_now_text(due) if due else None, is_digest=is_digest)
