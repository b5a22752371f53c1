"""What is published: the schema files as validators, and the example files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from leadline.contracts.events import EVENTS

SCHEMAS = Path(__file__).parents[2] / "schemas"
EXAMPLES = sorted((SCHEMAS / "examples").glob("*.v1/*.json"))
SHORT_NAMES = sorted(event.short_name for event in EVENTS.values())


def type_of(short_name: str) -> str:
    return f"leadline.{short_name.removesuffix('.v1')}.v1"


@cache
def schema(short_name: str) -> dict[str, Any]:
    """The committed schema file of an event."""
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{short_name}.v1.json").read_text("utf-8"))
    return loaded


@cache
def validator(short_name: str) -> jsonschema_rs.Validator:
    """A validator that knows nothing of the models; formats are checked, as downstream should."""
    return jsonschema_rs.validator_for(schema(short_name), validate_formats=True)


def example_name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def references(node: Any) -> list[str]:
    """Every `$ref` in a document."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    own = [node["$ref"]] if isinstance(node, dict) and "$ref" in node else []
    return own + [found for each in inner for found in references(each)]
