"""Takes batches of records into the ledger. A record may be acknowledged when it is there, or among the dead letters.

What is due is sent from the ledger, so that a slow receiver holds up no partition.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

from leadline.contracts.codes import ErrorCode
from leadline.contracts.topics import dead_letter_topic
from leadline.delivery.message import Failure
from leadline.delivery.record import Outgoing, Record
from leadline.delivery.trail import Death, dead_letter_headers, follow
from leadline.errors import Rejected, Unavailable
from services.notifier.deliver.progress import DeliverStatus
from services.notifier.deliver.reading import read
from services.notifier.deliver.store import DeliveryStore
from services.notifier.domain.letter import Letter, Withdrawal
from services.notifier.domain.plan import Plan

SERVICE: Final = "notifier"
PAUSE_SECONDS: Final = 0.5
Publish = Callable[[Sequence[Outgoing]], None]


class Taker:
    """Puts records into the ledger; `publish` writes dead letters and returns when the broker has them."""

    def __init__(self, store: DeliveryStore, plan: Plan, status: DeliverStatus, publish: Publish) -> None:
        self._store = store
        self._plan = plan
        self._status = status
        self._publish = publish

    async def take(self, records: Sequence[Record]) -> None:
        """Return when every record is decided; waits for as long as the database is away.

        Whatever it raises instead must end the process before anything is acknowledged.
        """
        read_out, refused = _sort(records)
        refused += await self._record([(record, said) for record, said in read_out if said is not None])
        if refused:
            await asyncio.to_thread(self._publish, [_dead_letter(record, failure) for record, failure in refused])
        self._status.records_in += len(records)

    async def _record(self, said: Sequence[tuple[Record, Letter | Withdrawal]]) -> list[tuple[Record, Failure]]:
        """Write all in one go; halves find the one that the database refuses, so that it holds up no other."""
        if not said:
            return []
        letters = [each for _, each in said if isinstance(each, Letter)]
        withdrawals = [each for _, each in said if isinstance(each, Withdrawal)]
        try:
            await self._hold(letters, withdrawals)
        except ValueError as error:
            if len(said) == 1:
                return [(said[0][0], Failure(ErrorCode.UNEXPECTED_ERROR, type(error.__cause__ or error).__name__))]
            middle = len(said) // 2
            return [*await self._record(said[:middle]), *await self._record(said[middle:])]
        return []

    async def _hold(self, letters: Sequence[Letter], withdrawals: Sequence[Withdrawal]) -> None:
        """Try again until the database is there."""
        while True:
            try:
                await self._store.record(letters, withdrawals, self._plan)
            except Unavailable as error:
                self._status.database_is_away(str(error))
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return


def _sort(
    records: Sequence[Record],
) -> tuple[list[tuple[Record, Letter | Withdrawal | None]], list[tuple[Record, Failure]]]:
    """What each record says, and those that say nothing that can be read."""
    read_out: list[tuple[Record, Letter | Withdrawal | None]] = []
    refused = []
    for record in records:
        try:
            read_out.append((record, read(record)))
        except Rejected as error:
            refused.append((record, Failure(error.code, error.message)))
    return read_out, refused


def _dead_letter(record: Record, failure: Failure) -> Outgoing:
    trail = follow(record, "", None)
    headers = dead_letter_headers(trail, Death(SERVICE, failure, datetime.now(UTC), None))
    return Outgoing(dead_letter_topic(SERVICE), record.key, record.value, headers)
