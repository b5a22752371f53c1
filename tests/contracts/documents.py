"""Hypothesis strategies: documents that fit a schema of ours, and documents that are one change away from fitting."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from leadline.contracts.events.scalars import NO_NUL

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.integers(-1, 101),
    st.floats(-1e6, 1e6, allow_nan=False),
    st.sampled_from([0.0, -0.0, 5.0, 60.0, 1e300, 10**400, 9_200_000_000_000_000_000, 9_200_000_000_000_000_001]),
    st.text(LETTERS, max_size=12),
    st.sampled_from(["", "x" * 101, "x" * 129, "x" * 501, "2026-02-30", "2026-02-30T00:00:00Z", "1.00001", "EUR\n"]),
    st.sampled_from(["2026-11-22T13:30:00", "2026-11-22T24:00:00Z", "2026-11-22T13:30:60Z", "2026-11-22t13:30:00z"]),
)
ANY_JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(LETTERS, max_size=5), inner, max_size=3),
)


def fitting(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Documents that fit `schema`, for the keywords that our generated schemas use."""
    if "$ref" in schema:
        return fitting(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    if "allOf" in schema:
        return fitting(schema["allOf"][0], root)
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "anyOf" in schema and "properties" not in schema:
        return st.one_of(*(fitting(each, root) for each in schema["anyOf"]))
    if isinstance(schema["type"], list):
        return st.one_of(*(fitting({**schema, "type": kind}, root) for kind in schema["type"]))
    if schema["type"] == "object":
        return _object(schema, root)
    if schema["type"] == "array":
        return st.lists(fitting(schema["items"], root), max_size=2)
    return _scalar(schema)


def _scalar(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low, high = int(schema.get("minimum", 0)), int(schema.get("maximum", 0))
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(low, high) | st.integers(max(low, -1000), min(high, 1000)).map(float)
        case "number":
            return st.integers(low, high) | st.floats(low, high, allow_nan=False)
    return _string(schema)


def _string(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    if schema.get("format") == "date":
        return st.dates().filter(lambda day: 1000 <= day.year < 3000).map(str)
    if schema.get("format") == "date-time":
        zones = st.sampled_from(["Z", "+00:00", "-23:59", "+05:30"])
        fractions = st.sampled_from(["", ".5", ".123456", ".123456789"])
        moments = st.datetimes().filter(lambda moment: 1001 <= moment.year < 2999)
        return st.builds(lambda at, digits, zone: f"{at:%Y-%m-%dT%H:%M:%S}{digits}{zone}", moments, fractions, zones)
    if schema.get("pattern", NO_NUL) == NO_NUL:
        return st.text(LETTERS, min_size=schema.get("minLength", 0), max_size=min(schema.get("maxLength", 10), 10))
    return st.from_regex(schema["pattern"].replace("$", r"\Z"), fullmatch=True, alphabet=st.characters(codec="ascii"))


def _object(schema: dict[str, Any], root: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    if "properties" not in schema:
        names = _string(schema.get("propertyNames", {"minLength": 1}))
        return st.dictionaries(names, fitting(schema["additionalProperties"], root), max_size=3)
    fields = {name: fitting(field, root) for name, field in schema["properties"].items()}
    required = {name: fields.pop(name) for name in schema.get("required", ())}
    plain = st.fixed_dictionaries(required, optional=fields)
    if "anyOf" not in schema:
        return plain
    named = [each["required"][0] for each in schema["anyOf"]]
    return st.builds(lambda base, name, text: {**base, name: text}, plain, st.sampled_from(named), st.text("ab", min_size=1))


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(place for name, child in inner for place in _places(child, (*path, name)))]


@st.composite
def changed(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """A document with one place replaced, removed, or joined by a field that nobody knows."""
    document = copy.deepcopy(draw(documents))
    *parents, last = draw(st.sampled_from([place for place in _places(document) if place] or [("lead_id",)]))
    node = document
    for step in parents:
        node = node[step]
    how = draw(st.sampled_from(["replace", "remove", "add"]))
    if how == "remove" and last in (node if isinstance(node, dict) else range(len(node))):
        del node[last]
    elif how == "add" and isinstance(node, dict):
        node["field_of_a_later_version"] = draw(ANY_JSON)
    else:
        node[last] = draw(ANY_JSON)
    return document
