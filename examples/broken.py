"""Records that cannot be read or may not be followed: each kind of error, in each topic where it can stand."""

from __future__ import annotations

import base64

from examples.conversions import Desk
from examples.leads import Lead
from examples.records import LEADS, ORDERS, Line, customer_id, time_of


def break_some(desk: Desk) -> None:
    """Publish a handful of broken records, each with a lead of its own."""
    _broken_requests(desk)
    _unreadable_requests(desk)
    _broken_lead_events(desk)
    _broken_orders(desk)


def _broken_requests(desk: Desk) -> None:
    """Broken, but lead and key can be read: the requester is told."""
    _request(desk)["headers"]["ce_specversion"] = "0.3"
    bad_deal = {"name": "Deal", "value": "12.000,00", "currency": "EUR", "stage": "proposal"}
    _request(desk)["value"]["options"] = {"opportunity": bad_deal}
    _request(desk)["headers"]["ce_type"] = "leadline.conversion.teleport-requested.v1"
    _request(desk)["key"] = "L-of-somebody-else"
    no_text = _request(desk)
    del no_text["key"]
    no_text["key_base64"] = base64.b64encode(b"\xff\xfeL").decode()
    for notes in ("changed after the fact", "changed once more"):
        lead = desk.qualified()
        first = desk.request(lead, lead.ready_at + 60)
        desk.request(lead, lead.ready_at + 120, key=first["headers"]["idempotency-key"], notes=notes)


def _unreadable_requests(desk: Desk) -> None:
    """Nobody can be told: no lead or no key is to be found."""
    nameless = _request(desk)
    for header in ("ce_id", "idempotency-key"):
        del nameless["headers"][header]
    _request(desk).update(key=None, headers={}, value={"hello": "world"})
    without_lead = _request(desk)
    without_lead["key"] = None
    del without_lead["value"]["lead_id"]
    cut = _request(desk)
    cut.update(key=None, value_text='{"lead_id": "L-7", "requested_by": {"id": "re')
    del cut["value"]
    latin = _request(desk)
    latin.update(key=None, value_base64=base64.b64encode('{"lead_id": "Müller"}'.encode("latin-1")).decode())
    del latin["value"]
    _request(desk).update(key=None, value=None)


def _broken_lead_events(desk: Desk) -> None:
    _lead_event(desk)["headers"]["ce_time"] = "yesterday, about noon"
    _lead_event(desk)["headers"]["ce_type"] = "leadline.lead.sneezed.v1"
    _lead_event(desk)["value"]["email"] = {"work": "a@example.com"}
    _lead_event(desk)["key"] = "L-of-somebody-else"
    cut = _lead_event(desk)
    cut["value_text"] = "lead_id=L-9;status=new"
    del cut["value"]


def _broken_orders(desk: Desk) -> None:
    _order(desk)["value"]["amount"] = "12,50 €"
    _order(desk)["key"] = "C-of-somebody-else"
    cut = _order(desk)
    cut["value_text"] = "\x00\x01 {"
    del cut["value"]


def _at(desk: Desk) -> float:
    return desk.day.rng.uniform(600, 9 * 3600)


def _request(desk: Desk) -> Line:
    return desk.request(Lead(desk.leads.body(), 0, 0), _at(desk))


def _lead_event(desk: Desk) -> Line:
    body = desk.leads.body()
    return desk.day.event(_at(desk), LEADS, body["lead_id"], "lead.created", body)


def _order(desk: Desk) -> Line:
    at, customer = _at(desk), customer_id(desk.day.uuid())
    body = {
        "order_id": "O-broken",
        "customer_id": customer,
        "amount": "1.00",
        "currency": "EUR",
        "placed_at": time_of(at),
    }
    return desk.day.event(at, ORDERS, customer, "order.placed", body)
