"""The published JSON Schema of each event's body, made from its model. Pure: `generate` writes the files.

JSON Schema 2020-12, kept to what draft-07 knows too, so that any validator or code generator can use the files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from leadline.contracts.events import EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(event: EventType, examples: Sequence[Any]) -> dict[str, Any]:
    """The schema of one event type's body, with whole bodies as `examples`."""
    generated = _tidy(event.model.model_json_schema(by_alias=True))
    return {
        "$schema": DIALECT,
        "$id": f"urn:leadline:{event.short_name}.v1",
        "title": event.name,
        "description": generated.pop("description"),
        "x-topics": list(event.topics),
        "x-direction": event.direction,
        **generated,
        "examples": list(examples),
    }


def file_name(event: EventType) -> str:
    """The file of one event type's schema."""
    return f"{event.short_name}.v1.json"


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
