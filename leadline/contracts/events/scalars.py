"""How the single values are read: pydantic-core schemas, so that reading stays in Rust, beside their JSON Schema.

JSON knows one kind of number: 5 and 5.0 are the same, and JSON Schema calls both an integer. So do these.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from leadline.contracts.times import TIME_PATTERN, time_now_text

NUMBER_LIMIT = 9_200_000_000_000_000_000
"""Inside 64 bits, so that every JSON reader can hold it, and exact as a double, so that all compare alike."""
_EXACT_DOUBLE = 2**53
NO_NUL = r"^[^\u0000]*$"
DAY_PATTERN = r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"


@dataclass(frozen=True)
class WholeNumber:
    """A JSON integer from `minimum` to `maximum`, both included."""

    minimum: int
    maximum: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        low, high = self.minimum, self.maximum
        double = _double(low, high)
        return core_schema.union_schema(
            [
                core_schema.int_schema(strict=True, ge=low, le=high),
                core_schema.no_info_after_validator_function(_whole, double),
            ],
            mode="left_to_right",
            custom_error_type="whole_number",
            custom_error_message=f"expected an integer from {self.minimum} to {self.maximum}",
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}


class OpaqueId:
    """Text of 1-128 characters, or a JSON integer, which becomes its digits.

    An integer written as a float above 2**53 (9007199254740993.0) is refused: its digits are lost already.
    """

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        digits = core_schema.int_schema(strict=True, ge=-NUMBER_LIMIT, le=NUMBER_LIMIT)
        double = core_schema.float_schema(strict=True, allow_inf_nan=False, gt=-_EXACT_DOUBLE, lt=_EXACT_DOUBLE)
        return core_schema.union_schema(
            [
                core_schema.str_schema(strict=True, min_length=1, max_length=128, pattern=NO_NUL),
                core_schema.no_info_after_validator_function(str, digits),
                core_schema.no_info_after_validator_function(_whole_text, double),
            ],
            mode="left_to_right",
            custom_error_type="id",
            custom_error_message="expected an id: text of 1-128 characters, or an integer",
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 128, "pattern": NO_NUL},
                {"type": "integer", "minimum": -NUMBER_LIMIT, "maximum": NUMBER_LIMIT},
            ],
            "description": "Id: opaque text of 1-128 characters; an integer is kept as its digits.",
        }


class Moment:
    """RFC 3339 text with a zone, from year 1000 to 2999; read as a datetime in UTC, written with `Z`."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        aware = core_schema.datetime_schema(strict=True, tz_constraint="aware")
        text = core_schema.str_schema(strict=True, pattern=TIME_PATTERN)
        return core_schema.no_info_after_validator_function(
            _in_utc,
            core_schema.json_or_python_schema(
                core_schema.chain_schema([text, core_schema.datetime_schema(strict=False, tz_constraint="aware")]),
                aware,
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(time_now_text, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        description = "RFC 3339 time, written in UTC with Z; offsets are read."
        return {"type": "string", "format": "date-time", "pattern": TIME_PATTERN, "description": description}


class CalendarDay:
    """A day of the calendar as YYYY-MM-DD, from year 1000 to 2999."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        text = core_schema.str_schema(strict=True, pattern=DAY_PATTERN)
        return core_schema.json_or_python_schema(
            core_schema.chain_schema([text, core_schema.date_schema(strict=False)]),
            core_schema.date_schema(strict=True),
            serialization=core_schema.plain_serializer_function_ser_schema(date.isoformat, when_used="json"),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "date", "pattern": DAY_PATTERN, "description": "Day as YYYY-MM-DD."}


class AnyScalar:
    """Text, number, boolean, null, or a list of those; numbers within 64 bits, never infinite."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        single: list[CoreSchema | tuple[CoreSchema, str]] = [
            core_schema.str_schema(strict=True, pattern=NO_NUL),
            core_schema.bool_schema(strict=True),
            core_schema.int_schema(strict=True, ge=-NUMBER_LIMIT, le=NUMBER_LIMIT),
            _double(-NUMBER_LIMIT, NUMBER_LIMIT),
            core_schema.none_schema(),
        ]
        several = core_schema.tuple_variable_schema(core_schema.union_schema(single, mode="left_to_right"), strict=True)
        return core_schema.union_schema(
            [*single, several],
            mode="left_to_right",
            custom_error_type="field_value",
            custom_error_message="expected text, a number within 64 bits, a boolean, null, or a list of those",
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        single = [
            {"type": "string", "pattern": NO_NUL},
            {"type": "boolean"},
            {"type": "number", "minimum": -NUMBER_LIMIT, "maximum": NUMBER_LIMIT},
            {"type": "null"},
        ]
        return {"anyOf": [*single, {"type": "array", "items": {"anyOf": single}}]}


def _double(low: int, high: int) -> CoreSchema:
    """A number with a point, both limits included. An integer outside them might be rounded to one, so it is none."""
    within = core_schema.float_schema(strict=True, allow_inf_nan=False, ge=low, le=high)
    return core_schema.no_info_before_validator_function(_no_integer, within)


def _no_integer(number: Any) -> Any:
    if isinstance(number, int):
        raise PydanticCustomError("range", "expected a number within the limits")
    return number


def _whole(number: float) -> int:
    if not number.is_integer():
        raise PydanticCustomError("whole_number", "expected an integer")
    return int(number)


def _whole_text(number: float) -> str:
    return str(_whole(number))


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
