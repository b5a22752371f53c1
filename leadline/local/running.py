"""The run file: how other commands find the stack that `leadline up` runs on a data folder.

A lock that only the living `up` holds says whether the file is true; no process id is trusted.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from leadline.errors import SetupError

_LOCK = "up.lock"
_FILE = "running.json"
# `find` takes the lock for an instant; that is no second `up`.
_PATIENCE_SECONDS = 0.5


@dataclass(frozen=True)
class Addresses:
    """Where the running stack is; `database_url` holds the password. `pids` and `health` are by name of the process."""

    bootstrap: str
    database_url: str
    pids: dict[str, int] = field(default_factory=dict)
    health: dict[str, str] = field(default_factory=dict)


def find(data_dir: Path) -> Addresses | None:
    """The stack that runs on this data folder now; None if there is none, or it is not ready yet."""
    if not _held(data_dir / _LOCK):
        return None
    try:
        return Addresses(**json.loads((data_dir / _FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write(data_dir: Path, addresses: Addresses) -> None:
    """Replace the run file; readable by its owner alone, since it holds a password."""
    fresh = data_dir / f"{_FILE}.new"
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(asdict(addresses), indent=2) + "\n")
    fresh.replace(data_dir / _FILE)


@contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """Hold the data folder for one `up`; raises SetupError when another has it or the folder cannot be made."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data_dir / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"The data folder {data_dir} cannot be used ({error.strerror}); set LEADLINE_DATA_DIR to one that can"
        raise SetupError(message) from error
    try:
        _take(descriptor, data_dir)
        (data_dir / _FILE).unlink(missing_ok=True)  # of an `up` that was killed
        yield
        (data_dir / _FILE).unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _take(descriptor: int, data_dir: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _try(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            message = f"`leadline up` already runs on {data_dir}: stop it first, or set LEADLINE_DATA_DIR to another folder"
            raise SetupError(message)
        time.sleep(0.02)


def _held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
