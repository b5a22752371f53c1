"""`leadline publish FILE.jsonl`: one record a line, in the order of the lines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from leadline.cli import connect, exits
from leadline.cli.lines import read_lines
from leadline.kafka.publish import publish_records
from leadline.runtime.settings import kafka_properties


def publish(
    file: Annotated[Path, typer.Argument(help="JSON lines, each with topic, key, headers and value; see examples/.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
) -> None:
    """Write the records of a file to their topics, in order."""
    if not file.is_file():
        typer.echo(f"leadline: {file} is no file", err=True)
        raise typer.Exit(exits.USAGE)
    records = read_lines(file)
    if not dry_run:
        settings = connect.settings()
        publish_records(kafka_properties(settings), settings.topic_prefix, records)
    typer.echo(f"{len(records)} records {'checked' if dry_run else 'published'}", err=True)
