"""What cannot be read is dead-lettered as it came, at once, and holds nobody up; what only looks bad is converted."""

from __future__ import annotations

from collections.abc import Iterable

from leadline.delivery.record import Headers, Outgoing
from tests.faults.checker.facts import DeadLetter, Facts
from tests.faults.checker.index import Index
from tests.faults.checker.rules_dead_letters import headers_say_why
from tests.scenarios.harness.poison import Case, cases, plain
from tests.scenarios.harness.records import conversion_id, qualified_lead
from tests.scenarios.harness.topics import Seen, Topics
from tests.scenarios.harness.upstream import Upstream
from tests.scenarios.harness.waiting import wait_until
from tests.scenarios.harness.world import World

CODECS = ("gzip", "snappy", "lz4", "zstd")
PATIENCE_SECONDS = 30.0


def test_every_poison_is_dead_lettered_untouched_and_the_next_record_is_converted(world: World) -> None:
    world.start("converter")
    poison = cases()
    good = [plain(f"good-{number}") for number in range(len(poison))]
    publish_leads(world, [*poison, *good])
    world.upstream.publish([case.record for pair in zip(poison, good, strict=True) for case in pair])
    with world.topics() as topics:
        converted = [conversion_id(case.key) for case in [*poison, *good] if case.code is None]
        wait_until(lambda: topics.ended(*converted), seconds=PATIENCE_SECONDS, what="the good ones are converted")
        deadly = [case for case in poison if case.code]
        wait_until(lambda: len(topics.dead_letters()) >= len(deadly), seconds=PATIENCE_SECONDS, what="every death is told")
        assert codes_by_record(topics.dead_letters(), deadly) == {case.name: case.code for case in deadly}
        assert_untouched(topics)
        stories = topics.stories()
    assert {each: [seen.kind for seen in stories[each]][-1] for each in converted} == dict.fromkeys(
        converted, "conversion.completed"
    )


def test_batches_of_every_codec_are_read(world: World) -> None:
    world.start("converter")
    batches = {codec: [plain(f"{codec}-{number}") for number in range(50)] for codec in CODECS}
    publish_leads(world, [case for batch in batches.values() for case in batch])
    for codec, batch in batches.items():
        upstream = Upstream(world.bootstrap, world.prefix, compression_codec=codec, linger_ms=50)
        upstream.publish([case.record for case in batch])
    everything = [conversion_id(case.key) for batch in batches.values() for case in batch]
    with world.topics() as topics:
        wait_until(lambda: topics.ended(*everything), seconds=PATIENCE_SECONDS, what="every batch is converted")
    assert len(world.rows("SELECT 1 FROM customer")) == len(everything)


def publish_leads(world: World, wanted: Iterable[Case]) -> None:
    world.upstream.publish([record for case in wanted for record in qualified_lead(case.name)])


def codes_by_record(letters: list[Seen], deadly: list[Case]) -> dict[str, str | None]:
    """The error code of each case's dead letter, found by its whole content; a letter that nobody sent stands as it is."""
    names = {content(case.record): case.name for case in deadly}
    own = [(letter.record.key, letter.record.value, own_headers(letter)) for letter in letters]
    found = [names.get(parts, repr(parts)[:200]) for parts in own]
    assert len(found) == len(set(found)), f"twice: {sorted(found)}"
    return {name: letter.header("dlq-error-code") for name, letter in zip(found, letters, strict=True)}


def content(record: Outgoing) -> tuple[bytes | None, bytes | None, tuple[tuple[str, bytes | None], ...]]:
    return record.key, record.value, tuple(record.headers)


def own_headers(letter: Seen) -> tuple[tuple[str, bytes | None], ...]:
    headers: Headers = list(letter.record.headers)
    names = [name for name, _ in headers]
    return tuple(headers[: len(names) - 1 - names[::-1].index("dlq-id")])


def assert_untouched(topics: Topics) -> None:
    """The checker, which shares no code with the services, finds every dlq-* header complete."""
    letters = [DeadLetter(seen.at, seen.record) for seen in topics.dead_letters()]
    assert list(headers_say_why(Index(Facts(dead_letters=letters)))) == []
