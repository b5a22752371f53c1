"""`leadline dlq replay|discard|restore`: what an operator decides about dead letters."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import Annotated

import typer

from leadline.cli import connect, exits
from leadline.cli.dead_letters import (
    By,
    Code,
    DryRun,
    Every,
    Fingerprint,
    Ids,
    Key,
    Service,
    Since,
    Text,
    Topic,
    Until,
    chosen,
    named_or_open,
)
from leadline.cli.text import printable
from leadline.delivery.record import Outgoing
from leadline.kafka.publish import publish_records
from leadline.operations.dead_letters import DeadLetter
from leadline.operations.replay import discards, operator, reopens, replays
from leadline.operations.selection import Selection
from leadline.runtime.settings import kafka_properties

app = typer.Typer(no_args_is_help=True)
NOT_REPLAYED = ("resolved", "quarantined")
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept.")]


@app.command()
def replay(
    ids: Ids = None,
    code: Code = None,
    fingerprint: Fingerprint = None,
    service: Service = None,
    topic: Topic = None,
    key: Key = None,
    since: Since = None,
    until: Until = None,
    text: Text = None,
    by: By = None,
    *,
    every: Every = False,
    dry_run: DryRun = False,
    notify: Annotated[bool, typer.Option("--notify", help="Tell people of what comes of it.")] = False,
) -> None:
    """Send dead letters to their service again; replaying twice makes one customer, and nobody is notified again.

    Left where they are: those of erased persons, resolved ones, and those in quarantine (`restore` takes them out of it).
    """
    wanted = Selection(ids or (), code, None, fingerprint, service, topic, key, since, until, text)
    found = named_or_open(wanted, every=every)
    letters = [letter for letter in found if not letter.is_erased and letter.state not in NOT_REPLAYED]
    for letter in found:
        if letter.state in NOT_REPLAYED:
            typer.echo(f"{printable(letter.dlq_id)} is {letter.state}", err=True)
    _do(letters, replays(letters, operator(by or getpass.getuser()), is_told=notify), "replayed", dry_run=dry_run)
    if not letters and any(letter.state in NOT_REPLAYED for letter in found):
        raise typer.Exit(exits.REFUSED)


@app.command()
def discard(
    reason: Reason,
    ids: Ids = None,
    code: Code = None,
    fingerprint: Fingerprint = None,
    service: Service = None,
    by: By = None,
    *,
    every: Every = False,
    dry_run: DryRun = False,
) -> None:
    """Note that dead letters will not be replayed; their records stay."""
    letters = named_or_open(Selection(ids or (), code, None, fingerprint, service), every=every)
    _do(letters, discards(letters, operator(by or getpass.getuser()), reason), "discarded", dry_run=dry_run)


@app.command()
def restore(
    reason: Reason,
    ids: Annotated[list[str], typer.Argument(help="Dead letter ids, such as conversion.requests/3/1842.")],
    by: By = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Open dead letters that were discarded, or that are in quarantine since they died after too many replays."""
    letters = [letter for letter in chosen(Selection(ids)) if letter.state in ("discarded", "quarantined")]
    _do(letters, reopens(letters, operator(by or getpass.getuser()), reason), "restored", dry_run=dry_run)
    if not letters:
        raise typer.Exit(exits.NOTHING_MATCHED)


def _do(letters: Sequence[DeadLetter], records: Sequence[Outgoing], verb: str, *, dry_run: bool) -> None:
    for letter in letters:
        typer.echo(f"{printable(letter.dlq_id)} {printable(letter.code)}")
    if not dry_run:
        settings = connect.settings()
        publish_records(kafka_properties(settings), settings.topic_prefix, records)
    typer.echo(f"{len(letters)} {'would be ' if dry_run else ''}{verb}", err=True)
