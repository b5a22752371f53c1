"""What a request about a customer changes, adds and tells. Pure.

Rows are shaped as the events say them, times and days are text. All ids are made from the request's, so that a request
that is handled again after a rollback makes the same things.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from services.converter.domain.guideline import hints
from services.converter.domain.names import id_space, name_id

Row = dict[str, Any]
Told = tuple[str, Row]
Said = tuple[str, bytes | None]
"""Kind and body of a request; no body where it is forgotten, since its customer is erased."""


class CustomerRequest(NamedTuple):
    """A request with its identity; `body` is kept to tell a repeat from another request with its key."""

    request_id: str
    idempotency_key: str
    customer_id: str
    kind: str
    body: bytes
    data: Mapping[str, Any]

    @property
    def said(self) -> Said:
        """What must be the same for it to be the same request."""
        return self.kind, self.body


class Customer(NamedTuple):
    """What requests may change of a customer, and whose lead it was."""

    customer_id: str
    lead_id: str
    customer_status: str
    worker_comp_codes: list[str]
    multiplier_codes: list[str]
    billing_cycle: str | None
    invoice_recipients: list[str]
    is_erased: bool = False
    """Nothing is asked of it any longer: what is said about it would be kept."""


class Made(NamedTuple):
    """The customer as a request leaves it, the rows that it adds (by kind, one of each at most), and its events."""

    customer: Customer
    rows: Mapping[str, Row]
    told: list[Told]


class _Asked(NamedTuple):
    request: CustomerRequest
    customer: Customer
    now: str

    @property
    def by(self) -> str | None:
        return (self.request.data["requested_by"] or {}).get("id")

    def new_id(self, kind: str) -> str:
        return name_id(id_space(self.request.request_id), kind)


def carry_out(request: CustomerRequest, customer: Customer, now: str) -> Made:
    """Everything that the request asks for; `now` is the time that all of it carries."""
    return _BY_KIND[request.kind](_Asked(request, customer, now))


def _change_status(asked: _Asked) -> Made:
    data, before = asked.request.data, asked.customer.customer_status
    rows, told = _message_and_task(asked, data["message"], data["task"])
    if data["status"] == before:
        return Made(asked.customer, rows, told)
    changed = {
        "customer_id": asked.customer.customer_id,
        "previous_status": before,
        "status": data["status"],
        "changed_by": asked.by,
        "changed_at": asked.now,
    }
    customer = asked.customer._replace(customer_status=data["status"])
    return Made(customer, rows, [("customer.status-changed", changed), *told])


def _log_message(asked: _Asked) -> Made:
    rows, told = _message_and_task(asked, asked.request.data, asked.request.data["task"])
    return Made(asked.customer, rows, told)


def _add_task(asked: _Asked) -> Made:
    rows, told = _message_and_task(asked, None, asked.request.data)
    return Made(asked.customer, rows, told)


def _message_and_task(asked: _Asked, message: Any, task: Any) -> tuple[dict[str, Row], list[Told]]:
    rows: dict[str, Row] = {}
    told: list[Told] = []
    if message is not None:
        rows["message"] = _message(asked, message)
        told.append(("message.logged", rows["message"]))
    if task is not None:
        rows["task"] = _task(asked, task, message_id=rows["message"]["message_id"] if message is not None else None)
        told.append(("task.added", rows["task"]))
    return rows, told


def _message(asked: _Asked, message: Mapping[str, Any]) -> Row:
    return {
        "message_id": asked.new_id("message"),
        "customer_id": asked.customer.customer_id,
        "external_id": message.get("message_id"),
        "action_code": message["action_code"],
        "subject": message["subject"],
        "text": message["text"],
        "occurred_at": message.get("occurred_at"),
        "logged_by": asked.by,
        "logged_at": asked.now,
    }


def _task(asked: _Asked, task: Mapping[str, Any], *, message_id: str | None) -> Row:
    return {
        "task_id": asked.new_id("task"),
        "customer_id": asked.customer.customer_id,
        "external_id": task.get("task_id"),
        "message_id": message_id,
        "subject": task["subject"],
        "priority": task["priority"],
        "due_date": task["due_date"],
        "assigned_to": task["assigned_to"],
        "added_by": asked.by,
        "added_at": asked.now,
    }


def _add_note(asked: _Asked) -> Made:
    note = {
        "note_id": asked.new_id("note"),
        "customer_id": asked.customer.customer_id,
        "external_id": asked.request.data["note_id"],
        "text": asked.request.data["text"],
        "added_by": asked.by,
        "added_at": asked.now,
    }
    return Made(asked.customer, {"note": note}, [("note.added", note)])


def _add_contact(asked: _Asked) -> Made:
    data = asked.request.data
    contact = {
        "contact_id": asked.new_id("contact"),
        "external_id": data["contact_id"],
        "lead_contact_id": None,
        **{name: data[name] for name in ("first_name", "last_name", "email", "phone", "job_title", "role")},
        "is_primary": bool(data["is_primary"]),
    }
    ids = {"customer_id": asked.customer.customer_id, "created_at": asked.now}
    told: Told = ("contact.created", {**ids, "conversion_id": None, "contact": contact})
    return Made(asked.customer, {"contact": {**contact, **ids}}, [told])


def _create_opportunity(asked: _Asked) -> Made:
    data = asked.request.data
    opportunity = {
        "opportunity_id": asked.new_id("opportunity"),
        "customer_id": asked.customer.customer_id,
        "lead_id": data["lead_id"] or asked.customer.lead_id,
        **{name: data[name] for name in ("name", "value", "currency", "stage", "probability", "expected_close_date")},
        "created_at": asked.now,
    }
    warnings = hints(data["stage"], data["probability"])
    told: Told = ("opportunity.created", {"opportunity": opportunity, "conversion_id": None, "warnings": warnings})
    return Made(asked.customer, {"opportunity": opportunity}, [told])


def _set_fields(asked: _Asked) -> Made:
    """Defaults and billing: what is absent or null stays as it is."""
    before = asked.customer._asdict()
    given = {name: value for name, value in asked.request.data.items() if name in _SETTABLE and value is not None}
    changes = {name: value for name, value in given.items() if value != before[name]}
    if not changes:
        return Made(asked.customer, {}, [])
    updated = {
        "customer_id": asked.customer.customer_id,
        "conversion_id": None,
        "changes": changes,
        "updated_at": asked.now,
    }
    return Made(asked.customer._replace(**changes), {}, [("customer.updated", updated)])


_SETTABLE: Final = frozenset({"worker_comp_codes", "multiplier_codes", "billing_cycle", "invoice_recipients"})
_BY_KIND: Final[Mapping[str, Callable[[_Asked], Made]]] = {
    "customer.status-change-requested": _change_status,
    "customer.message-logged": _log_message,
    "customer.task-added": _add_task,
    "customer.contact-added": _add_contact,
    "customer.note-added": _add_note,
    "opportunity.create-requested": _create_opportunity,
    "customer.defaults-set": _set_fields,
    "customer.billing-set": _set_fields,
}
