"""Hypothesis strategies: a schema, and one that was made from it by a few changes, some of which break it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

WORDS = ("a", "bb", "ccc", "dddd")
LENGTHS = st.integers(0, 4)
LIMITS = st.integers(-3, 3)


def _maybe(name: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.just({}) | values.map(lambda value: {name: value})


def _with(fixed: dict[str, Any], *optional: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*optional).map(lambda parts: fixed | {name: value for part in parts for name, value in part.items()})


TEXTS = _with({"type": "string"}, _maybe("minLength", LENGTHS), _maybe("maxLength", LENGTHS.map(lambda size: size + 4)))
NUMBERS = st.sampled_from(["integer", "number"]).flatmap(
    lambda kind: _with({"type": kind}, LIMITS.map(lambda low: {"minimum": low, "maximum": low + 3}))
)
ENUMS = st.lists(st.sampled_from(WORDS), min_size=1, unique=True).map(lambda words: {"type": "string", "enum": words})
PLAIN = st.one_of(TEXTS, NUMBERS, ENUMS, st.sampled_from([{"type": "boolean"}, {"type": "null"}]))


def _objects(fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    properties = st.dictionaries(st.sampled_from("pqrs"), fields, min_size=1, max_size=2)
    return properties.flatmap(
        lambda named: _with(
            {"type": "object", "properties": named},
            _maybe("required", st.lists(st.sampled_from(sorted(named)), unique=True)),
        )
    )


def _deeper(fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = fields.map(lambda items: {"type": "array", "items": items})
    unions = st.lists(fields, min_size=1, max_size=3).map(lambda branches: {"anyOf": branches})
    return st.one_of(_objects(fields), lists, unions, fields.map(lambda each: {"anyOf": [each, {"type": "null"}]}))


FIELDS = st.recursive(PLAIN, _deeper, max_leaves=4)
BODIES = _objects(FIELDS)


def _schemas_in(node: Any) -> list[dict[str, Any]]:
    inner = [*node.get("properties", {}).values(), *node.get("anyOf", ())] + ([node["items"]] if "items" in node else [])
    return [node, *(found for each in inner for found in _schemas_in(each))]


@st.composite
def _changed(draw: st.DrawFn, old: dict[str, Any]) -> dict[str, Any]:
    """`old` with one or two of its schemas changed in one keyword, or replaced."""
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(1, 2))):
        node = draw(st.sampled_from(_schemas_in(new)))
        change = copy.deepcopy(draw(st.one_of(list(_changes(node, is_body=node is new)))))
        if "type" in change or "anyOf" in change:
            node.clear()
        node.update(change)
        for name in [name for name, value in node.items() if value is None]:
            del node[name]
    return new


def _changes(node: dict[str, Any], *, is_body: bool) -> Iterator[st.SearchStrategy[dict[str, Any]]]:
    """The keywords that may be set anew in a schema (None: taken away), or a whole other schema for a field."""
    if not is_body:
        yield FIELDS
    if node.get("type") == "string" and "enum" not in node:
        yield st.builds(lambda most: {"maxLength": 4 + most}, LENGTHS)  # above all lower limits
        yield st.sampled_from([{"minLength": None}, {"maxLength": None}])
    if "maximum" in node:
        yield st.builds(lambda most: {"maximum": 3 + most}, LENGTHS)
    if "enum" in node:
        yield ENUMS
    if "anyOf" in node:
        yield FIELDS.map(lambda field: {"anyOf": [*node["anyOf"], field]})
    if "properties" in node:
        named = node["properties"]
        yield st.builds(lambda name, field: {"properties": {**named, name: field}}, st.sampled_from("pqrst"), FIELDS)
        yield st.builds(lambda names: {"required": names}, st.lists(st.sampled_from(sorted(named)), unique=True))


def _event(node: dict[str, Any], direction: str) -> dict[str, Any]:
    return {"x-direction": direction, "x-topics": ["t"], **node}


def pairs(direction: str) -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """The schema of an event and another, later one; some of the pairs are compatible."""
    both = BODIES.flatmap(lambda old: st.tuples(st.just(old), _changed(old)))
    changed = both.filter(lambda pair: pair[0] != pair[1])
    return changed.map(lambda pair: (_event(pair[0], direction), _event(pair[1], direction)))
