"""The archive of loaded classes that lets a broker start in a third of the time (JEP 483, 514).

It is made once on each machine by `python -m leadline.local.train`, which `leadline up` runs in the background when it is
missing; without it everything works, 2 to 3 s later. Java itself ignores an archive that does not fit.
"""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

# Java 25.0.2 finds some of its own adapters under wrong names in the archive and says so at each start: leave them out.
_CLASSES_ONLY = ("-XX:+UnlockDiagnosticVMOptions", "-XX:-AOTAdapterCaching", "-XX:-AOTStubCaching")


def archive_path(java: Path, class_path: str) -> Path:
    """Where the archive for this Java, machine and class path is kept, whether it exists or not."""
    release = (java.parent.parent / "release").read_text()
    key = hashlib.sha256(f"{release}\0{platform.machine()}\0{class_path}".encode()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "leadline" / f"kafka-{key}.aot"


def recording_options(archive: Path) -> list[str]:
    """The options of Java that write the archive when the process ends."""
    return [f"-XX:AOTCacheOutput={archive}", *_CLASSES_ONLY]


def archive_options(java: Path, class_path: str) -> list[str]:
    """The options of Java that use the archive; none when it was not made yet."""
    archive = archive_path(java, class_path)
    return [f"-XX:AOTCache={archive}", *_CLASSES_ONLY, "-Xlog:aot*=error"] if archive.exists() else []
