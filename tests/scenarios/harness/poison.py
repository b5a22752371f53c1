"""Requests that break careless readers, each with what becomes of it: an error code, or None where it only looks bad."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from leadline.delivery.record import Outgoing
from tests.scenarios.harness.records import REQUESTER, raw_request, request


@dataclass(frozen=True)
class Case:
    """One request of a lead of its own, whose id is the case's name; `key` is its idempotency key."""

    name: str
    code: str | None
    record: Outgoing

    @property
    def key(self) -> str:
        """What names the request."""
        return f"key-{self.name}"


def cases() -> list[Case]:
    """Every kind of poison of the contract, part 5, and what is none."""
    return [
        body("nul-raw", "PAYLOAD_NOT_JSON", b', "options": {"notes": "a\0b"}'),
        body("nul-escaped", "SCHEMA_INVALID", b', "options": {"notes": "a\\u0000b"}'),
        body("surrogate-escaped", "PAYLOAD_NOT_JSON", b', "options": {"notes": "\\ud800"}'),
        body("surrogate-raw", "PAYLOAD_NOT_JSON", b', "options": {"notes": "\xed\xa0\x80"}'),
        body("nested-300", "PAYLOAD_NOT_JSON", b', "more": ' + b"[" * 300 + b"]" * 300),
        body("nested-100000", "PAYLOAD_NOT_JSON", b', "more": ' + b"[" * 100_000),
        body("notes-too-long", "SCHEMA_INVALID", b', "options": {"notes": "' + b"x" * 1_000_001 + b'"}'),
        body("chance-of-400-digits", "SCHEMA_INVALID", b', "options": {"opportunity": {"probability": ' + b"9" * 400 + b"}}"),
        value("lead-id-of-400-digits", "SCHEMA_INVALID", b'{"lead_id": ' + b"9" * 400 + b', "requested_by": {"id": "r"}}'),
        value("lead-id-is-a-list", "SCHEMA_INVALID", b'{"lead_id": ["x"], "requested_by": {"id": "r"}}'),
        value("not-json", "PAYLOAD_NOT_JSON", b"\xff\xfe\x00"),
        value("empty", "PAYLOAD_NOT_JSON", b""),
        value("null-value", "PAYLOAD_NOT_JSON", None),
        changed("null-key", "KEY_MISMATCH", key=None),
        changed("key-mismatch", "KEY_MISMATCH", key=b"L-another"),
        changed("key-not-utf-8", "KEY_MISMATCH", key=b"\xff\x00"),
        changed("no-headers", "ENVELOPE_INVALID", headers=[]),
        without("no-ce-id", "ENVELOPE_INVALID", "ce_id"),
        without("no-ce-type", "ENVELOPE_INVALID", "ce_type"),
        header("header-not-utf-8", "ENVELOPE_INVALID", ("ce_id", b"\xff\xfe")),
        header("header-with-nul", "ENVELOPE_INVALID", ("ce_id", b"a\0b")),
        header("unknown-type", "TYPE_UNKNOWN", ("ce_type", b"leadline.conversion.teleport-requested.v1")),
        header("type-of-another-topic", "TYPE_UNKNOWN", ("ce_type", b"leadline.order.placed.v1")),
        header("foreign-dlq-headers", None, ("dlq-id", b"not ours/0/0")),
        header("repeated-and-null-headers", None, ("x-null", None), ("x-same", b"1"), ("x-same", b"2")),
        body("unknown-fields", None, b', "colour": "red", "more": {"deep": [1, 2]}'),
        body("unknown-400-digits", None, b', "more": ' + b"9" * 400),
        body("notes-of-999-kB", None, b', "options": {"notes": "' + b"x" * 999_000 + b'"}'),
    ]  # fmt: skip


def plain(name: str, code: str | None = None) -> Case:
    """A request with nothing strange about it."""
    return Case(name, code, request(name, f"key-{name}"))


def body(name: str, code: str | None, more: bytes) -> Case:
    """A request whose body goes on like this."""
    start = json.dumps({"lead_id": name, "requested_by": REQUESTER}).encode()[:-1]
    return value(name, code, start + more + b"}")


def value(name: str, code: str | None, whole: bytes | None) -> Case:
    return Case(name, code, raw_request(name.encode(), whole, f"key-{name}"))


def changed(name: str, code: str | None, **parts: Any) -> Case:
    return Case(name, code, plain(name).record._replace(**parts))


def without(name: str, code: str | None, header_name: str) -> Case:
    record = plain(name).record
    return Case(name, code, record._replace(headers=[each for each in record.headers if each[0] != header_name]))


def header(name: str, code: str | None, *headers: tuple[str, bytes | None]) -> Case:
    """A request with these headers instead of its own of the same names."""
    record, names = plain(name).record, {each[0] for each in headers}
    return Case(name, code, record._replace(headers=[*(h for h in record.headers if h[0] not in names), *headers]))
