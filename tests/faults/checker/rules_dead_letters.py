"""A dead letter is its original, byte for byte, plus the headers that say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from tests.faults.checker.facts import Coordinates, DeadLetter, Header, Violation
from tests.faults.checker.index import Index

REQUIRED = (
    "dlq-id",
    "dlq-service",
    "dlq-topic",
    "dlq-partition",
    "dlq-offset",
    "dlq-timestamp",
    "dlq-error-code",
    "dlq-error-message",
    "dlq-error-stack",
    "dlq-fingerprint",
    "dlq-attempts",
    "dlq-first-failed-at",
    "dlq-failed-at",
    "dlq-replays",
)
LONGEST = {"dlq-error-message": 1000, "dlq-error-stack": 8000}
TIMES = ("dlq-first-failed-at", "dlq-failed-at")


def bytes_are_untouched(index: Index) -> Iterator[Violation]:
    """Key, value and own headers equal those of the record at the coordinates that it names."""
    for letter in index.facts.dead_letters:
        coordinates = original_of(letter)
        original = index.facts.originals.get(coordinates) if coordinates else None
        if original is None:
            yield Violation("dead-letter-original", _place(letter), f"no record at {coordinates}")
            continue
        if letter.record.key != original.key or letter.record.value != original.value:
            yield Violation("dead-letter-bytes", _place(letter), "key or value differ from the original's")
        if _own(letter.record.headers) != _own(original.headers):
            yield Violation("dead-letter-bytes", _place(letter), "headers differ from the original's")
        if _milliseconds(letter.header("dlq-timestamp")) != original.timestamp_ms:
            yield Violation("dead-letter-headers", _place(letter), "dlq-timestamp is not the original's")


def headers_say_why(index: Index) -> Iterator[Violation]:
    """Each dlq-* header of the contract stands once and can be read."""
    for letter in index.facts.dead_letters:
        for problem in _problems(letter):
            yield Violation("dead-letter-headers", _place(letter), problem)


def once_for_each_replay(index: Index) -> Iterator[Violation]:
    """A dead letter comes back only with one more replay."""
    seen = Counter((one.at[0], one.header("dlq-id"), one.header("dlq-replays")) for one in index.facts.dead_letters)
    for (topic, dlq_id, replays), times in seen.items():
        if times > 1:
            yield Violation("dead-letter-twice", str(dlq_id), f"{topic}: {times} times with dlq-replays {replays}")


def nothing_unexpected(index: Index) -> Iterator[Violation]:
    """No record died of a fault in our own code."""
    for letter in index.facts.dead_letters:
        if letter.header("dlq-error-code") == "UNEXPECTED_ERROR":
            yield Violation("unexpected-error", _place(letter), letter.header("dlq-error-message") or "")
    for conversion_id, event in index.outcome.items():
        if event.error_code == "UNEXPECTED_ERROR":
            yield Violation("unexpected-error", conversion_id, "conversion.failed")


def original_of(letter: DeadLetter) -> Coordinates | None:
    """Where the original lies, by the dead letter's headers; None where they do not say."""
    topic, partition, offset = (letter.header(f"dlq-{name}") for name in ("topic", "partition", "offset"))
    if topic is None or not (partition or "").isdigit() or not (offset or "").isdigit():
        return None
    return topic, int(partition or 0), int(offset or 0)


def _problems(letter: DeadLetter) -> Iterator[str]:
    yield from _missing(letter)
    yield from _malformed(letter)
    if letter.header("dlq-service") != letter.service:
        yield f"dlq-service is {letter.header('dlq-service')}"
    coordinates = original_of(letter)
    if coordinates and not _is_named(letter.header("dlq-id") or "", "{}/{}/{}".format(*coordinates)):
        yield f"dlq-id {letter.header('dlq-id')} does not name {coordinates}"


def _is_named(dlq_id: str, place: str) -> bool:
    """The id is the place, each with or without the topics' prefix."""
    return bool(dlq_id) and (dlq_id.endswith(place) or place.endswith(dlq_id)) and dlq_id.count("/") == 2


def _missing(letter: DeadLetter) -> Iterator[str]:
    names = Counter(name.lower() for name, _ in letter.record.headers)
    for name in REQUIRED:
        if names[name] != 1:
            yield f"{name} stands {names[name]} times"
    for name in ("dlq-id", "dlq-error-code", "dlq-error-message", "dlq-fingerprint"):
        if not letter.header(name):
            yield f"{name} is empty"


def _malformed(letter: DeadLetter) -> Iterator[str]:
    for name, longest in LONGEST.items():
        if len(letter.header(name) or "") > longest:
            yield f"{name} is longer than {longest} characters"
    for name in ("dlq-attempts", "dlq-replays"):
        if not (letter.header(name) or "").isdigit():
            yield f"{name} is no number"
    for name in TIMES:
        if _milliseconds(letter.header(name)) is None:
            yield f"{name} is no time"


def _own(headers: tuple[Header, ...]) -> list[Header]:
    return [(name, value) for name, value in headers if not name.lower().startswith("dlq-")]


def _milliseconds(text: str | None) -> int | None:
    """Milliseconds since 1970 of digits or of an RFC 3339 time with its zone."""
    if text is None or text.isdigit():
        return int(text) if text else None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return round(time.astimezone(UTC).timestamp() * 1000) if time.tzinfo else None


def _place(letter: DeadLetter) -> str:
    return letter.header("dlq-id") or "{}/{}/{}".format(*letter.at)


RULES = (bytes_are_untouched, headers_say_why, once_for_each_replay, nothing_unexpected)
