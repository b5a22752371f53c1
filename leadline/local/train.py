"""Makes the archive of `quickstart`: runs a throw-away broker and lets Java write down what it loaded.

Takes about 20 s and 70 MB, once. `python -m leadline.local.train`
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from leadline.errors import SetupError
from leadline.local.folder import exclusive
from leadline.local.jars import class_path
from leadline.local.java import Runtime, java_program
from leadline.local.kafka import launch
from leadline.local.ports import free_port
from leadline.local.quickstart import archive_path

# Java writes the archive after the broker has stopped.
_WRITE_SECONDS = 120.0


def missing_archive() -> Path | None:
    """The archive that would help and is not there; None when it is."""
    archive = archive_path(java_program(), class_path(Path.home() / ".cache" / "leadline" / "jars"))
    return None if archive.exists() else archive


def train() -> None:
    """Make the archive unless it is there; one at a time."""
    archive = missing_archive()
    if archive is None:
        return
    archive.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(archive.with_suffix(".lock")):
        if not archive.exists():
            _make(archive)


def _make(archive: Path) -> None:
    fresh = archive.with_suffix(f".{os.getpid()}")
    with tempfile.TemporaryDirectory(prefix="leadline-train-") as folder:
        launch(Path(folder), free_port(), Runtime(record=fresh), stop_timeout_seconds=_WRITE_SECONDS).stop()
    if fresh.exists():
        fresh.replace(archive)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    try:
        train()
    except (SetupError, OSError) as error:
        sys.exit(f"no archive was made: {error}")
