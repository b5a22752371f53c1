"""What the checker knows of one run: plain frozen data, no Kafka, no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Header = tuple[str, bytes | None]
Place = tuple[str, int]
"""A topic (without prefix) and a partition."""
Coordinates = tuple[str, int, int]
"""A topic (without prefix), a partition and an offset."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One request that the load generator sent; `seq` numbers the requests of one lead."""

    idempotency_key: str
    conversion_id: str
    lead_id: str
    kind: str
    seq: int
    outcome: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One outgoing event, with only what is judged; `unreadable` says why nothing else is known."""

    topic: str
    partition: int
    offset: int
    type: str
    ce_id: str
    time: str
    conversion_id: str | None = None
    lead_id: str | None = None
    customer_id: str | None = None
    customer_number: str | None = None
    code: str | None = None
    attempt: int | None = None
    error_code: str | None = None
    recipient: str | None = None
    unreadable: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies in the log, byte for byte."""

    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    timestamp_ms: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record of a `<service>.dlq` topic; `at` is where it lies there."""

    at: Coordinates
    record: Record

    def header(self, name: str) -> str | None:
        """The first header of that name in any case, as text; None where it is absent or not UTF-8."""
        for found, value in self.record.headers:
            if found.lower() == name and value is not None:
                return value.decode("utf-8", errors="replace")
        return None

    @property
    def service(self) -> str:
        """The service that gave up, by the topic's name."""
        return self.at[0].removesuffix(".dlq")


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A row of converter.customer."""

    customer_id: str
    customer_number: str
    code: str | None
    lead_id: str
    conversion_id: str


@dataclass(frozen=True, slots=True)
class ConversionRow:
    """A row of projector.conversion."""

    conversion_id: str
    lead_id: str
    state: str
    attempt: int
    customer_id: str | None
    error_code: str | None


@dataclass(frozen=True, slots=True)
class ProgressRow:
    """A row of partition_progress or emission_journal (there the epoch is 0)."""

    group: str
    topic: str
    partition: int
    epoch: int
    next_offset: int


@dataclass(frozen=True)
class Tables:
    """The rows of both schemas; ids are text, whatever their column's type."""

    customers: Sequence[CustomerRow] = ()
    progress: Sequence[ProgressRow] = ()
    journal: Sequence[ProgressRow] = ()
    projected_conversions: Sequence[ConversionRow] = ()
    projected_customers: Sequence[str] = ()
    projected_leads: Mapping[str, str] = field(default_factory=dict)
    projected_dead_letters: Sequence[str] = ()
    projected_events: Sequence[tuple[str, str]] = ()
    """(conversion_id, ce_id) of projector.conversion_event."""


@dataclass(frozen=True)
class Facts:
    """Everything that is judged. `ends` are the topics' ends with transaction markers, `last_offsets` those of the last
    readable record of the converter's inputs, `reopened` how often each conversion was asked for again by hand.
    """

    ledger: Sequence[LedgerLine] = ()
    conversion_events: Sequence[Event] = ()
    customer_events: Sequence[Event] = ()
    notifications: Sequence[Event] = ()
    dead_letters: Sequence[DeadLetter] = ()
    originals: Mapping[Coordinates, Record] = field(default_factory=dict)
    reopened: Mapping[str, int] = field(default_factory=dict)
    tables: Tables = field(default_factory=Tables)
    ends: Mapping[Place, int] = field(default_factory=dict)
    last_offsets: Mapping[Place, int] = field(default_factory=dict)
    committed: Mapping[tuple[str, str, int], int] = field(default_factory=dict)
    notifier_ran: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise: the rule's name, whom it concerns, and what was seen."""

    rule: str
    subject: str
    detail: str
