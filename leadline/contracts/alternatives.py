"""A JSON Schema as the list of what a document may be: one JSON type, or one value, for each alternative. Pure.

What it does not take apart (`oneOf`, `not`, several `allOf`, …) stays in the alternative's schema for the caller to judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

ANNOTATIONS: Final = frozenset({
    "$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
})  # fmt: skip
_ANY_KIND: Final = ("null", "boolean", "number", "string", "array", "object")
_DEFINITION: Final = "#/$defs/"


@dataclass(frozen=True)
class Schema:
    """A schema with the definitions that its references lead to; `node` is a JSON object, True or False."""

    node: Any
    definitions: Mapping[str, Any] = field(default_factory=dict)

    def at(self, node: Any) -> Schema:
        """Another schema of the same document."""
        return replace(self, node=node)

    @property
    def keywords(self) -> frozenset[str]:
        """The keywords that decide what fits; not those that explain."""
        return frozenset(name for name in self.node if name not in ANNOTATIONS and not name.startswith("x-"))


@dataclass(frozen=True)
class Alternative:
    """What a document may be: of one JSON type and as `schema` says, or, where `is_value`, exactly `value`."""

    kind: str
    schema: Schema
    is_value: bool = False
    value: Any = None


def document(schema: Mapping[str, Any]) -> Schema:
    """The schema of a whole file."""
    return Schema(schema, schema.get("$defs", {}))


def resolved(schema: Schema) -> Schema:
    """The schema that a lone reference leads to, by itself or as the one part of an `allOf`; else the schema itself."""
    if isinstance(schema.node, bool):
        return schema.at({} if schema.node else {"enum": []})
    if schema.keywords == {"$ref"} and schema.node["$ref"].startswith(_DEFINITION):
        return resolved(schema.at(schema.definitions[schema.node["$ref"].removeprefix(_DEFINITION)]))
    if schema.keywords == {"allOf"} and len(schema.node["allOf"]) == 1:
        return resolved(schema.at(schema.node["allOf"][0]))
    return schema


def alternatives(schema: Schema) -> list[Alternative]:
    """Every way to fit a schema; none for `false`."""
    schema = resolved(schema)
    if schema.keywords == {"anyOf"}:
        return [each for branch in schema.node["anyOf"] for each in alternatives(schema.at(branch))]
    for name in ("const", "enum"):
        if schema.keywords in ({name}, {name, "type"}):
            return _values(schema, [schema.node["const"]] if name == "const" else schema.node["enum"])
    return [Alternative(kind, schema) for kind in _kinds(schema)]


def kind_of(value: Any) -> str:
    """The JSON type of a value; a number without a fraction is an integer, as JSON Schema has it."""
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    names = {type(None): "null", bool: "boolean", int: "integer", str: "string", list: "array"}
    return names.get(type(value), "object")


def takes(wide: str, narrow: str) -> bool:
    """Whether every value of type `narrow` is one of type `wide`."""
    return wide == narrow or (wide, narrow) == ("number", "integer")


def _kinds(schema: Schema) -> list[str]:
    named = schema.node.get("type", _ANY_KIND)
    return [named] if isinstance(named, str) else list(named)


def _values(schema: Schema, values: list[Any]) -> list[Alternative]:
    kinds = _kinds(schema)
    fitting = [value for value in values if any(takes(kind, kind_of(value)) for kind in kinds)]
    return [Alternative(kind_of(value), schema, is_value=True, value=value) for value in fitting]
