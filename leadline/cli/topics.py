"""`leadline topics check|create`."""

from __future__ import annotations

import typer

from leadline.cli import connect, exits
from leadline.runtime.cluster import create_topics, topic_problems

app = typer.Typer(no_args_is_help=True)


@app.command()
def create() -> None:
    """Make the topics that are missing."""
    made = create_topics(connect.settings())
    for name in made:
        typer.echo(name)
    typer.echo(f"{len(made)} topics made", err=True)


@app.command()
def check() -> None:
    """Say what is wrong with the topics; exit 1 if anything is."""
    problems = topic_problems(connect.settings())
    for problem in problems:
        typer.echo(problem)
    if problems:
        raise typer.Exit(exits.FAILED)
    typer.echo("all topics are as they should be", err=True)
