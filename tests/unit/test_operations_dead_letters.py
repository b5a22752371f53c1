"""Dead letters as the topics tell them, and what operators decide about them."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import EVENTS, decode
from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Origin, Outgoing, Record
from leadline.delivery.trail import DEAD_LETTER_FIRST, Death, Trail, dead_letter_headers, follow
from leadline.operations.dead_letters import DeadLetter, collect, facts_of
from leadline.operations.proof import Proof, next_replay, with_proof
from leadline.operations.replay import Operator, discards, reopens, replays

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
ADA = Operator("ada", AT)
OWN_HEADERS: list[tuple[str, bytes | None]] = [("ce_id", b"e-1"), ("dlq-id", b"somebody else's"), ("empty", None)]


def death(offset: int, *, ms: int, service: str = "converter", code: str = "SCHEMA_INVALID", replays: int = 0) -> Record:
    """A dead letter of conversion.requests/3/`offset`, which died at this millisecond."""
    original = Record("conversion.requests", 3, offset, 5, b"L-1", b"\xff", OWN_HEADERS)
    trail = Trail(original, Origin(*original[:4]), Attempt(2, replays, None))
    headers = dead_letter_headers(trail, Death(service, Failure(code, "no"), AT, None))
    return Record(f"{service}.dlq", 3, ms, ms, original.key, original.value, headers)


def note(out: Outgoing, *, ms: int) -> Record:
    return Record(out.topic, 0, ms, ms, out.key, out.value, out.headers)


def notes(of: list[Outgoing], *, ms: int) -> list[Record]:
    return [note(out, ms=ms) for out in of if out.topic == "operations.events"]


def states(letters: list[DeadLetter]) -> list[tuple[str, str, str]]:
    return [(letter.service, letter.dlq_id, letter.state) for letter in letters]


def test_dead_letters_are_told_oldest_first_with_what_they_say_of_themselves() -> None:
    letters = collect([death(2, ms=20), death(1, ms=10, code="TYPE_UNKNOWN")], [])
    assert states(letters) == [
        ("converter", "conversion.requests/3/1", "open"),
        ("converter", "conversion.requests/3/2", "open"),
    ]
    assert (letters[0].code, letters[0].key, letters[0].deaths) == ("TYPE_UNKNOWN", "L-1", 1)
    assert letters[0].facts["attempts"] == "2"


def test_only_the_block_at_the_end_tells_of_the_death() -> None:
    assert facts_of(death(1, ms=1).headers)["id"] == "conversion.requests/3/1"
    assert facts_of([]) == {}


def test_a_record_in_the_topic_that_is_no_dead_letter_is_none() -> None:
    assert collect([Record("converter.dlq", 0, 0, 0, None, b"x", [("ce_id", b"1")])], []) == []


def test_a_replayed_dead_letter_is_replaying_until_it_dies_again() -> None:
    first = death(1, ms=10)
    replay = notes(replays(collect([first], []), ADA), ms=20)
    assert states(collect([first], replay)) == [("converter", "conversion.requests/3/1", "replaying")]
    (again,) = collect([death(1, ms=30, replays=1), first], replay)
    assert (again.state, again.deaths, again.facts["replays"]) == ("open", 2, "1")


def test_a_record_that_dies_in_the_same_millisecond_as_its_replay_is_open() -> None:
    replay = notes(replays(collect([death(1, ms=10)], []), ADA), ms=20)
    (again,) = collect([death(1, ms=10), death(1, ms=20, replays=1)], replay)
    assert again.state == "open"


def test_the_last_decision_counts() -> None:
    first = death(1, ms=10)
    letters = collect([first], [])
    replayed, discarded = notes(replays(letters, ADA), ms=20), notes(discards(letters, ADA, "spam"), ms=30)
    assert collect([first], discarded + replayed)[0].state == "discarded"


def test_one_record_that_died_in_two_services_is_two_dead_letters_that_are_decided_apart() -> None:
    both = [death(1, ms=10), death(1, ms=11, service="projector")]
    letters = collect(both, [])
    assert [letter.service for letter in letters] == ["converter", "projector"]
    decided = collect(both, notes(discards(letters[:1], ADA, "spam"), ms=20))
    assert [letter.state for letter in decided] == ["discarded", "open"]


def test_a_decision_that_cannot_be_read_decides_nothing() -> None:
    (good,) = notes(discards(collect([death(1, ms=10)], []), ADA, "spam"), ms=20)
    for value in (None, b"{", b"[]", b"null", orjson.dumps({"dlq_id": 7})):
        assert collect([death(1, ms=10)], [good._replace(value=value)])[0].state == "open"


def test_a_replay_is_noted_before_it_begins_and_sends_each_record_as_it_died() -> None:
    letters = collect([death(1, ms=1), death(2, ms=2, service="projector")], [])
    out = replays(letters, ADA)
    assert [record.topic for record in out] == ["operations.events"] * 2 + ["converter.replay", "projector.replay"]
    record = out[2]
    back = follow(Record(record.topic, 0, 9, 9, record.key, record.value, record.headers), "", DEAD_LETTER_FIRST)
    assert (back.record.headers, back.record.value, back.origin.offset) == (OWN_HEADERS, b"\xff", 1)
    assert back.attempt.replays == 1


def test_notes_fit_the_contract() -> None:
    letters = collect([death(1, ms=1)], [])
    for out in [replays(letters, ADA)[0], *discards(letters, ADA, "spam")]:
        envelope = read_envelope(out.headers, out.value)
        body = decode(envelope.type, envelope.data)
        assert out.topic in EVENTS[envelope.type].topics
        assert (body.dlq_id, body.service, body.requested_by.id) == ("conversion.requests/3/1", "converter", "ada")  # type: ignore[attr-defined]
        assert out.key == b"conversion.requests/3/1"


def test_a_replay_tells_nobody_again() -> None:
    letters = collect([death(1, ms=1)], [])
    assert orjson.loads(replays(letters, ADA)[0].value or b"")["notify"] is False


def test_a_dead_letter_is_resolved_by_proof_and_by_nothing_else() -> None:
    first = death(1, ms=10)
    (sent,) = collect([first], notes(replays(collect([first], []), ADA), ms=20))
    assert next_replay(sent) == ("converter", "conversion.requests/3/1", 1)
    assert with_proof(sent, None).state == "replaying"
    assert with_proof(sent, Proof("retrying", "LEAD_UNKNOWN", "K-1")).state == "replaying"
    assert with_proof(sent, Proof("dead", "SCHEMA_INVALID", None)).state == "replaying"
    proved = with_proof(sent, Proof("done", None, "K-1"))
    assert (proved.state, proved.conversion_id) == ("resolved", "K-1")


def test_a_death_after_a_replay_awaits_the_proof_of_the_next_one() -> None:
    (again,) = collect([death(1, ms=10), death(1, ms=30, replays=1)], [])
    assert next_replay(again)[-1] == 2


def test_after_too_many_replays_it_is_quarantined_until_somebody_restores_it() -> None:
    dead = [death(1, ms=10), death(1, ms=30, replays=2)]
    assert [collect(dead, [], replay_limit=limit)[0].state for limit in (2, 3)] == ["quarantined", "open"]
    (letter,) = collect(dead, [], replay_limit=2)
    restored = notes(reopens([letter], ADA, "the fix is out"), ms=40)
    assert collect(dead, restored, replay_limit=2)[0].state == "open"
    assert collect([*dead, death(1, ms=50, replays=3)], restored, replay_limit=2)[0].state == "quarantined"


def test_replays_go_in_the_order_in_which_the_records_first_came_whatever_order_they_died_in() -> None:
    letters = collect([death(2, ms=10), death(1, ms=20)], [])
    ids = [dict(out.headers[3:])["dlq-id"] for out in replays(letters, ADA) if out.topic == "converter.replay"]
    assert ids == [b"conversion.requests/3/1", b"conversion.requests/3/2"]


def test_the_records_of_one_replay_carry_its_id_and_say_whether_people_are_told() -> None:
    letters = collect([death(1, ms=10), death(2, ms=20)], [])
    for is_told in (False, True):
        sent = [out for out in replays(letters, ADA, is_told=is_told) if out.topic == "converter.replay"]
        attempts = [follow(Record("converter.replay", 0, 0, 0, *out[1:]), "", DEAD_LETTER_FIRST).attempt for out in sent]
        assert len({attempt.replay_id for attempt in attempts} - {None}) == 1
        assert [attempt.is_told for attempt in attempts] == [is_told, is_told]
