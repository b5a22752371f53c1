"""The converter's book-keeping: progress inside the log, all input read, no journal left over."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.checker.facts import Violation
from tests.faults.checker.index import Index


def progress_is_within_the_log(index: Index) -> Iterator[Violation]:
    """partition_progress never points beyond the topic's end, nor below its start."""
    for row in index.facts.tables.progress:
        end = index.facts.ends.get((row.topic, row.partition))
        subject = f"{row.topic}/{row.partition}"
        if end is None:
            yield Violation("progress-beyond-end", subject, f"{row.group} is at {row.next_offset} of no partition")
        elif not 0 <= row.next_offset <= end:
            yield Violation("progress-beyond-end", subject, f"{row.group} is at {row.next_offset} of {end}")
        if row.epoch < 1:
            yield Violation("progress-beyond-end", subject, f"epoch {row.epoch}")


def input_is_read(index: Index) -> Iterator[Violation]:
    """Every readable request, retry and replay lies below the progress of its partition (lag would count markers)."""
    reached = {(row.topic, row.partition): row.next_offset for row in index.facts.tables.progress}
    for (topic, partition), last in index.facts.last_offsets.items():
        if reached.get((topic, partition), 0) <= last:
            at = reached.get((topic, partition))
            yield Violation("input-unread", f"{topic}/{partition}", f"progress {at}, last record {last}")


def journal_is_emitted(index: Index) -> Iterator[Violation]:
    """No journalled batch lies beyond the offset that Kafka has committed with it."""
    for row in index.facts.tables.journal:
        committed = index.facts.committed.get((row.group, row.topic, row.partition), -1)
        if row.next_offset > committed:
            detail = f"journal of {row.group} up to {row.next_offset}, committed {committed}"
            yield Violation("journal-left", f"{row.topic}/{row.partition}", detail)


def offsets_follow_progress(index: Index) -> Iterator[Violation]:
    """The group's offset never passes what the database holds."""
    for row in index.facts.tables.progress:
        committed = index.facts.committed.get((row.group, row.topic, row.partition), -1)
        if committed > row.next_offset:
            detail = f"{row.group} committed {committed}, the database holds up to {row.next_offset}"
            yield Violation("offset-ahead", f"{row.topic}/{row.partition}", detail)


RULES = (progress_is_within_the_log, input_is_read, journal_is_emitted, offsets_follow_progress)
