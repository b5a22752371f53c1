"""One service in several processes that share its work, so that it uses more than one core.

Each worker is a member of the service's group with an engine of its own. The process that starts them does no work: it
hands on what it is asked, answers for their health, and ends all of them when one ends. A worker ends when that process does.
"""

from __future__ import annotations

import multiprocessing
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Final

from leadline.delivery.status import Status, merge
from leadline.runtime.logs import log
from leadline.runtime.settings import Settings

TELL_SECONDS: Final = 0.5
Work = Callable[..., None]


@dataclass
class Worker:
    """One of the processes, seen from the one that started it; `status` is what it last said of itself."""

    process: BaseProcess
    pipe: Connection
    status: Status

    def listen(self) -> None:
        """Take in what it has said."""
        with suppress(EOFError, OSError):  # the end of a process is seen by its sentinel
            while self.pipe.poll():
                self.status = self.pipe.recv()


class Workers:
    """As many processes as the settings say; `run` gives the exit status of the service."""

    def __init__(self, work: Work, settings: Settings, *arguments: Any, stop_seconds: float) -> None:
        self._stop_seconds = stop_seconds
        self._stopping = threading.Event()
        context = multiprocessing.get_context("spawn")
        self._workers: list[Worker] = []
        for number in range(1, settings.workers + 1):
            ours, theirs = context.Pipe()
            own = settings.model_copy(update={"instance": f"{settings.instance}.{number}", "workers": 1, "health_port": None})
            process = context.Process(target=work, args=(own, theirs, *arguments), name=own.instance)
            self._workers.append(Worker(process, ours, Status()))
            process.start()
            theirs.close()

    def status(self) -> Status:
        """What the workers are together."""
        return merge([worker.status for worker in self._workers])

    def run(self) -> int:
        """Until SIGTERM, SIGINT or the end of a worker; nothing of them is left afterwards."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        while not self._stopping.is_set() and self._all_live():
            wait([w.pipe for w in self._workers] + [w.process.sentinel for w in self._workers], TELL_SECONDS)
            for worker in self._workers:
                worker.listen()
        is_asked = self._stopping.is_set()
        self._end_all()
        return 0 if is_asked and all(worker.process.exitcode == 0 for worker in self._workers) else 1

    def _all_live(self) -> bool:
        for worker in self._workers:
            if not worker.process.is_alive():
                log("worker_ended", worker=worker.process.name, status=worker.process.exitcode)
                return False
        return True

    def _end_all(self) -> None:
        deadline = time.monotonic() + self._stop_seconds
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join(max(0, deadline - time.monotonic()))
            worker.process.kill()
            worker.process.join()


def tell_parent(pipe: Connection, status: Status, stop: Callable[[], None]) -> None:
    """Say again and again what this worker is, in a thread of its own; call `stop` once when nobody listens any more."""

    def tell() -> None:
        try:
            while not pipe.poll(TELL_SECONDS):  # nobody writes: it is readable once the other end is gone
                pipe.send(replace(status, outcomes=Counter(dict(status.outcomes))))
        except OSError:
            pass
        stop()

    threading.Thread(target=tell, name="parent", daemon=True).start()
