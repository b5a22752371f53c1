"""Records as JSON lines: the form of `examples/day.jsonl`, read back into bytes."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

import orjson

from leadline.contracts.topics import business_topics
from leadline.delivery.record import Headers, Outgoing
from leadline.errors import SetupError

_TOPICS = {topic.name for topic in business_topics()}


def read_lines(file: Path) -> list[Outgoing]:
    """Read every line; raises SetupError that names the first line that is no record, and why."""
    records = []
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    records.append(_record(orjson.loads(line)))
                except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
                    message = f"{file}, line {number}: {error}"
                    raise SetupError(message) from error
    return records


def _record(line: dict[str, Any]) -> Outgoing:
    topic = line["topic"]
    if topic not in _TOPICS:
        message = f"topic {topic!r} is none of {', '.join(sorted(_TOPICS))}"
        raise ValueError(message)
    headers: Headers = [(name, None if text is None else text.encode()) for name, text in (line.get("headers") or {}).items()]
    return Outgoing(topic, _bytes(line, "key"), _value(line), headers)


def _bytes(line: dict[str, Any], name: str) -> bytes | None:
    if f"{name}_base64" in line:
        return base64.b64decode(line[f"{name}_base64"], validate=True)
    text: str | None = line.get(name)
    return None if text is None else text.encode()


def _value(line: dict[str, Any]) -> bytes | None:
    if "value_text" in line:
        return str(line["value_text"]).encode()
    if "value_base64" in line:
        return base64.b64decode(line["value_base64"], validate=True)
    value = line.get("value")
    return None if value is None else orjson.dumps(value)
