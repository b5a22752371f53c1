"""Reads the input ledger: JSON lines, of which the last one for a delivery tells its outcome."""

from __future__ import annotations

import json
from pathlib import Path

from tests.faults.checker.facts import LedgerLine

OUTCOMES = ("acked", "failed", "unknown")


def read_ledger(path: Path) -> list[LedgerLine]:
    """Read the file; a half-written last line (the generator was killed, or still writes) is left out."""
    deliveries: dict[tuple[str, int], LedgerLine] = {}
    for text in path.read_text(encoding="utf-8").splitlines(keepends=True):
        if text.endswith("\n"):
            line = _line(text)
            deliveries[(line.idempotency_key, line.seq)] = line
    return list(deliveries.values())


def _line(text: str) -> LedgerLine:
    found = json.loads(text)
    if found["outcome"] not in OUTCOMES:
        message = f"outcome {found['outcome']!r} is none of {OUTCOMES}"
        raise ValueError(message)
    return LedgerLine(
        idempotency_key=found["idempotency_key"],
        conversion_id=found["conversion_id"],
        lead_id=found["lead_id"],
        kind=found["kind"],
        seq=found["seq"],
        outcome=found["outcome"],
        email=found.get("email"),
    )
