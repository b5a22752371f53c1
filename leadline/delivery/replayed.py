"""What a batch proves about records that operators have sent again. Pure.

Only an outcome of the engine is proof: that a record was read, or that no new dead letter came, is none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from leadline.contracts.topics import replay_topic
from leadline.delivery.batch import Share
from leadline.delivery.ladder import Ladder
from leadline.delivery.message import DeadLetter, Done, Outcome, Retry
from leadline.delivery.ports import ReplayOutcome, Waiting
from leadline.delivery.record import Outgoing
from leadline.delivery.trail import Trail

QUIET = ("ce_quiet", b"true")
DONE, RETRYING, DEAD = "done", "retrying", "dead"


def replay_outcomes(ladder: Ladder, shares: Sequence[Share], outcomes: Mapping[int, Outcome | Waiting]) -> list[ReplayOutcome]:
    """One row for each replay that the batch has handled, by the ids of its messages; sorted, so that rows lock in order.

    Inputs are not looked through: only retry and replay topics can hold a replayed record. If a replay comes twice in
    a batch, one of the two that is done is what counts.
    """
    own = {replay_topic(ladder.service), *ladder.delays_by_topic}
    found: dict[tuple[str, int, str], ReplayOutcome] = {}
    for share in shares:
        if share.step.partition.topic in own:
            for row in _of_share(share, outcomes):
                place = row[:3]
                if place not in found or found[place].outcome != DONE:
                    found[place] = row
    return [found[place] for place in sorted(found)]


def quietened(records: Sequence[Outgoing]) -> list[Outgoing]:
    """What follows from a quiet replay, marked so that no service further on tells people of it."""
    return [record._replace(headers=[*record.headers, QUIET]) for record in records]


def _of_share(share: Share, outcomes: Mapping[int, Outcome | Waiting]) -> Iterator[ReplayOutcome]:
    for message in share.messages:
        if message.is_replay:
            trail = Trail(message.record, message.origin, message.attempt)
            yield _row(trail, *_decided(outcomes[id(message)]), message.content.conversion_id)
    for rejection in share.rejections:
        if rejection.trail.attempt.replays > 0:
            yield _row(rejection.trail, DEAD, rejection.failure.code, None)


def _decided(outcome: Outcome | Waiting) -> tuple[str, str | None]:
    if isinstance(outcome, Done):
        return DONE, None
    if isinstance(outcome, Retry | DeadLetter):
        return RETRYING if isinstance(outcome, Retry) else DEAD, outcome.failure.code
    return RETRYING, None  # behind an earlier record of its key


def _row(trail: Trail, outcome: str, code: str | None, conversion_id: str | None) -> ReplayOutcome:
    attempt = trail.attempt
    return ReplayOutcome(str(trail.origin), attempt.replays, attempt.replay_id or "", outcome, code, conversion_id)
