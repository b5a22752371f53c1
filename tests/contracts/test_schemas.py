"""The published schemas and examples are those of the models."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from leadline.contracts.events import EVENTS, decode
from leadline.contracts.events.types import Part
from leadline.contracts.events.words import MEANINGS, meaning_of
from leadline.contracts.generate import stale_files, write_all
from leadline.contracts.json_schema import DIALECT
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

MAPS = ("properties", "$defs")
MIN_DESCRIPTION_CHARS = 7
UNIT = re.compile("percent|degrees|bytes|0-50|how many|1 for the first", re.IGNORECASE).search
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
    for keywords in map(set, nodes(schema(short_name))):
        assert not keywords & BEYOND_DRAFT_07
        assert "$ref" not in keywords or keywords == {"$ref"}


@pytest.mark.parametrize("short_name", SHORT_NAMES)
def test_a_schema_leaves_every_object_open(short_name: str) -> None:
    for node in nodes(schema(short_name)):
        assert node.get("additionalProperties") is not False, "readers ignore fields that they do not know"


@pytest.mark.parametrize("short_name", SHORT_NAMES)
def test_every_field_says_what_it_means(short_name: str) -> None:
    fields = fields_of(schema(short_name))
    assert fields
    assert [name for name, field in fields if len(field.get("description", "")) < MIN_DESCRIPTION_CHARS] == []


@pytest.mark.parametrize("short_name", SHORT_NAMES)
def test_every_number_says_its_unit(short_name: str) -> None:
    numbers = [(name, field) for name, field in fields_of(schema(short_name)) if {"integer", "number"} & kinds(field)]
    assert [name for name, field in numbers if not UNIT(field["description"])] == []


def test_every_meaning_is_that_of_a_field() -> None:
    parts = list(parts_below(Part))
    used = {meaning_of(part.__mro__, field) for part in parts for field in part.model_fields}
    assert set(MEANINGS.values()) - used == set(), "a meaning that no field has any longer"


@pytest.mark.parametrize("short_name", SHORT_NAMES)
def test_a_schema_shows_whole_examples_that_it_accepts(short_name: str) -> None:
    examples = schema(short_name)["examples"]
    assert json.loads((SCHEMAS / "examples" / f"{short_name}.v1" / "valid-full.json").read_bytes()) in examples
    assert all(validator(short_name).is_valid(example) for example in examples)


def test_a_file_that_was_changed_by_hand_is_found_and_written_anew(tmp_path: Path) -> None:
    shutil.copytree(SCHEMAS / "examples", tmp_path / "examples")
    write_all(tmp_path)
    (tmp_path / "lead.created.v1.json").write_text("{}")
    (tmp_path / "lead.renamed.v1.json").write_text("{}")
    (tmp_path / "asyncapi.yaml").unlink()
    assert stale_files(tmp_path) == [
        "lead.renamed.v1.json: no such event",
        "asyncapi.yaml: missing",
        "lead.created.v1.json: differs from the code",
    ]
    write_all(tmp_path)
    assert stale_files(tmp_path) == []


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


def nodes(node: Any, *, is_map: bool = False) -> list[dict[str, Any]]:
    """Every schema within a schema."""
    if isinstance(node, list):
        return [found for part in node for found in nodes(part)]
    if not isinstance(node, dict):
        return []
    found = [] if is_map else [node]
    inner = ((name, part) for name, part in node.items() if is_map or name != "examples")
    return found + [each for name, part in inner for each in nodes(part, is_map=not is_map and name in MAPS)]


def fields_of(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The fields of the body and of all its parts; not what a condition says of them again."""
    parts = [document, *document.get("$defs", {}).values()]
    return [field for part in parts for field in part.get("properties", {}).items()]


def kinds(field: dict[str, Any]) -> set[str]:
    """The types that a field may have by itself."""
    named = field.get("type", [])
    return {named} if isinstance(named, str) else set(named)


def parts_below(part: type[Part]) -> Iterator[type[Part]]:
    for below in part.__subclasses__():
        yield from (below, *parts_below(below))
