"""Customers that may be the same are warned of, from rows that hold as little as that needs."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from leadline.delivery.message import Outcome
from leadline.postgres.migrate import migrations_of
from leadline.postgres.pool import connect
from services.converter.preview import ask, read_request
from services.converter.store_matches import MatchStore
from tests.integration.converter_on_postgres import (
    SECONDS,
    Converter,
    Counting,
    open_converter,
    qualified,
    told,
)
from tests.unit.converter_records import lead_event, read
from tests.unit.service_records import requested
from tests.waiting import until_blocked

PHONE = "+49 30 1234567"
NOTHING = {"first_name": None, "last_name": None, "email": None, "phone": None, "vat": None}


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as opened:
        yield opened


def lead(lead_id: str, **fields: Any) -> list[Any]:
    return qualified(lead_id, **{**NOTHING, "first_name": lead_id, **fields})


def warnings(outcome: Outcome) -> dict[str, list[str]]:
    """The names of the candidates, by what is the same."""
    (body,) = [body for kind, body in map(read, outcome.emit) if kind == "conversion.completed"]
    return {each.reason: [candidate.name for candidate in each.candidates] for each in body.warnings}


def counted(converter: Converter, table: str) -> Any:
    return converter.one(f"SELECT count(*) AS n FROM {table}")["n"]


def test_the_second_of_two_alike_requests_of_one_batch_is_warned_of_the_first(converter: Converter) -> None:
    converter.take(*lead("A", phone=PHONE), *lead("B", phone=PHONE), *lead("C", phone=PHONE))
    outcomes = converter.take(requested("K-1", "A"), requested("K-2", "B"), requested("K-3", "C"))
    assert [warnings(each) for each in outcomes] == [{}, {"phone": ["A"]}, {"phone": ["B", "A"]}]


def test_a_later_batch_finds_the_customers_of_earlier_ones_the_latest_first(converter: Converter) -> None:
    converter.take(*lead("A", phone=PHONE))
    converter.take(requested("K-1", "A"))
    assert counted(converter, "customer_match") == 0, "nobody shares its key yet"
    converter.take(*lead("B", phone=PHONE), *lead("C", phone=PHONE), *lead("D", phone=PHONE))
    assert warnings(converter.take(requested("K-2", "B"))[0]) == {"phone": ["A"]}
    assert warnings(converter.take(requested("K-3", "C"))[0]) == {"phone": ["B", "A"]}
    assert warnings(converter.take(requested("K-4", "D"))[0]) == {"phone": ["C", "B", "A"]}


def test_at_most_five_are_named_however_many_there_are(converter: Converter) -> None:
    for name in "ABCDEFGH":
        converter.take(*lead(name, phone=PHONE))
        outcomes = converter.take(requested(f"K-{name}", name))
    assert warnings(outcomes[0]) == {"phone": ["G", "F", "E", "D", "C"]}


def test_a_lead_that_is_linked_is_not_warned_of_the_customer_that_it_is_linked_to(converter: Converter) -> None:
    converter.take(*lead("A", phone=PHONE, email="a@x.de"), *lead("B", phone=PHONE, email="a@x.de"))
    converter.take(requested("K-1", "A"))
    converter.take(*lead("C", phone=PHONE))
    converter.take(requested("K-3", "C"))
    (linked,) = converter.take(requested("K-2", "B", options={"duplicate_policy": "link_existing"}))
    assert warnings(linked) == {"phone": ["C"]}


def test_the_number_of_statements_does_not_grow_with_alike_leads(converter: Converter) -> None:
    def statements(first: int, count: int) -> int:
        names = [f"L{number}" for number in range(first, first + count)]
        converter.take(*(each for name in names for each in lead(name, phone=PHONE)))
        with converter.ledger.work() as work:
            counting = Counting(work)
            converter.take_unfinished(counting, *(requested(f"K-{name}", name) for name in names))
            return counting.count

    statements(0, 2)
    assert statements(10, 2) == statements(20, 30)


def test_an_erased_lead_loses_its_keys_and_leaves_no_trace_of_those_that_it_had_alone(converter: Converter) -> None:
    converter.take(*lead("A", phone=PHONE, email="a@only-here.de"), *lead("B", phone=PHONE))
    assert counted(converter, "match_key") == 3
    converter.take(lead_event("erased", lead_id="A", second=9))
    assert converter.one("SELECT match_keys FROM lead WHERE lead_id = 'A'")["match_keys"] == []
    assert converter.rows("SELECT lead_id, is_shared FROM match_key") == [{"lead_id": None, "is_shared": True}]
    converter.take(requested("K-2", "B"))
    converter.take(*lead("C", phone=PHONE))
    assert warnings(converter.take(requested("K-3", "C"))[0]) == {"phone": ["B"]}


def test_a_key_that_a_lead_has_no_more_is_forgotten(converter: Converter) -> None:
    converter.take(*lead("A", phone=PHONE))
    converter.take(lead_event("updated", lead_id="A", second=5, phone="+49 30 7654321"))
    assert counted(converter, "match_key") == 1
    converter.take(lead_event("updated", lead_id="A", second=6, phone=None))
    assert counted(converter, "match_key") == 0


def test_a_customer_that_is_forgotten_is_nobodys_candidate(converter: Converter) -> None:
    converter.take(*lead("A", phone=PHONE), *lead("B", phone=PHONE))
    converter.take(requested("K-1", "A"), requested("K-2", "B"))
    customer_id = str(converter.one("SELECT customer_id FROM customer WHERE lead_id = 'A'")["customer_id"])
    with converter.ledger.work() as work:
        MatchStore().forget_customers(work, [customer_id])
    assert [str(row["customer_id"]) for row in converter.rows("SELECT customer_id FROM customer_match")] != [customer_id]
    assert counted(converter, "customer_match") == 1


def test_two_instances_that_bring_one_key_at_once_both_have_it(converter: Converter, database_url: str) -> None:
    def take_second() -> None:
        with open_converter(database_url) as other:
            other.take(*lead("B", phone=PHONE))

    with converter.ledger.work() as work:
        converter.take_unfinished(work, *lead("A", phone=PHONE))
        thread = threading.Thread(target=take_second)
        thread.start()
        until_blocked(database_url)
    thread.join(SECONDS)
    assert converter.rows("SELECT lead_id, is_shared FROM match_key") == [{"lead_id": "A", "is_shared": True}]


def test_a_preview_shows_the_warnings_of_the_conversion_and_its_fingerprint_outlives_them(converter: Converter) -> None:
    opportunity = '{"opportunity": {"name": "Deal", "value": "1.00", "stage": "proposal", "probability": 75}}'
    converter.take(*lead("A", phone=PHONE), *lead("B", phone=PHONE), *lead("C", phone=PHONE))
    before = ask(converter.url, read_request("C", "", "default", None))
    assert before["warnings"] == []
    converter.take(requested("K-1", "A"), requested("K-2", "B"))
    found = ask(converter.url, read_request("C", opportunity, "default", None))
    assert [each["code"] for each in found["warnings"]] == ["DUPLICATE_SUSPECTED", "PROBABILITY_OUTSIDE_GUIDELINE"]
    assert [each["name"] for each in found["warnings"][0]["candidates"]] == ["B", "A"]
    assert counted(converter, "customer") == 2
    (done,) = converter.take(requested("K-3", "C", fingerprint=before["fingerprint"]))
    assert warnings(done) == {"phone": ["B", "A"]}


def test_a_preview_knows_what_a_custom_field_would_be_compared_with(converter: Converter) -> None:
    options = {"custom_fields": {"tax_no": {"as": "standard", "target": "vat"}}}
    text = '{"custom_fields": {"tax_no": {"as": "standard", "target": "vat"}}}'
    converter.take(*lead("A", vat="DE136695976"), *lead("B", custom_fields={"tax_no": "DE 136 695 976"}))
    converter.take(requested("K-1", "A"))
    assert [each["reason"] for each in ask(converter.url, read_request("B", text, "default", None))["warnings"]] == ["vat"]
    assert warnings(converter.take(requested("K-2", "B", options=options))[0]) == {"vat": ["A"]}


def test_no_conversion_is_refused_for_a_warning(converter: Converter) -> None:
    same = {"company_name": "Acme", "vat": "DE136695976", "phone": PHONE}
    converter.take(*lead("A", email="ada@acme.de", **same), *lead("B", email="ada+x@acme.de", **same))
    outcomes = converter.take(requested("K-1", "A"), requested("K-2", "B"))
    assert told(outcomes).count("customer.created") == 2
    assert set(warnings(outcomes[1])) == {"name", "vat", "phone", "domain", "email_variant"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"company_name": "Müller & Söhne GmbH & Co. KG"}, {"company_name": "MUELLER SOEHNE"}),
        ({"company_name": "O\u2019Brien, Inc."}, {"company_name": "obrien"}),
        ({"first_name": "Jean-Luc", "last_name": "Strauß"}, {"first_name": "jean luc", "last_name": "strauss"}),
        ({"email": "a@Acme-Works.de "}, {"email": "b@acme-works.de"}),
    ],
)
def test_customers_from_before_are_found_by_name_and_domain(database_url: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    migrate_up_to(database_url, "converter/0007")
    with connect(database_url, "converter") as connection:
        customer(connection, "A", old)
        customer(connection, "A2", old)
        customer(connection, "X", {"first_name": "Else", "last_name": "Where", "email": "else@gmail.com"})
    with open_converter(database_url) as converter:
        converter.take(*lead("B", **new))
        (reason,) = warnings(converter.take(requested("K-2", "B"))[0]).items()
    assert reason == ("domain" if "email" in new else "name", ["A2", "A"])


def migrate_up_to(url: str, name: str) -> None:
    earlier = [each for each in migrations_of("converter") if each.name < name or each.name.startswith("delivery")]
    with connect(url, "converter") as connection:
        connection.execute("CREATE SCHEMA converter")
        connection.execute(
            "CREATE TABLE schema_migration (name text PRIMARY KEY, checksum text, applied_at timestamptz DEFAULT now())"
        )
        for each in earlier:
            connection.execute(each.text.encode())
            connection.execute("INSERT INTO schema_migration VALUES (%s, %s)", (each.name, each.checksum))


def customer(connection: Any, name: str, fields: dict[str, Any]) -> None:
    """A converted lead with its customer, as an earlier version has written them."""
    id, minute = str(uuid.uuid5(uuid.NAMESPACE_URL, name)), len(name)
    connection.execute(
        "INSERT INTO lead (lead_id, status, fields, stamps, history, customer_id, conversion_id, converted_at) "
        "VALUES (%s, 'converted', %s, '{}', '{}', %s, %s, %s)",
        (name, json.dumps(fields), id, id, f"2026-01-01T00:0{minute}:00Z"),
    )
    connection.execute(
        "INSERT INTO customer (customer_id, customer_number, code, name, type, role, customer_status, lead_id, conversion_id, "
        "custom_fields, created_at) VALUES (%s, %s, %s, %s, 'individual', 'customer', 'active', %s, %s, '{}', now())",
        (id, f"N-{name}", f"N-{name}", name, name, id),
    )
