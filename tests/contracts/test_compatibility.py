"""Each rule of compatibility, with a change that breaks it and the change the other way round, which does not."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.contracts.compatibility import breaking_changes, broken_promises

TEXT = {"type": "string"}
SHORT = {"type": "string", "maxLength": 5}
TEXT_OR_NULL = {"type": ["string", "null"]}
NAMED = {"type": "object", "properties": {"name": TEXT}, "required": ["name"]}
NAMED_OR_NOT = {"type": "object", "properties": {"name": TEXT}}
OPEN = {"type": "object", "properties": {"name": TEXT}}
CLOSED = {**OPEN, "additionalProperties": False}
A_OR_B = {"type": "string", "enum": ["a", "b"]}
ONLY_A = {"type": "string", "const": "a"}
TEXT_OR_NUMBER = {"anyOf": [TEXT, {"type": "integer"}]}
NEEDS = {"type": "object", "properties": {"a": TEXT, "b": TEXT}}
NEEDS_ONE = {**NEEDS, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}
NEEDS_A = {**NEEDS, "anyOf": [{"required": ["a"]}]}

# wide schema of the field x, narrow schema of it, and what is said of it: when it becomes narrow on the way in, when wide
# on the way out.
RULES = {
    "a required field": (NAMED_OR_NOT, NAMED, "x.name must be there now", "x.name may be absent now"),
    "a type": (TEXT_OR_NUMBER, TEXT, "x may no longer be integer", "x may be integer now"),
    "null": (TEXT_OR_NULL, TEXT, "x may no longer be null", "x may be null now"),
    "an alternative that is a reference": (
        {"anyOf": [{"$ref": "#/$defs/Named"}, {"type": "null"}]},
        {"$ref": "#/$defs/Named"},
        "x may no longer be null",
        "x may be null now",
    ),
    "a number with a fraction": (
        {"type": "number"}, {"type": "integer"}, "x may no longer be number", "x may be number now",
    ),
    "a value of an enum": (A_OR_B, ONLY_A, "x may no longer be b", "x may be b now"),
    "text of any value": (TEXT, A_OR_B, "x may no longer be any string", "x may be any string now"),
    "a minimal length": (
        TEXT, {"type": "string", "minLength": 1}, "x: minLength was nothing, is 1", "x: minLength was 1, is nothing",
    ),
    "a maximal length": (
        {"type": "string", "maxLength": 9}, SHORT, "x: maxLength was 9, is 5", "x: maxLength was 5, is 9",
    ),
    "a pattern": (TEXT, {"type": "string", "pattern": "^a"}, "x: pattern was nothing, is ^a", "x: pattern was ^a, is nothing"),
    "a format": (TEXT, {"type": "string", "format": "date"}, "x: format was nothing, is date", "x: format was date, is nothing"),
    "a minimum": (
        {"type": "integer", "minimum": 0}, {"type": "integer", "minimum": 1}, "x: minimum was 0, is 1", "x: minimum was 1, is 0",
    ),
    "a maximum": (
        {"type": "integer"}, {"type": "integer", "maximum": 9}, "x: maximum was nothing, is 9", "x: maximum was 9, is nothing",
    ),
    "a number of items": (
        {"type": "array", "items": TEXT}, {"type": "array", "items": TEXT, "maxItems": 2},
        "x: maxItems was nothing, is 2", "x: maxItems was 2, is nothing",
    ),
    "unlike items": (
        {"type": "array"}, {"type": "array", "uniqueItems": True},
        "x: uniqueItems was nothing, is true", "x: uniqueItems was true, is nothing",
    ),
    "the type of items": (
        {"type": "array", "items": TEXT_OR_NULL}, {"type": "array", "items": TEXT},
        "x[] may no longer be null", "x[] may be null now",
    ),
    "the values of a map": (
        {"type": "object", "additionalProperties": TEXT_OR_NULL}, {"type": "object", "additionalProperties": TEXT},
        "x.* may no longer be null", "x.* may be null now",
    ),
    "the names of a map": (
        {"type": "object", "propertyNames": {"maxLength": 9}}, {"type": "object", "propertyNames": {"maxLength": 5}},
        "x.(names): maxLength was 9, is 5", "x.(names): maxLength was 5, is 9",
    ),
    "unknown fields": (OPEN, CLOSED, "x takes no further fields now", "x may have further fields now"),
    "a condition on the whole": (NEEDS, NEEDS_ONE, "x needs more now than true", "x may come with no more than true now"),
    "a branch of a condition": (
        NEEDS_ONE, NEEDS_A, 'x needs more now than {"required": ["b"]}', 'x may come with no more than {"required": ["b"]} now',
    ),
    "a keyword that is not judged": (
        TEXT, {"type": "string", "not": {"const": "a"}},
        'x: not was nothing, is {"const": "a"}', 'x: not was {"const": "a"}, is nothing',
    ),
}  # fmt: skip


def body(direction: str, field: Any, **more: Any) -> dict[str, Any]:
    """The schema of an event that has one field, x."""
    return {
        "x-direction": direction, "x-topics": ["t"], "type": "object", "properties": {"x": field},
        "$defs": {"Named": NAMED}, **more,
    }  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
def test_what_comes_in_may_not_be_narrowed(rule: str) -> None:
    wide, narrow, sentence, _ = RULES[rule]
    assert breaking_changes(body("in", wide), body("in", narrow)) == [sentence]


@pytest.mark.parametrize("rule", RULES)
def test_what_comes_in_may_be_widened(rule: str) -> None:
    wide, narrow, _, _ = RULES[rule]
    assert breaking_changes(body("in", narrow), body("in", wide)) == []


@pytest.mark.parametrize("rule", RULES)
def test_what_goes_out_may_not_be_widened(rule: str) -> None:
    wide, narrow, _, sentence = RULES[rule]
    assert breaking_changes(body("out", narrow), body("out", wide)) == [sentence]


@pytest.mark.parametrize("rule", RULES)
def test_what_goes_out_may_be_narrowed(rule: str) -> None:
    wide, narrow, _, _ = RULES[rule]
    assert breaking_changes(body("out", wide), body("out", narrow)) == []


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("direction", ["in", "out"])
def test_a_schema_is_compatible_with_itself(rule: str, direction: str) -> None:
    for field in RULES[rule][:2]:
        assert breaking_changes(body(direction, field), body(direction, field, description="said anew")) == []


def test_a_field_may_be_added_either_way_unless_it_must_come_in() -> None:
    more = {"type": "object", "properties": {"name": TEXT, "age": SHORT}}
    demanded = {**more, "required": ["age"]}
    assert breaking_changes(body("in", OPEN), body("in", more)) == []
    assert breaking_changes(body("out", OPEN), body("out", more)) == []
    assert breaking_changes(body("out", OPEN), body("out", demanded)) == []
    assert breaking_changes(body("in", OPEN), body("in", demanded)) == ["x.age must be there now"]


def test_a_field_that_goes_out_may_not_vanish_and_one_that_comes_in_may() -> None:
    nothing = {"type": "object"}
    assert breaking_changes(body("out", OPEN), body("out", nothing)) == ["x.name has vanished"]
    assert breaking_changes(body("in", OPEN), body("in", nothing)) == []


def test_a_required_field_that_vanishes_is_named_for_both_reasons() -> None:
    assert breaking_changes(body("out", NAMED), body("out", {"type": "object"})) == [
        "x.name may be absent now",
        "x.name has vanished",
    ]


def test_a_new_field_must_take_what_a_map_had_under_its_name() -> None:
    map_of_text = {"type": "object", "additionalProperties": TEXT}
    with_number = {**map_of_text, "properties": {"n": {"type": "integer"}}}
    assert breaking_changes(body("in", map_of_text), body("in", with_number)) == ["x.n may no longer be string"]


def test_a_change_behind_a_reference_is_found_where_it_is_used() -> None:
    old = body("in", {"allOf": [{"$ref": "#/$defs/Named"}], "description": "who"})
    new = {**old, "$defs": {"Named": {**NAMED, "required": ["name", "age"]}}}
    assert breaking_changes(old, new) == ["x.age must be there now"]
    assert breaking_changes(new, old) == []


def test_a_reference_may_be_written_out() -> None:
    by_name, written = body("in", {"$ref": "#/$defs/Named"}), body("in", NAMED)
    assert breaking_changes(by_name, written) == breaking_changes(written, by_name) == []


def test_an_enum_may_become_a_text_that_takes_all_its_values() -> None:
    assert breaking_changes(body("in", A_OR_B), body("in", SHORT)) == []
    assert breaking_changes(body("in", A_OR_B), body("in", {"type": "string", "pattern": "^a$"})) == ["x may no longer be b"]


@pytest.mark.parametrize(("value", "fits"), [(1, True), (5, True), (6, False), (True, False), ("1", False), (1.5, False)])
def test_a_single_value_is_weighed_against_limits(value: Any, fits: bool) -> None:
    limited = {"type": "integer", "minimum": 1, "maximum": 5}
    assert (breaking_changes(body("in", {"const": value}), body("in", limited)) == []) == fits


def test_an_impossible_field_may_become_anything_and_nothing_may_become_impossible() -> None:
    assert breaking_changes(body("in", False), body("in", TEXT)) == []
    assert breaking_changes(body("in", TEXT), body("in", False)) == ["x may no longer be string"]


def test_a_union_is_compared_branch_by_branch_with_the_nearest() -> None:
    old = {"anyOf": [SHORT, NAMED]}
    new = {"anyOf": [{**NAMED, "required": ["name", "age"]}, SHORT]}
    assert breaking_changes(body("in", old), body("in", new)) == ["x.age must be there now"]


def test_a_keyword_that_depends_on_those_beside_it_is_doubted_even_where_it_is_the_same() -> None:
    strict = {"type": "object", "patternProperties": {"^a": TEXT}}
    old, new = {**strict, "properties": {"n": TEXT}}, strict
    assert breaking_changes(body("in", old), body("in", new)) == [
        'x: patternProperties was {"^a": {"type": "string"}}, is {"^a": {"type": "string"}}'
    ]


def test_what_is_too_deep_is_doubted_and_ends() -> None:
    def tree(leaf: Any) -> dict[str, Any]:
        node = {"type": "object", "properties": {"leaf": leaf, "branch": {"$ref": "#/$defs/Tree"}}}
        return body("in", {"$ref": "#/$defs/Tree"}) | {"$defs": {"Tree": node}}

    assert any("too deep to be judged" in sentence for sentence in breaking_changes(tree(TEXT), tree(TEXT_OR_NULL)))


def test_the_direction_and_the_topics_are_promises_too() -> None:
    assert breaking_changes(body("in", TEXT), body("out", TEXT)) == ["the direction was in, is out"]
    assert breaking_changes(body("out", TEXT), body("out", TEXT) | {"x-topics": []}) == ["it is no longer on topic t"]
    assert breaking_changes(body("out", TEXT), body("out", TEXT) | {"x-topics": ["t", "u"]}) == []


def test_a_set_is_judged_event_by_event_and_an_event_may_not_vanish() -> None:
    old = {"a.v1.json": body("in", TEXT), "b.v1.json": body("in", TEXT), "c.v1.json": body("out", SHORT)}
    new = {"b.v1.json": body("in", SHORT), "c.v1.json": body("out", TEXT), "d.v1.json": body("in", TEXT)}
    assert broken_promises(old, new) == [
        "a.v1.json: the event has vanished",
        "b.v1.json: x: maxLength was nothing, is 5",
        "c.v1.json: x: maxLength was 5, is nothing",
    ]
