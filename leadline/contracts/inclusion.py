"""Whether every document that fits one JSON Schema fits another, and where not. Pure, and careful: a doubt is a gap.

`inner` is the schema whose documents there are, `outer` the one that they have to fit. One thing is taken on trust: that a
field which `inner` does not name is not in its documents under that name (readers ignore what they do not know).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from leadline.contracts.alternatives import Alternative, Schema, alternatives, resolved, takes

MAX_DEPTH: Final = 12
_NUMBER: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_RULES: Final = {
    "string": frozenset({"minLength", "maxLength", "pattern", "format"}),
    "number": _NUMBER,
    "integer": _NUMBER,
    "array": frozenset({"minItems", "maxItems", "uniqueItems", "items"}),
    "object": frozenset({"minProperties", "maxProperties", "properties", "required", "additionalProperties", "propertyNames"}),
}
"""The keywords that say something of one type only, and that are judged here."""
_OF_ONE_TYPE: Final = frozenset().union(*_RULES.values())
_JUDGED: Final = _OF_ONE_TYPE | {"type", "anyOf"}
_WEIGHED: Final = frozenset({"type", "minLength", "maxLength", "pattern", "minimum", "maximum"})
_SIZES: Final = {"string": "Length", "array": "Items", "object": "Properties"}
_SAME: Final = ("pattern", "format", "uniqueItems", "multipleOf")
_BESIDE_OTHERS: Final = frozenset({"patternProperties", "prefixItems", "unevaluatedProperties", "unevaluatedItems"})
"""Keywords whose meaning depends on those beside them: equal on both sides is not enough."""


@dataclass(frozen=True)
class Gap:
    """A place where a document that fits the inner schema may not fit the outer one, and what each of them says there."""

    path: str
    keyword: str
    inner: Any = None
    outer: Any = None


@dataclass(frozen=True)
class Place:
    """Where in a document we are; `keeps_fields`: a field of the outer schema must be one of the inner schema too."""

    keeps_fields: bool
    path: str = ""
    depth: int = 0

    def below(self, step: str) -> Place:
        """The place of a field, of the items of a list (`[]`), or of the values of a map (`*`)."""
        joined = f"{self.path}{step}" if step == "[]" or not self.path else f"{self.path}.{step}"
        return replace(self, path=joined, depth=self.depth + 1)


def gaps(inner: Schema, outer: Schema, place: Place) -> list[Gap]:
    """Every place where a document that fits `inner` may not fit `outer`; nothing: all of them fit."""
    if inner == outer or not resolved(outer).keywords:
        return []
    if place.depth > MAX_DEPTH:
        return [Gap(place.path, "depth")]
    wide = alternatives(outer)
    return [gap for narrow in alternatives(inner) for gap in _uncovered(narrow, wide, place)]


def _uncovered(narrow: Alternative, wide: list[Alternative], place: Place) -> list[Gap]:
    """The gaps to the alternative that comes closest."""
    candidates = [each for each in wide if takes(each.kind, narrow.kind)]
    if not candidates:
        return [Gap(place.path, "value", narrow.value) if narrow.is_value else Gap(place.path, "type", narrow.kind)]
    return min((list(_between(narrow, each, place)) for each in candidates), key=len)


def _between(narrow: Alternative, wide: Alternative, place: Place) -> Iterator[Gap]:
    if narrow.is_value:
        yield from _value_gaps(narrow, wide, place)
        return
    if wide.is_value:
        if narrow.kind != "null":
            yield Gap(place.path, "value", f"any {narrow.kind}")
        return
    for judge in (_range_gaps, _same_gaps, _unjudged, _condition_gaps, *_INSIDE.get(narrow.kind, ())):
        yield from judge(narrow, wide, place)


def _value_gaps(narrow: Alternative, wide: Alternative, place: Place) -> Iterator[Gap]:
    is_same = json.dumps(narrow.value, sort_keys=True) == json.dumps(wide.value, sort_keys=True)
    if not (is_same if wide.is_value else _fits(narrow.value, wide)):
        yield Gap(place.path, "value", narrow.value)


def _fits(value: Any, wide: Alternative) -> bool:
    """Whether a single value fits, where that is plain to see."""
    rules = wide.schema.node
    relevant = wide.schema.keywords - (_OF_ONE_TYPE - _RULES.get(wide.kind, frozenset()))
    if relevant - _WEIGHED:
        return False
    if isinstance(value, str):
        within = rules.get("minLength", 0) <= len(value) <= rules.get("maxLength", len(value))
        return within and bool(re.search(rules.get("pattern", ""), value))
    if wide.kind in ("integer", "number"):
        return bool(rules.get("minimum", value) <= value <= rules.get("maximum", value))
    return True


def _range_gaps(narrow: Alternative, wide: Alternative, place: Place) -> Iterator[Gap]:
    """Lengths and limits: those of `wide` must be at least as far apart."""
    size = _SIZES.get(narrow.kind)
    lower = [f"min{size}"] if size else ["minimum", "exclusiveMinimum"]
    upper = [f"max{size}"] if size else ["maximum", "exclusiveMaximum"]
    for name in (*lower, *upper):
        mine, theirs = narrow.schema.node.get(name, 0 if name == f"min{size}" else None), wide.schema.node.get(name)
        if theirs is None or (mine is not None and (mine >= theirs if name in lower else mine <= theirs)):
            continue
        yield Gap(place.path, name, narrow.schema.node.get(name), theirs)


def _same_gaps(narrow: Alternative, wide: Alternative, place: Place) -> Iterator[Gap]:
    """Keywords that cannot be weighed against each other: absent from `wide`, or the same."""
    for name in _SAME:
        mine, theirs = narrow.schema.node.get(name), wide.schema.node.get(name)
        if name in _RULES.get(narrow.kind, ()) and theirs not in (None, False, mine):
            yield Gap(place.path, name, mine, theirs)


def _unjudged(narrow: Alternative, wide: Alternative, place: Place) -> Iterator[Gap]:
    """Any other keyword of `wide`: the same in `narrow`, and free of references, whose meaning may have changed."""
    for name in sorted(wide.schema.keywords - _JUDGED):
        theirs = wide.schema.node[name]
        is_same = name in narrow.schema.node and narrow.schema.node[name] == theirs
        if name in _BESIDE_OTHERS or not is_same or '"$ref"' in json.dumps(theirs):
            yield Gap(place.path, name, narrow.schema.node.get(name), theirs)


def _condition_gaps(narrow: Alternative, wide: Alternative, place: Place) -> Iterator[Gap]:
    """An `anyOf` beside other keywords: each branch of `narrow` must fit one of `wide`."""
    if "anyOf" not in wide.schema.node:
        return
    branches = [wide.schema.at(branch) for branch in wide.schema.node["anyOf"]]
    for branch in narrow.schema.node.get("anyOf", [True]):
        if all(gaps(narrow.schema.at(branch), each, place) for each in branches):
            yield Gap(place.path, "anyOf", branch, wide.schema.node["anyOf"])


def _array_gaps(narrow: Alternative, wide: Alternative, place: Place) -> Iterator[Gap]:
    mine, theirs = narrow.schema.node, wide.schema.node
    if "items" not in theirs:
        return
    if "prefixItems" in mine or any(isinstance(node.get("items"), list) for node in (mine, theirs)):
        yield Gap(place.path, "items", mine.get("items"), theirs["items"])
        return
    yield from gaps(narrow.schema.at(mine.get("items", True)), wide.schema.at(theirs["items"]), place.below("[]"))


def _object_gaps(narrow: Alternative, wide: Alternative, place: Place) -> Iterator[Gap]:
    mine, theirs = narrow.schema.node, wide.schema.node
    for name in sorted(set(theirs.get("required", ())) - set(mine.get("required", ()))):
        yield Gap(place.below(name).path, "required")
    yield from _property_gaps(narrow.schema, wide.schema, place)
    if "propertyNames" in theirs:
        yield from gaps(narrow.schema.at(_as_name(mine)), wide.schema.at(_as_name(theirs)), place.below("(names)"))


def _property_gaps(inner: Schema, outer: Schema, place: Place) -> Iterator[Gap]:
    mine, theirs = inner.node.get("properties", {}), outer.node.get("properties", {})
    further, allowed = inner.node.get("additionalProperties", True), outer.node.get("additionalProperties", True)
    for name in mine:
        yield from gaps(inner.at(mine[name]), outer.at(theirs.get(name, allowed)), place.below(name))
    for name in [name for name in theirs if name not in mine]:
        if place.keeps_fields:
            yield Gap(place.below(name).path, "vanished")
        elif further is not True:
            yield from gaps(inner.at(further), outer.at(theirs[name]), place.below(name))
    if allowed is not True and "patternProperties" in inner.node:
        yield Gap(place.path, "patternProperties", inner.node["patternProperties"])
    yield from _further_gaps(inner.at(further), outer.at(allowed), place)


def _further_gaps(further: Schema, allowed: Schema, place: Place) -> Iterator[Gap]:
    """What may stand in an object beside its named fields."""
    if further.node is True and allowed.node is False:
        yield Gap(place.path, "additionalProperties", further.node, allowed.node)
    elif further != allowed:
        yield from gaps(further, allowed, place.below("*"))


def _as_name(node: dict[str, Any]) -> Any:
    """The schema of an object's names, which are always text."""
    rules = node.get("propertyNames", {})
    return {"type": "string", **rules} if isinstance(rules, dict) else rules


_Judge = Callable[[Alternative, Alternative, Place], Iterator[Gap]]
_INSIDE: Final[dict[str, tuple[_Judge, ...]]] = {"object": (_object_gaps,), "array": (_array_gaps,)}
