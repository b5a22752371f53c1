"""`leadline lead ID` and `leadline customer ID`: what the status store knows, for people and for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from leadline.cli import exits
from leadline.cli.connect import database_url
from leadline.postgres.pool import connect
from leadline.postgres.queries import load_queries

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

_STYLES: Final = {
    "pending": "yellow", "processing": "blue", "completed": "green", "failed": "red", "converting": "blue",
    "converted": "green",
}  # fmt: skip

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A thing and its timeline, oldest first."""

    thing: Row
    timeline: Sequence[Row]


class StatusReader:
    """Asks the projector's tables; every method reads what is committed now."""

    def __init__(self, url: str) -> None:
        self._connection = connect(url, schema="projector")
        self._queries = load_queries(Path(__file__).with_name("ask.sql"))

    def ask(self, kind: str, id: str) -> Answer | None:
        """A `conversion`, `lead` or `customer`; None if there is none. Its timeline is never older than its state."""
        thing = self._connection.execute(self._queries[kind].encode(), {"id": id}).fetchone()
        timeline = self._connection.execute(self._queries[f"{kind}_timeline"].encode(), {"id": id}).fetchall()
        return None if thing is None else Answer(thing, timeline)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def lead(lead_id: Annotated[str, typer.Argument(help="The lead's id.")], as_json: AsJson = False) -> None:
    """Show a lead, what was said of it and what became of it."""
    _answer("lead", lead_id, as_json)


def customer(customer_id: Annotated[str, typer.Argument(help="The customer's id.")], as_json: AsJson = False) -> None:
    """Show a customer, from the first word about the lead to the latest order."""
    _answer("customer", customer_id, as_json)


def _answer(kind: str, id: str, as_json: bool) -> None:
    reader = StatusReader(database_url())
    try:
        answer = reader.ask(kind, id)
    finally:
        reader.close()
    if answer is None:
        typer.echo(f"no {kind} {id}", err=True)
        raise typer.Exit(exits.NOTHING_MATCHED)
    if as_json:
        typer.echo(to_json({**answer.thing, "timeline": answer.timeline}))
    else:
        Console().print(render(answer))


def to_json(row: Row) -> str:
    """One line of JSON; times in UTC with `Z`."""
    return orjson.dumps(row, option=orjson.OPT_UTC_Z).decode()


def render(answer: Answer) -> RenderableType:
    """The thing as a table of its fields that are known, and its timeline below."""
    fields = Table(show_header=False, box=None, pad_edge=False)
    for name, value in answer.thing.items():
        if value is not None:
            fields.add_row(Text(name.replace("_", " "), "dim"), _cell(value))
    timeline = Table("time", "event", "attempt", "detail", box=None, pad_edge=False, header_style="dim")
    for entry in answer.timeline:
        attempt = "" if entry["attempt"] is None else str(entry["attempt"])
        timeline.add_row(_cell(entry["at"]), Text(_event(entry["type"])), attempt, Text(_detail(entry["detail"])))
    return Group(fields, Text(), timeline)


def _cell(value: Any) -> Text:
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}")
    if isinstance(value, Mapping):
        return Text(_detail(value))
    return Text(str(value), _STYLES.get(value, "") if isinstance(value, str) else "")


def _event(type: str) -> str:
    return type.removeprefix("leadline.").removesuffix(".v1")


def _detail(detail: Mapping[str, Any]) -> str:
    """One line: an error by its code and message, the rest by name."""
    shown = []
    for name, value in detail.items():
        if isinstance(value, Mapping):
            parts = [str(value[key]) for key in ("code", "message", "name", "id") if value.get(key)]
            shown.append(f"{name}: {' '.join(parts)}")
        elif value is not None and not isinstance(value, list):
            shown.append(f"{name}: {value}")
    return ", ".join(shown)
