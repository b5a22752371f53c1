"""`customer.events`: customers and what belongs to them; downstream lives on `customer.created`."""

from __future__ import annotations

from pydantic import Field

from leadline.contracts.events.types import (
    Address,
    Code,
    Currency,
    CustomerType,
    CustomFields,
    Day,
    Email,
    Event,
    Line,
    Money,
    OurId,
    Part,
    Percent,
    ProspectStage,
    Stage,
    Text,
    Time,
    Word,
)  # fmt: skip


class Contact(Part):
    """A person at a customer."""

    contact_id: OurId
    external_id: OurId | None = Field(default=None, description="The sender's own id of it, where it was added by request.")
    lead_contact_id: OurId | None = Field(default=None, description="The lead's contact that it was made from.")
    first_name: Line | None = None
    last_name: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    job_title: Line | None = None
    role: Line | None = Field(default=None, description="Such as supervisor or accounts payable.")
    is_primary: bool = Field(description="One of a customer's contacts is; a new one takes the place of the one before.")


class Opportunity(Part):
    """A possible sale to a customer."""

    opportunity_id: OurId
    lead_opportunity_id: OurId | None = Field(default=None, description="The lead's opportunity that goes on as this one.")
    name: Line
    value: Money
    currency: Currency | None = None
    stage: Stage
    probability: Percent | None = Field(default=None, description="Chance of winning in percent.")
    expected_close_date: Day | None = None
    customer_id: OurId
    lead_id: OurId | None = None
    created_at: Time


class CustomerFields(Part):
    """The fields of a customer that may change."""

    code: Code | None = None
    name: Line | None = Field(default=None, description="Company where there is one, else the person's full name.")
    type: CustomerType | None = None
    customer_status: Word | None = Field(default=None, description="prospect, hold_for_credit_check, active; the list is open.")
    prospect_stage: ProspectStage | None = None
    first_name: Line | None = None
    last_name: Line | None = None
    company_name: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    address: Address | None = None
    vat: Line | None = None
    branch_id: OurId | None = None
    salesperson_id: OurId | None = None
    custom_fields: CustomFields | None = None


class Snapshot(Part):
    """What a customer has paid and owes, as of its creation; the ERP knows what came of it later."""

    last_payment: Money | None = Field(default=None, description="Null: nothing was paid yet.")
    ytd_sales: Money = Field(description="Sales of the year to date.")
    ar_balance: Money = Field(description="Accounts receivable: what is owed.")
    lifetime_sales: Money


class Customer(CustomerFields):
    """A whole customer."""

    customer_id: OurId
    customer_number: Code = Field(description="Unique, such as CUST-000567.")
    code: Code
    name: Line = Field(description="Company where there is one, else the person's full name.")
    type: CustomerType
    role: Word = Field(description="customer")
    customer_status: Word = Field(description="prospect, hold_for_credit_check, active; the list is open.")
    discovered_by: OurId | None = Field(default=None, description="The rep who found the lead.")
    lead_id: OurId | None = Field(default=None, description="The lead that became this customer.")
    conversion_id: OurId | None = Field(default=None, description="The conversion that made this customer.")
    created_at: Time
    snapshot: Snapshot | None = None
    contacts: tuple[Contact, ...] = ()


class CustomerCreated(Customer):
    """A customer came into being: the whole customer with its contacts."""


class CustomerReverted(Event):
    """The conversion that made a customer was taken back: there is no such customer, and nothing of it, any longer."""

    customer_id: OurId
    customer_number: Code = Field(description="It is never given to another.")
    lead_id: OurId
    conversion_id: OurId
    reverted_at: Time


class CustomerChanges(CustomerFields):
    """The new values of the fields that changed; absent: unchanged, null: cleared."""

    worker_comp_codes: tuple[Line, ...] | None = None
    multiplier_codes: tuple[Line, ...] | None = None
    billing_cycle: Word | None = None
    invoice_recipients: tuple[Email, ...] | None = None


class CustomerUpdated(Event):
    """Some fields of a customer changed."""

    customer_id: OurId
    conversion_id: OurId | None = Field(default=None, description="The conversion that changed them, where it was one.")
    changes: CustomerChanges
    updated_at: Time


class CustomerStatusChanged(Event):
    """A customer's status changed."""

    customer_id: OurId
    previous_status: Word | None = None
    status: Word
    changed_by: OurId | None = None
    changed_at: Time


class CustomerStageChanged(Event):
    """A customer's prospect stage changed: qualified, active or dormant."""

    customer_id: OurId
    previous_stage: ProspectStage | None = None
    stage: ProspectStage
    reason: Word | None = Field(
        default=None, description="first_order, order, activity, no_activity or order_cancelled; the list is open."
    )
    changed_at: Time = Field(description="By the times of the events that led to it, never before the change before.")


class ContactCreated(Event):
    """A customer has one more contact."""

    customer_id: OurId
    conversion_id: OurId | None = None
    contact: Contact
    created_at: Time


class ContactChanges(Part):
    """The new values of the fields that changed; absent: unchanged, null: cleared."""

    first_name: Line | None = None
    last_name: Line | None = None
    email: Email | None = None
    phone: Line | None = None
    job_title: Line | None = None


class ContactUpdated(Event):
    """Some fields of a contact changed."""

    customer_id: OurId
    contact_id: OurId
    conversion_id: OurId | None = Field(default=None, description="The conversion that changed them, where it was one.")
    changes: ContactChanges
    updated_at: Time


class Hint(Part):
    """Something to look at; nothing was refused for it."""

    code: Word = Field(description="Such as PROBABILITY_OUTSIDE_GUIDELINE; the list is open.")
    message: Line


class OpportunityCreated(Event):
    """A possible sale was opened."""

    opportunity: Opportunity
    conversion_id: OurId | None = None
    warnings: tuple[Hint, ...] | None = None


class MessageLogged(Event):
    """A message about a customer was kept."""

    customer_id: OurId
    message_id: OurId
    external_id: OurId | None = Field(default=None, description="The sender's own id of it.")
    action_code: Word = Field(description="What the message was for, such as SALES_CALL.")
    subject: Line | None = None
    text: Text | None = None
    occurred_at: Time | None = None
    logged_by: OurId | None = None
    logged_at: Time


class TaskAdded(Event):
    """Something is to be done about a customer."""

    customer_id: OurId
    task_id: OurId
    external_id: OurId | None = Field(default=None, description="The sender's own id of it.")
    message_id: OurId | None = Field(default=None, description="The message that it came with.")
    subject: Line
    priority: Word | None = None
    due_date: Day | None = None
    assigned_to: OurId | None = None
    added_by: OurId | None = None
    added_at: Time


class NoteAdded(Event):
    """A note about a customer was kept."""

    customer_id: OurId
    note_id: OurId
    external_id: OurId | None = Field(default=None, description="The sender's own id of it.")
    text: Text
    added_by: OurId | None = None
    added_at: Time
