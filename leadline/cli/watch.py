"""`leadline watch CONVERSION_ID`: the timeline of a conversion as it grows, until the conversion is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.live import Live

from leadline.cli import exits
from leadline.cli.ask import AsJson
from leadline.cli.connect import database_url
from leadline.cli.show import render, to_json
from leadline.status import things
from leadline.status.reader import StatusReader
from leadline.status.things import Answer

POLL_SECONDS: Final = 0.5
EXIT_STATUS: Final = {
    "completed": exits.DONE,
    "failed": exits.FAILED,
    "cancelled": exits.FAILED,
    "reverted": exits.FAILED,
}


def watch(
    conversion_id: Annotated[str, typer.Argument(help="The conversion's id, which is also its correlation id.")],
    as_json: AsJson = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the conversion to appear.", min=0)] = 5.0,
) -> None:
    """Show a conversion live; ends with 0 when it is completed, 1 when it came to nothing, 3 when there is none."""
    with StatusReader(database_url()) as reader:
        answers = until_over(lambda: things.ask(reader, "conversion", conversion_id), wait_polls=round(wait / POLL_SECONDS))
        last = _print_lines(answers) if as_json else _draw(answers)
    if last is None:
        typer.echo(f"no conversion {conversion_id}", err=True)
        raise typer.Exit(exits.NOTHING_MATCHED)
    raise typer.Exit(EXIT_STATUS[last.thing["state"]])


def until_over(
    ask: Callable[[], Answer | None], *, wait_polls: int, pause: Callable[[float], None] = time.sleep
) -> Iterator[Answer]:
    """Every answer from the first to the one in which the conversion is over; none if it does not appear in time."""
    answer = ask()
    while answer is None and wait_polls > 0:
        pause(POLL_SECONDS)
        wait_polls -= 1
        answer = ask()
    while answer is not None:
        yield answer
        if answer.thing["state"] in EXIT_STATUS:
            return
        pause(POLL_SECONDS)
        answer = ask()


def _draw(answers: Iterator[Answer]) -> Answer | None:
    last = None
    with Live(console=Console(), auto_refresh=False) as live:
        for last in answers:
            live.update(render(last), refresh=True)
    return last


def _print_lines(answers: Iterator[Answer]) -> Answer | None:
    """Each entry of the timeline once, as soon as it is seen, and the conversion itself at the end."""
    seen: set[tuple[str, int, int]] = set()
    last = None
    for last in answers:
        for entry in last.timeline:
            place = (entry["topic"], entry["partition"], entry["kafka_offset"])
            if place not in seen:
                seen.add(place)
                typer.echo(to_json(entry))
    if last is not None:
        typer.echo(to_json({**last.thing, "parts": last.parts}))
    return last
