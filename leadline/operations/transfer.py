"""Dead letters as JSON lines: a copy outside of Kafka that gives back every byte, and the way back.

A line holds the record of the dead-letter topic as it lies there: key, value and headers in base64, in their order, with repeats.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from leadline.contracts.topics import SERVICES, dead_letter_topic
from leadline.delivery.record import Headers, Outgoing
from leadline.errors import LeadlineError
from leadline.operations.dead_letters import DeadLetter, facts_of

FORMAT: Final = "leadline.dead-letter.v1"
_TOPICS: Final = frozenset(dead_letter_topic(service) for service in SERVICES)


class NotAnExportError(LeadlineError):
    """A file that is to be imported holds something else than `export` writes."""


def export_line(letter: DeadLetter) -> bytes:
    """One dead letter with its state for the reader; what is read back is the record alone."""
    record = letter.record
    return orjson.dumps(
        {
            "format": FORMAT,
            "dlq_id": letter.dlq_id,
            "state": letter.state,
            "topic": dead_letter_topic(letter.service),
            "key": _text(record.key),
            "value": _text(record.value),
            "headers": [[name, _text(value)] for name, value in record.headers],
        }
    )


def import_lines(lines: Iterable[bytes]) -> Iterator[Outgoing]:
    """The records of exported lines, each for its dead-letter topic; raises NotAnExportError that names the line."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _record(orjson.loads(line))
            except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
                message = f"line {number} is no exported dead letter ({type(error).__name__}: {error}): nothing was imported"
                raise NotAnExportError(message) from error


def _record(line: dict[str, Any]) -> Outgoing:
    if line["format"] != FORMAT:
        message = f"its format is {line['format']!r} and not {FORMAT!r}"
        raise ValueError(message)
    if line["topic"] not in _TOPICS:
        message = f"{line['topic']!r} is no dead-letter topic"
        raise ValueError(message)
    headers: Headers = [(str(name), _bytes(value)) for name, value in line["headers"]]
    record = Outgoing(line["topic"], _bytes(line["key"]), _bytes(line["value"]), headers)
    facts = facts_of(headers)
    if not facts.get("id") or dead_letter_topic(facts.get("service", "")) != line["topic"]:
        message = "its headers do not say where the record came from, or that it died elsewhere"
        raise ValueError(message)
    return record


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
