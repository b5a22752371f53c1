"""`leadline demo`: a day of a sales team through a fresh stack, counted and compared with what had to come of it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from leadline.cli import exits
from leadline.cli.connect import settings as running_settings
from leadline.cli.lines import read_lines
from leadline.cli.show import render
from leadline.delivery.record import Record
from leadline.errors import SetupError
from leadline.kafka.admin import log_ends
from leadline.kafka.publish import publish_records
from leadline.local.quiet import wait_until_quiet
from leadline.local.stopwatch import Stopwatch
from leadline.local.tally import Tally, count, differences, percentile
from leadline.local.up import local_stack
from leadline.postgres.pool import connect
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings, kafka_properties, load_settings
from leadline.status import things
from leadline.status.reader import StatusReader

SHORT_DELAYS: Final = "1s,2s,3s"
QUIET_SECONDS: Final = 120.0
# What each service reads of the business topics; its own retry and replay topics come on top.
INPUTS: Final = {
    "converter": ("lead.events", "conversion.requests", "customer.requests", "order.events"),
    "notifier": ("order.events", "conversion.events", "customer.events", "stage.ticks"),
    "projector": (
        "lead.events", "conversion.requests", "conversion.events", "customer.events", "order.events",
        "notification.events", "converter.dlq", "notifier.dlq", "projector.dlq",
    ),
}  # fmt: skip


def demo(
    file: Annotated[Path, typer.Option(help="The day: one record a line.")] = Path("examples/day.jsonl"),
    expected: Annotated[Path, typer.Option(help="What has to come of it.")] = Path("examples/expected.json"),
    running: Annotated[
        bool, typer.Option("--running", help="Through the installation that runs already; it must be empty.")
    ] = False,
) -> None:
    """Run a day of a sales team through everything and show what came of it; exit 1 if a number is not as expected.

    It uses a data folder of its own, empty at the start, and short retry delays.
    """
    for each in (file, expected):
        if not each.is_file():
            message = f"{each} is missing: run this in the project's folder, or name another file"
            raise SetupError(message)
    numbers = orjson.loads(expected.read_bytes())
    wrong = _through_running(file, numbers) if running else _through_fresh_stack(file, numbers)
    for line in wrong:
        typer.echo(f"not as expected: {line}", err=True)
    if wrong:
        raise typer.Exit(exits.FAILED)
    typer.echo("every number is as expected", err=True)


def _through_fresh_stack(file: Path, expected: dict[str, Any]) -> list[str]:
    os.environ.setdefault("LEADLINE_RETRY_DELAYS", SHORT_DELAYS)
    settings = load_settings()
    settings = settings.model_copy(update={"data_dir": settings.data_dir / "demo"})
    shutil.rmtree(settings.data_dir, ignore_errors=True)
    say = Console(stderr=True, highlight=False).print
    say(f"Starting Kafka, PostgreSQL and the services; retry delays are short here: {', '.join(settings.retry_delays)}")
    with local_stack(settings, say) as stack:
        found = {"kafka_bootstrap": stack.addresses.bootstrap, "database_url": stack.addresses.database_url}
        return _run_day(settings.model_copy(update=found), file, expected)


def _through_running(file: Path, expected: dict[str, Any]) -> list[str]:
    settings = running_settings()
    places = [("lead.events", number) for number in range(settings.topic_partitions)]
    if any(log_ends(cluster(settings), places).values()):
        message = "lead.events holds records already: the day's numbers are those of an empty installation"
        raise SetupError(message)
    return _run_day(settings, file, expected)


def _run_day(settings: Settings, file: Path, expected: dict[str, Any]) -> list[str]:
    say = Console(stderr=True, highlight=False).print
    lines = read_lines(file)
    with Stopwatch(settings) as stopwatch:
        say(f"Publishing {len(lines):,} records of {file}")
        began = time.monotonic()
        publish_records(kafka_properties(settings), settings.topic_prefix, lines)
        records = wait_until_quiet(settings, INPUTS, seconds=QUIET_SECONDS, say=say)
        say(f"Nothing is left to do, {time.monotonic() - began:.0f} s after the first record")
        seconds = stopwatch.seconds(records)
    tally, leads = count(records), _count_leads(str(settings.database_url))
    _show(tally, leads, seconds)
    _show_lead(str(settings.database_url), _interesting_lead(tally, records))
    return differences(tally, leads, expected)


def _count_leads(url: str) -> int:
    with connect(url, "projector") as connection:
        row = connection.execute("SELECT count(*) AS leads FROM lead").fetchone()
        return int(row["leads"]) if row else 0


def _show(tally: Tally, leads: int, seconds: list[float]) -> None:
    table = Table("what came of the day", "", show_header=True)
    table.columns[1].justify = "right"
    table.add_row("leads", str(leads))
    table.add_row("converted", str(len(tally.converted)))
    for code, number in sorted(tally.refused.items()):
        table.add_row(f"refused: {code}", str(number))
    table.add_row("retried", str(len(tally.retried)))
    for (service, code), number in sorted(tally.dead_letters.items()):
        table.add_row(f"dead letter ({service}): {code}", str(number))
    for kind, number in sorted(tally.notifications.items()):
        table.add_row(f"notified: {kind}", str(number))
    if seconds:
        table.add_row("request to customer.created, p50", f"{percentile(seconds, 50) * 1000:.0f} ms")
        table.add_row("request to customer.created, p99", f"{percentile(seconds, 99) * 1000:.0f} ms")
    Console().print(table)


def _interesting_lead(tally: Tally, records: list[Record]) -> str:
    """A converted lead that had to be tried again, else any converted one."""
    for record in records:
        if record.topic == "conversion.events" and b"retry-scheduled" in (dict(record.headers).get("ce_type") or b""):
            lead_id: str = orjson.loads(record.value or b"{}")["lead_id"]
            if lead_id in tally.converted:
                return lead_id
    return next(iter(tally.converted), "")


def _show_lead(url: str, lead_id: str) -> None:
    with StatusReader(url) as reader:
        answer = things.ask(reader, "lead", lead_id)
    if answer is not None:
        Console().print(render(answer))
