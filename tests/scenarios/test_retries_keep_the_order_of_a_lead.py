"""Requests that wait for their lead: tried when due and not before, in the order of their lead, up to the last rung."""

from __future__ import annotations

import signal

from tests.scenarios.harness.records import conversion_id, lead_event, qualified_lead, request
from tests.scenarios.harness.topics import Seen, Topics
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

RUNGS = {"1s": 1000, "2s": 2000, "3s": 3000}
SCHEDULED, FAILED = "conversion.retry-scheduled", "conversion.failed"


def test_later_requests_of_a_lead_wait_behind_the_first_and_end_in_order(world: World) -> None:
    world.start("converter")
    keys = ["first", "second", "third"]
    world.upstream.publish([request("L-late", "first")])
    with world.topics() as topics:
        wait_until(lambda: topics.read("converter.retry.1s"), seconds=20, what="the first request waits")
        world.upstream.publish([request("L-late", key) for key in keys[1:]])
        wait_until(lambda: len(waiting(topics)) >= 3, seconds=10, what="the others have followed it")
        world.upstream.publish(qualified_lead("L-late"))
        wait_until(lambda: topics.ended(*map(conversion_id, keys)), seconds=20, what="all have ended")
        ends = [seen for seen in topics.read("conversion.events") if seen.kind in ("conversion.completed", FAILED)]
        assert [seen.data["conversion_id"] for seen in ends] == [conversion_id(key) for key in keys]
        assert [code_of(seen) for seen in ends] == [None, "LEAD_ALREADY_CONVERTED", "LEAD_ALREADY_CONVERTED"]
        assert_nothing_was_early(topics)
        assert topics.dead_letters() == []
    assert len(world.rows("SELECT 1 FROM customer")) == 1


def test_what_is_not_qualified_waits_once_and_then_fails_for_good(world: World) -> None:
    world.start("converter")
    world.upstream.publish([lead_event("lead.created", "L-raw", first_name="Ada", email="ada@example.com")])
    world.upstream.publish([request("L-raw", "too-soon")])
    with world.topics() as topics:
        wait_until(lambda: topics.ended(conversion_id("too-soon")), seconds=20, what="the request has ended")
        story = topics.stories()[conversion_id("too-soon")]
        assert [(seen.kind, seen.data["attempt"]) for seen in story] == [(SCHEDULED, 1), (FAILED, 2)]
        error = story[-1].data["error"]
        assert (error["code"], error["retryable"]) == ("LEAD_NOT_QUALIFIED", False)
        assert error["message"] == "Lead must be qualified before conversion"
        assert [seen.at[0] for seen in waiting(topics)] == ["converter.retry.1s"]
        assert topics.dead_letters() == []


def test_an_unknown_lead_climbs_every_rung_even_if_the_converter_is_killed_meanwhile(world: World) -> None:
    converter = world.start("converter")
    conversion = conversion_id("nobody")
    world.upstream.publish([request("L-nobody", "nobody")])
    with world.topics() as topics:
        wait_until(lambda: topics.read("converter.retry.2s"), seconds=20, what="the request waits on the second rung")
        converter.signal(signal.SIGKILL)
        wait_until(lambda: topics.ended(conversion), seconds=40, what="the request has ended")
        wait_until(topics.dead_letters, seconds=10, what="it is dead-lettered")
        story = topics.stories()[conversion]
        kinds = [(SCHEDULED, 1), (SCHEDULED, 2), (SCHEDULED, 3), (FAILED, 4)]
        assert [(seen.kind, seen.data["attempt"]) for seen in story] == kinds
        assert {code_of(seen) for seen in story} == {"LEAD_UNKNOWN"}
        assert story[-1].data["error"]["retryable"] is True
        [letter] = topics.dead_letters()
        headers = {name: letter.header(f"dlq-{name}") for name in ("error-code", "attempts", "conversion-id", "replays")}
        assert headers == {
            "error-code": "LEAD_UNKNOWN", "attempts": "4", "conversion-id": conversion, "replays": "0",
        }  # fmt: skip
        assert [seen.at[0] for seen in waiting(topics)] == [f"converter.retry.{delay}" for delay in RUNGS]
        assert [seen.header("retry-attempts") for seen in waiting(topics)] == ["1", "2", "3"]
        assert_nothing_was_early(topics)
    assert converter.statuses == [-9]


def waiting(topics: Topics) -> list[Seen]:
    """Every record that has ever waited, the first rung first."""
    found = topics.read_all(*(f"converter.retry.{delay}" for delay in RUNGS))
    return [seen for records in found.values() for seen in records]


def assert_nothing_was_early(topics: Topics) -> None:
    """By the broker's clock alone: what followed a wait came no sooner than the rung's delay after it."""
    for seen in waiting(topics):
        due = seen.record.timestamp_ms + RUNGS[seen.at[0].rpartition(".")[2]]
        origin = seen.header("retry-id")
        sources = [each for each in waiting(topics) if each.header("retry-id") == origin] + [
            each for each in topics.dead_letters() if each.header("dlq-id") == origin
        ]
        later = [each.record.timestamp_ms for each in sources if each.record.timestamp_ms > seen.record.timestamp_ms]
        story = topics.stories()[conversion_id(seen.header("idempotency-key") or "")]
        ends = [each.record.timestamp_ms for each in story if each.kind != SCHEDULED]
        assert min(later + ends) >= due, f"{origin} was tried before it was due"


def code_of(seen: Seen) -> str | None:
    code: str | None = seen.data.get("error", {}).get("code")
    return code
