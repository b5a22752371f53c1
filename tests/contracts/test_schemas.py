"""The published schemas and examples are those of the models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from leadline.contracts.events import EVENTS, decode
from leadline.contracts.generate import DIALECT, stale_files
from leadline.errors import Rejected
from tests.contracts.published import (
    EXAMPLES,
    SCHEMAS,
    SHORT_NAMES,
    example_name,
    schema,
    type_of,
    validator,
)

BEYOND_DRAFT_07 = {
    "prefixItems", "unevaluatedProperties", "unevaluatedItems", "dependentRequired", "dependentSchemas", "$dynamicRef",
    "patternProperties",
}  # fmt: skip


def test_the_committed_schemas_are_those_that_the_models_generate() -> None:
    assert stale_files(SCHEMAS) == [], "run: python -m leadline.contracts.generate"


@pytest.mark.parametrize("short_name", SHORT_NAMES)
def test_a_schema_is_valid_and_names_its_type(short_name: str) -> None:
    assert jsonschema_rs.meta.is_valid(schema(short_name))
    assert schema(short_name)["$schema"] == DIALECT
    assert schema(short_name)["title"] == type_of(short_name)


@pytest.mark.parametrize("short_name", SHORT_NAMES)
def test_a_schema_keeps_to_what_draft_07_understands(short_name: str) -> None:
    for keywords in _nodes(schema(short_name)):
        assert not keywords & BEYOND_DRAFT_07
        assert "$ref" not in keywords or keywords == {"$ref"}


@pytest.mark.parametrize("short_name", SHORT_NAMES)
def test_a_schema_leaves_every_object_open(short_name: str) -> None:
    assert "false" not in json.dumps(schema(short_name)), "readers ignore fields that they do not know"


def test_every_event_has_examples_that_are_accepted_and_two_that_are_refused() -> None:
    names = [example_name(path) for path in EXAMPLES]
    for short_name in SHORT_NAMES:
        assert sum(name.startswith(f"{short_name}.v1/valid-") for name in names) >= 2
        assert sum(name.startswith(f"{short_name}.v1/invalid-") for name in names) >= 2
    assert {path.parent.name.removesuffix(".v1") for path in EXAMPLES} == set(SHORT_NAMES)


@pytest.mark.parametrize("path", EXAMPLES, ids=example_name)
def test_model_and_schema_judge_an_example_as_its_name_says(path: Path) -> None:
    short_name, is_valid = path.parent.name.removesuffix(".v1"), path.stem.startswith("valid-")
    assert validator(short_name).is_valid(json.loads(path.read_bytes())) == is_valid
    if is_valid:
        assert isinstance(decode(type_of(short_name), path.read_bytes()), EVENTS[type_of(short_name)].model)
        return
    with pytest.raises(Rejected) as refusal:
        decode(type_of(short_name), path.read_bytes())
    assert refusal.value.code == "SCHEMA_INVALID"
    assert refusal.value.fields


@pytest.mark.parametrize("path", [path for path in EXAMPLES if path.stem == "valid-full"], ids=example_name)
def test_what_a_model_writes_it_reads_again_and_the_schema_accepts(path: Path) -> None:
    short_name = path.parent.name.removesuffix(".v1")
    event = decode(type_of(short_name), path.read_bytes())
    written = event.model_dump_json()
    assert decode(type_of(short_name), written.encode()) == event
    assert validator(short_name).is_valid(json.loads(written))


def _nodes(node: Any, is_map: bool = False) -> list[set[str]]:
    if isinstance(node, list):
        return [found for part in node for found in _nodes(part)]
    if not isinstance(node, dict):
        return []
    found = [] if is_map else [set(node)]
    return found + [each for name, part in node.items() for each in _nodes(part, name in ("properties", "$defs"))]
