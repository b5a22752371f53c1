"""Two threads behind the poll loop: the database step and the Kafka step of successive batches overlap, in order."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable

from leadline.delivery.batch import Batch

Step = Callable[[Batch], None]


class Pipeline:
    """Passes batches through `apply`, then `emit`. The first error of either ends both: see `raise_error`."""

    def __init__(self, apply: Step, emit: Step, *, depth: int = 1) -> None:
        self._applying: queue.Queue[Batch | None] = queue.Queue(maxsize=depth)
        self._emitting: queue.Queue[Batch | None] = queue.Queue(maxsize=depth)
        self._in_flight = 0
        self._changed = threading.Condition()
        self._error: BaseException | None = None
        self._threads = (
            threading.Thread(target=self._run, args=(apply, self._applying, self._emitting), name="database", daemon=True),
            threading.Thread(target=self._run, args=(emit, self._emitting, None), name="kafka", daemon=True),
        )

    def start(self) -> None:
        """Start both threads."""
        for thread in self._threads:
            thread.start()

    def submit(self, batch: Batch, timeout: float) -> bool:
        """Hand a batch in; False if there was no room within `timeout` seconds."""
        self.raise_error()
        with self._changed:
            self._in_flight += 1
        try:
            self._applying.put(batch, timeout=timeout)
        except queue.Full:
            self._finish_one()
            return False
        return True

    def drain(self, timeout: float) -> bool:
        """Wait until nothing is in flight; False if that takes longer than `timeout` seconds."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while self._in_flight and self._error is None:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    return False
        self.raise_error()
        return True

    def stop(self) -> None:
        """Let the threads end once they are idle; what is stuck dies with the process."""
        try:
            self._applying.put_nowait(None)
        except queue.Full:
            return
        for thread in self._threads:
            thread.join(timeout=1)

    def raise_error(self) -> None:
        """Raise what ended one of the threads."""
        if self._error is not None:
            raise self._error

    def _run(self, step: Step, batches: queue.Queue[Batch | None], following: queue.Queue[Batch | None] | None) -> None:
        while (batch := batches.get()) is not None:
            try:
                step(batch)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the poll loop has to know and exit
                self._fail(error)
                return
            if following is None:
                self._finish_one()
            else:
                following.put(batch)
        if following is not None:
            following.put(None)

    def _finish_one(self) -> None:
        with self._changed:
            self._in_flight -= 1
            self._changed.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._error = self._error or error
            self._changed.notify_all()
