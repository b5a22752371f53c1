"""The checker lets rightful reverts pass, and finds what is left undone of one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.checker import Facts, judge
from tests.faults.checker.facts import ConversionRow, CustomerRow, Event
from tests.faults.checker_world import clean_world, conversion_event, conversion_id, customer_event, line
from tests.faults.plants import Plant, add_events, both, conversion, customer, ledger, lose_row, rules, tables

REVERTED = replace(conversion_event(40, "reverted", "k1", "L1"), customer_id="customer-of-L1")
GONE = customer_event(400, "customer.reverted", "k1", "L1")


def _taken_back(facts: Facts) -> Facts:
    """The conversion of L1 was taken back, rightly."""
    row = replace(facts.tables.projected_conversions[0], state="reverted")
    plant = both(
        conversion(REVERTED),
        customer(GONE),
        lose_row("customers", 0),
        tables(
            projected_conversions=[row, *facts.tables.projected_conversions[1:]],
            projected_leads={**facts.tables.projected_leads, "L1": "qualified"},
            projected_events=[*facts.tables.projected_events, (REVERTED.conversion_id or "", REVERTED.ce_id)],
        ),
    )
    return plant(facts)


def _done_anew(facts: Facts) -> Facts:
    """L1 was converted anew, into another customer."""
    done = [replace(each, customer_id="new" if each.customer_id else None) for each in _of_l1("accepted", "completed")]
    made = [
        replace(customer_event(500 + n, kind, "k9", "L1"), customer_id="new", customer_number="new")
        for n, kind in enumerate(("customer.created", "customer.lead-linked", "contact.created"))
    ]
    row = ConversionRow(conversion_id("k9"), "L1", "completed", 1, "new", None)
    own = CustomerRow("new", "new", "code-L1", "L1", conversion_id("k9"))
    was = facts.tables
    plant = both(
        ledger(line("k9", "L1", "normal", seq=9)),
        conversion(*done),
        customer(*made),
        tables(
            customers=[*was.customers, own],
            projected_conversions=[*was.projected_conversions, row],
            projected_customers=[*was.projected_customers, "new"],
            projected_leads={**was.projected_leads, "L1": "converted"},
            projected_events=[*was.projected_events, *((each.conversion_id or "", each.ce_id) for each in done)],
        ),
    )
    return plant(facts)


def _of_l1(*names: str) -> list[Event]:
    return [conversion_event(50 + n, name, "k9", "L1") for n, name in enumerate(names)]


FAULTS: dict[str, tuple[str, Plant]] = {
    "a customer that was taken back and is in the table": ("customer-table", both(conversion(REVERTED), customer(GONE))),
    "a revert that leaves its customer": ("event-missing", conversion(REVERTED)),
    "a customer that is gone without a revert": ("event-missing", customer(GONE)),
    "a revert before its conversion": ("conversion-order", both(conversion(replace(REVERTED, offset=-1)), customer(GONE))),
    "a revert of two times": ("time-differs", both(conversion(replace(REVERTED, time="later")), customer(GONE))),
    "a lead that is converted by what was taken back": (
        "projector-lead",
        both(_taken_back, tables(projected_leads={"L1": "converted", "L2": "converted"})),
    ),
}


def test_a_conversion_that_was_taken_back_and_done_anew_breaks_no_promise() -> None:
    assert judge(_taken_back(clean_world())) == []
    assert judge(_done_anew(_taken_back(clean_world()))) == []


def test_a_revert_that_is_refused_moves_nothing() -> None:
    refused = conversion_event(20, "revert-refused", "k1", "L1", code="REVERT_BLOCKED")
    told = (refused.conversion_id or "", refused.ce_id)
    facts = add_events(clean_world(), refused)
    assert judge(tables(projected_events=[*facts.tables.projected_events, told])(facts)) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_the_checker_finds(fault: str) -> None:
    rule, plant = FAULTS[fault]
    assert rule in rules(plant(clean_world())), f"{fault} was not found"
