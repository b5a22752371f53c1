"""One batch on its way through the three steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from leadline.delivery.message import Failure, Message
from leadline.delivery.ports import Partition, Step
from leadline.delivery.record import Outgoing
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


@dataclass(slots=True)
class Batch:
    """Records of one or more partitions that are handled together.

    `metadata` is the group membership they were read under. `emissions` and `outcomes` are filled by the database step:
    what leaves, and how often each (outcome, error code) came.
    """

    shares: Sequence[Share]
    metadata: Any
    emissions: dict[Partition, list[Outgoing]] = field(default_factory=dict)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def steps(self) -> list[Step]:
        """How far each partition moves."""
        return [share.step for share in self.shares]

    @property
    def offsets(self) -> dict[Partition, int]:
        """The group's offsets once the batch is done."""
        return {share.step.partition: share.step.after for share in self.shares}

    @property
    def outgoing(self) -> list[Outgoing]:
        """Everything that leaves, in the order of the shares."""
        return [record for share in self.shares for record in self.emissions.get(share.step.partition, ())]
