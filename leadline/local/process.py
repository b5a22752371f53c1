"""One child process: it logs to a file, lives in its own process group, and dies with us, even when we are killed.

The parent's death reaches it by Linux's PR_SET_PDEATHSIG. That signal is sent when the parent's *thread* ends, so that
every child is started by one thread that lives as long as this process. On other systems a child outlives a killed parent.
"""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any
from weakref import WeakSet

from leadline.local.identity import SAME, Identity

_LAUNCHER = Path(__file__).with_name("launcher.py")
_LOG_LIMIT_BYTES = 20_000_000


@dataclass(frozen=True)
class Command:
    """What to run, as whom, and what it gets from us."""

    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    death_signal: signal.Signals = signal.SIGTERM
    identity: Identity = SAME
    inherited: Sequence[int] = field(default_factory=tuple)


class _Spawner:
    """The thread that is the parent of all children (see the module's text)."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.process_id = os.getpid()
        threading.Thread(target=self._work, name="spawner", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._jobs.get()()

    def run(self, start: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        done: Future[subprocess.Popen[bytes]] = Future()
        self._jobs.put(partial(_settle, done, start))
        return done.result()


def _settle(done: Future[subprocess.Popen[bytes]], start: Callable[[], subprocess.Popen[bytes]]) -> None:
    try:
        done.set_result(start())
    except OSError as error:
        done.set_exception(error)


_killed: WeakSet[subprocess.Popen[bytes]] = WeakSet()
_lock = threading.Lock()
_spawners: list[_Spawner] = []


def _spawner() -> _Spawner:
    with _lock:
        if not _spawners or _spawners[-1].process_id != os.getpid():
            _spawners.append(_Spawner())
        return _spawners[-1]


def spawn(command: Command, output: int | IO[Any]) -> subprocess.Popen[bytes]:
    """Start the command with `output` as its stdout and stderr (`subprocess.PIPE`: read it from `.stdout`)."""
    how = [str(os.getpid()), str(int(command.death_signal)), command.identity.mode, str(command.identity.user_id)]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCHER), *how, *command.argv],
            env=None if command.env is None else dict(command.env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=tuple(command.inherited),
            start_new_session=True,
        )

    return _spawner().run(start)


def spawn_logged(command: Command, log: Path) -> subprocess.Popen[bytes]:
    """Start the command with its output appended to `log`, which begins anew when it is larger than 20 MB."""
    mode = "wb" if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES else "ab"
    with log.open(mode) as file:
        return spawn(command, file)


def end(process: subprocess.Popen[bytes], first: signal.Signals, patience_seconds: float) -> None:
    """Ask with `first`, wait, then kill the whole group; returns when the process is gone."""
    if process.poll() is None:
        process.send_signal(first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience_seconds)
    kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to everything in the process's group; only once, since its number may belong to others afterwards."""
    if process in _killed:
        return
    _killed.add(process)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, for the text of an error."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
