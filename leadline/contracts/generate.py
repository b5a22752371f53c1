"""Writes `schemas/`: a JSON Schema for each event, and `asyncapi.yaml`: `python -m leadline.contracts.generate [--check]`.

Examples in a schema are the whole valid files of `schemas/examples`, which are written by hand.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import yaml

from leadline.contracts.asyncapi import document
from leadline.contracts.events import EVENTS, EventType
from leadline.contracts.json_schema import file_name, schema_of

SCHEMAS = Path("schemas")
ASYNCAPI = "asyncapi.yaml"
EXAMPLES = ("valid-full.json", "valid-minimal.json")
LINE_LENGTH = 120


def published(folder: Path) -> dict[str, str]:
    """The text of every generated file by its name, the same on every machine; `folder` holds the examples."""
    schemas = {file_name(event): _as_json(schema_of(event, _examples(event, folder))) for event in EVENTS.values()}
    return {**schemas, ASYNCAPI: _as_yaml(document())}


def _examples(event: EventType, folder: Path) -> list[Any]:
    files = [folder / "examples" / f"{event.short_name}.v1" / name for name in EXAMPLES]
    return [json.loads(file.read_bytes()) for file in files if file.exists()]


def _as_json(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _as_yaml(content: Any) -> str:
    """Through JSON, so that nothing in it is shared: no anchors, which readers of AsyncAPI need not know."""
    unshared = json.loads(json.dumps(content))
    return str(yaml.safe_dump(unshared, sort_keys=False, allow_unicode=True, width=LINE_LENGTH))


def generated_files(folder: Path) -> dict[str, Path]:
    """The generated files that `folder` has, by name; not the examples and the released sets."""
    return {path.name: path for pattern in ("*.v1.json", ASYNCAPI) for path in folder.glob(pattern)}


def stale_files(folder: Path) -> list[str]:
    """What differs between `folder` and the models, one line each; nothing where they are equal."""
    wanted, present = published(folder), generated_files(folder)
    extra = [f"{name}: no such event" for name in sorted(present.keys() - wanted.keys())]
    missing = [f"{name}: missing" for name in sorted(wanted.keys() - present.keys())]
    both = sorted(present.keys() & wanted.keys())
    changed = [f"{name}: differs from the code" for name in both if present[name].read_text("utf-8") != wanted[name]]
    return extra + missing + changed


def write_all(folder: Path) -> None:
    """Write every generated file into `folder`, and remove those of events that are no more."""
    wanted = published(folder)
    for name, path in generated_files(folder).items():
        if name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (folder / name).write_text(text, "utf-8")


def main(arguments: list[str]) -> int:
    """Exit status: 0 done or equal, 1 different, 2 usage."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m leadline.contracts.generate [--check]", file=sys.stderr)
        return 2
    if not arguments:
        write_all(SCHEMAS)
        return 0
    stale = stale_files(SCHEMAS)
    for line in stale:
        print(line, file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
