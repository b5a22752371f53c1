"""What each message of a batch leads to, and from that, with those who hear of it, the notices. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from leadline.delivery.message import Message
from leadline.delivery.replayed import QUIET
from services.notifier.domain import notice as notices
from services.notifier.domain.audience import Audience, Matter, matter
from services.notifier.domain.notice import Notice
from services.notifier.domain.reminder import REMINDER, Reminder, remind
from services.notifier.domain.sale import FIRST_SALE, Sale, first_sale
from services.notifier.domain.stage import StageChange
from services.notifier.domain.step import STAGE_CHANGED, TOLD, stage_changed
from services.notifier.reading import heard_at, time_of

ABOUT_CONVERSIONS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Notice | None]]] = {
    "leadline.conversion.completed.v1": notices.conversion_completed,
    "leadline.conversion.failed.v1": notices.conversion_failed,
}
Known = Mapping[str, Sale]


class Happening(NamedTuple):
    """What one message leads to: an end of a conversion, a first sale that it decides, steps of customers, reminders due."""

    message: Message
    ended: Notice | None
    sale: Sale | None
    changes: Sequence[StageChange]
    due: Sequence[Reminder]

    @property
    def is_nothing(self) -> bool:
        """Whether nobody can hear of anything by this message, as of most orders."""
        return not (self.ended or self.sale or self.changes or self.due)


def ended(message: Message, erased: Collection[str]) -> Notice | None:
    """What the requester hears of a conversion, without the name of an `erased` customer; nothing if a replay made it quiet."""
    tell = ABOUT_CONVERSIONS.get(message.content.envelope.type)
    if tell is None or message.is_quiet or QUIET in message.record.headers:
        return None
    data = message.content.data
    is_erased = erased and (data.get("customer") or {}).get("customer_id") in erased
    return tell({**data, "customer": {**data["customer"], "name": None}} if is_erased else data, time_of(message))


def matters(happenings: Iterable[Happening], known: Known) -> Iterator[Matter]:
    """What subscribers are asked for."""
    for each in happenings:
        if each.sale is not None:
            yield matter(FIRST_SALE, known[each.sale.customer_id])
        yield from (matter(STAGE_CHANGED, known[change.customer_id]) for change in each.changes if change.stage in TOLD)
        yield from (matter(REMINDER, known[reminder.customer_id]) for reminder in each.due)


def recipients(happenings: Iterable[Happening], known: Known) -> set[str]:
    """Those who hear of something whether they have subscribed or not."""
    found: set[str | None] = set()
    for each in happenings:
        if each.ended is not None:
            found.add(each.ended.recipient)
        if each.sale is not None and each.sale.customer is not None:
            found.add(each.sale.customer.discovered_by)
        found.update(reminder.user_id or known[reminder.customer_id].keepers.salesperson_id for reminder in each.due)
    return {id for id in found if id}


def tell(happening: Happening, known: Known, audience: Audience) -> list[Notice]:
    """The notices of one message, each with when it may disturb."""
    told = [] if happening.is_nothing else list(_all(happening, known, audience))
    if not told or not audience.preferences:
        return told
    at = heard_at(happening.message)
    return [audience.time(notice, at) for notice in told]


def _all(happening: Happening, known: Known, audience: Audience) -> Iterator[Notice]:
    message, ended, sale, changes, due = happening
    if ended is not None:
        yield ended
    if sale is not None:
        yield from first_sale(sale, time_of(message), audience.of(FIRST_SALE, sale.customer_id))
    for change in changes:
        hearers = audience.of(STAGE_CHANGED, change.customer_id)
        yield from stage_changed(change, known[change.customer_id], time_of(message), hearers) if hearers else ()
    for reminder in due:
        hearers = audience.of(REMINDER, reminder.customer_id)
        yield from remind(reminder, known[reminder.customer_id], time_of(message), hearers)
