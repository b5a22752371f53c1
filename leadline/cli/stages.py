"""`leadline stages tick`: say how late it is, so that customers fall dormant whose silence has lasted long enough."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from leadline.cli import connect, exits
from leadline.contracts.times import parse_time, time_now_text
from leadline.operations.ticks import all_partitions, write_tick

SOURCE: Final = "/leadline/cli"
app = typer.Typer(no_args_is_help=True)


@app.callback()
def stages() -> None:
    """Keep `tick` a command of its own: typer would fold a single one away."""


@app.command()
def tick(
    at: Annotated[str | None, typer.Option(help="RFC 3339, such as 2026-11-22T13:30:00Z; without it, now.")] = None,
    *,
    ahead: Annotated[bool, typer.Option("--ahead", help="Allow a time that is still to come. There is no way back.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
) -> None:
    """Write a tick to every partition of stage.ticks; the notifier itself does so every ten minutes.

    The latest tick counts for ever, so a time that is still to come is refused unless you insist.
    """
    now = datetime.now(UTC)
    moment = _read(at) if at else now
    if moment > now and not ahead:
        typer.echo(f"leadline: {time_now_text(moment)} is still to come; --ahead if you mean it", err=True)
        raise typer.Exit(exits.REFUSED)
    settings = connect.settings()
    partitions = all_partitions(settings)
    if not dry_run:
        write_tick(settings, SOURCE, moment, partitions)
    typer.echo(f"{time_now_text(moment)} {'checked for' if dry_run else 'told to'} {len(partitions)} partitions", err=True)


def _read(text: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError as error:
        typer.echo(f"leadline: --at: {error}", err=True)
        raise typer.Exit(exits.USAGE) from error
