"""One batch on its way through the three steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from leadline.delivery.message import Failure, Message
from leadline.delivery.ports import Partition, Step
from leadline.delivery.record import Record
from leadline.delivery.trail import Trail


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that could not be decoded."""

    trail: Trail
    partition: Partition
    failure: Failure


@dataclass(frozen=True, slots=True)
class Share:
    """One partition's part of a batch, decoded."""

    step: Step
    messages: Sequence[Message]
    rejections: Sequence[Rejection]


class Portion(NamedTuple):
    """One partition's part of a batch, as it was read."""

    step: Step
    records: Sequence[Record]


@dataclass(slots=True)
class Batch:
    """Records of one or more partitions that are handled together.

    `metadata` is the group membership they were read under. The database step fills the rest: the decoded `shares`, what
    leaves as journal blocks by partition and how many records that is, and how often each (outcome, error code) came.
    """

    portions: Sequence[Portion]
    metadata: Any
    shares: Sequence[Share] = ()
    blocks: dict[Partition, bytes] = field(default_factory=dict)
    records_out: int = 0
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def steps(self) -> list[Step]:
        """How far each partition moves."""
        return [portion.step for portion in self.portions]

    @property
    def offsets(self) -> dict[Partition, int]:
        """The group's offsets once the batch is done."""
        return {step.partition: step.after for step in self.steps}

    @property
    def messages(self) -> list[Message]:
        """Everything that could be decoded, in the order of the shares."""
        return [message for share in self.shares for message in share.messages]
