"""What the status store says, as tables that fit 100 columns and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from leadline.cli.text import printable
from leadline.status.things import Answer

Row = Mapping[str, Any]

_STYLES: Final = {
    "pending": "yellow", "processing": "blue", "completed": "green", "failed": "red", "converting": "blue",
    "converted": "green", "reverted": "red",
}  # fmt: skip
_NOT_SHOWN: Final = frozenset({"data"})


def to_json(value: Any) -> str:
    """One line of JSON; times in UTC with `Z`, exact numbers as text."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z, default=str).decode()


def render(answer: Answer) -> RenderableType:
    """The thing as a table of its fields that are known, what belongs to it, and its timeline below."""
    fields = Table(show_header=False, box=None, pad_edge=False)
    for name, value in answer.thing.items():
        if value not in (None, [], {}):
            fields.add_row(Text(_words(name), "dim"), _cell(value))
    parts = [each for name, rows in answer.parts.items() for each in (Text(), table(list(map(_part, rows)), _words(name)))]
    timeline = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("time", "event", "attempt", "detail"):
        timeline.add_column(name, overflow="fold")
    for entry in answer.timeline:
        attempt = "" if entry["attempt"] is None else str(entry["attempt"])
        timeline.add_row(_cell(entry["at"]), Text(_event(entry["type"])), attempt, Text(_detail(entry["detail"])))
    return Group(fields, *parts, Text(), timeline)


def _part(row: Row) -> Row:
    """A part by its id and its begin; what else is said of it, without the ids and times that are there for programs."""
    if "data" not in row:
        return row
    said = {name: value for name, value in row["data"].items() if not name.endswith(("_id", "_at"))}
    return {"id": row["id"], "since": row["created_at"], "data": said}


def table(rows: Sequence[Row], title: str | None = None) -> Table:
    """Rows as they are, a column for each name of which any row knows something; `data` is spread into one cell."""
    names = [name for name in (rows[0] if rows else {}) if any(row[name] not in (None, [], {}) for row in rows)]
    shown = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for name in names:
        shown.add_column("" if name in _NOT_SHOWN else _words(name), overflow="fold")
    for row in rows:
        shown.add_row(*(_cell(row[name]) for name in names))
    return shown


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(value: Any) -> Text:
    if value is None:
        return Text()
    if isinstance(value, datetime):
        return Text(f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}")
    if isinstance(value, Mapping):
        return Text(_detail(value))
    if isinstance(value, list):
        return Text(printable(", ".join(map(str, value))))
    return Text(printable(str(value)), _STYLES.get(value, "") if isinstance(value, str) else "")


def _event(type: str) -> str:
    return type.removeprefix("leadline.").removesuffix(".v1")


def _detail(detail: Mapping[str, Any]) -> str:
    """One line: an error by its code and message, the rest by name."""
    shown = []
    for name, value in detail.items():
        if isinstance(value, Mapping):
            parts = [str(value[key]) for key in ("code", "message", "name", "id") if value.get(key)]
            shown.append(f"{name}: {' '.join(parts)}" if parts else _plain(value))
        elif name == "warnings" and value:
            shown.append(f"warnings: {', '.join(each['code'] for each in value)}")
        elif value is not None and not isinstance(value, list):
            shown.append(f"{name}: {value}")
    return printable(", ".join(filter(None, shown)))


def _plain(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in values.items() if isinstance(value, str | int | float))
