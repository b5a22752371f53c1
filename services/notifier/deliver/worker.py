"""The two loops of the process: Faust fills the ledger, the dispatcher empties it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

import faust

from leadline.delivery.record import Record
from leadline.runtime.logs import log
from services.notifier.deliver.app import add_agent, consumer
from services.notifier.deliver.dispatch import Dispatcher
from services.notifier.deliver.ending import end_for, end_within_grace
from services.notifier.deliver.progress import DeliverStatus
from services.notifier.deliver.taking import Taker

OBSERVE_SECONDS: Final = 1.0
FINISH_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Loops:
    """What runs: built by `__main__`."""

    app: faust.App
    taker: Taker
    dispatcher: Dispatcher
    status: DeliverStatus
    topic_prefix: str


async def run(loops: Loops) -> None:
    """Run until a signal asks for the end; any error ends the process."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def take(records: Sequence[Record]) -> None:
        await loops.taker.take(records)
        loops.dispatcher.wake()

    add_agent(loops.app, loops.topic_prefix, take, end_for)
    dispatching = asyncio.create_task(loops.dispatcher.run())  # what is due waits for no partition
    await loops.app.start()
    loops.status.joined()
    log("started")
    watching = [dispatching, asyncio.create_task(_observe(loops)), asyncio.create_task(stop.wait())]
    await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        _blame(watching[:2])
    await _stop(loops, dispatching)


async def _observe(loops: Loops) -> None:
    """Look where the work stands, and end with an error that Faust keeps to itself.

    A rebalance that Faust does not come back from leaves its flow stopped, with nothing to read and no error.
    """
    while not loops.app.should_stop:
        reading = consumer(loops.app)
        flows = reading.flow_active and loops.app.flow_control.is_active() and not loops.app.rebalancing
        loops.status.observe(reading.positions(), flows=flows)
        await asyncio.sleep(OBSERVE_SECONDS)


def _blame(tasks: Sequence[asyncio.Task[Any]]) -> NoReturn:
    for task in tasks:
        if task.done() and (error := task.exception()) is not None:
            end_for(error)
    end_for(RuntimeError("the stream has ended by itself"))


async def _stop(loops: Loops, dispatching: asyncio.Task[None]) -> None:
    """Send what is under way, commit what is decided, leave the group; cut off after 9 s, which loses nothing."""
    end_within_grace()
    dispatching.cancel()
    with suppress(asyncio.CancelledError):
        await dispatching
    await loops.dispatcher.finish(FINISH_SECONDS)
    await consumer(loops.app).commit()
    await loops.app.stop()
    log("stopped")
