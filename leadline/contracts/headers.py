"""The headers of records as JSON Schemas, each header as UTF-8 text: the envelope, and the blocks that our topics add.

Reading and writing them is the matter of `envelope` and of the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from leadline.contracts.attributes import MAX_ATTRIBUTE_CHARS, MAX_IDEMPOTENCY_KEY_CHARS

_NUMBER: Final = "^-?[0-9]{1,18}$"


def _attribute(description: str) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": MAX_ATTRIBUTE_CHARS, "description": description}


def _time(description: str) -> dict[str, Any]:
    return {"type": "string", "format": "date-time", "description": f"{description} RFC 3339, written in UTC with Z."}


def _text(description: str, **form: Any) -> dict[str, Any]:
    return {"type": "string", "description": description, **form}


ENVELOPE: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode. Header names are read whatever their case.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type"],
    "properties": {
        "ce_specversion": _text("Version of CloudEvents.", const="1.0"),
        "ce_id": _attribute("Unique within ce_source; the same when the event comes again."),
        "ce_source": _attribute("Who says it, such as /crm/eu."),
        "ce_type": _attribute("The event type, such as leadline.lead.created.v1."),
        "ce_time": _time("When it happened."),
        "ce_subject": _attribute("What it is about, such as the lead's id."),
        "content-type": _text("Media type of the body: application/json."),
        "ce_correlationid": _attribute("The conversion that all belongs to."),
        "correlation_id": _attribute("The same as ce_correlationid, for readers that know no CloudEvents."),
        "ce_causationid": _attribute("ce_id of the event that this one follows from."),
        "ce_quiet": _text("true where it follows from an operator's replay that people are not to be told of."),
        "traceparent": _text("W3C trace context."),
        "idempotency-key": _text(
            "Names a conversion request for ever; without it the key is <ce_source>#<ce_id>.",
            minLength=1,
            maxLength=MAX_IDEMPOTENCY_KEY_CHARS,
        ),
    },
}


def _origin(prefix: str) -> dict[str, Any]:
    return {
        f"{prefix}id": _text("topic/partition/offset of the original record, which is the dead letter's id too."),
        f"{prefix}topic": _text("Topic of the original record."),
        f"{prefix}partition": _text("Partition of the original record.", pattern=_NUMBER),
        f"{prefix}offset": _text("Offset of the original record.", pattern=_NUMBER),
        f"{prefix}timestamp": _text("Broker's time of the original record, in milliseconds since 1970.", pattern=_NUMBER),
        f"{prefix}attempts": _text("How many attempts there have been.", pattern=_NUMBER),
        f"{prefix}replays": _text("How many replays there have been.", pattern=_NUMBER),
        f"{prefix}error-code": _text("Code of the last error, see docs/errors.md."),
        f"{prefix}error-message": _text("What was wrong, at most 1,000 characters.", maxLength=1_000),
    }


def _replay(prefix: str) -> dict[str, Any]:
    return {
        f"{prefix}replay-id": _text("The job that has replayed it last, where one has.", pattern="^[A-Za-z0-9-]{1,64}$"),
        f"{prefix}replay-told": _text("true where people are to be told of what comes of that replay.", const="true"),
    }


def _block(description: str, properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "description": f"{description} They stand after the headers of the original record, which are as they came.",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


RETRY: Final[Mapping[str, Any]] = _block(
    "What a record that waits for its next attempt carries.",
    {
        **_origin("retry-"),
        "retry-first-failed-at": _text("When it failed first: RFC 3339 in UTC with Z; may be empty."),
        **_replay("retry-"),
    },
    optional=("retry-replay-id", "retry-replay-told"),
)
DEAD_LETTER: Final[Mapping[str, Any]] = _block(
    "What a dead letter carries.",
    {
        **_origin("dlq-"),
        "dlq-service": _text("The service that could not handle it."),
        "dlq-error-stack": _text("Where in the code, at most 8,000 characters; may be empty.", maxLength=8_000),
        "dlq-fingerprint": _text("Groups the same fault: 16 hex digits.", pattern="^[0-9a-f]{16}$"),
        "dlq-first-failed-at": _time("When it failed first."),
        "dlq-failed-at": _time("When it was given up."),
        "dlq-conversion-id": _text("The conversion, where it is known."),
        **_replay("dlq-"),
    },
    optional=("dlq-conversion-id", "dlq-replay-id", "dlq-replay-told"),
)
