"""What a conversion makes of a lead and its options: names, codes, contacts, custom fields, the opportunity."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.contracts.codes import ErrorCode
from services.converter.domain.manifest import ManifestBuilder, plain_manifest
from services.converter.domain.names import CONVERSIONS, conversion_id, customer_name, email_key, name_id
from tests.unit.converter_records import (
    ASSIGNMENT,
    CONTACTS,
    NOW,
    OPPORTUNITY,
    assigned,
    carried_out,
    lead,
    planned,
    refused,
    request,
)


@given(st.uuids(), st.text(st.characters(codec="utf-8"), max_size=300))
@settings(deadline=None, max_examples=50)
def test_our_ids_are_uuids_of_version_5(space: uuid.UUID, name: str) -> None:
    assert name_id(space.bytes, name) == str(uuid.uuid5(space, name))


def test_a_conversion_is_named_by_its_key_else_by_source_and_event() -> None:
    assert conversion_id("key", "/a", "1") == conversion_id("key", "/b", "2") == str(uuid.uuid5(CONVERSIONS, "key"))
    assert conversion_id(None, "/a", "1") == str(uuid.uuid5(CONVERSIONS, "/a#1"))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ada@Example.COM", " ada@example.com ", True),
        ("é@x.de", "e\u0301@x.de", True),
        ("\uff41da@x.de", "ada@x.de", True),
        ("ada+crm@x.de", "ada@x.de", False),
        ("a.da@x.de", "ada@x.de", False),
    ],
)
def test_two_addresses_are_the_same_by_letters_and_not_by_a_providers_habits(one: str, other: str, same: bool) -> None:
    assert (email_key(one) == email_key(other)) is same


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_address_is_none(blank: str | None) -> None:
    assert email_key(blank) is None


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"company_name": "Byron Ltd", "first_name": "Ada"}, "Byron Ltd"),
        ({"company_name": "  ", "first_name": "Ada", "last_name": "Byron"}, "Ada Byron"),
        ({"last_name": "Byron"}, "Byron"),
        ({"email": "ada@x.de"}, "ada@x.de"),
    ],
)
def test_a_customer_is_called_by_company_else_person_else_address(fields: dict[str, str], name: str) -> None:
    assert customer_name(fields) == name


def test_a_custom_code_is_used_as_asked() -> None:
    assert carried_out(planned(request(customer_code="MINE"), lead(code="P-1"))).customer["code"] == "MINE"


def test_the_leads_code_is_used_if_it_is_free_and_the_number_otherwise() -> None:
    plan = planned(request(), lead(code="P-1"))
    assert carried_out(plan).customer["code"] == "P-1"
    assert carried_out(plan, taken_codes=["P-1"]).customer["code"] == "CUST-000567"
    assert carried_out(planned(request())).customer["code"] == "CUST-000567"


def test_the_customer_is_the_lead() -> None:
    customer = carried_out(planned(request(branch_id="B-1", customer_type="company"), lead(assigned_to="rep-5"))).customer
    assert (customer["email"], customer["name"], customer["type"]) == ("Ada@Example.com", "Ada Byron", "company")
    assert (customer["branch_id"], customer["salesperson_id"], customer["discovered_by"]) == ("B-1", "rep-5", "rep-2")
    assert (customer["custom_fields"], customer["created_at"]) == ({"fleet_size": 7}, NOW)


def test_the_active_assignment_names_the_salesperson_and_is_closed() -> None:
    result = carried_out(planned(request(), assigned(lead(assigned_to="rep-5"))))
    assert result.customer["salesperson_id"] == "rep-3"
    assert result.assignment == {**ASSIGNMENT, "status": "converted", "closed_at": NOW}


def test_the_leads_person_is_the_only_contact_unless_others_are_chosen() -> None:
    (contact,) = carried_out(planned(request(), contacts=CONTACTS)).contacts
    assert (contact["first_name"], contact["is_primary"], contact["lead_contact_id"]) == ("Ada", True, None)


def test_chosen_contacts_come_along_behind_the_leads_person() -> None:
    contacts = carried_out(planned(request(contact_ids=["c-1"]), contacts=CONTACTS)).contacts
    assert [(c["first_name"], c["is_primary"], c["role"]) for c in contacts] == [("Ada", True, None), ("Bo", False, "champion")]


def test_a_chosen_contact_with_the_leads_address_is_the_leads_person() -> None:
    contacts = carried_out(planned(request(contact_ids=["c-1", "c-2"]), contacts=CONTACTS)).contacts
    assert [(c["first_name"], c["is_primary"]) for c in contacts] == [("Cy", True), ("Bo", False)]
    assert len({c["contact_id"] for c in contacts}) == 2


def test_a_contact_of_somebody_else_is_refused_by_its_place() -> None:
    refusal = refused(request(contact_ids=["c-1", "c-9"]), contacts=CONTACTS)
    assert (refusal.code, refusal.fields) == (ErrorCode.CONTACT_UNKNOWN, ["options.contact_ids.1"])


def test_a_contact_that_is_chosen_twice_is_one_contact() -> None:
    assert len(carried_out(planned(request(contact_ids=["c-1", "c-1"]), contacts=CONTACTS)).contacts) == 2


def test_custom_fields_stay_go_where_they_are_sent_or_are_left_out() -> None:
    options = {"tax": {"as": "standard", "target": "vat"}, "shoe": {"as": "skip"}, "size": {"as": "custom"}}
    found = carried_out(
        planned(request(custom_fields=options), lead(custom_fields={"tax": "GB1", "shoe": 9, "size": 7, "more": True}))
    )
    assert found.customer["custom_fields"] == {"size": 7, "more": True}
    assert found.customer["vat"] == "GB1"


@pytest.mark.parametrize(
    ("target", "value"), [("email", "x@y"), ("colour", "red"), ("vat", 7), ("vat", "x" * 501), (None, "x"), ("vat", ["x"])]
)
def test_a_custom_field_that_does_not_fit_its_target_is_refused_by_name(target: str | None, value: object) -> None:
    asked = request(custom_fields={"x": {"as": "standard", "target": target}})
    refusal = refused(asked, lead(custom_fields={"x": value}))
    assert (refusal.code, refusal.fields) == (ErrorCode.CUSTOM_FIELD_CLASH, ["options.custom_fields.x"])


def test_two_custom_fields_do_not_go_into_one_target() -> None:
    choice = {"as": "standard", "target": "vat"}
    refusal = refused(request(custom_fields={"a": choice, "b": choice}), lead(custom_fields={"a": "1", "b": "2"}))
    assert refusal.fields == ["options.custom_fields.b"]


def test_an_address_from_a_custom_field_is_no_longer_than_an_address() -> None:
    asked = request(custom_fields={"x": {"as": "standard", "target": "email"}})
    assert refused(asked, lead(email=None, custom_fields={"x": "x" * 321})).code is ErrorCode.CUSTOM_FIELD_CLASH


def test_an_address_from_a_custom_field_counts_as_the_customers() -> None:
    asked = request(custom_fields={"x": {"as": "standard", "target": "email"}})
    assert planned(asked, lead(email=None, custom_fields={"x": "New@x.de"})).email_key == "new@x.de"


def test_an_opportunity_is_opened_for_the_customer() -> None:
    result = carried_out(planned(request(opportunity=OPPORTUNITY)))
    assert result.opportunity is not None
    assert result.opportunity["customer_id"] == result.customer["customer_id"]
    assert (result.opportunity["value"], result.opportunity["expected_close_date"]) == ("12000.00", "2026-12-31")


def test_an_opportunity_lacks_what_it_is_refused_for() -> None:
    refusal = refused(request(opportunity={"currency": "EUR"}))
    assert refusal.code is ErrorCode.OPPORTUNITY_INVALID
    assert refusal.fields == ["options.opportunity.name", "options.opportunity.value"]


def test_the_manifest_of_a_lead_that_nothing_hangs_on_is_what_the_builder_would_make() -> None:
    builder = ManifestBuilder()
    builder.take("contacts", "created", ["c-1"])
    assert plain_manifest(["c-1"]) == builder.build()
