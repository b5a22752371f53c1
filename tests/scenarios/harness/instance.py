"""One real service process that is started again whenever it fails, as any supervisor of ours does.

`failpoints` are armed one after the other: the first for the first start, the next for the next, none when they are used up.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from leadline.local.process import Command, kill_group, spawn_logged, tail

STOP_SECONDS = 12.0


class Instance:
    """Runs `python -m services.<service>` until `stop`; `statuses` are the exit statuses so far."""

    def __init__(self, service: str, env: Mapping[str, str], log: Path, failpoints: Sequence[str] = ()) -> None:
        self.service = service
        self.log = log
        self.statuses: list[int] = []
        self._env = {**os.environ, "PYTHONUNBUFFERED": "1", **env}
        self._failpoints = list(failpoints)
        self._ending = threading.Lock()
        self._is_kept = True
        self._process = self._start()
        self._thread = threading.Thread(target=self._keep_running, name=f"keep-{log.stem}", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether a process is there, frozen ones included."""
        return self._process.poll() is None

    @property
    def process_id(self) -> int:
        """Of the present process."""
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the present process, if there is one."""
        with self._ending:
            if self.is_running:
                self._process.send_signal(number)

    def leave_dead(self) -> None:
        """From now on an end is the end."""
        self._is_kept = False

    def stop(self) -> None:
        """SIGTERM, after a patience SIGKILL; returns when nothing of it is left."""
        with self._ending:
            self._is_kept = False
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
        self._thread.join(STOP_SECONDS)
        kill_group(self._process)
        self._thread.join(STOP_SECONDS)

    def fired(self, failpoint: str) -> int:
        """How often a process of this instance has said that it was killed or stopped at this point."""
        text = self.log.read_text(errors="replace")
        return sum(line.startswith(f"failpoint {failpoint} passed") for line in text.splitlines())

    def last_words(self) -> str:
        """The end of its log, for the text of an error."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        state = stat.read_text().rpartition(")")[2].split()[0] if stat.exists() else "gone"
        return f"statuses {self.statuses}, now {state}\n{tail(self.log, 30)}"

    def _start(self) -> subprocess.Popen[bytes]:
        armed = self._failpoints.pop(0) if self._failpoints else ""
        command = Command([sys.executable, "-m", f"services.{self.service}"], env={**self._env, "LEADLINE_FAILPOINTS": armed})
        return spawn_logged(command, self.log)

    def _keep_running(self) -> None:
        while True:
            status = self._process.wait()
            with self._ending:
                self.statuses.append(status)
                if not self._is_kept:
                    return
                self._process = self._start()
