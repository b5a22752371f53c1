"""What is left of a converted lead whose person asked to be forgotten."""

from __future__ import annotations

from typing import Any

import pytest

from services.converter.decode import decode
from services.converter.domain.decision import Known, is_key_reused, is_repeat
from services.converter.domain.lead import KEPT, Lead, apply
from tests.unit.converter_records import ADA, ASSIGNMENT, lead_event, request
from tests.unit.service_records import at


def after(*events: tuple[str, int, dict[str, Any]], of: Lead) -> Lead:
    return apply(of, [decode(lead_event(name, second=second, **data)).data for name, second, data in events])


def test_of_a_converted_lead_that_is_erased_the_statuses_times_and_links_stay() -> None:
    told = after(("created", 1, {**ADA, "created_at": at(0)}), ("qualified", 2, {}), of=Lead("L-1"))
    converted = told._replace(status="converted", assignment=ASSIGNMENT, conversion_id="X", customer_id="C-1")
    erased = after(("erased", 5, {}), of=converted)
    kept = {name: each for name, each in told.fields.items() if name in KEPT}
    assert (erased.status, erased.fields, erased.erased_at) == ("converted", kept, at(5))
    assert (erased.assignment, erased.conversion_id, erased.customer_id) == (ASSIGNMENT, "X", "C-1")
    assert (erased.created_at, erased.contacted_at, erased.qualified_at) == (
        converted.created_at, converted.contacted_at, converted.qualified_at,
    )  # fmt: skip


@pytest.mark.parametrize("second", [3, 9])
def test_nothing_of_a_person_comes_back_to_a_converted_lead_that_is_erased(second: int) -> None:
    erased = after(("erased", 5, {}), of=Lead("L-1", "converted", customer_id="C-1"))
    late = after(("updated", second, {"email": "a@b", "custom_fields": {"x": "y"}}), ("junked", second, {}), of=erased)
    assert (late.status, late.fields, late.erased_at) == ("converted", {}, at(5))


@pytest.mark.parametrize("status", ["new", "converted"])
def test_the_first_of_several_erasures_counts_in_whatever_order_they_come(status: str) -> None:
    lead = Lead("L-1", status, customer_id="C-1" if status == "converted" else None)
    for seconds in ([5, 7], [7, 5]):
        erased = lead
        for second in seconds:
            erased = after(("erased", second, {}), of=erased)
        assert erased.erased_at == at(5)


def test_whatever_comes_under_the_key_of_an_erased_conversion_is_a_repeat() -> None:
    known = Known("completed", 1, b"", "conversion.requests/0/1", is_retryable=False, is_erased=True)
    assert not is_key_reused(request(), known, is_replay=False)
    assert is_repeat("conversion.requests/0/9", known, is_replay=False)
