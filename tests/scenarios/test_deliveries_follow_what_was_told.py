"""The delivering process on real servers: repeats, withdrawals, records that cannot be read, and stops."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime, timedelta

from leadline.contracts.times import time_now_text
from leadline.local.ports import free_port
from services.notifier.domain.delivery import delivery_id
from tests.scenarios.harness.delivery import SECRET, SETTINGS, Way, over, register
from tests.scenarios.harness.health import health
from tests.scenarios.harness.notices import Teller, notice, withdrawn
from tests.scenarios.harness.receiver import Receiver, receiving
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

SECONDS = 30.0


def one_person(world: World, receiver: Receiver) -> str:
    url = receiver.url("well", "rep-1")
    register(world, [Way("rep-1", "webhook", url, (SECRET,))])
    return url


def test_a_process_killed_between_sending_and_noting_it_repeats_under_the_same_id(world: World) -> None:
    with receiving() as receiver:
        url = one_person(world, receiver)
        instance = world.start("notifier.deliver", **SETTINGS)
        receiver.on_call = lambda _: instance.signal(signal.SIGKILL) if not instance.statuses else None
        Teller(world.bootstrap, world.prefix).tell([notice(1)])
        wait_until(lambda: over(world) == 1, seconds=SECONDS, what="it is delivered")
        assert instance.statuses == [-signal.SIGKILL]
    calls = {(call.headers["webhook-id"], call.body) for call in receiver.calls["rep-1"]}
    assert (len(receiver.calls["rep-1"]), len(calls)) == (2, 1)
    assert receiver.taken["rep-1"].keys() == {delivery_id("N-1", "webhook", url)}


def test_what_is_withdrawn_before_its_time_is_never_sent_and_what_waits_is_sent_when_it_is_due(world: World) -> None:
    soon = time_now_text(datetime.now(UTC) + timedelta(seconds=6))
    with receiving() as receiver:
        url, port = one_person(world, receiver), free_port()
        world.start("notifier.deliver", LEADLINE_HEALTH_PORT=str(port), **SETTINGS)
        teller = Teller(world.bootstrap, world.prefix)
        teller.tell([notice(1, not_before=soon), notice(2, not_before=soon), withdrawn(2)])
        wait_until(lambda: over(world) == 1, seconds=SECONDS, what="what was due is delivered")
        assert time_now_text(datetime.now(UTC)) >= soon
        wait_until(lambda: health(port, "/readyz") == 200, seconds=5, what="it says that it takes part")
        assert [health(port, path) for path in ("/livez", "/metrics")] == [200, 200]
    assert receiver.taken["rep-1"].keys() == {delivery_id("N-1", "webhook", url)}
    assert world.rows("SELECT notification_id FROM notifier.inbox WHERE withdrawn_at IS NOT NULL") == [("N-2",)]
    assert world.rows("SELECT notification_id FROM notifier.delivery WHERE state = 'cancelled'") == [("N-2",)]


def test_a_record_that_cannot_be_read_is_a_dead_letter_and_holds_up_no_other(world: World) -> None:
    with receiving() as receiver, world.topics() as topics:
        url = one_person(world, receiver)
        poison = notice(1)._replace(value=b"\xff\x00 no JSON")
        Teller(world.bootstrap, world.prefix).tell([poison, notice(2)])
        world.start("notifier.deliver", **SETTINGS)
        wait_until(lambda: over(world) == 1, seconds=SECONDS, what="the other is delivered")
        wait_until(lambda: topics.dead_letters("notifier"), seconds=SECONDS, what="the poison is a dead letter")
        letter = topics.dead_letters("notifier")[0]
    assert receiver.taken["rep-1"].keys() == {delivery_id("N-2", "webhook", url)}
    assert (letter.record.key, letter.record.value) == (poison.key, poison.value)
    assert (letter.header("dlq-error-code"), letter.header("dlq-topic")) == ("PAYLOAD_NOT_JSON", "notification.events")


def test_a_stop_ends_with_status_0_within_10_seconds_and_settles_what_was_under_way(world: World) -> None:
    with receiving() as receiver:
        register(world, [Way("rep-1", "webhook", receiver.url("slow", "rep-1"), (SECRET,))])
        Teller(world.bootstrap, world.prefix).tell([notice(number) for number in range(50)])
        instance = world.start("notifier.deliver", **SETTINGS)
        wait_until(lambda: receiver.calls["rep-1"], seconds=SECONDS, what="something is under way")
        instance.leave_dead()
        asked = time.monotonic()
        instance.signal(signal.SIGTERM)
        wait_until(lambda: instance.statuses, seconds=10, what="it has ended")
    print(f"ended after {time.monotonic() - asked:.1f} s")
    assert instance.statuses == [0]
    assert world.rows("SELECT DISTINCT state FROM notifier.delivery WHERE state = 'claimed'") == []
