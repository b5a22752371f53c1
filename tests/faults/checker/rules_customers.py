"""One customer for each lead, and the same customers in the topic and in the table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from tests.faults.checker.facts import CustomerRow, Event, Violation
from tests.faults.checker.index import Index


def topic_is_unique(index: Index) -> Iterator[Violation]:
    """customer.created names each id, number and conversion once, and each lead once among customers that stand."""
    yield from _repeated("customer.created", index.created, index.gone)


def table_is_unique(index: Index) -> Iterator[Violation]:
    """converter.customer holds each lead, id, number and conversion once."""
    yield from _repeated("converter.customer", index.facts.tables.customers)


def table_equals_topic(index: Index) -> Iterator[Violation]:
    """Each customer of the table was announced, and the other way round unless it is gone, with the same fields."""
    topic = {_fields(event) for event in index.created if event.customer_id not in index.gone}
    table = {_fields(row) for row in index.facts.tables.customers}
    for fields in topic - table:
        yield Violation("customer-table", str(fields[0]), f"announced but not in the table: {fields}")
    for fields in table - topic:
        yield Violation("customer-table", str(fields[0]), f"in the table but not announced: {fields}")


def _repeated(
    place: str, found: Iterable[Event | CustomerRow], gone: Collection[str | None] = frozenset()
) -> Iterator[Violation]:
    customers = list(found)
    for name in ("lead_id", "conversion_id", "customer_id", "customer_number"):
        counted = [each for each in customers if name != "lead_id" or each.customer_id not in gone]
        values = Counter(getattr(customer, name) for customer in counted)
        rule = "number-twice" if name == "customer_number" else "customer-twice"
        for value, times in values.items():
            if times > 1 or value is None:
                yield Violation(rule, str(value), f"{place}: {name} {value} stands {times} times")


def _fields(customer: Event | CustomerRow) -> tuple[str | None, ...]:
    return (
        customer.customer_id,
        customer.customer_number,
        customer.code,
        customer.lead_id,
        customer.conversion_id,
    )


RULES = (topic_is_unique, table_is_unique, table_equals_topic)
