"""`leadline audit verify|list`: what operators did, and whether the record of it is whole."""

from __future__ import annotations

from typing import Annotated

import orjson
import typer

from leadline.cli import exits
from leadline.cli.connect import database_url
from leadline.cli.text import printable
from leadline.operations import audit

app = typer.Typer(no_args_is_help=True)
Json = Annotated[bool, typer.Option("--json", help="For programs: one JSON document a line.")]


@app.command()
def verify(*, json: Json = False) -> None:
    """Check every row against the one before; exit 1 and name the first that does not fit."""
    broken = audit.verify(database_url(audit.SCHEMA))
    if json:
        typer.echo(orjson.dumps({"holds": broken is None, "first_broken": broken}))
    elif broken is None:
        typer.echo("the chain holds", err=True)
    else:
        typer.echo(f"row {broken} does not fit the chain: it, or what stood there, was changed or removed")
    if broken is not None:
        raise typer.Exit(exits.FAILED)


@app.command("list")
def list_(limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 50, *, json: Json = False) -> None:
    """List what operators did, the newest first."""
    for row in audit.latest(database_url(audit.SCHEMA), limit):
        if json:
            typer.echo(orjson.dumps(row))
        else:
            about = f"{row['service']} {row['dlq_id']}" if row["dlq_id"] else ""
            typer.echo(printable(" ".join(filter(None, (row["at"], row["by"], row["verb"], about, row["reason"])))))
