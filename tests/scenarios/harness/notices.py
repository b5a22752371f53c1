"""Records of `notification.events` as the deciding half writes them: in transactions, keyed by the recipient."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Producer

from leadline.contracts.times import time_now_text
from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import as_json, envelope

TOPIC = "notification.events"
FIRST = datetime(2026, 11, 1, 8, tzinfo=UTC)
SECONDS = 60.0


def notice(number: int, recipient: str = "rep-1", **more: Any) -> Outgoing:
    """A first sale; `number` makes its id and the second at which it happened."""
    id = f"N-{number}"
    body = {
        "notification_id": id,
        "kind": "first-sale",
        "recipient": recipient,
        "customer_id": f"C-{number}",
        "order_id": f"O-{number}",
        "title": "First sale",
        "text": f"Customer {number}, whom you discovered, placed a first order.",
        "created_at": time_now_text(FIRST + timedelta(seconds=number)),
        **more,
    }
    return Outgoing(TOPIC, recipient.encode(), as_json(body), envelope("notification.first-sale", recipient))


def withdrawn(number: int, recipient: str = "rep-1") -> Outgoing:
    """The word that takes a notice back."""
    body = {
        "notification_id": f"N-{number}",
        "kind": "first-sale",
        "recipient": recipient,
        "customer_id": f"C-{number}",
        "order_id": f"O-{number}",
        "reason": "order-cancelled",
        "withdrawn_at": time_now_text(FIRST + timedelta(days=1)),
    }
    return Outgoing(TOPIC, recipient.encode(), as_json(body), envelope("notification.withdrawn", recipient))


class Teller:
    """A producer of transactions, as the notifier's is."""

    def __init__(self, bootstrap: str, prefix: str, name: str = "teller", codec: str = "lz4") -> None:
        fixed = {"bootstrap.servers": bootstrap, "transactional.id": f"{prefix}{name}", "partitioner": "murmur2_random"}
        self._producer = Producer({**fixed, "linger.ms": 0, "compression.type": codec})
        self._producer.init_transactions(SECONDS)
        self._prefix = prefix

    def tell(self, records: Iterable[Outgoing]) -> None:
        """All of them in one transaction."""
        self._producer.begin_transaction()
        self._produce(records)
        self._producer.commit_transaction(SECONDS)

    def tell_each(self, records: Sequence[Outgoing]) -> None:
        """Each in a transaction of its own."""
        for record in records:
            self.tell([record])

    def take_back(self, records: Iterable[Outgoing]) -> None:
        """Write them in a transaction that is aborted: readers of what is committed never see them."""
        self._producer.begin_transaction()
        self._produce(records)
        self._producer.flush(SECONDS)
        self._producer.abort_transaction(SECONDS)

    def _produce(self, records: Iterable[Outgoing]) -> None:
        for record in records:
            self._producer.produce(self._prefix + record.topic, record.value, record.key, headers=list(record.headers))
            self._producer.poll(0)
