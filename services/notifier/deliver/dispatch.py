"""Makes the deliveries that are due, many side by side, and notes in the ledger what became of each.

The order of effects: gather (what a digest holds is final before it is sent), claim (counted and leased in the ledger), send,
settle. A process that ends in between leaves a claim whose lease ends: the delivery is then unknown, and goes out again under
the same message id.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from leadline.errors import Unavailable
from leadline.runtime.logs import log
from services.notifier.deliver.channels import Channel
from services.notifier.deliver.progress import DeliverStatus
from services.notifier.deliver.routes import Routes
from services.notifier.deliver.store import DeliveryStore, Rooms, Settled
from services.notifier.domain.delivery import Outcome, judge
from services.notifier.domain.letter import Delivery

MOST_AT_ONCE: Final = 256
CLAIM_MOST: Final = 128
IDLE_SECONDS: Final = 0.5
PACE_SECONDS: Final = 0.02  # what ends within this time is settled by one statement
LEASE_CHECK_SECONDS: Final = 5.0
GATHER_SECONDS: Final = 1.0
SEND_SECONDS: Final = 30.0  # half a lease


class Dispatcher:
    """The loop over the ledger; one for each process."""

    def __init__(
        self, store: DeliveryStore, channels: Mapping[str, Channel], delays: Sequence[float], status: DeliverStatus
    ) -> None:
        """`delays` are the seconds before the second attempt, the third, and so on."""
        self._store = store
        self._channels = channels
        self._delays = delays
        self._status = status
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._routes = Routes(self._clock)
        self._news = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._ended: list[Settled] = []
        self._leases_checked: float | None = None
        self._gathered = self._clock() - GATHER_SECONDS

    def wake(self) -> None:
        """Say that something may be due."""
        self._news.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        while True:
            try:
                await self.turn()
                self._status.database_available = True
            except Unavailable as error:
                self._status.database_is_away(str(error))
            self._status.dispatched()
            await self._wait()

    async def turn(self) -> None:
        """Settle what has ended, then take as much as there is room for."""
        self._news.clear()
        await self._check_leases()
        await self._settle()
        await self._gather()
        room = min(MOST_AT_ONCE - len(self._under_way), CLAIM_MOST)
        if room > 0:
            limits = {name: channel.most_at_once for name, channel in self._channels.items()}
            for delivery in await self._store.claim(Rooms(room, limits, self._routes.rooms())):
                self._start(delivery)

    async def finish(self, seconds: float) -> None:
        """Wait that long for what is under way, then settle what has ended; the rest is left to its leases."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        await self._settle()

    async def _wait(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), IDLE_SECONDS)
        except TimeoutError:
            return
        await asyncio.sleep(PACE_SECONDS)

    async def _check_leases(self) -> None:
        """At the start also those of an earlier process of this instance."""
        now, first = self._clock(), self._leases_checked is None
        if self._leases_checked is None or now - self._leases_checked >= LEASE_CHECK_SECONDS:
            await self._store.give_up_leases(len(self._delays) + 1, own=first)
            self._status.unfinished, self._status.overdue_seconds = await self._store.counts()
            self._leases_checked = now

    async def _gather(self) -> None:
        now = self._clock()
        if now - self._gathered >= GATHER_SECONDS:
            await self._store.gather()
            self._gathered = now

    async def _settle(self) -> None:
        ended, self._ended = self._ended, []
        if not ended:
            return
        try:
            await self._store.settle(ended)
        except Unavailable:
            self._ended = ended + self._ended
            raise
        self._status.count((each.verdict.state, each.delivery.channel) for each in ended)

    def _start(self, delivery: Delivery) -> None:
        self._routes.begin(delivery.route, self._channels[delivery.channel].most_at_once)
        task = asyncio.create_task(self._attempt(delivery))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _attempt(self, delivery: Delivery) -> None:
        outcome = await self._send(delivery)
        self._routes.end(delivery.route, outcome)
        self._ended.append(Settled(delivery, judge(outcome, delivery.attempts, self._delays)))
        self._news.set()

    async def _send(self, delivery: Delivery) -> Outcome:
        if delivery.secrets is None:
            return Outcome("refused", "the address is not in use any more")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                return await self._channels[delivery.channel].send(delivery)
        except TimeoutError:
            return Outcome("unknown", "no answer in time: it may have arrived")
        except Exception as error:  # noqa: BLE001 - a fault of ours in one delivery must not end the others
            log("delivery_fault", delivery_id=delivery.delivery_id, error=type(error).__name__)
            return Outcome("unknown", f"a fault of Leadline: {type(error).__name__}")
