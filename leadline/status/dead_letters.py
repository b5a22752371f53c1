"""What the status store knows of dead letters that their topics cannot say."""

from __future__ import annotations

from collections.abc import Iterable

from leadline.status.reader import StatusReader


def find_erased(reader: StatusReader, dlq_ids: Iterable[str]) -> set[str]:
    """Those of these dead letters whose lead or customer is erased: a topic keeps their bytes, nobody is to be shown them."""
    keeps = reader.row("keeps_dead_letters")
    if keeps is None or not keeps["keeps"]:
        return set()
    return {row["dlq_id"] for row in reader.rows("erased_dead_letters", ids=sorted(set(dlq_ids)))}
