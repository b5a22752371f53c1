"""What services have noted of replays, in the transactions that handled them: a dead letter is resolved by that alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Final, NamedTuple

from leadline.operations.dead_letters import DeadLetter
from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries

DONE: Final = "done"
Place = tuple[str, str, int]
"""A replay: the service, the dead letter's id, and which of its replays, counted from 1."""


class Proof(NamedTuple):
    """What came of one replay: `done`, `retrying` or `dead`, with the error code and the conversion where they are known."""

    outcome: str
    code: str | None
    conversion_id: str | None


def find_proofs(urls: Mapping[str, str], letters: Iterable[DeadLetter]) -> dict[Place, Proof]:
    """What the services (`urls`: the database of each) know of the next replay of each of these dead letters.

    One that was replayed twice at the same number is done if one of the two is. Raises Unavailable.
    """
    wanted = sorted(place for each in letters if (place := next_replay(each))[0] in urls)
    found: dict[Place, Proof] = {}
    for service, places in groupby(wanted, key=lambda place: place[0]):
        found |= _find(urls[service], service, list(places))
    return found


def next_replay(letter: DeadLetter) -> Place:
    """The replay that its last death awaits: a replay that dies makes a new death, which awaits the one after."""
    return letter.service, letter.dlq_id, letter.replays + 1


def with_proof(letter: DeadLetter, proof: Proof | None) -> DeadLetter:
    """The dead letter in the state that is proved; what somebody has discarded stays so."""
    if proof is None or letter.state == "discarded":
        return letter
    if proof.outcome == DONE:
        return replace(letter, state="resolved", outcome=proof.outcome, conversion_id=proof.conversion_id)
    return replace(letter, outcome=proof.outcome)


def _find(url: str, service: str, places: Sequence[Place]) -> dict[Place, Proof]:
    queries = load_queries(Path(__file__).with_name("proof.sql"))
    parameters = {"dlq_ids": [dlq_id for _, dlq_id, _ in places], "numbers": [number for _, _, number in places]}
    with connect(url, service) as connection:
        keeps = connection.execute(queries["keeps_outcomes"].encode()).fetchone()
        if not (keeps and keeps["keeps"]):
            return {}  # its database is older than this tool: nothing is proved
        rows = connection.execute(queries["find_outcomes"].encode(), parameters).fetchall()
    return {(service, r["dlq_id"], r["replays"]): Proof(r["outcome"], r["code"], r["conversion_id"]) for r in rows}
