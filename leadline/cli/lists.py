"""`leadline leads`, `leadline customers` and `leadline conversions`: lists, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from leadline.cli import exits
from leadline.cli.ask import AsJson
from leadline.cli.connect import database_url
from leadline.cli.show import Row, table, to_json
from leadline.status import lists
from leadline.status.lists import ConversionFilter, LeadFilter, Page
from leadline.status.reader import StatusReader

Limit = Annotated[int, typer.Option(help="How many at most.", min=1, max=100_000)]
After = Annotated[str | None, typer.Option(help="Go on after the one with this id: the last of the page before.")]

# What a person sees of a row; programs get all of it.
_LEAD = ("lead_id", "status", "name", "company_name", "source", "assigned_to", "score_total", "grade", "erased_at")
_CUSTOMER = ("customer_id", "customer_number", "name", "status", "stage", "badge", "orders", "erased_at")
_CONVERSION = ("conversion_id", "lead_id", "state", "attempt", "error_code", "customer_id", "erased_at")


class Status(StrEnum):
    """The status of a lead."""

    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    NURTURING = "nurturing"
    DISQUALIFIED = "disqualified"
    JUNK = "junk"
    CONVERTING = "converting"
    CONVERTED = "converted"


class State(StrEnum):
    """The state of a conversion."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REVERTED = "reverted"


class Hidden(StrEnum):
    """What a list of leads leaves out."""

    CONVERTED = "converted"
    JUNK = "junk"
    ERASED = "erased"


def leads(
    status: Annotated[Status | None, typer.Option(help="Only those with this status.")] = None,
    include: Annotated[list[Hidden] | None, typer.Option(help="Show these too, which are left out otherwise.")] = None,
    source: Annotated[str | None, typer.Option(help="Only those from this source.")] = None,
    rep: Annotated[str | None, typer.Option(help="Only those that this rep works on.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only those with this tag.")] = None,
    limit: Limit = lists.PAGE,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List leads; converted, junk and erased ones are left out unless they are asked for."""
    which = LeadFilter(status and status.value, source, rep, tag, tuple(each.value for each in include or ()))
    with StatusReader(database_url()) as reader:
        found = lists.list_leads(reader, which, Page(limit, after))
    _print(found, _LEAD, as_json)


def customers(
    status: Annotated[str | None, typer.Option(help="Only those with this status, such as active.")] = None,
    stage: Annotated[str | None, typer.Option(help="Only those in this stage: qualified, active, dormant.")] = None,
    email: Annotated[str | None, typer.Option(help="Only the one with this e-mail address.")] = None,
    limit: Limit = lists.PAGE,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List customers with their status and stage; the badge marks those without an order."""
    with StatusReader(database_url()) as reader:
        found = lists.list_customers(reader, lists.CustomerFilter(status, stage, email), Page(limit, after))
    _print(found, _CUSTOMER, as_json)


def conversions(
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    batch: Annotated[str | None, typer.Option(help="Only those of this batch, counted by state first.")] = None,
    limit: Limit = lists.PAGE,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """List conversions; with --batch, how the batch stands and what became of each lead."""
    with StatusReader(database_url()) as reader, reader.moment():
        counts = lists.count_batch(reader, batch) if batch else {}
        found = lists.list_conversions(reader, ConversionFilter(state and state.value, batch), Page(limit, after))
    if counts:
        _print_counts(counts, as_json)
    _print(found, _CONVERSION, as_json)


def _print_counts(counts: dict[str, int], as_json: bool) -> None:
    typer.echo(to_json({"counts": counts}) if as_json else ", ".join(f"{state}: {number}" for state, number in counts.items()))


def _print(found: Sequence[Row], columns: Sequence[str], as_json: bool) -> None:
    """A line of JSON for each row, or a table; ends with 3 where there is none."""
    if not found:
        typer.echo("none found", err=True)
        raise typer.Exit(exits.NOTHING_MATCHED)
    if as_json:
        for row in found:
            typer.echo(to_json(row))
    else:
        Console().print(table([{name: row[name] for name in columns} for row in found]))
