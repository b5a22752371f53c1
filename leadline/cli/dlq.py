"""`leadline dlq list|groups|show|export|import`: dead letters, looked at and copied. What is done about them: `dlq_decisions`."""

from __future__ import annotations

import base64
import getpass
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from leadline.cli import connect
from leadline.cli.dead_letters import (
    By,
    Code,
    Fingerprint,
    Json,
    Key,
    Service,
    Since,
    State,
    Text,
    Topic,
    Until,
    chosen,
    load,
)
from leadline.cli.text import printable
from leadline.delivery.record import Outgoing, Record
from leadline.errors import SetupError
from leadline.operations.audit import SCHEMA
from leadline.operations.dead_letters import DeadLetter, collect
from leadline.operations.desk import Decision, desk
from leadline.operations.replay import operator
from leadline.operations.selection import Selection, advice, group, select
from leadline.operations.transfer import export_line, import_lines
from leadline.runtime.settings import kafka_properties

app = typer.Typer(no_args_is_help=True)
SHOWN_BODY_CHARS = 4_000


@app.command("list")
def list_(
    code: Code = None,
    state: State = None,
    fingerprint: Fingerprint = None,
    service: Service = None,
    topic: Topic = None,
    key: Key = None,
    since: Since = None,
    until: Until = None,
    text: Text = None,
    *,
    json: Json = False,
) -> None:
    """List dead letters with their state: open, replaying (its outcome is not known yet), resolved, discarded, quarantined."""
    found = select(load(), Selection((), code, state, fingerprint, service, topic, key, since, until, text))
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
def groups(code: Code = None, state: State = None, service: Service = None, since: Since = None, *, json: Json = False) -> None:
    """List the faults that dead letters have in common, those with the most open ones first, and what usually helps."""
    found = group(select(load(), Selection(code=code, state=state, service=service, since=since)))
    for each in found:
        if json:
            typer.echo(orjson.dumps({**each._asdict(), "number": each.number}))
            continue
        states = ", ".join(f"{number} {name}" for name, number in each.states.items())
        typer.echo(f"{printable(each.fingerprint)}  {printable(each.code)}  {printable(each.service)}: {states}")
        typer.echo(f"  first {printable(each.first_failed_at)}, last {printable(each.last_failed_at)}: {printable(each.example)}")
        typer.echo(f"  {printable(each.message)}")
        typer.echo(f"  {each.advice}")
    if not json:
        typer.echo(f"{len(found)} groups", err=True)


@app.command()
def show(dlq_id: Annotated[str, typer.Argument()], *, json: Json = False) -> None:
    """Show one dead letter: why it died, its headers, its body."""
    letter = chosen(Selection((dlq_id,)))[0]
    if json:
        typer.echo(orjson.dumps(_summary(letter) | _bytes(letter)))
        return
    for name, value in letter.facts.items():
        typer.echo(f"dlq-{name}: {printable(value)}")
    typer.echo(f"state: {letter.state}{_proved(letter)}")
    typer.echo(f"what usually helps: {advice(letter.code)}")
    if letter.is_erased:
        typer.echo("erased: its person asked to be forgotten")
        return
    for name, raw in letter.record.headers[: -len(letter.facts)]:
        typer.echo(f"header {printable(name)}: {printable((raw or b'').decode('utf-8', 'replace'))}")
    body = (letter.record.value or b"").decode("utf-8", "replace")
    typer.echo(printable(body[:SHOWN_BODY_CHARS]) + (" ..." if len(body) > SHOWN_BODY_CHARS else ""))


@app.command()
def export(code: Code = None, state: State = None, fingerprint: Fingerprint = None, service: Service = None) -> None:
    """Write dead letters to the standard output as JSON lines, with every byte; those of erased persons are left out."""
    found = chosen(Selection(code=code, state=state, fingerprint=fingerprint, service=service))
    kept = [letter for letter in found if not letter.is_erased]
    for letter in kept:
        sys.stdout.buffer.write(export_line(letter) + b"\n")
    typer.echo(f"{len(kept)} exported", err=True)


@app.command("import")
def import_(file: Annotated[Path, typer.Argument(help="What `leadline dlq export` has written.")], by: By = None) -> None:
    """Put exported dead letters back that their topic has no more, as open ones; those that it has stay as they are."""
    try:
        records = list(import_lines(file.read_bytes().split(b"\n")))
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise SetupError(message) from error
    with desk(connect.database_url(SCHEMA)) as place:
        known = {(letter.service, letter.dlq_id) for letter in load()}
        letters = [each for each in collect(map(_as_read, records), ()) if (each.service, each.dlq_id) not in known]
        fresh = [Outgoing(each.record.topic, *each.record[4:]) for each in letters]
        settings = connect.settings()
        decision = Decision("imported", "open", letters, fresh, operator(by or getpass.getuser()))
        place.carry_out(decision, kafka_properties(settings), settings.topic_prefix)
    typer.echo(f"{len(fresh)} imported, {len(records) - len(fresh)} were there", err=True)


def _as_read(record: Outgoing) -> Record:
    return Record(record.topic, 0, 0, 0, record.key, record.value, record.headers)


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
