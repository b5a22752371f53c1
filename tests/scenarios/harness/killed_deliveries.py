"""Notices to people with bad receivers, told by processes that are killed; and what has to be so afterwards."""

from __future__ import annotations

import random
import signal
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from services.notifier.domain.delivery import delivery_id
from tests.scenarios.harness.delivery import SECRET, SETTINGS, Way, letters, over, register, unfinished
from tests.scenarios.harness.instance import Instance
from tests.scenarios.harness.mailbox import Mailbox, mail_server
from tests.scenarios.harness.notices import Teller, notice
from tests.scenarios.harness.receiver import MANNERS, Receiver, receiving
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

PEOPLE: Final = 24
PATIENCE_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Run:
    """How much of what."""

    world: World
    notices: int
    kills: int
    seed: int
    lets_them_start: bool = True
    """Whether a process is a member of the group before it is killed; else it may be at any step of its start."""

    def person(self, number: int) -> str:
        """Whom a notice is for."""
        return f"rep-{number % PEOPLE}"


class Told(NamedTuple):
    """Who took what."""

    receiver: Receiver
    mailbox: Mailbox


def deliver_under_kills(run: Run) -> Told:
    """Tell everybody everything, a share at a time; in the middle of each share a process is killed."""
    chance, world = random.Random(run.seed), run.world
    with ExitStack() as stack:
        told = Told(stack.enter_context(receiving()), stack.enter_context(mail_server()))
        register(world, _ways(told.receiver))
        settings = SETTINGS | {"LEADLINE_SMTP_URL": told.mailbox.url}
        victims = [world.start("notifier.deliver", name, **settings) for name in ("one", "two")]
        teller = Teller(world.bootstrap, world.prefix)
        for kill in range(run.kills):
            first, last = (run.notices * edge // run.kills for edge in (kill, kill + 1))
            victim = chance.choice(victims)
            if run.lets_them_start:
                wait_until(partial(_has_started, victim), seconds=PATIENCE_SECONDS, what="it has started")
            teller.tell([notice(number, run.person(number)) for number in range(first, last)])
            goal = over(world) + (last - first) // 3
            wait_until(partial(_are_over, world, goal), seconds=PATIENCE_SECONDS, what="some more are delivered")
            _kill(victim)
        wait_until(lambda: letters(world) == run.notices, seconds=PATIENCE_SECONDS, what="every notice is taken")
        wait_until(lambda: unfinished(world) == 0, seconds=PATIENCE_SECONDS, what="every delivery is over")
        assert sum(victim.statuses.count(-signal.SIGKILL) for victim in victims) == run.kills
        for victim in victims:
            victim.stop()
    return told


def _kill(victim: Instance) -> None:
    """SIGKILL, and wait until it is noticed: `_has_started` is then about the next process."""
    ends = len(victim.statuses)
    victim.signal(signal.SIGKILL)
    wait_until(lambda: len(victim.statuses) > ends, seconds=PATIENCE_SECONDS, what="it is dead")


def _are_over(world: World, number: int) -> bool:
    return over(world) >= number


def _has_started(victim: Instance) -> bool:
    """Whether the present process is a member of the group."""
    return victim.log.read_text(errors="replace").count('"event": "started"') > len(victim.statuses)


def assert_everybody_was_told(run: Run, told: Told) -> None:
    """Each message arrived; whoever keeps ids has it once; the inbox is in order."""
    for person in range(PEOPLE):
        name, address = f"rep-{person}", _address(told.receiver, person)
        numbers = range(person, run.notices, PEOPLE)
        assert told.receiver.taken[name].keys() == {delivery_id(f"N-{each}", "webhook", address) for each in numbers}
        bodies = Counter((call.headers["webhook-id"], call.body) for call in told.receiver.calls[name])
        assert len(bodies) == len(numbers), "a repeat has another body"
        rows = run.world.rows(
            "SELECT notification_id FROM notifier.inbox WHERE recipient = %s ORDER BY created_at, notification_id", name
        )
        assert [id for (id,) in rows] == [f"N-{each}" for each in numbers]
    mailed = {str(mail["Message-ID"]) for mail in told.mailbox.mails}
    assert mailed == {
        f"<{delivery_id(f'N-{number}', 'email', _mail(number % PEOPLE))}@example.com>"
        for number in range(run.notices)
        if (number % PEOPLE) % 2 == 0
    }
    repeats = sum(sum(taken.values()) - len(taken) for taken in told.receiver.taken.values())
    print(f"{repeats} repeats by webhook, {len(told.mailbox.mails) - len(mailed)} by mail")


def _ways(receiver: Receiver) -> list[Way]:
    """Everybody has a webhook, every second an address for mail."""
    hooks = [Way(f"rep-{person}", "webhook", _address(receiver, person), (SECRET,)) for person in range(PEOPLE)]
    return [*hooks, *(Way(f"rep-{person}", "email", _mail(person)) for person in range(0, PEOPLE, 2))]


def _address(receiver: Receiver, person: int) -> str:
    return receiver.url(MANNERS[person % len(MANNERS)], f"rep-{person}")


def _mail(person: int) -> str:
    return f"rep-{person}@example.org"
