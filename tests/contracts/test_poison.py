"""Poison: bodies that break careless readers are refused with the right code, and nothing else ever comes out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.contracts.events import EVENTS, accepted_on, decode
from leadline.contracts.events.requests import ConversionRequested
from leadline.contracts.topics import business_topics
from leadline.errors import Rejected

REQUESTED = "leadline.conversion.requested.v1"
SECRET = "Jane Doe, 4111-1111"


def body(lead_id: str = '"L-1"', extra: str = "") -> bytes:
    return f'{{"lead_id": {lead_id}, "requested_by": {{"id": "rep-7"}}{extra}}}'.encode()


def refusal(data: bytes, type: str = REQUESTED) -> Rejected:
    with pytest.raises(Rejected) as refused:
        decode(type, data)
    return refused.value


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "PAYLOAD_NOT_JSON"),
        (b" ", "PAYLOAD_NOT_JSON"),
        (b"{", "PAYLOAD_NOT_JSON"),
        (b"hello", "PAYLOAD_NOT_JSON"),
        (b"\xff\xfe", "PAYLOAD_NOT_JSON"),
        (b"\xef\xbb\xbf" + body(), "PAYLOAD_NOT_JSON"),
        (body() + b"}", "PAYLOAD_NOT_JSON"),
        (body().replace(b"L-1", b"L-\xff"), "PAYLOAD_NOT_JSON"),
        (body(extra=', "unknown": "\\ud800"'), "PAYLOAD_NOT_JSON"),
        (body('"\\ud800"'), "PAYLOAD_NOT_JSON"),
        (body("NaN"), "PAYLOAD_NOT_JSON"),
        (body(extra=', "unknown": NaN'), "PAYLOAD_NOT_JSON"),
        (body(extra=', "unknown": -Infinity'), "PAYLOAD_NOT_JSON"),
        (body(extra=', "unknown": ' + "[" * 100_000), "PAYLOAD_NOT_JSON"),
        (body(extra=', "unknown": ' + "[" * 300 + "]" * 300), "PAYLOAD_NOT_JSON"),
        (body("9" * 10_000), "PAYLOAD_NOT_JSON"),
        (body(extra=', "unknown": ' + "9" * 10_000), "PAYLOAD_NOT_JSON"),
        (body('"a\0b"'), "PAYLOAD_NOT_JSON"),
        (b"null", "SCHEMA_INVALID"),
        (b"[]", "SCHEMA_INVALID"),
        (b'"text"', "SCHEMA_INVALID"),
        (b"{}", "SCHEMA_INVALID"),
        (body("null"), "SCHEMA_INVALID"),
        (body('""'), "SCHEMA_INVALID"),
        (body("true"), "SCHEMA_INVALID"),
        (body("1.5"), "SCHEMA_INVALID"),
        (body("9007199254740993.0"), "SCHEMA_INVALID"),
        (body("9" * 400), "SCHEMA_INVALID"),
        (body("1e400"), "SCHEMA_INVALID"),
        (body('"' + "x" * 129 + '"'), "SCHEMA_INVALID"),
        (body('"a\\u0000b"'), "SCHEMA_INVALID"),
        (body(extra=', "unknown": ["a\\u0000b"]'), "SCHEMA_INVALID"),
        (body(extra=', "a\\u0000b": 1'), "SCHEMA_INVALID"),
        (body(extra=', "options": {"opportunity": {"probability": ' + "9" * 400 + "}}"), "SCHEMA_INVALID"),
        (body(extra=', "options": {"opportunity": {"probability": true}}'), "SCHEMA_INVALID"),
        (body(extra=', "options": {"copy_messages": 1}'), "SCHEMA_INVALID"),
        (body(extra=', "options": {"notes": "' + "x" * 1_000_001 + '"}'), "SCHEMA_INVALID"),
        (body(extra=', "lead": {"email": "a", "custom_fields": {"a": ' + "9" * 400 + "}}"), "SCHEMA_INVALID"),
        (body(extra=', "lead": {"email": "a", "custom_fields": {"a": [[1]]}}'), "SCHEMA_INVALID"),
        (body(extra=', "lead": {"email": "a", "custom_fields": {"": 1}}'), "SCHEMA_INVALID"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:60].decode("latin1"),
)
def test_poison_is_refused(data: bytes, code: str) -> None:
    assert refusal(data).code == code


@pytest.mark.parametrize(
    "data",
    [
        body(extra=', "unknown": ' + "[" * 150 + "]" * 150),
        body(extra=', "unknown": ' + "9" * 400),
        body(extra=', "unknown": 1e400'),
        body(extra=', "unknown": "a company called NaN & Infinity, C:\\\\u0000"'),
        body(extra=', "origin": "NaN"'),
        body() + b"\n",
    ],
)
def test_what_only_looks_like_poison_is_read(data: bytes) -> None:
    assert isinstance(decode(REQUESTED, data), ConversionRequested)


@pytest.mark.parametrize(("given", "kept"), [("1234", "1234"), ("-5", "-5"), ("60.0", "60"), ('"007"', "007"),
                                             ("9199999999999999999", "9199999999999999999")])  # fmt: skip
def test_an_id_may_be_an_integer_and_keeps_its_digits(given: str, kept: str) -> None:
    event = decode(REQUESTED, body(given))
    assert isinstance(event, ConversionRequested)
    assert event.lead_id == kept


def test_the_last_of_two_fields_with_one_name_counts() -> None:
    event = decode(REQUESTED, body('"L-0", "lead_id": "L-1"'))
    assert isinstance(event, ConversionRequested)
    assert event.lead_id == "L-1"


def test_a_refusal_names_every_wrong_field_and_repeats_no_value() -> None:
    refused = refusal(body(f'{{"x": "{SECRET}"}}', f', "origin": ["{SECRET}"], "options": {{"duplicate_policy": "{SECRET}"}}'))
    assert refused.fields == ("lead_id", "origin", "options.duplicate_policy")
    assert all(field in refused.message for field in refused.fields)
    assert "link_existing" in refused.message
    assert SECRET not in refused.message


def test_a_refusal_stays_short_whatever_was_sent() -> None:
    fields = ", ".join(f'"{"k" * 190}{n}": {{}}' for n in range(1000))
    refused = refusal(body(extra=f', "lead": {{"email": "a", "custom_fields": {{{fields}}}}}'))
    assert len(refused.fields) == 20
    assert len(refused.message) < 10_000


def test_a_type_that_is_not_in_the_contract_is_refused() -> None:
    for name in ("", "lead.created", "leadline.lead.created.v2", "Leadline.lead.created.v1"):
        assert refusal(b"{}", name).code == "TYPE_UNKNOWN"


def test_every_type_belongs_to_a_business_topic() -> None:
    topics = {topic.name for topic in business_topics()}
    assert {topic for event in EVENTS.values() for topic in event.topics} == topics
    assert accepted_on("conversion.requests") == {
        "leadline.conversion.requested.v1",
        "leadline.conversion.retry-requested.v1",
        "leadline.conversion.cancel-requested.v1",
        "leadline.conversion.revert-requested.v1",
    }
    assert accepted_on("converter.dlq") == frozenset()


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(EVENTS)),
    st.binary(max_size=60) | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")),
)
def test_reading_raises_nothing_but_rejected(type: str, data: bytes) -> None:
    with pytest.raises(Rejected):
        decode(type, data)
