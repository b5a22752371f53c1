"""What the converter can read, what it refuses and why, and what it can still tell of a request that it cannot read."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events.leads import LOST_REASONS
from leadline.delivery.message import Attempt
from leadline.delivery.record import Origin, Record
from leadline.delivery.trail import Trail
from leadline.errors import Rejected, SetupError
from leadline.runtime.settings import load_settings
from services.converter.decode import decode
from services.converter.domain.lead import LeadChange, LeadItem
from services.converter.domain.names import conversion_id
from services.converter.handler import ConverterHandler
from services.converter.service import make_handler
from services.converter.unreadable import unreadable_request
from tests.unit.converter_records import ADA, lead_event
from tests.unit.service_records import at, record, requested

COMMAND = {"conversion_id": "K-1", "requested_by": {"id": "rep-7"}}


def command(key: bytes | None, **data: Any) -> Record:
    return record("conversion.requests", "conversion.cancel-requested", {**COMMAND, **data})._replace(key=key)


def without(taken: Record, header: str) -> Record:
    return taken._replace(headers=[(name, value) for name, value in taken.headers if name != header])


def with_header(taken: Record, header: str, value: bytes) -> Record:
    return without(taken, header)._replace(headers=[*without(taken, header).headers, (header, value)])


@pytest.mark.parametrize(
    ("code", "taken"),
    [
        (ErrorCode.KEY_MISMATCH, requested("k")._replace(key=b"L-2")),
        (ErrorCode.KEY_MISMATCH, requested("k")._replace(key=None)),
        (ErrorCode.KEY_MISMATCH, lead_event("qualified")._replace(key=b"l-1")),
        (ErrorCode.KEY_MISMATCH, command(b"L-2", lead_id="L-1")),
        (ErrorCode.KEY_MISMATCH, command(None)),
        (ErrorCode.KEY_MISMATCH, command(b"")),
        (ErrorCode.KEY_MISMATCH, command(b"L\x00-1")),
        (ErrorCode.KEY_MISMATCH, command(b"\xff")),
        (ErrorCode.TYPE_UNKNOWN, requested("k")._replace(topic="lead.events")),
        (ErrorCode.TYPE_UNKNOWN, lead_event("qualified")._replace(topic="conversion.requests")),
        (ErrorCode.TYPE_UNKNOWN, record("lead.events", "lead.danced", {"lead_id": "L-1"})),
        (ErrorCode.ENVELOPE_INVALID, without(requested("k"), "ce_id")),
        (ErrorCode.ENVELOPE_INVALID, with_header(requested("k"), "idempotency-key", b"")),
        (ErrorCode.PAYLOAD_NOT_JSON, requested("k")._replace(value=b"{")),
        (ErrorCode.PAYLOAD_NOT_JSON, requested("k")._replace(value=None)),
        (ErrorCode.SCHEMA_INVALID, requested("k", requested_by={})),
        (ErrorCode.SCHEMA_INVALID, requested("k", "L\u0000-1")),
        (ErrorCode.SCHEMA_INVALID, lead_event("created", email=None)),
    ],
)
def test_what_can_never_be_read_is_refused_with_its_code(code: ErrorCode, taken: Record) -> None:
    with pytest.raises(Rejected) as refused:
        decode(taken)
    assert refused.value.code == code


def test_a_request_is_kept_in_the_order_of_its_lead_and_repeats_of_it_together() -> None:
    one, repeat, other = decode(requested("k")), decode(requested("k")), decode(requested("k", notes=1))
    assert (one.order_key, one.goes_first) == ("L-1", False)
    assert one.conversion_id == one.data.conversion_id == conversion_id("k", "", "")
    assert one.repeat_key == repeat.repeat_key
    assert one.repeat_key != other.repeat_key


def test_a_number_as_lead_id_is_its_digits() -> None:
    body = orjson.dumps({"lead_id": 7, "requested_by": {"id": 9}})
    request = decode(requested("k")._replace(key=b"7", value=body)).data
    assert (request.lead_id, request.requested_by["id"]) == ("7", "9")


def test_a_request_without_a_key_is_named_by_its_source_and_event() -> None:
    request = decode(without(requested("k"), "idempotency-key")).data
    assert request.idempotency_key.startswith("/tests#e-")


def test_lead_events_go_first() -> None:
    content = decode(lead_event("created", **ADA, second=3))
    assert (content.order_key, content.goes_first) == ("L-1", True)
    assert isinstance(content.data, LeadChange)
    assert dict(content.data.fields) == ADA


@pytest.mark.parametrize("reason", sorted(LOST_REASONS))
def test_every_known_reason_may_lose_a_lead(reason: str) -> None:
    assert decode(lead_event("disqualified", reason=reason)).data.fields == {"lost_reason": reason}


def test_the_known_reasons_are_the_seven_common_ones_and_other() -> None:
    common = {"no_budget", "no_authority", "no_need", "no_timeline", "bad_fit", "competitor", "not_ready"}
    assert common | {"other"} == LOST_REASONS


@pytest.mark.parametrize(
    ("taken", "field"),
    [
        (lead_event("disqualified"), "reason"),
        (lead_event("disqualified", reason=None), "reason"),
        (lead_event("disqualified", reason="too_far"), "reason"),
        (lead_event("created", email="a@b", lost_reason="too_far"), "lost_reason"),
        (lead_event("updated", lost_reason="too_far"), "lost_reason"),
        (requested("k", lead={**ADA, "lost_reason": "too_far"}), "lead.lost_reason"),
    ],
)
def test_a_lead_is_not_lost_without_a_reason_or_for_one_that_nobody_has_registered(taken: Record, field: str) -> None:
    with pytest.raises(Rejected) as refused:
        decode(taken)
    assert (refused.value.code, refused.value.fields) == (ErrorCode.SCHEMA_INVALID, (field,))
    assert "too_far" not in refused.value.message


@pytest.mark.parametrize("taken", [lead_event("disqualified", reason="too_far"), lead_event("updated", lost_reason="too_far")])
def test_a_reason_that_a_tenant_has_registered_loses_a_lead(taken: Record) -> None:
    handler = ConverterHandler(lost_reasons=("too_far",))
    assert handler.decode(taken).data.fields == {"lost_reason": "too_far"}
    assert handler.decode(lead_event("disqualified", reason="other")).data.fields == {"lost_reason": "other"}


def test_the_setting_of_a_tenant_reaches_the_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_LOST_REASONS", "too_far, bought elsewhere,")
    handler = make_handler(load_settings())
    for reason in ("too_far", "bought elsewhere", "no_need"):
        assert handler.decode(lead_event("disqualified", reason=reason)).data.fields == {"lost_reason": reason}
    with pytest.raises(Rejected):
        handler.decode(lead_event("disqualified", reason="bought"))


@pytest.mark.parametrize("half", ["behavioral", "demographic"])
@pytest.mark.parametrize(("value", "is_read"), [(-1, False), (0, True), (50, True), (51, False), (7.5, False)])
def test_half_a_score_is_a_whole_number_from_0_to_50(half: str, value: float, is_read: bool) -> None:
    score: dict[str, Any] = {"behavioral": 10, "demographic": 10, half: value}
    if is_read:
        assert decode(lead_event("scored", **score)).data.fields == {"score": score}
        return
    with pytest.raises(Rejected) as refused:
        decode(lead_event("scored", **score))
    assert (refused.value.code, refused.value.fields) == (ErrorCode.SCHEMA_INVALID, (half,))


def test_a_reason_that_no_event_could_give_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_LOST_REASONS", "x" * 101)
    with pytest.raises(SetupError, match="LEADLINE_LOST_REASONS"):
        load_settings()


@pytest.mark.parametrize("status", ["new", "qualified", "disqualified", "junk", "converting", "converted", "lost"])
def test_an_update_sets_no_status_that_has_an_event_of_its_own(status: str) -> None:
    with pytest.raises(Rejected) as refused:
        decode(lead_event("updated", status=status))
    assert (refused.value.code, refused.value.fields) == (ErrorCode.SCHEMA_INVALID, ("status",))


@pytest.mark.parametrize("status", ["converting", "converted"])
def test_nobody_but_a_conversion_says_that_a_lead_is_converted(status: str) -> None:
    for taken in (lead_event("created", email="a@b", status=status), requested("k", lead={**ADA, "status": status})):
        with pytest.raises(Rejected) as refused:
            decode(taken)
        assert refused.value.fields in {("status",), ("lead.status",)}


def test_an_item_is_an_item_and_its_removal_says_so() -> None:
    for name, is_removed in [("item-added", False), ("item-changed", False), ("item-removed", True)]:
        item = decode(lead_event(name, kind="contact", item_id="c-1")).data
        assert isinstance(item, LeadItem)
        assert (item.kind, item.item_id, item.is_removed) == ("contact", "c-1", is_removed)


def test_a_lead_that_comes_with_a_request_is_events_of_the_requests_time() -> None:
    items = [{"kind": "contact", "item_id": "c-1", "email": "bo@x.de"}]
    taken = requested("k", lead={**ADA, "status": "qualified", "items": items}, second=5)
    change, item = decode(taken).data.snapshot
    assert (change.at, dict(change.fields), change.status) == (at(5), ADA, "=qualified")
    assert (item.item_id, item.fields, item.stamp) == ("c-1", {"email": "bo@x.de"}, change.stamp)


def test_a_request_and_a_lead_event_of_one_time_and_offset_are_never_taken_for_each_other() -> None:
    brings = requested("k", lead=ADA, second=5)
    event = lead_event("created", **ADA, second=5)._replace(offset=brings.offset)
    assert decode(brings).data.snapshot[0].stamp > decode(event).data.stamp


@pytest.mark.parametrize("topic", ["converter.retry.5s", "converter.replay"])
def test_our_own_topics_may_carry_every_type(topic: str) -> None:
    assert decode(requested("k")._replace(topic=topic)).conversion_id
    assert decode(lead_event("qualified")._replace(topic=topic)).goes_first


def trail(taken: Record, *, replays: int = 0) -> Trail:
    return Trail(taken, Origin("p." + taken.topic, taken.partition, taken.offset, 1_000), Attempt(1, replays, None))


def test_a_request_that_cannot_be_read_still_says_who_asked_for_what() -> None:
    found = unreadable_request(trail(requested("k", origin=7)))
    assert found is not None
    assert (found.request.conversion_id, found.request.lead_id) == (conversion_id("k", "", ""), "L-1")
    assert (found.request.requested_by, found.request.requested_at) == ({"id": "rep-7"}, "1970-01-01T00:00:01.000000Z")


def test_a_body_that_is_no_json_leaves_the_records_key_as_the_lead() -> None:
    found = unreadable_request(trail(requested("k")._replace(value=b"\xff")))
    assert found is not None
    assert (found.request.lead_id, found.request.requested_by) == ("L-1", {})


@pytest.mark.parametrize(
    "taken",
    [
        without(without(requested("k"), "idempotency-key"), "ce_id"),
        with_header(requested("k"), "idempotency-key", b"k\xff"),
        with_header(requested("k"), "idempotency-key", b"k\x00"),
        with_header(requested("k"), "idempotency-key", b"k" * 201),
        requested("k", "")._replace(key=None),
        requested("k", "")._replace(key=b"L" * 129),
        requested("k", "")._replace(key=b"L\x00"),
        requested("k", "L\x00")._replace(key=b"\xff"),
        command(b"L-1"),
        lead_event("created"),
    ],
)
def test_nobody_is_told_where_it_is_not_sure_what_was_asked(taken: Record) -> None:
    """Part of a key might be the key of another request, which must not fail for it."""
    assert unreadable_request(trail(taken)) is None


def test_a_replay_that_cannot_be_read_is_told_to_nobody_again() -> None:
    assert unreadable_request(trail(requested("k", origin=7), replays=1)) is None
