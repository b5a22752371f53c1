"""`leadline dlq replay|discard|restore`: what an operator decides about dead letters."""

from __future__ import annotations

import getpass
from contextlib import AbstractContextManager, nullcontext
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
from leadline.operations.audit import SCHEMA
from leadline.operations.desk import Decision, Desk, desk
from leadline.operations.replay import discards, operator, reopens, replays
from leadline.operations.selection import Selection
from leadline.runtime.settings import kafka_properties

app = typer.Typer(no_args_is_help=True)
NOT_REPLAYED = ("resolved", "quarantined")
ON_ITS_WAY = "replaying"
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
    reason: Annotated[str | None, typer.Option("--reason", help="Why; it is kept.")] = None,
    *,
    every: Every = False,
    dry_run: DryRun = False,
    notify: Annotated[bool, typer.Option("--notify", help="Tell people of what comes of it.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those that are on their way already.")] = False,
) -> None:
    """Send dead letters to their service again; replaying twice makes one customer, and nobody is notified again.

    Left where they are: those of erased persons, resolved ones, those on their way, and those in quarantine (`restore` takes
    them out of it).
    """
    wanted = Selection(ids or (), code, None, fingerprint, service, topic, key, since, until, text)
    left = NOT_REPLAYED if again else (*NOT_REPLAYED, ON_ITS_WAY)
    with _at_desk(dry_run=dry_run) as place:
        found = named_or_open(wanted, every=every)
        letters = [letter for letter in found if not letter.is_erased and letter.state not in left]
        for letter in found:
            if letter.state in left:
                typer.echo(f"{printable(letter.dlq_id)} is {letter.state}", err=True)
        who = operator(by or getpass.getuser())
        _do(place, Decision("replayed", ON_ITS_WAY, letters, replays(letters, who, is_told=notify), who, reason))
    if not letters and any(letter.state in left for letter in found):
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
    with _at_desk(dry_run=dry_run) as place:
        letters = named_or_open(Selection(ids or (), code, None, fingerprint, service), every=every)
        who = operator(by or getpass.getuser())
        _do(place, Decision("discarded", "discarded", letters, discards(letters, who, reason), who, reason))


@app.command()
def restore(
    reason: Reason,
    ids: Annotated[list[str], typer.Argument(help="Dead letter ids, such as conversion.requests/3/1842.")],
    by: By = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Open dead letters that were discarded, or that are in quarantine since they died after too many replays."""
    with _at_desk(dry_run=dry_run) as place:
        letters = [letter for letter in chosen(Selection(ids)) if letter.state in ("discarded", "quarantined")]
        who = operator(by or getpass.getuser())
        _do(place, Decision("restored", "open", letters, reopens(letters, who, reason), who, reason))
    if not letters:
        raise typer.Exit(exits.NOTHING_MATCHED)


def _at_desk(*, dry_run: bool) -> AbstractContextManager[Desk | None]:
    """What is only asked about needs nobody's turn."""
    return nullcontext() if dry_run else desk(connect.database_url(SCHEMA))


def _do(place: Desk | None, decision: Decision) -> None:
    for letter in decision.letters:
        typer.echo(f"{printable(letter.dlq_id)} {printable(letter.code)}")
    if place and decision.letters:
        settings = connect.settings()
        place.carry_out(decision, kafka_properties(settings), settings.topic_prefix)
    typer.echo(f"{len(decision.letters)} {'' if place else 'would be '}{decision.verb}", err=True)
