"""The ledger of deliveries on a real PostgreSQL, for tests that are not asynchronous."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from leadline.contracts.times import time_now_text
from leadline.postgres.migrate import migrate
from leadline.postgres.pool import connect
from services.notifier.deliver.store import DeliveryStore, Rooms, Settled
from services.notifier.domain.delivery import Outcome, judge
from services.notifier.domain.letter import Delivery, Letter, Withdrawal
from services.notifier.domain.plan import Plan

BEGIN = datetime(2026, 11, 1, 8, tzinfo=UTC)
DELAYS = (30.0, 60.0)
PLAN = Plan({"email": lambda _: "mail server", "webhook": lambda address: address})
ROOMS = Rooms(100, {"email": 10, "webhook": 10}, {})


def letter(number: int, recipient: str = "rep-1", not_before: datetime | None = None, *, digest: bool | None = None) -> Letter:
    """A letter of the `number`-th second."""
    return Letter(
        notification_id=f"N-{number}",
        type="leadline.notification.first-sale.v1",
        kind="first-sale",
        recipient=recipient,
        title="First sale",
        text="Ada placed a first order.",
        created_at=time_now_text(BEGIN + timedelta(seconds=number)),
        not_before=time_now_text(not_before) if not_before else None,
        data=f'{{"notification_id": "N-{number}", "order_id": "O-1"}}',
        digest=digest,
    )


class Ledger:
    """The ledger, one short life of a store for each call."""

    def __init__(self, url: str) -> None:
        migrate(url, "notifier")
        self.url = url

    def register(self, recipient: str, channel: str, address: str, secrets: Sequence[str] = ()) -> None:
        """Write down how somebody is reached."""
        self.change("INSERT INTO recipient_channel VALUES (%s, %s, %s, %s)", recipient, channel, address, list(secrets))

    def record(self, *letters: Letter, withdrawn: Sequence[str] = ()) -> None:
        """Write letters, then withdrawals."""
        words = [Withdrawal(id, time_now_text(BEGIN)) for id in withdrawn]
        self.work("one", lambda store: store.record(letters, words, PLAN))

    def claim(self, instance: str = "one", rooms: Rooms = ROOMS) -> list[Delivery]:
        """Take what is due."""
        found: list[Delivery] = self.work(instance, lambda store: store.claim(rooms))
        return found

    def gather(self, instance: str = "one") -> None:
        """Put what waits for digests that are due into them."""
        self.work(instance, lambda store: store.gather())

    def settle(self, delivery: Delivery, outcome: Outcome, instance: str = "one") -> None:
        """Note what became of an attempt."""
        settled = Settled(delivery, judge(outcome, delivery.attempts, DELAYS))
        self.work(instance, lambda store: store.settle([settled]))

    def give_up_leases(self, instance: str = "one", *, own: bool = False) -> None:
        """Make unknown what was claimed by who has ended."""
        self.work(instance, lambda store: store.give_up_leases(len(DELAYS) + 1, own=own))

    def states(self, channel: str = "webhook") -> dict[str, str]:
        """The state of each notification on one channel."""
        rows = self.ask("SELECT notification_id, state FROM delivery WHERE channel = %s", channel)
        return {row["notification_id"]: row["state"] for row in rows}

    def ask(self, query: str, *parameters: Any) -> list[dict[str, Any]]:
        """Rows of the notifier's tables."""
        with connect(self.url, "notifier") as connection:
            return connection.execute(query.encode(), parameters).fetchall()

    def change(self, statement: str, *parameters: Any) -> None:
        """Change the notifier's tables."""
        with connect(self.url, "notifier") as connection:
            connection.execute(statement.encode(), parameters)

    def work(self, instance: str, do: Callable[[DeliveryStore], Any]) -> Any:
        """Run one call of a store."""

        async def run() -> Any:
            store = DeliveryStore(self.url, instance)
            try:
                return await do(store)
            finally:
                await store.close()

        return asyncio.run(run())
