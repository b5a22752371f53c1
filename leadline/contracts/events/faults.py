"""What is wrong with a body, in words for whoever wrote it: paths and expectations, never the values themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events.scalars import DAY_PATTERN, NO_NUL
from leadline.contracts.events.types import CURRENCY_PATTERN, MONEY_PATTERN
from leadline.contracts.times import TIME_PATTERN
from leadline.errors import Rejected

MAX_FAULTS = 20
MAX_PATH_CHARS = 200
_EXPECTED_FORM = {
    TIME_PATTERN: "expected an RFC 3339 time with a zone, such as 2026-11-22T13:30:00Z",
    DAY_PATTERN: "expected a day such as 2026-12-31",
    MONEY_PATTERN: "expected money as decimal text, such as 12000.00",
    CURRENCY_PATTERN: "expected an ISO 4217 code of three capital letters, such as EUR",
    NO_NUL: "expected text without NUL characters",
}


def refusal(error: ValidationError | UnicodeDecodeError) -> Rejected:
    """The Rejected to raise for `error`: PAYLOAD_NOT_JSON or SCHEMA_INVALID."""
    if isinstance(error, UnicodeDecodeError):
        return Rejected(ErrorCode.PAYLOAD_NOT_JSON, f"the body is not UTF-8: byte {error.start}")
    faults = error.errors(include_url=False, include_input=False)[:MAX_FAULTS]
    if faults[0]["type"] == "json_invalid":
        return Rejected(ErrorCode.PAYLOAD_NOT_JSON, f"the body is not JSON: {faults[0]['ctx']['error']}")
    told = [(_path(fault["loc"]), _expected(fault)) for fault in faults]
    message = "; ".join(f"{path}: {expected}" for path, expected in told)
    return Rejected(ErrorCode.SCHEMA_INVALID, message, fields=tuple(path for path, _ in told))


def _expected(fault: ErrorDetails) -> str:
    if fault["type"] == "missing":
        return "required"
    pattern = fault.get("ctx", {}).get("pattern")
    if pattern is not None:
        return _EXPECTED_FORM.get(pattern, f"expected text that matches {pattern}")
    return fault["msg"].replace("Input should", "should")


def check_hidden(text: str) -> None:
    """Refuse what the parser lets pass anywhere, also in fields that nobody knows: NaN, Infinity, and NUL in a text.

    Raises Rejected; does nothing where the suspicious letters are harmless, such as a company called NaN.
    """
    try:
        document = from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise Rejected(ErrorCode.PAYLOAD_NOT_JSON, f"the body is not JSON: {error}") from None
    paths = tuple(_path(path) for path in _texts_with_nul(document, ()))[:MAX_FAULTS]
    if paths:
        message = "; ".join(f"{path}: expected text without NUL characters" for path in paths)
        raise Rejected(ErrorCode.SCHEMA_INVALID, message, fields=paths)


def _texts_with_nul(node: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, str) and "\0" in node:
        yield path
    elif isinstance(node, dict):
        for name, value in node.items():
            if "\0" in name:
                yield (*path, name)
            yield from _texts_with_nul(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _texts_with_nul(value, (*path, index))


def _path(loc: tuple[str | int, ...]) -> str:
    """A path such as `options.contact_ids.0`; the whole body is `body`. Cut, and without control characters."""
    path = ".".join(str(step) for step in loc) or "body"
    printable = "".join(letter if letter.isprintable() else "?" for letter in path)
    return printable[:MAX_PATH_CHARS]
