"""The reminders of a batch: what it carries over, and what its ticks make due. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from leadline.delivery.message import Message
from services.notifier.domain.reminder import Reminder
from services.notifier.reading import CARRIED_OVER, CONVERSION_REVERTED, TICKED, time_of


def carried_over(messages: Iterable[Message]) -> list[Reminder]:
    """Every reminder with a time that the conversions of a batch have carried over."""
    return [
        each
        for message in messages
        if message.content.envelope.type == CARRIED_OVER and message.content.data is not None
        for each in _reminders(message)
    ]


def reverted(messages: Iterable[Message]) -> dict[str, str]:
    """The conversions that a batch takes back, each with the time."""
    return {
        message.content.data["conversion_id"]: time_of(message)
        for message in messages
        if message.content.envelope.type == CONVERSION_REVERTED
    }


def _reminders(message: Message) -> list[Reminder]:
    said = message.content.data
    return [
        Reminder(
            lead_id=said["lead_id"],
            item_id=item["item_id"],
            customer_id=said["customer_id"],
            conversion_id=said["conversion_id"],
            partition=message.origin.partition,
            remind_at=item["remind_at"],
            user_id=item["by"],
            text=item["text"],
        )
        for item in said["items"]
        if item["kind"] == "reminder" and item["remind_at"]
    ]


class Due:
    """The reminders that the ticks of a batch make due: each is told with the first tick that is late enough."""

    def __init__(self, reminders: Sequence[Reminder]) -> None:
        self._left = list(reminders)

    def take(self, message: Message) -> list[Reminder]:
        """What one message makes due, after those before it."""
        if not self._left or message.content.envelope.type != TICKED:
            return []
        partition, at = message.origin.partition, message.content.data["at"]
        taken = [each for each in self._left if each.partition == partition and each.remind_at <= at]
        self._left = [each for each in self._left if each not in taken] if taken else self._left
        return taken
