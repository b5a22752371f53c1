"""What the benchmarks share: a fresh embedded stack with a warm broker, and processes of services in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leadline.local.kafka import start_kafka
from leadline.local.postgres import start_postgres
from leadline.postgres.migrate import migrate
from leadline.runtime.cluster import create_topics
from leadline.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Stack:
    """Addresses of a running stack."""

    bootstrap: str
    database_url: str

    @property
    def environment(self) -> dict[str, str]:
        """The settings that let a service find it."""
        return {"LEADLINE_KAFKA_BOOTSTRAP": self.bootstrap, "LEADLINE_DATABASE_URL": self.database_url}


@contextmanager
def fresh_stack() -> Iterator[Stack]:
    """An empty stack with topics and the converter's tables; gone afterwards. Brings durable settings and a full JIT."""
    with tempfile.TemporaryDirectory(prefix="leadline-bench-") as folder:
        kafka = start_kafka(Path(folder), heap="1g", compilation="full")
        postgres = start_postgres(Path(folder))
        try:
            stack = Stack(kafka.bootstrap, postgres.url)
            create_topics(Settings(kafka_bootstrap=stack.bootstrap, database_url=stack.database_url))
            migrate(stack.database_url, "converter")
            yield stack
        finally:
            kafka.stop()
            postgres.stop()


@contextmanager
def running_converter(stack: Stack, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """One converter process, asked to stop at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "services.converter"],
        env={**os.environ, **stack.environment, "LEADLINE_INSTANCE": "bench", **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def wait_until(is_so: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Ask every two seconds, since to count rows is work too; raises TimeoutError that says what did not come true."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            message = f"after {seconds:g} s still not: {what}"
            raise TimeoutError(message)
        time.sleep(2.0)
