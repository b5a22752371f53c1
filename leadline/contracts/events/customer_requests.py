"""`customer.requests`: what is asked for after a customer exists."""

from __future__ import annotations

from pydantic import Field

from leadline.contracts.events.requests import Requester
from leadline.contracts.events.types import (
    Currency,
    Day,
    Email,
    Event,
    Id,
    Line,
    Money,
    Part,
    Percent,
    Stage,
    Text,
    Time,
    Word,
)  # fmt: skip


class NewMessage(Part):
    """A message to log; the action code says what it was for."""

    action_code: Word = Field(description="What the message was for, such as SALES_CALL.")
    text: Text | None = None
    subject: Line | None = None


class NewTask(Part):
    """Something to do."""

    subject: Line = Field(min_length=1)
    priority: Word | None = None
    due_date: Day | None = None
    assigned_to: Id | None = None


class CustomerRequest(Event):
    """What all requests about a customer carry."""

    customer_id: Id
    requested_by: Requester | None = None


class CustomerStatusChangeRequested(CustomerRequest):
    """Set the customer's status; with it, a message to log and a task to create."""

    status: Word = Field(description="prospect, hold_for_credit_check, active; the list is open.")
    message: NewMessage | None = None
    task: NewTask | None = None


class CustomerMessageLogged(CustomerRequest, NewMessage):
    """A message was written about the customer; with it, a task to create."""

    message_id: Id | None = Field(default=None, description="The sender's own id of it, kept as external_id.")
    occurred_at: Time | None = None
    task: NewTask | None = None


class CustomerTaskAdded(CustomerRequest, NewTask):
    """Something is to be done about the customer."""

    task_id: Id | None = Field(default=None, description="The sender's own id of it, kept as external_id.")


class CustomerContactAdded(CustomerRequest):
    """The customer has one more contact."""

    contact_id: Id | None = Field(default=None, description="The sender's own id of it, kept as external_id.")
    first_name: Line | None = None
    last_name: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    job_title: Line | None = None
    role: Line | None = Field(default=None, description="Such as supervisor or accounts payable.")
    is_primary: bool | None = Field(default=None, description="True: in place of the one that is primary now.")


class CustomerNoteAdded(CustomerRequest):
    """A note was written about the customer."""

    note_id: Id | None = Field(default=None, description="The sender's own id of it, kept as external_id.")
    text: Text


class OpportunityCreateRequested(CustomerRequest):
    """Open an opportunity for a customer that exists."""

    lead_id: Id | None = Field(default=None, description="Null: the lead that became this customer.")
    name: Line = Field(min_length=1)
    value: Money
    currency: Currency | None = None
    stage: Stage
    probability: Percent | None = Field(
        default=None, description="Chance of winning in percent; outside the stage's guideline it yields a warning only."
    )
    expected_close_date: Day | None = None


class CustomerDefaultsSet(CustomerRequest):
    """The customer's defaults for orders; absent or null: unchanged."""

    worker_comp_codes: tuple[Line, ...] | None = None
    multiplier_codes: tuple[Line, ...] | None = None


class CustomerBillingSet(CustomerRequest):
    """How the customer is billed; absent or null: unchanged."""

    billing_cycle: Word | None = Field(default=None, description="Such as weekly or monthly.")
    invoice_recipients: tuple[Email, ...] | None = None
