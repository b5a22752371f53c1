"""The transactional producer of one instance, in a process of its own: see `leadline.kafka.writer`.

librdkafka 2.16 does not raise its epoch for each transaction (confluentinc/librdkafka #5423), so after any error of it
the service ends and its successor takes the transactional id over.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import Pipe
from typing import Any, Final

from confluent_kafka import Producer

from leadline.contracts.topics import full_name
from leadline.delivery.failpoints import Failpoints
from leadline.delivery.ports import Partition
from leadline.delivery.record import Outgoing
from leadline.errors import Unavailable
from leadline.kafka.writer import HANG_SECONDS, START_SECONDS, Begin, Commit, Prepare

END_SECONDS: Final = 2.0


class KafkaSink:
    """Writes a batch's records and its offsets as one."""

    def __init__(
        self, transactional: Mapping[str, Any], plain: Mapping[str, Any], topic_prefix: str, failpoints: Failpoints
    ) -> None:
        self._pipe, theirs = Pipe()
        argv = [sys.executable, "-m", "leadline.kafka", str(theirs.fileno())]
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=(theirs.fileno(),))
        theirs.close()
        self._begin = Begin(dict(transactional), topic_prefix)
        self._plain = Producer(dict(plain))
        self._prefix = topic_prefix
        self._failpoints = failpoints

    def start(self) -> None:
        """Take the transactional id over: the broker ends what a predecessor left open and shuts it out."""
        self._ask(self._begin, START_SECONDS + HANG_SECONDS)

    def emit(self, blocks: Sequence[bytes], offsets: Mapping[Partition, int], metadata: Any) -> None:
        """Write everything in one transaction; any error means that the process has to end."""
        self._ask(Prepare(blocks, offsets, metadata), 2 * HANG_SECONDS)
        self._failpoints.pass_by("before-kafka-commit")
        self._ask(Commit(), 2 * HANG_SECONDS)
        self._failpoints.pass_by("after-kafka-commit")

    def tell(self, records: Sequence[Outgoing]) -> None:
        """Write outside the transaction; what cannot be written is forgotten."""
        with suppress(BufferError):
            for topic, key, value, headers in records:
                self._plain.produce(full_name(self._prefix, topic), value, key, headers=headers)
        self._plain.poll(0)

    def close(self) -> None:
        """End the process beside this one; what it has not committed is not written."""
        self._pipe.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, message: Begin | Prepare | Commit, patience_seconds: float) -> None:
        try:
            self._pipe.send(message)
            problem = self._pipe.recv() if self._pipe.poll(patience_seconds) else "no answer"
        except (EOFError, OSError):
            problem = self._why_it_ended()
        if problem is not None:
            text = f"Kafka: {problem}"
            raise Unavailable(text)

    def _why_it_ended(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            if self._process.wait(END_SECONDS) == -signal.SIGALRM:
                return f"a transaction has hung for {HANG_SECONDS} s, this process starts anew"
        return f"the process that writes transactions has ended with status {self._process.returncode}"
