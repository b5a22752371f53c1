"""`leadline doctor`: what is fit and what is not, with a remedy for each fault."""

from __future__ import annotations

import json as json_format
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from leadline.cli import exits
from leadline.errors import SetupError
from leadline.local import running
from leadline.local.checks import Check, machine_checks, port_checks
from leadline.local.service_checks import kafka_checks, postgres_checks
from leadline.runtime.settings import Settings, load_settings

_MARKS = {"ok": "[green]ok[/]", "failed": "[red]failed[/]", "unreachable": "[red]unreachable[/]"}


def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print the checks as JSON.")] = False,
) -> None:
    """Check this machine, the data folder, Kafka and PostgreSQL; say what to do about each fault.

    Exit status: 0 all is well, 1 something failed, 6 Kafka or PostgreSQL cannot be reached.
    """
    try:
        checks = list(_checks(load_settings()))
    except SetupError as error:
        checks = [Check("settings", "failed", str(error), "correct the variable that it names")]
    if json:
        sys.stdout.write(json_format.dumps([asdict(each) for each in checks], indent=2) + "\n")
    else:
        _print(checks)
    raise typer.Exit(exit_status(checks))


def exit_status(checks: Sequence[Check]) -> int:
    """6 when something cannot be reached, else 1 when something failed, else 0."""
    outcomes = {each.outcome for each in checks}
    if "unreachable" in outcomes:
        return exits.UNREACHABLE
    return exits.FAILED if "failed" in outcomes else exits.DONE


def _checks(settings: Settings) -> Iterator[Check]:
    configured = {"kafka": settings.kafka_bootstrap, "postgres": settings.database_url}
    embedded = frozenset(name for name, address in configured.items() if address is None)
    data_dir = settings.data_dir.absolute()
    yield from machine_checks(data_dir, embedded)
    stack = running.find(data_dir)
    if stack is None:
        yield from port_checks(embedded)
        found = {}
    else:
        found = {"kafka_bootstrap": stack.bootstrap, "database_url": stack.database_url}
    settings = Settings.model_validate({**found, **_set(settings)})
    if embedded and stack is None:
        remedy = "leadline up"
        yield Check("running stack", "unreachable", f"none runs on {data_dir}", remedy)
    if settings.kafka_bootstrap is not None:
        yield from kafka_checks(settings)
    if settings.database_url is not None:
        yield from postgres_checks(settings)


def _set(settings: Settings) -> dict[str, object]:
    return {name: value for name, value in settings.model_dump().items() if value is not None}


def _print(checks: Sequence[Check]) -> None:
    table = Table("Check", "", "Found", "Remedy")
    for each in checks:
        table.add_row(each.name, _MARKS[each.outcome], each.detail, each.remedy)
    Console(highlight=False).print(table)
