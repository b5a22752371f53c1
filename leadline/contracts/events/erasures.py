"""What `customer.events` tells of customers that are erased."""

from __future__ import annotations

from pydantic import Field

from leadline.contracts.events.types import Event, OurId, Time


class CustomerErased(Event):
    """The person asked to be forgotten (GDPR): keep no personal data of this customer, whenever it was said. Final."""

    customer_id: OurId
    lead_id: OurId = Field(description="The lead that was erased, and the customer with it.")
    erased_at: Time
