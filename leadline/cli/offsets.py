"""`leadline offsets show|move`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from leadline.cli import connect, exits
from leadline.contracts.topics import SERVICES
from leadline.errors import LeadlineError
from leadline.operations.offsets import GroupBusyError, Place, move_offset, standings

app = typer.Typer(no_args_is_help=True)


@app.command()
def show(service: Annotated[str | None, typer.Option(help="Only this service.")] = None) -> None:
    """Show for each partition how far the database is, how far the group is, and where the log ends."""
    table = Table("service", "partition", "database", "group", "log ends at")
    settings = connect.settings()
    for name in (service,) if service else SERVICES:
        for standing in standings(settings, connect.database_url(name), name):
            place = f"{standing.place.topic}/{standing.place.partition}"
            table.add_row(name, place, str(standing.next_offset), str(standing.committed), str(standing.end))
    Console().print(table)


@app.command()
def move(
    place: Annotated[str, typer.Argument(help="topic/partition, such as conversion.requests/3.")],
    to: Annotated[int, typer.Option(min=0, help="The offset to go on from.")],
    service: Annotated[str, typer.Option(help="The service whose position it is.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
) -> None:
    """Move a stopped service's position, in the database and in the group together.

    Records that are skipped are never handled; records that are repeated are handled again. Refused while the service runs.
    """
    topic, _, number = place.rpartition("/")
    if not topic or not number.isdigit() or service not in SERVICES:
        typer.echo("usage: leadline offsets move TOPIC/PARTITION --to OFFSET --service converter|notifier|projector", err=True)
        raise typer.Exit(exits.USAGE)
    try:
        before = move_offset(
            connect.settings(), connect.database_url(service), service, Place(topic, int(number)), to=to, dry_run=dry_run
        )
    except GroupBusyError as error:
        typer.echo(f"leadline: {error}", err=True)
        raise typer.Exit(exits.REFUSED) from error
    except LeadlineError as error:
        typer.echo(f"leadline: {error}", err=True)
        raise typer.Exit(exits.FAILED) from error
    typer.echo(f"{place}: {before} -> {to}{' (nothing was changed)' if dry_run else ''}")
