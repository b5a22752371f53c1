"""What is told of a revert: on `conversion.events` that it is done or refused, on `customer.events` what is gone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from leadline.delivery.record import Outgoing
from services.converter import events
from services.converter.domain.decision import Request
from services.converter.domain.revert import Revert, RevertRefusal, Undone
from services.converter.domain.status import ERASED


class Telling(NamedTuple):
    """A revert with the request of the conversion that it is about, and what their events have in common."""

    revert: Revert
    request: Request
    attempt: int
    customer_id: str | None
    about: events.About

    def refused(self, refusal: RevertRefusal) -> Outgoing:
        """The conversion stands as it was. Named by the revert, since another one may be refused, too."""
        blocking = {"blocking": list(refusal.blocking.records), "blocking_count": refusal.blocking.total}
        data = {
            **events.about_request(self.request, self.attempt),
            "refused_at": self.about.time,
            "revert_requested_by": self.revert.requested_by,
            "reason": self.revert.reason,
            "customer_id": self.customer_id,
            "error": {**events.describe_code(refusal.code), **blocking},
        }
        subject = self.about.subject(self.request.lead_id)
        return subject.say("conversion.revert-refused", orjson.dumps(data), b":" + self.revert.revert_id.encode())

    def reverted(self, undone: Undone) -> list[Outgoing]:
        """Everything that a granted revert has to tell, the conversion itself last."""
        customer = self.about.subject(str(self.customer_id))
        told = [customer.say(kind, orjson.dumps(data), suffix) for kind, data, suffix in self._of_customer(undone)]
        return [*told, self.about.subject(self.request.lead_id).say("conversion.reverted", orjson.dumps(self._whole(undone)))]

    def _of_customer(self, undone: Undone) -> Iterator[tuple[str, dict[str, Any], bytes]]:
        found, now = undone.found, self.about.time
        ids = {"customer_id": self.customer_id, "lead_id": self.request.lead_id, "conversion_id": self.about.conversion_id}
        if found.is_maker:
            number = found.customer["customer_number"]
            yield "customer.reverted", {**ids, "customer_number": number, "reverted_at": now}, b""
        else:
            parts = {"contact_ids": found.own_contacts, "opportunity_ids": found.own_opportunities, "items": list(found.items)}
            yield "customer.lead-unlinked", {**ids, **parts, "unlinked_at": now}, b""
            yield from self._cleared(undone)
        assignment = undone.lead.assignment
        if assignment is not None:
            again = {name: assignment[name] for name in ("assignment_id", "rep_id")}
            yield "assignment.reopened", {**ids, **again, "reopened_at": now}, b""

    def _cleared(self, undone: Undone) -> Iterator[tuple[str, dict[str, Any], bytes]]:
        """The suffixes keep these records apart from those that told of the filling."""
        more = {"conversion_id": self.about.conversion_id, "updated_at": self.about.time, "customer_id": self.customer_id}
        if undone.cleared:
            yield "customer.updated", {**more, "changes": dict.fromkeys(undone.cleared)}, b":reverted"
        for number, (contact_id, names) in enumerate(undone.cleared_contacts.items(), 1):
            changes = {"contact_id": contact_id, "changes": dict.fromkeys(names)}
            yield "contact.updated", {**more, **changes}, b":reverted:%d" % number

    def _whole(self, undone: Undone) -> Mapping[str, Any]:
        status, lead_id = undone.lead.status, self.request.lead_id
        return {
            **events.about_request(self.request, self.attempt),
            "reverted_at": self.about.time,
            "reverted_by": self.revert.requested_by,
            "reason": self.revert.reason,
            "customer_id": self.customer_id,
            "lead": None if status == ERASED else {"lead_id": lead_id, "status": status, "converted_at": None},
        }
