"""Which dead letters are meant, what they have in common, and their copy as JSON lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.contracts.codes import ErrorCode
from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Headers, Origin, Record
from leadline.delivery.trail import Death, Trail, dead_letter_headers
from leadline.operations.dead_letters import DeadLetter, collect
from leadline.operations.selection import UNKNOWN_CODE, Selection, group, select
from leadline.operations.transfer import NotAnExportError, export_line, import_lines

ANY_BYTES = st.none() | st.binary(max_size=40)
ANY_HEADERS = st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=8), ANY_BYTES), max_size=5)


def letter(offset: int, *, code: str = "SCHEMA_INVALID", stack: str = "", hour: int = 8, **changed: Any) -> DeadLetter:
    """A dead letter of conversion.requests/3/`offset` that died in this hour."""
    original = Record("conversion.requests", 3, offset, 5, b"L-%d" % offset, b"\xffbody", [("ce_id", b"e-1")])
    trail = Trail(original, Origin(*original[:4]), Attempt(2, 0, None))
    death = Death("converter", Failure(code, "no", stack), datetime(2026, 11, 22, hour, tzinfo=UTC), None)
    record = original._replace(topic="converter.dlq", headers=dead_letter_headers(trail, death))
    return replace(collect([record], [])[0], **changed)


LETTERS = [letter(1), letter(2, code="TYPE_UNKNOWN", hour=9), letter(3, state="discarded", hour=10)]


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        (Selection(), "123"),
        (Selection(("conversion.requests/3/2", "nowhere/0/0")), "2"),
        (Selection(code="SCHEMA_INVALID", state="open"), "1"),
        (Selection(fingerprint=LETTERS[0].facts["fingerprint"]), "13"),
        (Selection(service="projector"), ""),
        (Selection(topic="conversion.requests"), "123"),
        (Selection(topic="lead.events"), ""),
        (Selection(key="L-3"), "3"),
        (Selection(since="2026-11-22T09:00:00.000Z"), "23"),
        (Selection(until="2026-11-22T09:00:00.000Z"), "1"),
        (Selection(text="body", key="L-1"), "1"),
        (Selection(text="e-1"), "123"),
        (Selection(text="Body"), ""),
    ],
)
def test_dead_letters_are_meant_for_which_everything_holds(wanted: Selection, meant: str) -> None:
    assert "".join(each.dlq_id[-1] for each in select(LETTERS, wanted)) == meant


def test_dead_letters_of_one_fault_are_one_group_and_the_most_urgent_is_first() -> None:
    first, second = group([*LETTERS, letter(4, code="TYPE_UNKNOWN")])
    assert (first.code, first.number, first.states) == ("TYPE_UNKNOWN", 2, {"open": 2})
    assert (first.first_failed_at, first.last_failed_at) == ("2026-11-22T08:00:00.000Z", "2026-11-22T09:00:00.000Z")
    assert (second.states, second.example) == ({"open": 1, "discarded": 1}, "conversion.requests/3/3")


def test_a_group_says_what_usually_helps_also_where_the_code_is_not_ours() -> None:
    assert [each.advice for each in group(LETTERS[:1])] == [ErrorCode.SCHEMA_INVALID.docs]
    assert [each.advice for each in group([letter(1, code="THEIRS")])] == [UNKNOWN_CODE]


@given(key=ANY_BYTES, value=ANY_BYTES, own=ANY_HEADERS)
def test_a_copy_gives_every_byte_back(key: bytes | None, value: bytes | None, own: Headers) -> None:
    headers = [*own, *letter(1).record.headers[1:]]
    record = Record("converter.dlq", 0, 0, 0, key, value, headers)
    (back,) = import_lines([export_line(collect([record], [])[0]), b""])
    assert (back.topic, back.key, back.value, back.headers) == ("converter.dlq", key, value, headers)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"null",
        b'{"format": "else"}',
        export_line(LETTERS[0]).replace(b'"converter.dlq"', b'"lead.events"'),
        export_line(LETTERS[0]).replace(b'"converter.dlq"', b'"projector.dlq"'),
        export_line(LETTERS[0]).replace(b'"dlq-id"', b'"dlq-no"'),
        export_line(LETTERS[0]).replace(b'"value":"', b'"value":"*'),
        export_line(LETTERS[0]).replace(b'"headers":', b'"heads":'),
    ],
)
def test_what_is_no_copy_is_refused_with_the_number_of_its_line(line: bytes) -> None:
    with pytest.raises(NotAnExportError, match="line 2 is no exported dead letter"):
        list(import_lines([export_line(LETTERS[1]), line]))
