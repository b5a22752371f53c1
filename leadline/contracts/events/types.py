"""The kinds of values that events are made of: each says alike, to pydantic and in JSON Schema, what it accepts.

Strict: text is never taken for a number nor a number for text, except in `Id`. No text holds a NUL, which PostgreSQL
cannot store.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from leadline.contracts.events.scalars import (
    NO_NUL,
    AnyScalar,
    CalendarDay,
    Moment,
    OpaqueId,
    WholeNumber,
)
from leadline.contracts.events.words import meaning_of

MONEY_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$"
CURRENCY_PATTERN = "^[A-Z]{3}$"


class Part(BaseModel):
    """A named piece of an event's body: frozen, strict, and open, so that readers ignore fields they do not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", serialize_by_alias=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema of this part, in which every field says what it means."""
        reference = handler(core)
        for name, field in handler.resolve_ref_schema(reference).get("properties", {}).items():
            if meaning := meaning_of(cls.__mro__, name):
                _explain(field, meaning)
        return reference


def _explain(field: JsonSchemaValue, meaning: str) -> None:
    """Put the meaning before what the type says of the field's form; what the model says of the field itself stands alone."""
    form = field.get("description") or field.get("anyOf", [{}])[0].get("description", "")
    if not form or form in _forms():
        field["description"] = f"{meaning} {form}".strip()


@cache
def _forms() -> frozenset[str]:
    """What the types below say of their form, in the words of the schema."""
    kinds = (Id, OurId, Email, Origin, Money, Currency, Time, Day, CustomFields)
    return frozenset(TypeAdapter(kind).json_schema()["description"] for kind in kinds)


class Event(Part):
    """The body of one event."""


Id = Annotated[str, OpaqueId()]
OurId = Annotated[str, Field(min_length=1, max_length=128, pattern=NO_NUL, description="Id: opaque text of 1-128 characters.")]
Ids = tuple[Id, ...]
OurIds = tuple[OurId, ...]

Word = Annotated[str, Field(min_length=1, max_length=100, pattern=NO_NUL)]
Line = Annotated[str, Field(max_length=500, pattern=NO_NUL)]
Link = Annotated[str, Field(max_length=2000, pattern=NO_NUL)]
Text = Annotated[str, Field(max_length=1_000_000, pattern=NO_NUL)]
Email = Annotated[str, Field(max_length=320, pattern=NO_NUL, description="E-mail address as its source wrote it.")]
Code = Annotated[str, Field(min_length=1, max_length=128, pattern=NO_NUL)]
Origin = Annotated[
    str, Field(max_length=100, pattern=NO_NUL, description="Where it came in, such as map, snap, form, api or dialog.")
]

Money = Annotated[
    str,
    Field(pattern=MONEY_PATTERN, description="Decimal text in the unit of the currency beside it."),
]
Currency = Annotated[str, Field(pattern=CURRENCY_PATTERN, description="ISO 4217 code, such as EUR.")]
Time = Annotated[datetime, Moment()]
Day = Annotated[date, CalendarDay()]

Score = Annotated[int, WholeNumber(0, 50)]
Percent = Annotated[int, WholeNumber(0, 100)]
Attempt = Annotated[int, WholeNumber(1, 1_000_000)]
Count = Annotated[int, WholeNumber(0, 1_000_000_000)]
Bytes = Annotated[int, WholeNumber(0, 10**15)]

Scalar = str | bool | int | float | None
FieldValue = Annotated[Scalar | tuple[Scalar, ...], AnyScalar()]
FieldName = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
CustomFields = Annotated[
    dict[FieldName, FieldValue],
    Field(description="Values by field name: text, number, boolean, null or a list of those, nothing deeper."),
]

LeadStatus = Literal[
    "new", "contacted", "qualified", "nurturing", "disqualified", "junk", "converting", "converted"
]  # fmt: skip
Stage = Literal[
    "prospecting", "qualification", "needs_analysis", "proposal", "negotiation", "verbal_commitment",
    "closed_won", "closed_lost",
]  # fmt: skip
ProspectStage = Literal["qualified", "active", "dormant"]
CustomerType = Literal["individual", "company"]
DuplicatePolicy = Literal["reject", "link_existing", "fill_empty"]


class Address(Part):
    """A postal address."""

    street: Line | None = None
    street2: Line | None = None
    postal_code: Line | None = None
    city: Line | None = None
    region: Line | None = None
    country: Line | None = Field(default=None, description="ISO 3166-1 alpha-2 code where known, such as DE.")
