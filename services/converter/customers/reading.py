"""From records of `customer.requests` to requests about customers. Pure."""

from __future__ import annotations

import uuid
from typing import Any, Final

from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import Envelope
from leadline.contracts.events import accepted_on
from leadline.delivery.message import Content
from leadline.delivery.record import Record
from leadline.errors import Rejected
from services.converter.domain.customer import CustomerRequest
from services.converter.domain.names import name_id

CUSTOMERS: Final = "customer.requests"
ABOUT_CUSTOMERS: Final = accepted_on(CUSTOMERS)
# Fixed for ever: with another one, every request that comes again would be carried out again.
_NAMESPACE: Final = uuid.UUID("c3f0a1de-4f0b-5c62-9d1f-2b8f3f7a6e54").bytes
_PREFIX, _SUFFIX = len("leadline."), -len(".v1")


def read_request(record: Record, envelope: Envelope, data: Any) -> Content:
    """A request about a customer, whose id must be the record's key; raises Rejected KEY_MISMATCH."""
    if record.key != data.customer_id.encode():
        raise Rejected(ErrorCode.KEY_MISMATCH, "the record's key is not the customer_id of its body")
    key = envelope.idempotency_key or f"{envelope.source}#{envelope.id}"
    request = CustomerRequest(
        request_id=name_id(_NAMESPACE, key),
        idempotency_key=key,
        customer_id=data.customer_id,
        kind=envelope.type[_PREFIX:_SUFFIX],
        body=envelope.data,
        data=data.model_dump(mode="json"),
    )
    repeat_key = f"{request.request_id}{request.kind}{hash(request.body)}"
    return Content(envelope, request, order_key=data.customer_id, repeat_key=repeat_key)
