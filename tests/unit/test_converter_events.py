"""Whatever the converter says, its readers can read it: every event fits the contract's model and envelope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.contracts.codes import ErrorCode
from leadline.contracts.envelope import read_envelope
from leadline.contracts.events import EVENTS
from leadline.delivery.message import Attempt
from leadline.delivery.record import Origin, Outgoing
from leadline.delivery.trail import Trail
from services.converter import events
from services.converter.domain.alike import Alike
from services.converter.domain.decision import Refusal
from services.converter.domain.result import Result
from services.converter.unreadable import unreadable_request
from tests.unit.converter_records import ADA, CONTACTS, NOW, OPPORTUNITY, assigned, carried_out, lead, planned, read, request
from tests.unit.service_records import requested

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def conversion(*, full: bool, **fields: Any) -> Result:
    if not full:
        return carried_out(planned(request(), lead(**fields)))
    asked = request(opportunity=OPPORTUNITY, contact_ids=["c-1", "c-2"], notes="met")
    return carried_out(planned(asked, assigned(lead(**fields)), CONTACTS))


def about(result: Result) -> events.About:
    return events.About(result.plan.request.conversion_id, NOW, TRACE)


def check(records: Sequence[Outgoing]) -> list[tuple[str, Any]]:
    """Read them all, as their readers do; gives kinds and bodies."""
    ids = []
    for record in records:
        envelope = read_envelope(record.headers, record.value)
        event = EVENTS[envelope.type]
        assert record.topic in event.topics
        assert record.key == str(envelope.subject).encode()
        assert (envelope.source, envelope.time) == ("/leadline/converter", NOW)
        assert len({name for name, _ in record.headers}) == len(record.headers), "a header twice"
        ids.append(envelope.id)
    assert len(set(ids)) == len(ids), "two events with one id"
    return [read(record) for record in records]


@pytest.mark.parametrize("full", [False, True])
def test_everything_that_a_conversion_tells_fits_the_contract(full: bool) -> None:
    result = conversion(full=full)
    told = check(events.completed(result, about(result)))
    more = ["opportunity.created", "assignment.closed"] if full else []
    contacts = ["contact.created"] * (2 if full else 1)
    assert [kind for kind, _ in told] == [
        "conversion.accepted", "customer.created", "customer.lead-linked", *contacts, *more, "conversion.completed",
    ]  # fmt: skip


@pytest.mark.parametrize("full", [False, True])
def test_customer_created_and_conversion_completed_tell_of_the_same_customer(full: bool) -> None:
    result = conversion(full=full)
    told = dict(check(events.completed(result, about(result))))
    created, completed = told["customer.created"], told["conversion.completed"]
    assert created.model_dump() == completed.customer.model_dump()
    assert completed.contacts == created.contacts
    assert [contact.is_primary for contact in created.contacts].count(True) == 1
    assert completed.manifest.contacts.created == tuple(contact.contact_id for contact in created.contacts)
    assert (completed.opportunity is not None) == full


def test_correlation_trace_and_keys_are_carried() -> None:
    result = conversion(full=True)
    for record in events.completed(result, about(result)):
        envelope = read_envelope(record.headers, record.value)
        assert (envelope.correlation_id, envelope.traceparent) == (result.plan.request.conversion_id, TRACE)
        is_customers = record.topic == "customer.events"
        assert record.key == (result.customer["customer_id"].encode() if is_customers else b"L-1")


line = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=500)


@settings(deadline=None, max_examples=40)
@given(
    st.fixed_dictionaries(
        {"first_name": st.none() | line, "last_name": st.none() | line, "company_name": st.none() | line},
        optional={"email": st.none() | line.map(lambda text: text[:320]), "phone": st.none() | line, "vat": line},
    )
)
def test_whatever_a_lead_is_called_its_customer_fits_the_contract(fields: dict[str, str | None]) -> None:
    result = conversion(full=True, **fields)
    check(events.completed(result, about(result)))


def test_the_longest_names_make_a_name_that_fits() -> None:
    result = conversion(full=False, first_name="A" * 500, last_name="B" * 500)
    told = dict(check(events.completed(result, about(result))))
    assert told["customer.created"].name == "A" * 500


@pytest.mark.parametrize("code", list(ErrorCode))
def test_failures_and_retries_fit_the_contract_and_each_attempt_is_an_event_of_its_own(code: ErrorCode) -> None:
    asked = request()
    refusal = Refusal(
        code,
        ("options.customer_code",),
        ({"customer_id": "C-1", "customer_number": "CUST-1", "name": "B", "email": "e"},),
        "K-0",
        "C-1",
    )
    common = events.About(asked.conversion_id, NOW)
    records = [events.failed(asked, n, events.describe(refusal), common) for n in (1, 2)]
    records += [events.retry_scheduled(asked, n, events.describe_code(code), NOW, common) for n in (1, 2)]
    told = check(records)
    assert [(kind, body.attempt) for kind, body in told] == [
        ("conversion.failed", 1), ("conversion.failed", 2), ("conversion.retry-scheduled", 1), ("conversion.retry-scheduled", 2),
    ]  # fmt: skip
    assert {body.error.code for _, body in told} == {code.value}
    assert (told[0][1].error.existing_customer_id, told[0][1].error.candidates[0].customer_id) == ("C-1", "C-1")


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[]", b'{"lead_id": true}', b'{"lead_id": "L", "requested_by": {"id": "a\\u0000"}}']
)
def test_the_failure_of_a_request_that_cannot_be_read_can_be_read(body: bytes) -> None:
    taken = requested("k")._replace(value=body)
    trail = Trail(taken, Origin(taken.topic, 0, 1, -1), Attempt(1, 0, None))
    found = unreadable_request(trail)
    assert found is not None
    error = events.describe_code(ErrorCode.PAYLOAD_NOT_JSON, "the body is not JSON")
    ((_, told),) = check([events.failed(found.request, 1, error, events.About(found.request.conversion_id, NOW))])
    assert told.requested_by is None


def test_progress_fits_the_contract() -> None:
    ((kind, body),) = check([events.processing_started({"L-1": "K-1", "L-2": "K-2"}, "one", NOW)])
    assert (kind, body.conversion_ids) == ("conversion.processing-started", ("K-1", "K-2"))


def test_the_same_conversion_tells_the_same_ids_whenever_it_is_done() -> None:
    one, two = (conversion(full=True) for _ in range(2))
    ids = [[dict(record.headers)["ce_id"] for record in events.completed(each, about(each))] for each in (one, two)]
    assert ids[0] == ids[1]
    assert ADA["email"] not in str(ids)


def test_a_new_customer_has_paid_nothing_and_an_unusual_opportunity_is_hinted_at() -> None:
    asked = request(opportunity={**OPPORTUNITY, "stage": "proposal", "probability": 75})
    result = carried_out(planned(asked))
    told = dict(check(events.completed(result, about(result))))
    assert told["customer.created"].snapshot.model_dump() == {
        "last_payment": None, "ytd_sales": "0.00", "ar_balance": "0.00", "lifetime_sales": "0.00",
    }  # fmt: skip
    assert [hint.code for hint in told["opportunity.created"].warnings] == ["PROBABILITY_OUTSIDE_GUIDELINE"]
    assert [each.code for each in told["conversion.completed"].warnings] == ["PROBABILITY_OUTSIDE_GUIDELINE"]


def test_a_conversion_tells_of_customers_that_may_be_the_same_and_says_nothing_where_there_are_none() -> None:
    result = carried_out(planned(request()))
    told = check(events.completed(result, about(result)))
    assert dict(told)["conversion.completed"].warnings == ()
    met = Alike({7: [{"customer_id": "C-1", "customer_number": "CUST-000001", "name": "Ada Byron"}]}).meet((7,), result.customer)
    warned = result._replace(warnings=met.warnings)
    (warning,) = dict(check(events.completed(warned, about(warned))))["conversion.completed"].warnings
    assert (warning.code, warning.reason, warning.candidates[0].customer_number) == ("DUPLICATE_SUSPECTED", "name", "CUST-000001")
    assert b"warnings" not in b"".join(out.value or b"" for out in events.completed(result, about(result)))
