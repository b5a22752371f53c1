"""Writes `schemas/<thing>.<what>.v1.json` from the models: `python -m leadline.contracts.generate [--check]`.

JSON Schema 2020-12, kept to what draft-07 knows too, so that any validator or code generator can use the files.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from leadline.contracts.events import EVENTS, EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS = Path("schemas")


def schema_of(event: EventType) -> dict[str, Any]:
    """The published schema of one event type's body."""
    generated = _tidy(event.model.model_json_schema(by_alias=True))
    return {
        "$schema": DIALECT,
        "$id": f"urn:leadline:{event.short_name}.v1",
        "title": event.name,
        "description": generated.pop("description"),
        "x-topics": list(event.topics),
        "x-direction": event.direction,
        **generated,
    }


def file_name(event: EventType) -> str:
    """The file of one event type's schema."""
    return f"{event.short_name}.v1.json"


def render(event: EventType) -> str:
    """The file's text, the same on every machine."""
    return json.dumps(schema_of(event), indent=2, ensure_ascii=False) + "\n"


def _tidy(node: Any, *, is_map: bool = False) -> Any:
    """Pydantic's schema without what it makes up (titles, defaults), and in fewer words; `is_map`: names are not keywords."""
    if isinstance(node, list):
        return [_tidy(part) for part in node]
    if not isinstance(node, dict):
        return node
    if is_map:
        return {name: _tidy(value) for name, value in node.items()}
    tidy = {
        name: _tidy(value, is_map=name in ("properties", "patternProperties", "$defs"))
        for name, value in node.items()
        if name not in ("title", "default")
    }
    shaped = _nullable(_with_names(_with_lone_ref(tidy)))
    return {name: shaped[name] for name in sorted(shaped, key=lambda name: name != "type")}


def _with_lone_ref(node: dict[str, Any]) -> dict[str, Any]:
    """No keyword beside a `$ref`: draft-07 would ignore it."""
    if "$ref" in node and len(node) > 1:
        return {"allOf": [{"$ref": node["$ref"]}]} | {name: node[name] for name in node if name != "$ref"}
    return node


def _with_names(node: dict[str, Any]) -> dict[str, Any]:
    """A map whose names keep a pattern: pydantic would let other names pass unseen, where its models refuse them."""
    if "patternProperties" not in node:
        return node
    [(pattern, value)] = node["patternProperties"].items()
    names = {**node.get("propertyNames", {}), "pattern": pattern}
    kept = {name: node[name] for name in node if name not in ("patternProperties", "propertyNames")}
    return {**kept, "propertyNames": names, "additionalProperties": value}


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """`anyOf` of one plain type and null as a list of two types."""
    kinds = node.get("anyOf", [])
    if kinds[1:] != [{"type": "null"}] or not isinstance(kinds[0].get("type"), str):
        return node
    if kinds[0].keys() & {"enum", "const"}:
        return node
    around = {name: node[name] for name in node if name != "anyOf"}
    return {**kinds[0], **around, "type": [kinds[0]["type"], "null"]}


def stale_files(folder: Path) -> list[str]:
    """What differs between `folder` and the models, one line each; nothing where they are equal."""
    wanted = {file_name(event): render(event) for event in EVENTS.values()}
    present = {path.name for path in folder.glob("*.v1.json")}
    extra = [f"{name}: no such event" for name in sorted(present - set(wanted))]
    missing = [f"{name}: missing" for name in sorted(set(wanted) - present)]
    changed = [
        f"{name}: differs from the model"
        for name in sorted(present & set(wanted))
        if (folder / name).read_text("utf-8") != wanted[name]
    ]
    return extra + missing + changed


def write_all(folder: Path) -> None:
    """Write every schema into `folder`, and remove those of events that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {file_name(event) for event in EVENTS.values()}
    for path in folder.glob("*.v1.json"):
        if path.name not in wanted:
            path.unlink()
    for event in EVENTS.values():
        (folder / file_name(event)).write_text(render(event), "utf-8")


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
