"""What `leadline doctor` asks about this machine: Python, Java, jars, PostgreSQL, the data folder, ports."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from leadline.errors import SetupError
from leadline.local.folder import LEAST_FREE_BYTES
from leadline.local.ports import is_free
from leadline.local.settings import load_local_settings
from leadline.local.versions import KAFKA_DATA, KAFKA_VERSION, POSTGRES_DATA

Outcome = Literal["ok", "failed", "unreachable"]
_OLDEST_PYTHON = (3, 11)
_DATA_VERSIONS = (("kafka", KAFKA_DATA), ("postgres", POSTGRES_DATA))


@dataclass(frozen=True)
class Check:
    """One line of the report; `remedy` says what to do when the outcome is not `ok`."""

    name: str
    outcome: Outcome
    detail: str
    remedy: str = ""


def check(name: str, ok: bool, detail: str, remedy: str) -> Check:  # noqa: FBT001 - a fact, no switch
    """A check that is either ok or failed."""
    return Check(name, "ok", detail) if ok else Check(name, "failed", detail, remedy)


def machine_checks(data_dir: Path, needed: frozenset[str]) -> Iterator[Check]:
    """Everything about this machine; `needed` names the embedded servers (`kafka`, `postgres`) that it would have to run."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield check("Python", sys.version_info >= _OLDEST_PYTHON, version, "install Python 3.11 or newer")
    if "kafka" in needed:
        yield _guarded("Java", _java)
        yield _jars(data_dir)
    if "postgres" in needed:
        yield _guarded("PostgreSQL programs", _postgres)
    if needed:
        yield from _data_folder(data_dir)


def port_checks(needed: frozenset[str]) -> Iterator[Check]:
    """Whether the ports that are set are free; only meaningful while nothing of ours runs."""
    local = load_local_settings()
    for server, port in (("kafka", local.kafka_port), ("postgres", local.postgres_port)):
        if server in needed and port is not None:
            variable = f"LEADLINE_LOCAL_{server.upper()}_PORT"
            yield check(f"port of {server}", is_free(port), str(port), f"stop who listens there, or change {variable}")


def _guarded(name: str, find: Callable[[], Path]) -> Check:
    try:
        return Check(name, "ok", str(find()))
    except SetupError as error:
        return Check(name, "failed", str(error), "pip install 'leadline[local]', or use servers of your own")


def _java() -> Path:
    from leadline.local.java import java_program

    return java_program()


def _postgres() -> Path:
    from leadline.local.identity import SAME
    from leadline.local.postgres_files import programs

    return programs(SAME)


def _jars(data_dir: Path) -> Check:
    try:
        from leadline.local.jars import checksum_faults
    except ModuleNotFoundError as error:
        return Check("Kafka jars", "failed", f"package {error.name} is missing", "pip install 'leadline[local]'")
    faults = checksum_faults(data_dir / "jars")
    detail = faults[0] if faults else f"Kafka {KAFKA_VERSION}, every checksum right"
    return check("Kafka jars", not faults, detail, "run `leadline up` once with access to Maven Central (or M2_REPO)")


def _data_folder(data_dir: Path) -> Iterator[Check]:
    there = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    writable = os.access(there, os.W_OK | os.X_OK)
    yield check("data folder", writable, str(data_dir), "set LEADLINE_DATA_DIR to a folder that you may write")
    free = shutil.disk_usage(there).free
    yield check("free disk", free >= LEAST_FREE_BYTES, f"{free // 1_000_000} MB", "make room, or set LEADLINE_DATA_DIR")
    for server, version in _DATA_VERSIONS:
        mark = data_dir / server / "version"
        if mark.exists():
            found = mark.read_text().strip()
            yield check(
                f"data of {server}", found == version, found, f"start the Leadline that wrote it, or move {mark.parent} away"
            )
