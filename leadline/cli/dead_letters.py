"""What the commands of `leadline dlq` have in common: their options, and the dead letters that are meant."""

from __future__ import annotations

from typing import Annotated

import typer

from leadline.cli import connect, exits
from leadline.contracts.times import parse_time
from leadline.contracts.topics import SERVICES, dead_letter_topic
from leadline.kafka.reading import read_topics
from leadline.operations.dead_letters import DeadLetter, collect, without_person
from leadline.operations.proof import find_proofs, next_replay, with_proof
from leadline.operations.replay import OPERATIONS
from leadline.operations.selection import Selection, select
from leadline.runtime.settings import kafka_properties
from leadline.status.dead_letters import find_erased
from leadline.status.reader import StatusReader


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return parse_time(text).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except ValueError as error:
        message = f"{text!r} is no time such as 2026-11-25T08:00:00Z"
        raise typer.BadParameter(message) from error


Ids = Annotated[list[str] | None, typer.Argument(help="Dead letter ids, such as conversion.requests/3/1842.")]
Code = Annotated[str | None, typer.Option("--code", help="Only those with this error code.")]
Fingerprint = Annotated[str | None, typer.Option("--fingerprint", help="Only those of this group (`leadline dlq groups`).")]
Service = Annotated[str | None, typer.Option("--service", help="Only those that died in this service.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Only those that first came on this topic.")]
Key = Annotated[str | None, typer.Option("--key", help="Only those with this key: of this lead, of this customer.")]
Since = Annotated[str | None, typer.Option("--since", callback=_time, help="Only those that died last at this time or later.")]
Until = Annotated[str | None, typer.Option("--until", callback=_time, help="Only those that died last before this time.")]
Text = Annotated[str | None, typer.Option("--text", help="Only those with this text in a header or the body.")]
State = Annotated[str | None, typer.Option("--state", help="open, replaying, resolved, discarded or quarantined.")]
Every = Annotated[bool, typer.Option("--all", help="All that are open, of those that the other options leave.")]
Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON document a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, do nothing.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; you, if nobody is named.")]


def load() -> list[DeadLetter]:
    """All dead letters, as topics, services and the status store tell them; of erased persons place and reason only."""
    settings = connect.settings()
    topics = [dead_letter_topic(service) for service in SERVICES]
    records = list(read_topics(kafka_properties(settings), settings.topic_prefix, [*topics, OPERATIONS]))
    dead, decisions = (r for r in records if r.topic != OPERATIONS), (r for r in records if r.topic == OPERATIONS)
    letters = collect(dead, decisions, replay_limit=settings.replay_limit)
    proofs = find_proofs({service: connect.database_url(service) for service in SERVICES}, letters)
    letters = [with_proof(letter, proofs.get(next_replay(letter))) for letter in letters]
    with StatusReader(connect.database_url()) as reader:
        erased = find_erased(reader, (letter.dlq_id for letter in letters))
    return [without_person(letter) if letter.dlq_id in erased else letter for letter in letters]


def chosen(wanted: Selection) -> list[DeadLetter]:
    """Those that are meant; ends the command if there are none."""
    found = select(load(), wanted)
    if not found:
        typer.echo("no dead letter matches", err=True)
        raise typer.Exit(exits.NOTHING_MATCHED)
    return found


def named_or_open(wanted: Selection, *, every: bool) -> list[DeadLetter]:
    """Those that are named, in whatever state, or with --all every open one that the other options leave."""
    if bool(wanted.ids) == every:
        typer.echo("name dead letters, or say --all", err=True)
        raise typer.Exit(exits.USAGE)
    return chosen(wanted if wanted.ids else wanted._replace(state="open"))
