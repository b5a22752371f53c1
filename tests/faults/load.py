"""Load with a ledger: sends a seeded mix of leads at a rate, writes down what became of each request.

A request stands in the ledger as `unknown` before Kafka hears of it, so that a killed generator forgets nothing; a
second line with the same key and seq gives its outcome. Shares no code with the services.

    python -m tests.faults.load --bootstrap HOST:PORT --ledger FILE [--prefix P] [--rate 50] [--seconds 30] [--seed 1]
"""

from __future__ import annotations

import argparse
import json
import threading
import time
import uuid
from collections import Counter, deque
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer

from tests.faults.load_mix import NAMESPACE, Lead, Mix, Outgoing

TICK_SECONDS = 0.05
LATER_SECONDS = 3.0
SURELY_NOT_SENT = frozenset({KafkaError._PURGE_QUEUE, KafkaError.MSG_SIZE_TOO_LARGE, KafkaError._UNKNOWN_TOPIC})


class Load:
    """A thread that sends leads; `start(rate)`, later `stop()`, which waits until every outcome is known."""

    def __init__(self, bootstrap: str, prefix: str, ledger_path: Path | str, seed: int) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "linger.ms": 5,
                "compression.type": "lz4",
                "delivery.timeout.ms": 120_000,
            }
        )
        self._prefix = prefix
        self._ledger = Path(ledger_path).open("a", encoding="utf-8")  # noqa: SIM115  (closed by stop)
        self._mix = Mix(seed)
        self._later: deque[tuple[float, Outgoing]] = deque()
        self._lost_leads: set[str] = set()
        self._error: BaseException | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.count = 0
        """Leads begun so far."""
        self.outcomes: Counter[str] = Counter()
        """Deliveries of requests by outcome: acked, failed, unknown."""

    def start(self, rate: float, limit: int | None = None) -> None:
        """Begin to send `rate` leads a second, until `stop` or until `limit` leads."""
        if self._thread:
            message = "this load has been started already"
            raise RuntimeError(message)
        self._thread = threading.Thread(target=self._run, args=(rate, limit), name="load", daemon=True)
        self._thread.start()

    def join(self, timeout_seconds: float | None = None) -> None:
        """Wait for a load that has a limit to have sent it all."""
        if self._thread:
            self._thread.join(timeout_seconds)

    def stop(self) -> None:
        """Send what is planned for later, wait for all outcomes, close the ledger; raise what broke the thread."""
        self._stopping.set()
        self.join()
        self._ledger.close()
        if self._error:
            raise self._error

    def _run(self, rate: float, limit: int | None) -> None:
        try:
            self._send_all(rate, limit)
        except BaseException as error:  # noqa: BLE001 - kept for stop(), which raises it in the caller's thread
            self._error = error

    def _send_all(self, rate: float, limit: int | None) -> None:
        started = time.monotonic()
        while not self._stopping.is_set() and (limit is None or self.count < limit):
            due = int((time.monotonic() - started) * rate) - self.count
            self._send([self._mix.next_lead() for _ in range(_within(due, limit, self.count))])
            self._send_later(time.monotonic())
            self._producer.poll(0)
            self._stopping.wait(TICK_SECONDS)
        self._send_later(float("inf"))
        self._flush()

    def _send(self, leads: list[Lead]) -> None:
        """Lead events first; their requests only once the broker has confirmed those."""
        if not leads:
            return
        for event in [event for lead in leads for event in lead.events]:
            self._produce(event)
        self._flush()
        for lead in leads:
            self.count += 1
            if lead.lead_id in self._lost_leads:
                continue
            for request in lead.requests:
                self._produce(request)
            self._later.extend((time.monotonic() + LATER_SECONDS, request) for request in lead.later)

    def _send_later(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            self._produce(self._later.popleft()[1])

    def _produce(self, record: Outgoing) -> None:
        self._write(record, "unknown")

        def delivered(error: KafkaError | None, _: Message) -> None:
            self._settle(record, error)

        while True:
            try:
                topic, headers = self._prefix + record.topic, dict[str, str | bytes | None](record.headers)
                self._producer.produce(topic, record.value, record.key.encode(), headers=headers, on_delivery=delivered)
                return
            except BufferError:
                self._producer.poll(0.1)

    def _settle(self, record: Outgoing, error: KafkaError | None) -> None:
        if record.kind is None:
            if error:
                self._lost_leads.add(record.lead_id)
            return
        outcome = "acked" if error is None else "failed" if error.code() in SURELY_NOT_SENT else "unknown"
        self.outcomes[outcome] += 1
        self._write(record, outcome)

    def _write(self, record: Outgoing, outcome: str) -> None:
        if record.kind is None or record.idempotency_key is None:
            return
        line = {
            "idempotency_key": record.idempotency_key,
            "conversion_id": str(uuid.uuid5(NAMESPACE, record.idempotency_key)),
            "lead_id": record.lead_id,
            "kind": record.kind,
            "seq": record.seq,
            "outcome": outcome,
            "email": record.email,
        }
        self._ledger.write(json.dumps(line) + "\n")
        self._ledger.flush()

    def _flush(self) -> None:
        """Wait for every delivery report: none is given up here, `delivery.timeout.ms` ends each of them."""
        while self._producer.flush(1.0):
            pass


def _within(due: int, limit: int | None, count: int) -> int:
    return max(0, due if limit is None else min(due, limit - count))


def main() -> None:
    """Send for some seconds and print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--prefix", default="")
    parser.add_argument("--ledger", required=True, type=Path)
    parser.add_argument("--rate", type=float, default=50.0, help="leads a second")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    load = Load(args.bootstrap, args.prefix, args.ledger, args.seed)
    load.start(args.rate)
    load.join(args.seconds)
    load.stop()
    print(f"{load.count} leads, seed {args.seed}: {dict(load.outcomes)}")


if __name__ == "__main__":
    main()
