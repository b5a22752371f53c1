"""Whose dead letter it is, as far as its record says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leadline.delivery.record import Headers, Record
from services.projector.domain.dead_letter import subjects_of
from services.projector.domain.erasure import KEPT

NESTED = "[" * 100_000


def subjects(topic: str, key: bytes | None, body: Any, headers: Headers | None = None) -> tuple[str, ...]:
    value = body if isinstance(body, bytes) else json.dumps(body).encode()
    return subjects_of(f"prefix.{topic}", Record(topic, 0, 1, 0, key, value, headers or []))


@pytest.mark.parametrize("topic", ["lead.events", "conversion.requests", "conversion.events"])
def test_the_key_of_a_record_about_leads_is_a_lead(topic: str) -> None:
    assert subjects(topic, b"L-1", b"\xff") == ("lead/L-1",)


@pytest.mark.parametrize("topic", ["customer.requests", "customer.events", "order.events"])
def test_the_key_of_a_record_about_customers_is_a_customer(topic: str) -> None:
    assert subjects(topic, b"C-1", b"\xff") == ("customer/C-1",)


def test_a_recipient_is_neither_lead_nor_customer() -> None:
    assert subjects("notification.events", b"17", {"lead_id": "L-1", "customer_id": "C-1"}) == ("customer/C-1", "lead/L-1")


def test_a_record_without_a_key_is_known_by_its_subject_or_its_body() -> None:
    assert subjects("lead.events", None, b"{", [("CE_Subject", b"L-1")]) == ("lead/L-1",)
    assert subjects("lead.events", None, {"lead_id": 17}) == ("lead/17",)


def test_ids_are_found_in_a_structured_event_and_in_the_things_that_it_holds() -> None:
    assert subjects("conversion.events", None, {"data": {"lead_id": "L-1", "customer": {"customer_id": "C-1"}}}) == (
        "customer/C-1",
        "lead/L-1",
    )
    assert subjects("customer.events", None, {"opportunity": {"customer_id": "C-1"}}) == ("customer/C-1",)


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b'"x"', NESTED.encode(), b'{"lead_id": true}', b'{"lead_id": {"a": 1}}'])
def test_what_is_no_id_names_nobody(body: bytes) -> None:
    assert subjects("lead.events", None, body) == ()


@pytest.mark.parametrize("id", ["x" * 129, "a\0b", "\ud800"])
def test_what_no_column_could_hold_is_not_kept_as_it_is(id: str) -> None:
    found = subjects("lead.events", id.encode("utf-8", "replace"), {"lead_id": id})
    assert all("\0" not in each and len(each) <= 133 and each.encode() for each in found)


@pytest.mark.parametrize(
    "name",
    ["name", "first_name", "last_name", "company_name", "email", "phone", "address", "vat", "custom_fields", "notes", "text",
     "subject", "reason", "contacts", "contact", "message", "fields", "candidates", "invoice_recipients", "file_name", "role"],
)  # fmt: skip
def test_nothing_that_may_name_a_person_is_kept_of_the_erased(name: str) -> None:
    assert name not in KEPT
