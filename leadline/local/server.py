"""What both embedded servers have in common: start, readiness, end, and another start on the same port and data."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from leadline.errors import SetupError
from leadline.local.folder import DataFolder
from leadline.local.process import Command, end, kill_group, spawn_logged, tail


@dataclass(frozen=True)
class Plan:
    """How one server is started and recognised as ready."""

    name: str
    folder: DataFolder
    log: Path
    port: int
    prepare: Callable[[], Command]
    ready: Callable[[], bool]
    start_timeout_seconds: float = 60.0
    stop_timeout_seconds: float = 15.0


class Server:
    """A running server; leaving it as a context stops it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._process = self._start()

    @property
    def port(self) -> int:
        """The loopback port that it listens on; stays the same over restarts."""
        return self._plan.port

    @property
    def pid(self) -> int:
        """The process to signal; changes with a restart."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs; says nothing about readiness."""
        return self._process.poll() is None

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self._plan.log

    def stop(self) -> None:
        """End it cleanly; its data stays."""
        end(self._process, signal.SIGTERM, self._plan.stop_timeout_seconds)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        kill_group(self._process)

    def start(self) -> None:
        """Start it again after its end, on the same port and data; returns when it answers."""
        if not self.alive:
            self._process = self._start()

    def restart(self) -> None:
        """Stop it cleanly, then start it."""
        self.stop()
        self.start()

    def _start(self) -> subprocess.Popen[bytes]:
        self._plan.folder.open()
        lock = self._plan.folder.claim()
        try:
            command = self._plan.prepare()
            process = spawn_logged(replace(command, inherited=(*command.inherited, lock)), self._plan.log)
        finally:
            os.close(lock)
        self._wait_until_ready(process)
        return process

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._plan.start_timeout_seconds
        try:
            while not self._plan.ready():
                self._check(process, deadline)
                time.sleep(0.02)
        except BaseException:
            kill_group(process)
            raise

    def _check(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        log = self._plan.log
        if process.poll() is not None:
            message = f"{self._plan.name} ended at its start, with status {process.returncode}; the end of {log}:\n{tail(log)}"
            raise SetupError(message)
        if time.monotonic() > deadline:
            seconds = self._plan.start_timeout_seconds
            message = f"{self._plan.name} did not answer within {seconds:.0f} s; the end of {log}:\n{tail(log)}"
            raise SetupError(message)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
