"""Lists of leads, customers and conversions, newest first, page by page; and how a batch of conversions stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal

from leadline.status.reader import Row, StatusReader

Hidden = Literal["converted", "junk", "erased"]
"""What a list of leads leaves out unless it is asked for."""

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` rows, those after the row with the id `after`."""

    limit: int = PAGE
    after: str | None = None


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads; None means any. A status that is asked for is not left out."""

    status: str | None = None
    source: str | None = None
    rep: str | None = None
    tag: str | None = None
    include: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerFilter:
    """Which customers; None means any. An e-mail address is found whatever its case."""

    status: str | None = None
    stage: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class ConversionFilter:
    """Which conversions; None means any."""

    state: str | None = None
    batch: str | None = None


def list_leads(reader: StatusReader, which: LeadFilter, page: Page) -> Sequence[Row]:
    """Leads by their creation; without converted, junk and erased ones unless `which` says so."""
    return reader.rows("leads", **{**asdict(which), "include": list(which.include)}, **asdict(page))


def list_customers(reader: StatusReader, which: CustomerFilter, page: Page) -> Sequence[Row]:
    """Customers by their creation, without those that were taken back; `badge` is `prospect` where there is no order yet."""
    return reader.rows("customers", **asdict(which), **asdict(page))


def list_conversions(reader: StatusReader, which: ConversionFilter, page: Page) -> Sequence[Row]:
    """Conversions by the time of their requests."""
    return reader.rows("conversions", **asdict(which), **asdict(page))


def count_batch(reader: StatusReader, batch: str) -> dict[str, int]:
    """How many conversions of a batch are in which state; none of an unknown batch."""
    return {row["state"]: row["conversions"] for row in reader.rows("batch", batch=batch)}
