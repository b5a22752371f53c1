"""From bytes to what the converter's rules work on: lead changes, lead items, requests. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from leadline.contracts import events
from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import Envelope, read_envelope
from leadline.contracts.events.leads import LOST_REASONS
from leadline.contracts.lost_reasons import check_lost_reason
from leadline.delivery.message import Content
from leadline.delivery.record import Record
from leadline.errors import Rejected
from services.converter.customers.reading import ABOUT_CUSTOMERS, CUSTOMERS, read_request
from services.converter.decode_lead import read_lead_event, read_snapshot
from services.converter.domain import names
from services.converter.domain.decision import Request
from services.converter.domain.lead import LeadChange, LeadItem, stamp
from services.converter.moment import Moment, event_time, moment_of
from services.converter.orders.reading import ORDERS, read_order
from services.converter.reverts.reading import read_revert

LEADS: Final = "lead.events"
REQUESTS: Final = "conversion.requests"
REQUESTED: Final = "leadline.conversion.requested.v1"
_ACCEPTED: Final = {topic: events.accepted_on(topic) for topic in (LEADS, REQUESTS, CUSTOMERS)}
_EVERY: Final = frozenset().union(*_ACCEPTED.values())


def decode(record: Record, lost_reasons: Collection[str] = LOST_REASONS) -> Content:
    """Read a record of any of the converter's topics; raises Rejected for what can never be read.

    `lost_reasons` are all that a lead may be disqualified for.
    """
    if record.topic == ORDERS:
        return read_order(record)
    envelope = read_envelope(record.headers, record.value)
    if envelope.type not in _ACCEPTED.get(record.topic, _EVERY):
        raise Rejected(ErrorCode.TYPE_UNKNOWN, "this event type does not belong on this topic")
    data: Any = events.decode(envelope.type, envelope.data)
    if envelope.type in ABOUT_CUSTOMERS:
        return read_request(record, envelope, data)
    lead_id = data.lead_id
    if lead_id is not None and record.key != lead_id.encode():
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record's key is not the lead_id of its body")
    kind = envelope.type[len("leadline.") : -len(".v1")]
    if kind == "conversion.requested":
        return _request(record, envelope, data, lost_reasons)
    if kind == "conversion.revert-requested":
        return read_revert(record, envelope, data, _key_text(record))
    if kind.startswith("conversion."):
        # A command goes before the records of its lead that wait for their next attempt: it is about them.
        return Content(envelope, data, order_key=_key_text(record), goes_first=True, conversion_id=data.conversion_id)
    check_lost_reason(kind, data, lost_reasons)
    return Content(envelope, read_lead_event(kind, data, moment_of(record, envelope)), order_key=lead_id, goes_first=True)


def _key_text(record: Record) -> str:
    if not record.key:
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record has no key: it must be the lead_id")
    try:
        key = record.key.decode()
    except UnicodeDecodeError:
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record's key is not UTF-8: it must be the lead_id") from None
    if "\0" in key:  # the database could not even look for those that wait in retry
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record's key holds a NUL: it must be the lead_id")
    return key


def _request(record: Record, envelope: Envelope, data: Any, lost_reasons: Collection[str]) -> Content:
    conversion_id = names.conversion_id(envelope.idempotency_key, envelope.source, envelope.id)
    if data.lead is not None:
        check_lost_reason("lead.snapshot", data.lead, lost_reasons)
    key = envelope.idempotency_key or f"{envelope.source}#{envelope.id}"
    snapshot = read_snapshot(data, moment_of(record, envelope)) if data.lead is not None else ()
    request = _asked(data, (conversion_id, key, envelope.data, event_time(record, envelope)), snapshot)
    return Content(
        envelope, request, data.lead_id, repeat_key=f"{conversion_id}{hash(request.body)}", conversion_id=conversion_id
    )


def stored_request(stored: Any) -> Request:
    """The request of a conversion that is kept (`store.Commanded`)."""
    data: Any = events.decode(REQUESTED, stored.body)
    at = stored.requested_at
    moment = Moment(at, stamp(at, 0), stored.conversion_id)
    snapshot = read_snapshot(data, moment) if data.lead is not None else ()
    return _asked(data, (stored.conversion_id, stored.idempotency_key, stored.body, at), snapshot)


def _asked(data: Any, identity: tuple[str, str, bytes, str], snapshot: tuple[LeadChange | LeadItem, ...]) -> Request:
    conversion_id, key, body, requested_at = identity
    requester = data.requested_by
    return Request(
        conversion_id,
        key,
        data.lead_id,
        body,
        {"id": requester.id, "name": requester.name, "email": requester.email},
        requested_at,
        data.options,
        snapshot,
        data.origin,
        data.profile,
        data.batch_id,
        data.fingerprint,
    )
