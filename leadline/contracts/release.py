"""Keeps what was released: `python -m leadline.contracts.release VERSION` copies the published files into
`schemas/released/VERSION`, `--check` says what the present ones break of the newest release.

A release that breaks the one before it is refused, so the newest stands for all of them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from leadline.contracts import CONTRACT_VERSION
from leadline.contracts.compatibility import broken_promises
from leadline.contracts.generate import SCHEMAS, generated_files, stale_files

RELEASED = "released"
_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9}){2}").fullmatch


def newest(folder: Path) -> Path | None:
    """The folder of the newest release; None before the first one."""
    releases = [path for path in (folder / RELEASED).glob("*") if _VERSION(path.name)]
    return max(releases, key=lambda path: _numbers(path.name), default=None)


def check(folder: Path) -> list[str]:
    """What the schemas in `folder` break of the newest release, one sentence each."""
    last = newest(folder)
    return broken_promises(_schemas(last), _schemas(folder)) if last else []


def faults_of(version: str, folder: Path) -> list[str]:
    """Why `version` cannot be released now, one sentence each; nothing: it can."""
    last = newest(folder)
    if version != CONTRACT_VERSION:
        return [f"the code says that the contract has version {CONTRACT_VERSION}: change CONTRACT_VERSION first"]
    if last and _numbers(version) <= _numbers(last.name):
        return [f"version {version} is not above {last.name}, which is released"]
    return stale_files(folder) or check(folder)


def release(version: str, folder: Path) -> None:
    """Copy the published files of `folder` into the set of `version`; `faults_of` must have found nothing."""
    target = folder / RELEASED / version
    target.mkdir(parents=True)
    for name, path in generated_files(folder).items():
        (target / name).write_bytes(path.read_bytes())


def _schemas(folder: Path) -> dict[str, Any]:
    files = generated_files(folder).items()
    return {name: json.loads(path.read_bytes()) for name, path in files if path.suffix == ".json"}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def main(arguments: list[str]) -> int:
    """Exit status: 0 done or compatible, 1 refused or broken, 2 usage."""
    if len(arguments) != 1 or not (arguments == ["--check"] or _VERSION(arguments[0])):
        sys.stderr.write("usage: python -m leadline.contracts.release VERSION | --check\n")
        return 2
    faults = check(SCHEMAS) if arguments == ["--check"] else faults_of(arguments[0], SCHEMAS)
    sys.stderr.writelines(f"{line}\n" for line in faults)
    if not faults and arguments != ["--check"]:
        release(arguments[0], SCHEMAS)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
