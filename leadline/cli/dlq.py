"""`leadline dlq list|show|replay|discard|restore`, on the topics, with what services have noted of replays."""

from __future__ import annotations

import base64
import getpass
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from leadline.cli import connect, exits
from leadline.cli.text import printable
from leadline.contracts.topics import SERVICES, dead_letter_topic
from leadline.delivery.record import Outgoing
from leadline.kafka.publish import publish_records
from leadline.kafka.reading import read_topics
from leadline.operations.dead_letters import DeadLetter, collect, select, without_person
from leadline.operations.proof import find_proofs, next_replay, with_proof
from leadline.operations.replay import OPERATIONS, discards, operator, reopens, replays
from leadline.runtime.settings import kafka_properties
from leadline.status.dead_letters import find_erased
from leadline.status.reader import StatusReader

app = typer.Typer(no_args_is_help=True)
SHOWN_BODY_CHARS = 4_000
NOT_REPLAYED = ("resolved", "quarantined")

Ids = Annotated[list[str] | None, typer.Argument(help="Dead letter ids, such as conversion.requests/3/1842.")]
Code = Annotated[str | None, typer.Option("--code", help="Only those with this error code.")]
Every = Annotated[bool, typer.Option("--all", help="All that are open (with --code: of that code).")]
Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON document a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, do nothing.")]
By = Annotated[str | None, typer.Option("--by", help="Who decides; you, if nobody is named.")]


def _load() -> list[DeadLetter]:
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


def _chosen(ids: list[str] | None, code: str | None, state: str | None) -> list[DeadLetter]:
    found = select(_load(), ids=ids or (), code=code, state=state)
    if not found:
        typer.echo("no dead letter matches", err=True)
        raise typer.Exit(exits.NOTHING_MATCHED)
    return found


@app.command("list")
def list_(code: Code = None, state: Annotated[str | None, typer.Option("--state")] = None, *, json: Json = False) -> None:
    """List dead letters with their state: open, replaying (its outcome is not known yet), resolved, discarded, quarantined."""
    found = select(_load(), ids=(), code=code, state=state)
    if json:
        for letter in found:
            typer.echo(orjson.dumps(_summary(letter)))
        return
    table = Table("id", "code", "state", "attempts", "replays", "key", "failed at")
    for letter in found:
        facts = letter.facts
        table.add_row(
            printable(letter.dlq_id),
            printable(letter.code),
            letter.state,
            facts.get("attempts"),
            facts.get("replays"),
            "erased" if letter.is_erased else printable(letter.key),
            facts.get("failed-at"),
        )
    Console().print(table)
    states = Counter(letter.state for letter in found)
    counts = "".join(f", {number} {name}" for name, number in states.items())
    typer.echo(f"{len(found)} dead letters{counts}", err=True)


@app.command()
def show(dlq_id: Annotated[str, typer.Argument()], *, json: Json = False) -> None:
    """Show one dead letter: why it died, its headers, its body."""
    letter = _chosen([dlq_id], None, None)[0]
    if json:
        typer.echo(orjson.dumps(_summary(letter) | _bytes(letter)))
        return
    for name, value in letter.facts.items():
        typer.echo(f"dlq-{name}: {printable(value)}")
    typer.echo(f"state: {letter.state}{_proved(letter)}")
    if letter.is_erased:
        typer.echo("erased: its person asked to be forgotten")
        return
    for name, raw in letter.record.headers[: -len(letter.facts)]:
        typer.echo(f"header {printable(name)}: {printable((raw or b'').decode('utf-8', 'replace'))}")
    body = (letter.record.value or b"").decode("utf-8", "replace")
    typer.echo(printable(body[:SHOWN_BODY_CHARS]) + (" ..." if len(body) > SHOWN_BODY_CHARS else ""))


@app.command()
def replay(
    ids: Ids = None,
    code: Code = None,
    by: By = None,
    *,
    every: Every = False,
    dry_run: DryRun = False,
    notify: Annotated[bool, typer.Option("--notify", help="Tell people of what comes of it.")] = False,
) -> None:
    """Send dead letters to their service again; replaying twice makes one customer, and nobody is notified again.

    Left where they are: those of erased persons, resolved ones, and those in quarantine (`restore` takes them out of it).
    """
    _need_choice(ids, every=every)
    chosen = _chosen(ids, code, None if ids else "open")
    letters = [letter for letter in chosen if not letter.is_erased and letter.state not in NOT_REPLAYED]
    for letter in chosen:
        if letter.state in NOT_REPLAYED:
            typer.echo(f"{printable(letter.dlq_id)} is {letter.state}", err=True)
    _do(letters, replays(letters, operator(by or getpass.getuser()), is_told=notify), "replayed", dry_run=dry_run)
    if not letters and any(letter.state in NOT_REPLAYED for letter in chosen):
        raise typer.Exit(exits.REFUSED)


@app.command()
def discard(
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")],
    ids: Ids = None,
    code: Code = None,
    by: By = None,
    *,
    every: Every = False,
    dry_run: DryRun = False,
) -> None:
    """Note that dead letters will not be replayed; their records stay."""
    _need_choice(ids, every=every)
    letters = _chosen(ids, code, None if ids else "open")
    _do(letters, discards(letters, operator(by or getpass.getuser()), reason), "discarded", dry_run=dry_run)


@app.command()
def restore(
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")],
    ids: Annotated[list[str], typer.Argument(help="Dead letter ids, such as conversion.requests/3/1842.")],
    by: By = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Open dead letters that were discarded, or that are in quarantine since they died after too many replays."""
    letters = [letter for letter in _chosen(ids, None, None) if letter.state in ("discarded", "quarantined")]
    _do(letters, reopens(letters, operator(by or getpass.getuser()), reason), "restored", dry_run=dry_run)
    if not letters:
        raise typer.Exit(exits.NOTHING_MATCHED)


def _need_choice(ids: list[str] | None, *, every: bool) -> None:
    if bool(ids) == every:
        typer.echo("name dead letters, or say --all", err=True)
        raise typer.Exit(exits.USAGE)


def _do(letters: Sequence[DeadLetter], records: Sequence[Outgoing], verb: str, *, dry_run: bool) -> None:
    for letter in letters:
        typer.echo(f"{printable(letter.dlq_id)} {printable(letter.code)}")
    if not dry_run:
        settings = connect.settings()
        publish_records(kafka_properties(settings), settings.topic_prefix, records)
    typer.echo(f"{len(letters)} {'would be ' if dry_run else ''}{verb}", err=True)


def _summary(letter: DeadLetter) -> dict[str, Any]:
    return {
        "dlq_id": letter.dlq_id,
        "state": letter.state,
        "key": letter.key,
        "deaths": letter.deaths,
        "erased": letter.is_erased,
        "outcome": letter.outcome,
        "resolved_by": letter.conversion_id,
        **letter.facts,
    }


def _proved(letter: DeadLetter) -> str:
    """What its service has noted of the last replay, in words."""
    if letter.state == "replaying":
        return f" ({letter.outcome or 'outcome unknown'})"
    return f" (conversion {letter.conversion_id})" if letter.conversion_id else ""


def _bytes(letter: DeadLetter) -> dict[str, Any]:
    """The record's own bytes, in base64, since they may be anything."""
    own = letter.record.headers[: -len(letter.facts)]
    return {
        "record_key": _base64(letter.record.key),
        "record_value": _base64(letter.record.value),
        "record_headers": [[name, _base64(value)] for name, value in own],
    }


def _base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode()
