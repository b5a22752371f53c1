"""The processes that a service starts."""

from __future__ import annotations

from pathlib import Path

from tests.scenarios.harness.instance import Instance


def children(instance: Instance, of_command: str) -> list[int]:
    """The ids of its child processes with this text in their command line, in the order of their start."""
    pid = instance.process_id
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in found.read_text().split() if of_command in _command(each)] if found.exists() else []


def is_alive(pid: int) -> bool:
    """Whether it runs; what only waits to be forgotten does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def _command(pid: str) -> str:
    found = Path(f"/proc/{pid}/cmdline")
    return found.read_text().replace("\0", " ") if found.exists() else ""
