"""`make bench-throughput`: conversions a second end to end, beside what PostgreSQL takes of the same rows from memory.

All figures come from one run on one machine; the last line is the ratio of the first to the limit (COPY).
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import psycopg
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from bench.input import publish_leads, publish_requests
from bench.limits import write_by_copy, write_by_insert
from bench.row_by_row import consume_row_by_row
from bench.stack import Stack, fresh_stack, running_converter, wait_until

PARTITIONS = 6
ROW_BY_ROW_RECORDS = 3_000
RUN = "b"
CREATED = b"leadline.customer.created.v1"


def count(stack: Stack, query: str) -> int:
    """One number from the database."""
    with psycopg.connect(stack.database_url) as connection:
        row = connection.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0


def span_seconds(stack: Stack, conversions: int) -> tuple[int, float]:
    """How many customers a read_committed reader saw after the first moment, and in how many seconds (broker's time)."""
    isolated = {"isolation.level": "read_committed", "enable.auto.commit": False}
    reader = Consumer({"bootstrap.servers": stack.bootstrap, "group.id": "bench", **isolated})
    reader.assign([TopicPartition("customer.events", number, OFFSET_BEGINNING) for number in range(PARTITIONS)])
    times: list[int] = []
    while len(times) < conversions:
        found = [message for message in reader.consume(5_000, 1.0) if message.error() is None]
        times += [each.timestamp()[1] for each in found if dict(each.headers() or []).get("ce_type") == CREATED]
    reader.close()
    first, last = min(times), max(times)
    return sum(1 for each in times if each > first), (last - first) / 1000


def end_to_end(stack: Stack, conversions: int, workers: int) -> float:
    """Leads are applied first; then all requests are on the topic, and one converter starts. Conversions a second."""
    numbers = range(conversions)
    with running_converter(stack, LEADLINE_WORKERS=str(workers)):
        publish_leads(stack.bootstrap, numbers, RUN)
        qualified = "SELECT count(*) FROM converter.lead WHERE status = 'qualified'"
        wait_until(lambda: count(stack, qualified) == conversions, seconds=600, what="all leads applied")
    publish_requests(stack.bootstrap, numbers, RUN)
    with running_converter(stack, LEADLINE_WORKERS=str(workers)):
        done = "SELECT count(*) FROM converter.customer"
        wait_until(lambda: count(stack, done) == conversions, seconds=600, what="all requests converted")
        time.sleep(1)
    counted, seconds = span_seconds(stack, conversions)
    return counted / seconds


def say(name: str, rate: float) -> None:
    """Print one figure."""
    print(f"{name:<64} {rate:>9,.0f}/s", flush=True)


def main() -> int:
    """Run everything and print a line for each figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversions", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="of the converter; by default one for each core")
    arguments = parser.parse_args()
    conversions, workers = arguments.conversions, arguments.workers
    with fresh_stack() as stack:
        rate = end_to_end(stack, conversions, workers)
        say(f"end to end, {conversions:,} conversions, one converter of {workers} workers", rate)
        insert = write_by_insert(stack.database_url)
        say("the same rows from memory, multi-row insert", insert)
        copy = write_by_copy(stack.database_url)
        say("the same rows from memory, COPY", copy)
        plain = consume_row_by_row(stack, ROW_BY_ROW_RECORDS)
        say("plain at-least-once consumer, row by row", plain)
        print(f"end to end to row by row: {rate / plain:.1f}")
        print(f"ratio: {rate / copy:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
