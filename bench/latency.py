"""`make bench-latency`: milliseconds from produce to a `read_committed` reader, at 100 and 500 requests a second,
through the converter and through a bare loop (one database commit, one Kafka transaction) in the same run.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import psycopg
from confluent_kafka import OFFSET_END, Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bench.bare_loop import SOURCE, TARGET
from bench.input import headers, producer, publish_leads, request
from bench.stack import Stack, fresh_stack, running_converter, wait_until

RATES = (100, 500)
SECONDS = 20
WARM_UP_SECONDS = 5
PARTITIONS = 6
CREATED = b"leadline.customer.created.v1"

Identify = Callable[["Message[bytes, bytes]"], "str | None"]


@dataclass(slots=True)
class Reader:
    """Notes when each record was seen, by an id that `identify` finds in it."""

    stack: Stack
    topic: str
    identify: Identify
    seen: dict[str, float] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Read until told to stop."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.stack.bootstrap,
                "group.id": f"reader-{self.topic}",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 10,
            }
        )
        consumer.assign([TopicPartition(self.topic, number, OFFSET_END) for number in range(PARTITIONS)])
        while not self.stopping.is_set():
            message = consumer.poll(0.1)
            if message is not None and message.error() is None and (name := self.identify(message)):
                self.seen[name] = time.perf_counter()
        consumer.close()


@contextmanager
def reading(reader: Reader) -> Any:
    """Run a reader beside the block."""
    thread = threading.Thread(target=reader.run, daemon=True)
    thread.start()
    time.sleep(2)
    try:
        yield reader
    finally:
        reader.stopping.set()
        thread.join(10)


def pace(rate: int, seconds: float, send: Callable[[int], str]) -> dict[str, float]:
    """Send `rate` a second for so long; when each was sent, by its id, those of the warm-up left out."""
    sent: dict[str, float] = {}
    began = time.perf_counter()
    for number in range(int(rate * (seconds + WARM_UP_SECONDS))):
        due = began + number / rate
        if (wait := due - time.perf_counter()) > 0:
            time.sleep(wait)
        at = time.perf_counter()
        name = send(number)
        if number >= rate * WARM_UP_SECONDS:
            sent[name] = at
    return sent


def through_converter(stack: Stack, rate: int) -> list[float]:
    """Milliseconds from a request to its customer.created."""
    run = f"lat{rate}"
    total = rate * (SECONDS + WARM_UP_SECONDS)
    publish_leads(stack.bootstrap, range(total), run)
    wait_until(lambda: _count_leads(stack, run) == total, seconds=300, what="leads applied")
    client = producer(stack.bootstrap, linger_milliseconds=0)

    def send(number: int) -> str:
        body = request(number, run)
        key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run}-{number}"))
        given = headers("conversion.requested", key, **{"idempotency-key": key})
        client.produce("conversion.requests", orjson.dumps(body), body["lead_id"], headers=given)
        client.poll(0)
        return str(body["lead_id"])

    def identify(message: Message[bytes, bytes]) -> str | None:
        is_created = dict(message.headers() or []).get("ce_type") == CREATED
        return str(orjson.loads(message.value() or b"{}")["lead_id"]) if is_created else None

    return _measure(Reader(stack, "customer.events", identify), rate, send)


def through_bare_loop(stack: Stack, rate: int) -> list[float]:
    """Milliseconds from a record to its copy."""
    client = producer(stack.bootstrap, linger_milliseconds=0)
    run = f"bare{rate}"

    def send(number: int) -> str:
        name = f"{run}-{number}"
        client.produce(SOURCE, name.encode() + b" " * 400, name)
        client.poll(0)
        return name

    return _measure(Reader(stack, TARGET, lambda message: (message.key() or b"").decode()), rate, send)


def _measure(reader: Reader, rate: int, send: Callable[[int], str]) -> list[float]:
    with reading(reader):
        sent = pace(rate, SECONDS, send)
        wait_until(lambda: sent.keys() <= reader.seen.keys(), seconds=60, what="everything seen")
    return sorted((reader.seen[name] - at) * 1000 for name, at in sent.items())


def _count_leads(stack: Stack, run: str) -> int:
    with psycopg.connect(stack.database_url) as connection:
        query = "SELECT count(*) FROM converter.lead WHERE status = 'qualified' AND lead_id LIKE %s"
        row = connection.execute(query, (f"L-{run}-%",)).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def running_bare_loop(stack: Stack) -> Any:
    """The bare loop as a process of its own."""
    admin = AdminClient({"bootstrap.servers": stack.bootstrap})
    for future in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (SOURCE, TARGET)]).values():
        future.result(30)
    process = subprocess.Popen([sys.executable, "-m", "bench.bare_loop", stack.bootstrap, stack.database_url])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _say(what: str, rate: int, milliseconds: list[float]) -> None:
    p50, p99 = (milliseconds[int(len(milliseconds) * share)] for share in (0.50, 0.99))
    print(f"{what:<12} {rate:>4}/s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   {len(milliseconds):,} records", flush=True)


def main() -> int:
    """Run both at each rate and print a line for each."""
    with fresh_stack() as stack:
        with running_bare_loop(stack):
            for rate in RATES:
                _say("bare loop", rate, through_bare_loop(stack, rate))
        with running_converter(stack):
            for rate in RATES:
                _say("converter", rate, through_converter(stack, rate))
    return 0


if __name__ == "__main__":
    sys.exit(main())
