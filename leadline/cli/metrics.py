"""`leadline metrics`: what docs/metrics.md defines, counted now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from leadline.cli.ask import AsJson
from leadline.cli.connect import database_url
from leadline.cli.show import table, to_json
from leadline.runtime.settings import load_settings
from leadline.status.metrics import Window, measure
from leadline.status.reader import StatusReader

_FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]


def metrics(
    since: Annotated[datetime | None, typer.Option(help="From this UTC day or time on.", formats=_FORMATS)] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this UTC day or time.", formats=_FORMATS)] = None,
    as_json: AsJson = False,
) -> None:
    """Show conversion rates, times, sales cycle, wins, deal sizes and costs; docs/metrics.md says what each one counts."""
    with StatusReader(database_url()) as reader:
        measured = measure(reader, Window(_utc(since), _utc(until)), load_settings().channel_costs)
    if as_json:
        typer.echo(to_json(measured))
        return
    console = Console()
    for name, rows in measured.items():
        if rows:
            console.print(table(rows, title=name.replace("_", " ")))
            console.print()


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
