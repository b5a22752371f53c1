"""Envelopes: what is read, what is refused and why, and that the fast way and the thorough way are one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.contracts import envelope as module
from leadline.contracts.envelope import (
    Envelope,
    parse_time,
    read_envelope,
    time_now_text,
    write_headers,
)
from leadline.contracts.times import normalise_time
from leadline.errors import Rejected

Headers = list[tuple[str, bytes | None]]
GOOD: Headers = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"e-1"),
    ("ce_source", b"/crm/eu"),
    ("ce_type", b"leadline.lead.qualified.v1"),
    ("ce_time", b"2026-11-22T13:30:00.5Z"),
    ("ce_subject", b"L-1"),
    ("content-type", b"application/json"),
]
READ = Envelope("e-1", "/crm/eu", "leadline.lead.qualified.v1", "2026-11-22T13:30:00.5Z", "L-1", data=b"{}")
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
CLOUD_EVENT: Headers = [("Content-Type", b"application/cloudevents+json; charset=UTF-8")]


def with_header(name: str, value: bytes | None) -> Headers:
    return [*GOOD, (name, value)]


def without(name: str) -> Headers:
    return [header for header in GOOD if header[0] != name]


def refusal(headers: Any, value: bytes | None = b"{}") -> tuple[str, str]:
    with pytest.raises(Rejected) as refused:
        read_envelope(headers, value)
    return refused.value.code, refused.value.message


def test_binary_mode_is_read() -> None:
    assert read_envelope(GOOD, b"{}") == READ


@pytest.mark.parametrize(
    ("headers", "changes"),
    [
        ([(name.upper(), value) for name, value in GOOD], {}),
        (without("ce_time"), {"time": None}),
        (without("ce_subject"), {"subject": None}),
        (without("content-type"), {}),
        (with_header("ce_subject", b"L-2"), {"subject": "L-2"}),
        (with_header("CE_SUBJECT", b"L-2"), {"subject": "L-2"}),
        (with_header("ce_subject", None), {"subject": None}),
        (with_header("ce_subject", b""), {"subject": None}),
        (with_header("x-unknown", None), {}),
        (with_header("x-unknown", b"\xff"), {}),
        (with_header("ce_correlationid", b"c"), {"correlation_id": "c"}),
        (with_header("correlation_id", b"c"), {"correlation_id": "c"}),
        (with_header("ce_causationid", b"d"), {"causation_id": "d"}),
        (with_header("idempotency-key", b"k" * 200), {"idempotency_key": "k" * 200}),
        (with_header("Idempotency-Key", b"k"), {"idempotency_key": "k"}),
        (with_header("traceparent", TRACE.encode()), {"traceparent": TRACE}),
        (with_header("ce_traceparent", TRACE.encode()), {"traceparent": TRACE}),
        (with_header("traceparent", b"\xffnonsense"), {"traceparent": None}),
        (with_header("content-type", b"application/json; charset=utf-8"), {}),
        (with_header("content-type", b"application/vnd.crm.lead+json"), {}),
        (with_header("ce_id", "L\u00f6w\u00a0e".encode()), {"id": "L\u00f6w\u00a0e"}),
        (with_header("ce_id", b"x" * 500), {"id": "x" * 500}),
        (with_header("ce_time", b"2026-11-22T14:30:00+01:00"), {"time": "2026-11-22T13:30:00Z"}),
        (with_header("ce_time", b"2026-01-01T00:30:00.123456789+01:00"), {"time": "2025-12-31T23:30:00.123456Z"}),
        (with_header("ce_time", b"2026-11-30t00:00:00z"), {"time": "2026-11-30T00:00:00Z"}),
    ],
)
def test_what_may_differ_is_read(headers: Headers, changes: dict[str, Any]) -> None:
    assert read_envelope(headers, b"{}") == READ._replace(**changes)


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        (None, "ce_specversion"),
        ([], "ce_specversion"),
        (without("ce_id"), "ce_id"),
        (with_header("ce_id", b""), "ce_id"),
        (with_header("ce_id", None), "ce_id"),
        (with_header("ce_id", b"x" * 501), "ce_id"),
        (with_header("ce_id", b"a\x00b"), "ce_id"),
        (with_header("ce_id", b"\xff"), "ce_id"),
        (without("ce_source"), "ce_source"),
        (with_header("ce_source", b""), "ce_source"),
        (without("ce_type"), "ce_type"),
        (with_header("ce_type", b"\xc3("), "ce_type"),
        (without("ce_specversion"), "ce_specversion"),
        (with_header("ce_specversion", b"0.3"), "ce_specversion"),
        (with_header("ce_time", b""), "ce_time"),
        (with_header("ce_time", b"yesterday"), "ce_time"),
        (with_header("ce_time", b"2026-11-22T13:30:00"), "ce_time"),
        (with_header("ce_time", b"2026-02-30T13:30:00Z"), "ce_time"),
        (with_header("ce_time", b"2026-11-22 13:30:00Z"), "ce_time"),
        (with_header("ce_time", b"9999-12-31T23:59:59-23:59"), "ce_time"),
        (with_header("ce_time", b"1795354200"), "ce_time"),
        (with_header("ce_time", "2026-11-22T13:30:0\u0660Z".encode()), "ce_time"),
        (with_header("ce_subject", b"\xff"), "ce_subject"),
        (with_header("ce_correlationid", b"\xff"), "ce_correlationid"),
        (with_header("content-type", b"text/plain"), "content-type"),
        (with_header("content-type", b"application/avro"), "content-type"),
        (with_header("content-type", b"application/cloudevents-batch+json"), "content-type"),
        (with_header("content-type", b"application/cloudevents+avro"), "content-type"),
        (with_header("content-type", b"application/json; charset=latin1"), "content-type"),
        (with_header("content-type", b"\xff"), "content-type"),
        (with_header("content-type", b""), "content-type"),
        (with_header("idempotency-key", b""), "idempotency-key"),
        (with_header("idempotency-key", b"k" * 201), "idempotency-key"),
        (with_header("idempotency-key", b"\xff"), "idempotency-key"),
        (with_header("idempotency-key", b"a\nb"), "idempotency-key"),
    ],
)
def test_a_wrong_header_is_refused_by_name(headers: Headers | None, words: str) -> None:
    code, message = refusal(headers)
    assert code == "ENVELOPE_INVALID"
    assert words in message


def test_a_record_without_a_value_is_refused() -> None:
    assert refusal(GOOD, None)[0] == "PAYLOAD_NOT_JSON"
    assert refusal(CLOUD_EVENT, None)[0] == "PAYLOAD_NOT_JSON"


def structured(**attributes: str) -> bytes:
    given = {"specversion": '"1.0"', "id": '"e-1"', "source": '"/crm/eu"', "type": '"t"', "data": "{}"} | attributes
    return ("{" + ",".join(f'"{name}":{text}' for name, text in given.items() if text) + "}").encode()


@pytest.mark.parametrize(
    ("value", "changes"),
    [
        (structured(), {}),
        (structured(data='{"id": 12345678901234567890123, "x": "\\u00f6"}'),
         {"data": '{"id":12345678901234567890123,"x":"\u00f6"}'.encode()}),
        (structured(data="", data_base64='"e30="'), {}),
        (structured(data="null"), {"data": b"null"}),
        (structured(time='"2026-11-22T14:30:00+01:00"', subject='"L-1"'),
         {"time": "2026-11-22T13:30:00Z", "subject": "L-1"}),
        (structured(correlationid='"c"', causationid='"d"', traceparent=f'"{TRACE}"'),
         {"correlation_id": "c", "causation_id": "d", "traceparent": TRACE}),
        (structured(datacontenttype='"application/json; charset=utf-8"', subject="null"), {}),
    ],
)  # fmt: skip
def test_structured_mode_is_read(value: bytes, changes: dict[str, Any]) -> None:
    assert read_envelope(CLOUD_EVENT, value) == Envelope("e-1", "/crm/eu", "t", data=b"{}")._replace(**changes)


def test_structured_mode_takes_the_idempotency_key_from_its_header() -> None:
    assert read_envelope([*CLOUD_EVENT, ("idempotency-key", b"k")], structured()).idempotency_key == "k"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (b"", "PAYLOAD_NOT_JSON"),
        (b"{", "PAYLOAD_NOT_JSON"),
        (b"\xff", "PAYLOAD_NOT_JSON"),
        (b"[" * 100_000, "PAYLOAD_NOT_JSON"),
        (structured(data="NaN"), "PAYLOAD_NOT_JSON"),
        (structured(data='"\\ud800"'), "PAYLOAD_NOT_JSON"),
        (structured(data=""), "PAYLOAD_NOT_JSON"),
        (structured(data="", data_base64='"*"'), "PAYLOAD_NOT_JSON"),
        (structured(data="", data_base64='"\u00f6"'), "PAYLOAD_NOT_JSON"),
        (structured(data="9" * 10_000), "PAYLOAD_NOT_JSON"),
        (b"[]", "ENVELOPE_INVALID"),
        (b"null", "ENVELOPE_INVALID"),
        (structured(id=""), "ENVELOPE_INVALID"),
        (structured(id='""'), "ENVELOPE_INVALID"),
        (structured(id="5"), "ENVELOPE_INVALID"),
        (structured(id='"a\\u0000"'), "ENVELOPE_INVALID"),
        (structured(specversion='"0.3"'), "ENVELOPE_INVALID"),
        (structured(time='"now"'), "ENVELOPE_INVALID"),
        (structured(time='""'), "ENVELOPE_INVALID"),
        (structured(datacontenttype='"text/xml"'), "ENVELOPE_INVALID"),
    ],
)
def test_a_wrong_structured_event_is_refused(value: bytes, code: str) -> None:
    assert refusal(CLOUD_EVENT, value)[0] == code


TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)
ENVELOPES = st.builds(
    Envelope, TEXTS, TEXTS, TEXTS, st.datetimes(datetime(1000, 1, 1), datetime(2999, 1, 1)).map(
        lambda moment: time_now_text(moment.replace(tzinfo=UTC)).replace(" ", "0")
    ),
    st.none() | TEXTS, st.none() | TEXTS, st.none() | TEXTS, st.none() | st.just(TRACE), st.none() | TEXTS, st.binary(),
)  # fmt: skip


@given(ENVELOPES)
def test_what_is_written_is_read_back_equal(event: Envelope) -> None:
    assert read_envelope(write_headers(event), event.data) == event


NAMES = st.sampled_from([name for name, _ in GOOD] + ["ce_correlationid", "traceparent", "idempotency-key", "CE_ID", "x"])
VALUES = st.none() | st.binary(max_size=30) | TEXTS.map(str.encode) | st.sampled_from([value for _, value in GOOD])
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6).flatmap(lambda extra: st.sampled_from([extra, GOOD + extra]))


@settings(max_examples=300)
@given(HEADERS, st.none() | st.binary(max_size=40) | st.sampled_from([b"{}", structured()]))
def test_reading_raises_nothing_but_rejected(headers: Headers, value: bytes | None) -> None:
    try:
        assert isinstance(read_envelope(headers, value), Envelope)
    except Rejected as refused:
        assert refused.code in ("ENVELOPE_INVALID", "PAYLOAD_NOT_JSON")


@settings(max_examples=300)
@given(HEADERS)
def test_the_fast_way_reads_what_the_thorough_one_reads(headers: Headers) -> None:
    found = {name.lower(): value for name, value in headers}
    usual = module._read_usual(found, b"{}")
    if usual is not None:
        assert usual == module._read_binary(found, b"{}")


def test_the_everyday_record_takes_the_fast_way() -> None:
    assert module._read_usual(dict(GOOD), b"{}") == READ


def test_times_are_utc_with_z() -> None:
    berlin = datetime(2026, 11, 22, 14, 30, tzinfo=timezone(timedelta(hours=1)))
    assert time_now_text(berlin) == "2026-11-22T13:30:00.000000Z"
    assert parse_time("2026-11-22T14:30:00+01:00") == berlin
    assert parse_time("2026-11-22T14:30:00+01:00").utcoffset() == timedelta(0)
    assert normalise_time("1000-01-01T00:00:00.25Z") == "1000-01-01T00:00:00.25Z"
    for wrong in ("", "2026-11-22", "2026-11-22T13:30:00", "2026-13-01T00:00:00Z", "2026-11-22T13:30:00Z\n"):
        with pytest.raises(ValueError, match=r"RFC 3339|day|month"):
            parse_time(wrong)
