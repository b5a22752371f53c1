"""`leadline notifications preferences|subscribe|unsubscribe|team`: who hears of what, and how."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console, Group
from rich.text import Text

from leadline.cli import connect, exits
from leadline.cli.ask import AsJson
from leadline.cli.show import table, to_json
from leadline.delivery.record import Outgoing
from leadline.errors import Rejected
from leadline.operations.recipients import SERVICE, recipient
from leadline.operations.wishes import publish_wish, wish_record

_PARTS = ("channels", "subscriptions")
app = typer.Typer(no_args_is_help=True)


class Kind(StrEnum):
    """What one can subscribe to."""

    FIRST_SALE = "first-sale"
    STAGE_CHANGED = "stage-changed"
    REMINDER = "reminder"


DryRun = Annotated[bool, typer.Option("--dry-run", help="Only check it, and print what would be written.")]
User = Annotated[str | None, typer.Option(help="The user who hears of it.")]
Team = Annotated[str | None, typer.Option(help="The team each of whose members hears of it.")]
Scope = Annotated[str, typer.Option(help="Of which customers: own (one's own as salesperson), team, all, or customer:<id>.")]


@app.command()
def preferences(
    user: Annotated[str, typer.Argument(help="The user's id.")],
    as_json: AsJson = False,
    file: Annotated[
        typer.FileBinaryRead | None, typer.Option("--set", help="Set all preferences anew: a JSON file, or - for stdin.")
    ] = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Show how a user is reached, when not, and what the user hears of; or set how and when, as a whole."""
    if file is not None:
        _publish("notification.preferences-set", user, {**_read(file.read()), "user_id": user}, dry_run=dry_run)
        return
    known = recipient(connect.database_url(SERVICE), user)
    if known is None:
        typer.echo(f"nothing is known of {user}, who has every default", err=True)
        raise typer.Exit(exits.NOTHING_MATCHED)
    if as_json:
        typer.echo(to_json(known))
        return
    fields = [{name: value for name, value in known.items() if name not in _PARTS}]
    Console().print(Group(table(fields), *(each for name in _PARTS for each in (Text(), table(known[name], name)))))


@app.command()
def subscribe(
    kind: Annotated[Kind, typer.Argument(help="What to hear of.")],
    user: User = None,
    team: Team = None,
    scope: Scope = "own",
    *,
    dry_run: DryRun = False,
) -> None:
    """Let a user, or each member of a team, hear of something from now on."""
    key, body = _subscription(kind, user, team, scope)
    _publish("notification.subscribed", key, body, dry_run=dry_run)


@app.command()
def unsubscribe(
    kind: Annotated[Kind, typer.Argument(help="What to hear of no longer.")],
    user: User = None,
    team: Team = None,
    scope: Scope = "own",
    *,
    dry_run: DryRun = False,
) -> None:
    """End a subscription; a user's own word stands above that of the user's teams."""
    key, body = _subscription(kind, user, team, scope)
    _publish("notification.unsubscribed", key, body, dry_run=dry_run)


@app.command()
def team(
    team_id: Annotated[str, typer.Argument(help="The team's id; that of a branch makes its customers the team's.")],
    members: Annotated[list[str] | None, typer.Argument(help="Every user in the team; none empties it.")] = None,
    *,
    dry_run: DryRun = False,
) -> None:
    """Say who is in a team, as a whole."""
    _publish("team.members-set", team_id, {"team_id": team_id, "member_ids": members or []}, dry_run=dry_run)


def _subscription(kind: Kind, user: str | None, team: str | None, scope: str) -> tuple[str, Mapping[str, Any]]:
    if (user is None) == (team is None):
        _refuse("give one of --user and --team")
    key = str(user or team)
    subscriber = {"type": "user" if user else "team", "id": key}
    return key, {"subscriber": subscriber, "kind": kind.value, "scope": scope}


def _publish(name: str, key: str, body: Mapping[str, Any], *, dry_run: bool) -> None:
    record = _checked(name, key, body)
    if dry_run:
        typer.echo(record.value)
    else:
        publish_wish(connect.settings(), record)
    typer.echo(f"{name} of {key} {'checked' if dry_run else 'published'}", err=True)


def _checked(name: str, key: str, body: Mapping[str, Any]) -> Outgoing:
    try:
        return wish_record(name, key, body)
    except Rejected as error:
        _refuse(error.message)


def _read(raw: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(raw)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        _refuse("--set: expected a JSON object")
    return said


def _refuse(message: str) -> NoReturn:
    typer.echo(f"leadline: {message}", err=True)
    raise typer.Exit(exits.USAGE)
