"""What docs/contract.md promises to those on the other side of a topic."""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from leadline.contracts import CONTRACT_VERSION
from tests.contracts.published import EXAMPLES, SCHEMAS, SHORT_NAMES, example_name, references, schema

ROOT = SCHEMAS.parent
PAGE = (ROOT / "docs" / "contract.md").read_text("utf-8")


@cache
def draft_07(short_name: str) -> jsonschema_rs.Validator:
    """A validator that knows no later dialect."""
    undated = {name: value for name, value in schema(short_name).items() if name != "$schema"}
    return jsonschema_rs.Draft7Validator(undated, validate_formats=True)


def test_the_commands_that_it_names_exist() -> None:
    modules = set(re.findall(r"python -m ([\w.]+)", PAGE))
    targets = set(re.findall(r"`make (\w+)`", PAGE))
    assert modules == {"leadline.contracts.generate", "leadline.contracts.release"}
    assert all(importlib.util.find_spec(module) for module in modules)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert targets == {"schemas"}
    assert all(f"python -m leadline.contracts.{name} --check" in makefile for name in ("generate", "release"))
    assert re.search(r"^check: .*\bschemas\b", makefile, re.MULTILINE)


@pytest.mark.parametrize("path", EXAMPLES, ids=example_name)
def test_a_validator_of_draft_07_judges_every_example_as_its_name_says(path: Path) -> None:
    verdict = draft_07(path.parent.name.removesuffix(".v1")).is_valid(json.loads(path.read_bytes()))
    assert verdict == path.stem.startswith("valid-")


@pytest.mark.parametrize("short_name", SHORT_NAMES)
def test_a_schema_stands_alone(short_name: str) -> None:
    document = schema(short_name)
    assert all(reference.removeprefix("#/$defs/") in document["$defs"] for reference in references(document))


def test_the_release_has_the_version_that_its_document_says() -> None:
    for folder in (SCHEMAS / "released").iterdir():
        assert yaml.safe_load((folder / "asyncapi.yaml").read_text("utf-8"))["info"]["version"] == folder.name
    assert yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text("utf-8"))["info"]["version"] == CONTRACT_VERSION
