"""A server's data folder: made on first use, of one known version, used by one server at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leadline.errors import SetupError

LEAST_FREE_BYTES = 256 * 1024 * 1024
# A server whose parent was killed needs a moment to end before the next may take its folder.
_WAIT_FOR_LAST_SERVER_SECONDS = 10.0


@dataclass(frozen=True)
class DataFolder:
    """Where one server keeps its data, its log and its lock."""

    path: Path
    version: str

    def open(self) -> None:
        """Make the folder, or check that this version wrote it; raises SetupError when it is not fit."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._check_version()
        except OSError as error:
            message = f"The data folder {self.path} cannot be used ({error.strerror}); set LEADLINE_DATA_DIR to one that can"
            raise SetupError(message) from error
        require_space(self.path)

    def _check_version(self) -> None:
        mark = self.path / "version"
        if not mark.exists():
            mark.write_text(self.version + "\n")
        found = mark.read_text().strip()
        if found != self.version:
            message = (
                f"The data in {self.path} is of {found}, this is {self.version}: "
                f"start the Leadline that wrote it, or move the folder away to begin empty"
            )
            raise SetupError(message)

    def claim(self) -> int:
        """A locked file descriptor to pass to the server, which holds the folder until its last process has ended.

        Raises SetupError when another server still runs there after 10 s.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + _WAIT_FOR_LAST_SERVER_SECONDS
        while not try_lock(descriptor):
            if time.monotonic() > deadline:
                os.close(descriptor)
                message = f"Another server uses the data folder {self.path}: stop it first, or set LEADLINE_DATA_DIR"
                raise SetupError(message)
            time.sleep(0.02)
        return descriptor


def try_lock(descriptor: int) -> bool:
    """Lock an open file for this process and for those that inherit the descriptor; False when somebody else has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a file lock for the block; waits for whoever has it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def require_space(path: Path) -> None:
    """Raise SetupError when less than 256 MB are free where `path` is."""
    free = shutil.disk_usage(path).free
    if free < LEAST_FREE_BYTES:
        message = f"Only {free // 1_000_000} MB are free for {path}, 256 MB are needed: make room, or set LEADLINE_DATA_DIR"
        raise SetupError(message)
