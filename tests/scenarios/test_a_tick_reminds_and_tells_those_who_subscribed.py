"""A lead's reminder goes on with the customer and is told when a tick says that it is due; a subscribed salesperson and the team
hear of each stage once, whatever the clock says and whoever is killed. Everything happens in the year 2990.
"""

from __future__ import annotations

import signal
from collections import Counter
from functools import partial

from tests.scenarios.harness.days import SECONDS, has_handled_ticks, order, tick
from tests.scenarios.harness.first_sales import wish
from tests.scenarios.harness.records import lead_event, qualified_lead, request
from tests.scenarios.harness.topics import Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

KEY = "k-1"


def told(topics: Topics) -> Counter[tuple[str, str, str]]:
    """How often who was told what."""
    return Counter(
        (seen.data["kind"], seen.data["recipient"], seen.data.get("stage") or "")
        for seen in topics.read("notification.events")
        if seen.kind in ("notification.stage-changed", "notification.reminder")
    )


def test_a_tick_reminds_and_tells_those_who_subscribed(world: World) -> None:
    with world.topics() as topics:
        notifier = world.start("notifier")
        world.start("converter")
        said = {"kind": "stage-changed", "scope": "team"}
        world.upstream.publish(
            [
                wish("team.members-set", "T-1", team_id="T-1", member_ids=["rep-3", "rep-4"]),
                wish("notification.subscribed", "T-1", subscriber={"type": "team", "id": "T-1"}, **said),
                wish("notification.subscribed", "rep-3", subscriber={"type": "user", "id": "rep-3"}, **said),
            ]
        )
        is_known = partial(world.rows, "SELECT 1 FROM notifier.subscription HAVING count(*) = 2")
        wait_until(is_known, seconds=SECONDS, what="the notifier knows who has subscribed")
        reminder = {"kind": "reminder", "item_id": "R-1", "text": "call back", "remind_at": "2990-03-01T08:00:00Z", "by": "rep-7"}
        world.upstream.publish(
            [*qualified_lead("L-1", assigned_to="rep-3"), lead_event("lead.item-added", "L-1", **reminder), request("L-1", KEY)]
        )
        world.upstream.publish([order("placed", KEY, "O-1", "2990-01-01")])
        active = Counter({("stage-changed", rep, "active"): 1 for rep in ("rep-3", "rep-4")})
        wait_until(lambda: told(topics) == active, seconds=SECONDS, what="the team hears that the customer is active")

        tick(world, "2990-02-28")
        wait_until(partial(has_handled_ticks, world, topics), seconds=SECONDS, what="the first tick is handled")
        assert told(topics) == active, "neither is due"
        notifier.signal(signal.SIGKILL)
        tick(world, "2990-04-10")
        tick(world, "2990-04-11")
        every = active + Counter(
            {("reminder", "rep-7", ""): 1, **{("stage-changed", rep, "dormant"): 1 for rep in ("rep-3", "rep-4")}}
        )
        wait_until(partial(has_handled_ticks, world, topics), seconds=SECONDS, what="every tick is handled")
        wait_until(lambda: told(topics) >= every, seconds=SECONDS, what="everybody is told")
        assert told(topics) == every
