"""`leadline lead ID` and `leadline customer ID`: what the status store knows, for people and for programs."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from leadline.cli import exits
from leadline.cli.connect import database_url
from leadline.cli.show import render, to_json
from leadline.status import things
from leadline.status.reader import StatusReader

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def lead(lead_id: Annotated[str, typer.Argument(help="The lead's id.")], as_json: AsJson = False) -> None:
    """Show a lead, its statuses, scores, assignments and items, what was said of it and what became of it."""
    _answer("lead", lead_id, as_json)


def customer(customer_id: Annotated[str, typer.Argument(help="The customer's id.")], as_json: AsJson = False) -> None:
    """Show a customer and what belongs to it, from the first word about the lead to the latest order."""
    _answer("customer", customer_id, as_json)


def _answer(kind: str, id: str, as_json: bool) -> None:
    with StatusReader(database_url()) as reader:
        answer = things.ask(reader, kind, id)
    if answer is None:
        typer.echo(f"no {kind} {id}", err=True)
        raise typer.Exit(exits.NOTHING_MATCHED)
    if as_json:
        typer.echo(to_json({**answer.thing, "parts": answer.parts, "timeline": answer.timeline}))
    else:
        Console().print(render(answer))
