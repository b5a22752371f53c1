"""What one kind of CRM wants of a conversion. A profile is data, one file in `services/converter/profiles/`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal


@dataclass(frozen=True)
class Labels:
    """How a profile's people call things: statuses and stages by their names. No rule reads a label."""

    lead: str
    customer: str
    lead_status: Mapping[str, str]
    customer_status: Mapping[str, str]
    stages: Mapping[str, str]


@dataclass(frozen=True)
class Profile:
    """The rules of one kind of CRM; an option of the request goes before what its profile says.

    `number_pattern` writes the customer count, such as CUST-%06d; `code` is that of a customer for whom none was asked
    for; `customer_type` by-company makes a company of a lead that has one; `customer_status` and `prospect_stage` are the
    first ones (no stage: stages are not used); a request of a qualifying origin qualifies its lead on the way.
    """

    __pydantic_config__: ClassVar[Any] = {"extra": "forbid"}  # a misspelt rule is refused when the file is read

    name: str
    labels: Labels
    number_pattern: str
    code: Literal["lead", "number"]
    customer_type: Literal["individual", "by-company"]
    customer_status: str
    copy_messages: bool
    copy_documents: bool
    relink_opportunities: bool
    branch_required: bool
    prospect_stage: Literal["qualified"] | None = None
    qualifying_origins: frozenset[str] = frozenset()

    def number(self, count: int) -> str:
        """The number of the customer that was counted so."""
        return self.number_pattern % count
