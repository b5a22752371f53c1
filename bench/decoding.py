"""What it costs to read one conversion request, by way of reading it: `python bench/decoding.py`.

The best of several runs, in microseconds for one body on one core. `decode` uses one strict pydantic model for each type,
called by its compiled validator; the table shows what that choice costs and what the others would.
"""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable
from typing import Annotated, Any, NotRequired, Union

import orjson
from pydantic import ConfigDict, Discriminator, Tag, TypeAdapter, with_config
from pydantic.dataclasses import dataclass
from pydantic_core import from_json
from typing_extensions import TypedDict

from leadline.contracts.envelope import Envelope, read_envelope, write_headers
from leadline.contracts.events import EVENTS, decode
from leadline.contracts.events.requests import (
    ConversionOptions,
    ConversionRequested,
    Requester,
)
from leadline.contracts.events.types import (
    Code,
    CustomerType,
    DuplicatePolicy,
    Id,
    Ids,
    Line,
    Origin,
    Text,
)

TYPE = "leadline.conversion.requested.v1"
RUNS, CALLS = 7, 10_000
OPTIONS: dict[str, Any] = {
    "customer_code": None,
    "notes": "met at the fair",
    "copy_messages": True,
    "copy_documents": True,
    "contact_ids": ["C-1"],
    "duplicate_policy": "reject",
}
TYPICAL: dict[str, Any] = {
    "lead_id": "L-1001",
    "requested_by": {"id": "rep-7", "name": "Ada Byron", "email": "ada@example.com"},
    "origin": "dialog",
    "options": OPTIONS,
}
FULL_OPTIONS: dict[str, Any] = {
    **OPTIONS,
    "custom_fields": {"fleet_size": {"as": "custom"}, "tax_no": {"as": "standard", "target": "vat"}},
    "opportunity": {
        "name": "First deal",
        "value": "12000.00",
        "currency": "EUR",
        "stage": "proposal",
        "probability": 60,
        "expected_close_date": "2026-12-31",
    },
}
MINIMAL: dict[str, Any] = {"lead_id": "L-1001", "requested_by": {"id": "rep-7"}}


@with_config(ConfigDict(strict=True))
class RequesterDict(TypedDict):
    """The requester as a plain dict."""

    id: Id
    name: NotRequired[Line | None]
    email: NotRequired[Line | None]


@with_config(ConfigDict(strict=True))
class OptionsDict(TypedDict, total=False):
    """The options as a plain dict, without the two deep ones."""

    customer_code: Code | None
    customer_type: CustomerType | None
    notes: Text | None
    copy_messages: bool | None
    copy_documents: bool | None
    contact_ids: Ids | None
    duplicate_policy: DuplicatePolicy | None


@with_config(ConfigDict(strict=True))
class RequestDict(TypedDict):
    """The request as a plain dict."""

    lead_id: Id
    requested_by: RequesterDict
    origin: NotRequired[Origin | None]
    options: NotRequired[OptionsDict | None]


@dataclass(frozen=True, slots=True, config=ConfigDict(strict=True))
class RequesterData:
    """The requester as a frozen dataclass with slots."""

    id: Id
    name: Line | None = None
    email: Line | None = None


@dataclass(frozen=True, slots=True, config=ConfigDict(strict=True))
class OptionsData:
    """The options as a frozen dataclass with slots, without the two deep ones."""

    customer_code: Code | None = None
    customer_type: CustomerType | None = None
    notes: Text | None = None
    copy_messages: bool | None = None
    copy_documents: bool | None = None
    contact_ids: Ids | None = None
    duplicate_policy: DuplicatePolicy | None = None


@dataclass(frozen=True, slots=True, config=ConfigDict(strict=True))
class RequestData:
    """The request as a frozen dataclass with slots."""

    lead_id: Id
    requested_by: RequesterData
    origin: Origin | None = None
    options: OptionsData | None = None


def _construct(data: bytes) -> ConversionRequested:
    """Without any check: what building the models alone costs."""
    body = orjson.loads(data)
    options, requester = body.get("options"), Requester.model_construct(**body["requested_by"])
    built = None if options is None else ConversionOptions.model_construct(**options)
    return ConversionRequested.model_construct(**{**body, "requested_by": requester, "options": built})


def _union() -> Callable[[bytes], Any]:
    """All types behind one discriminated union, with the type put into the body, as an event in structured mode would."""
    members = tuple(Annotated[event.model, Tag(name)] for name, event in EVENTS.items())
    tagged: Any = Annotated[Union[members], Discriminator(lambda _: TYPE)]  # noqa: UP007
    return TypeAdapter[Any](tagged).validate_json


def ways() -> dict[str, Callable[[bytes], Any]]:
    """Every way of reading a body, by its name in the table."""
    strict_model = ConversionRequested.__pydantic_validator__.validate_json
    adapter = TypeAdapter(ConversionRequested)
    return {
        "json.loads, no check": json.loads,
        "orjson.loads, no check": orjson.loads,
        "pydantic_core.from_json, no check": from_json,
        "orjson + model_construct, no check": _construct,
        "TypedDict, strict": TypeAdapter(RequestDict).validate_json,
        "frozen dataclass with slots, strict": TypeAdapter(RequestData).validate_json,
        "orjson + model_validate": lambda data: ConversionRequested.model_validate(orjson.loads(data), strict=False),
        "union of all types, callable tag": _union(),
        "TypeAdapter(model).validate_json": adapter.validate_json,
        "model_validate_json": ConversionRequested.model_validate_json,
        "compiled validator of the model": strict_model,
        "decode: with UTF-8, NUL and NaN checks": lambda data: decode(TYPE, data),
    }


def microseconds(call: Callable[[], object]) -> float:
    """The best time of one call."""
    return min(timeit.repeat(call, number=CALLS, repeat=RUNS)) / CALLS * 1e6


def print_table(rows: dict[str, Callable[[bytes], Any]], bodies: dict[str, bytes]) -> None:
    """One line for each way, one column for each body."""
    print(f"{'microseconds':<42}" + "".join(f"{f'{name} {len(body)} B':>16}" for name, body in bodies.items()))
    for name, read in rows.items():
        times = [microseconds(lambda read=read, body=body: read(body)) for body in bodies.values()]  # type: ignore[misc]
        print(f"{name:<42}" + "".join(f"{time:>16.2f}" for time in times))


def print_envelope() -> None:
    """What reading and writing an envelope costs."""
    event = Envelope("e-1", "/crm/eu", TYPE, "2026-11-22T13:30:00.123Z", "L-1001", idempotency_key="k-1", data=b"{}")
    headers = write_headers(event)
    print(f"{'read_envelope, binary mode':<42}{microseconds(lambda: read_envelope(headers, b'{}')):>16.2f}")
    print(f"{'write_headers':<42}{microseconds(lambda: write_headers(event)):>16.2f}")


def main() -> None:
    """Print the tables."""
    bodies = {"minimal": MINIMAL, "typical": TYPICAL, "full": {**TYPICAL, "options": FULL_OPTIONS}}
    print_table(ways(), {name: orjson.dumps(body) for name, body in bodies.items()})
    print_envelope()


if __name__ == "__main__":
    main()
