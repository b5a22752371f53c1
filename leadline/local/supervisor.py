"""Keeps named commands running: starts them, restarts what fails, shows their output, and leaves nothing behind.

Exit status 0 means "asked to stop" and is not restarted; anything else is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Self, TextIO

from leadline.local.backoff import Backoff
from leadline.local.console import Console
from leadline.local.process import Command, kill_group, spawn

_LINES_KEPT = 2000


@dataclass(frozen=True)
class Service:
    """One command under supervision; `env` is added to ours."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


class _Runner:
    """One service with the thread that starts it again and again."""

    def __init__(self, service: Service, console: Console, stopping: threading.Event) -> None:
        self.service = service
        self.process: subprocess.Popen[bytes] | None = None
        self.restarts = 0
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._console = console
        self._stopping = stopping
        self._spawning = threading.Lock()
        self.thread = threading.Thread(target=self._keep_running, name=service.name, daemon=True)

    def _keep_running(self) -> None:
        backoff = Backoff()
        while (process := self._spawn()) is not None:
            began = time.monotonic()
            status = self._follow(process)
            if status == 0 or self._stopping.is_set():
                return
            delay = backoff.delay_seconds(time.monotonic() - began)
            self._say(f"ended with status {status}, starts again in {delay:g} s")
            if self._stopping.wait(delay):
                return
            self.restarts += 1

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        """Start it unless a stop was asked for; the lock keeps `signal` from missing a process that is being started."""
        with self._spawning:
            if self._stopping.is_set():
                return None
            env = {**os.environ, "PYTHONUNBUFFERED": "1", **self.service.env}
            self.process = spawn(Command(self.service.argv, env=env), subprocess.PIPE)
            return self.process

    def _follow(self, process: subprocess.Popen[bytes]) -> int:
        reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        reader.start()
        status = process.wait()
        kill_group(process)  # whatever it started itself, which would also keep its output open
        reader.join(timeout=1)
        return status

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        with process.stdout or BytesIO() as output:
            for line in output:
                self._say(line.decode(errors="replace").rstrip())

    def _say(self, line: str) -> None:
        self.lines.append(line)
        self._console.show(self.service.name, line)

    def signal(self, number: signal.Signals) -> None:
        with self._spawning:
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(number)

    def finish(self, deadline: float) -> None:
        self.thread.join(max(0.0, deadline - time.monotonic()))
        if self.process is not None:
            kill_group(self.process)
        self.thread.join(timeout=2)


class Supervisor:
    """Runs services until stopped; leaving it as a context stops it."""

    def __init__(self, services: Sequence[Service], output: TextIO | None = None, *, patience_seconds: float = 9.0) -> None:
        self._stopping = threading.Event()
        self._patience_seconds = patience_seconds
        console = Console(output or sys.stderr, [service.name for service in services])
        self._runners = {service.name: _Runner(service, console, self._stopping) for service in services}

    def start(self) -> None:
        """Start every service and return at once."""
        for runner in self._runners.values():
            runner.thread.start()

    def stop(self) -> None:
        """SIGTERM to all, SIGKILL to what is left after `patience_seconds`; returns when nothing is left."""
        self._stopping.set()
        for runner in self._runners.values():
            runner.signal(signal.SIGTERM)
        deadline = time.monotonic() + self._patience_seconds
        for runner in self._runners.values():
            if runner.thread.ident is not None:
                runner.finish(deadline)

    def wait(self, timeout_seconds: float | None = None) -> None:
        """Return when every service has ended by itself with status 0, or after the timeout."""
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        for runner in self._runners.values():
            runner.thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))

    def pids(self) -> dict[str, int]:
        """The processes that run now, by service."""
        processes = {name: runner.process for name, runner in self._runners.items()}
        return {name: process.pid for name, process in processes.items() if process is not None and process.poll() is None}

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to one service; SIGKILL and the like are followed by a restart."""
        self._runners[name].signal(number)

    def restarts(self, name: str) -> int:
        """How often this service was started again."""
        return self._runners[name].restarts

    def lines(self, name: str) -> list[str]:
        """The last 2,000 lines that this service wrote, oldest first."""
        return list(self._runners[name].lines)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
