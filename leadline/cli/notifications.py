"""`leadline notifications list|show|resend|inbox|read|preview`, on the notifier's ledger and inboxes."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.table import Table

from leadline.cli import exits
from leadline.cli.connect import database_url
from leadline.cli.text import printable
from leadline.operations import inbox as inboxes
from leadline.operations.notifications import STATES, Wanted, deliveries, letter
from leadline.operations.notifications import resend as send_again

app = typer.Typer(no_args_is_help=True)
SERVICE = "notifier"

Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON document a line.")]


@app.command("list")
def list_(
    state: Annotated[str | None, typer.Option("--state", help=f"One of {', '.join(STATES)}.")] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="in-app, email or webhook.")] = None,
    recipient: Annotated[str | None, typer.Option("--recipient", help="The id of a user.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 100,
    *,
    json: Json = False,
) -> None:
    """List deliveries with their state, newest notification first."""
    if state is not None and state not in STATES:
        typer.echo(f"leadline: --state: one of {', '.join(STATES)}", err=True)
        raise typer.Exit(exits.USAGE)
    _print(deliveries(database_url(SERVICE), Wanted(state, channel, recipient, None, limit)), json=json)


@app.command()
def show(notification_id: Annotated[str, typer.Argument()], *, json: Json = False) -> None:
    """Show one notification: what it says, whether it was read, and each of its deliveries; of a digest, what it holds."""
    url = database_url(SERVICE)
    found = letter(url, notification_id)
    if found is None:
        _nothing()
    rows = deliveries(url, Wanted(notification_id=notification_id))
    if json:
        typer.echo(orjson.dumps({**found, "deliveries": rows}))
        return
    for name, value in found.items():
        if value is not None:
            typer.echo(f"{name.replace('_', ' ')}: {printable(str(value))}")
    _print(rows, json=False)


@app.command()
def resend(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of notifications or deliveries.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Everything that is dead or unknown.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, send nothing.")] = False,
) -> None:
    """Send again what is dead or unknown, under the same message ids: receivers that keep them are not told twice."""
    if bool(ids) == every:
        typer.echo("leadline: name notifications or deliveries, or say --all", err=True)
        raise typer.Exit(exits.USAGE)
    chosen = send_again(database_url(SERVICE), ids or (), every=every, dry_run=dry_run)
    if not chosen:
        _nothing()
    for id in chosen:
        typer.echo(id)
    typer.echo(f"{len(chosen)} {'would be' if dry_run else 'are'} sent again", err=True)


@app.command()
def inbox(
    recipient: Annotated[str, typer.Argument(help="The id of a user.")],
    *,
    unread: Annotated[bool, typer.Option("--unread", help="Only what is neither read nor withdrawn.")] = False,
    json: Json = False,
) -> None:
    """Show a person's inbox, newest first."""
    rows = inboxes.inbox(database_url(SERVICE), inboxes.Wanted(recipient, unread))
    for row in rows:
        if json:
            typer.echo(orjson.dumps(row))
        else:
            state = "withdrawn" if row["withdrawn_at"] else "read" if row["read_at"] else "new"
            typer.echo(f"{row['created_at']:%Y-%m-%d %H:%M} {state:9} {row['notification_id']} {printable(row['title'])}")
    typer.echo(f"{len(rows)} notifications", err=True)


@app.command()
def read(
    recipient: Annotated[str, typer.Argument(help="The id of a user.")],
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of notifications.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All that are in the inbox now.")] = False,
) -> None:
    """Mark notifications in a person's inbox as read."""
    if bool(ids) == every:
        typer.echo("leadline: name notifications, or say --all", err=True)
        raise typer.Exit(exits.USAGE)
    marked = inboxes.mark_read(database_url(SERVICE), recipient, ids or (), every=every)
    if not marked:
        _nothing()
    typer.echo("\n".join(marked))


@app.command()
def preview(
    kind: Annotated[str, typer.Argument(help="Such as first-sale or conversion-failed.")],
    language: Annotated[str, typer.Option("--language", help="Such as en or de.")] = "en",
    *,
    html: Annotated[bool, typer.Option("--html", help="The HTML part.")] = False,
) -> None:
    """Show the e-mail of a kind of notification, with made-up values. The notifier's own templates answer."""
    argv = [sys.executable, "-m", "services.notifier.deliver.preview", kind, "--language", language]
    if subprocess.run([*argv, *(["--html"] if html else [])], check=False).returncode:
        raise typer.Exit(exits.FAILED)


def _nothing() -> NoReturn:
    typer.echo("no notification matches", err=True)
    raise typer.Exit(exits.NOTHING_MATCHED)


def _print(rows: list[dict[str, Any]], *, json: bool) -> None:
    if json:
        for row in rows:
            typer.echo(orjson.dumps(row))
        return
    table = Table("notification", "recipient", "channel", "address", "attempts", "next attempt", "last error", "digest", box=None)
    table.add_column("state", no_wrap=True)
    for row in rows:
        state = "withdrawn" if row["withdrawn_at"] and row["channel"] == "in-app" else row["state"]
        texts = (row[name] for name in ("notification_id", "recipient", "channel", "address"))
        last = (printable(str(row[name] or "")) for name in ("next_attempt_at", "last_error", "digest_id"))
        table.add_row(*map(printable, texts), str(row["attempts"]), *last, _of_digest(row) or state)
    Console().print(table)
    typer.echo(f"{len(rows)} deliveries", err=True)


def _of_digest(row: dict[str, Any]) -> str | None:
    """What became of the digest that it went in."""
    return f"{row['state']}, {row['digest_state']}" if row["digest_id"] else None
