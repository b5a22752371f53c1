"""`leadline conversion retry|cancel|revert ID`: ask the converter for it; `leadline watch ID` shows what comes of it."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from leadline.cli import connect, exits
from leadline.kafka.publish import publish_records
from leadline.operations.commands import Command, Verb, command_record
from leadline.runtime.settings import kafka_properties
from leadline.status import things
from leadline.status.reader import StatusReader


class Policy(StrEnum):
    """What to do where a customer has the lead's e-mail address."""

    REJECT = "reject"
    LINK_EXISTING = "link_existing"
    FILL_EMPTY = "fill_empty"


ConversionId = Annotated[str, typer.Argument(help="The conversion's id, which is also its correlation id.")]
By = Annotated[str | None, typer.Option("--by", help="Who asks; without it, you.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why, in words for people.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Write nothing.")]
DuplicatePolicy = Annotated[Policy | None, typer.Option("--duplicate-policy", help="Another policy than that of the request.")]
app = typer.Typer(no_args_is_help=True)


@app.command()
def retry(
    conversion_id: ConversionId,
    by: By = None,
    reason: Reason = None,
    duplicate_policy: DuplicatePolicy = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Try a conversion again now: one that waits, or that has failed and may be retried."""
    more = {} if duplicate_policy is None else {"duplicate_policy": duplicate_policy.value}
    _ask(_command("retry", conversion_id, by, reason)._replace(more=more), dry_run=dry_run)


@app.command()
def cancel(conversion_id: ConversionId, by: By = None, reason: Reason = None, *, dry_run: DryRun = False) -> None:
    """Stop a conversion that waits for its next attempt."""
    _ask(_command("cancel", conversion_id, by, reason), dry_run=dry_run)


@app.command()
def revert(conversion_id: ConversionId, by: By = None, reason: Reason = None, *, dry_run: DryRun = False) -> None:
    """Take a completed conversion back; refused where orders or other records rely on what it made."""
    _ask(_command("revert", conversion_id, by, reason), dry_run=dry_run)


def _command(verb: Verb, conversion_id: str, by: str | None, reason: str | None) -> Command:
    """The command, under the lead that the status store names."""
    with StatusReader(connect.database_url()) as reader:
        answer = things.ask(reader, "conversion", conversion_id)
    if answer is None or answer.thing["lead_id"] is None:
        typer.echo(f"no conversion {conversion_id}", err=True)
        raise typer.Exit(exits.NOTHING_MATCHED)
    return Command(verb, conversion_id, answer.thing["lead_id"], by or getpass.getuser(), reason)


def _ask(command: Command, *, dry_run: bool) -> None:
    if not dry_run:
        settings = connect.settings()
        records = [command_record(command, datetime.now(UTC))]
        publish_records(kafka_properties(settings), settings.topic_prefix, records)
    what = f"{command.verb} of conversion {command.conversion_id} of lead {command.lead_id}"
    typer.echo(f"{what} {'would be ' if dry_run else ''}asked for", err=True)
