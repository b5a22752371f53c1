"""Profiles are read whole or not at all, and what is wrong with one is said by file and key."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import pytest

from leadline.errors import SetupError
from services.converter.profiles import load_profiles, read_profile

NAMES = ("crm", "default", "field-sales", "lead-api", "prospect", "staffing")
TEXT = files("services.converter.profiles").joinpath("default.toml").read_text(encoding="utf-8")
STATUSES = {"new", "contacted", "qualified", "nurturing", "disqualified", "junk", "converting", "converted"}
STAGES = {
    "prospecting", "qualification", "needs_analysis", "proposal", "negotiation", "verbal_commitment", "closed_won",
    "closed_lost",
}  # fmt: skip


def fault(text: str) -> str:
    with pytest.raises(SetupError) as refused:
        read_profile("mine", text)
    return str(refused.value)


def without(key: str) -> str:
    return "\n".join(line for line in TEXT.splitlines() if not line.startswith(f"{key} ="))


def test_there_is_a_profile_for_each_kind_of_crm() -> None:
    assert tuple(sorted(load_profiles())) == NAMES
    assert all(profile.name == name for name, profile in load_profiles().items())


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_has_a_label_for_every_status_and_stage(name: str) -> None:
    labels = load_profiles()[name].labels
    assert set(labels.lead_status) == STATUSES
    assert set(labels.stages) == STAGES
    assert {"prospect", "hold_for_credit_check", "active"} <= set(labels.customer_status)
    groups: list[Mapping[str, str]] = [labels.lead_status, labels.stages, labels.customer_status]
    assert all(text.strip() for group in groups for text in group.values())


def test_prospects_become_business_partners_and_leads_customers() -> None:
    labels = {name: (profile.labels.lead, profile.labels.customer) for name, profile in load_profiles().items()}
    assert labels["prospect"] == ("prospect", "business partner")
    assert labels["staffing"] == ("prospect", "customer")
    assert labels["lead-api"] == labels["crm"] == labels["field-sales"] == ("lead", "customer")


def test_a_converted_lead_of_the_crm_is_called_customer_and_a_disqualified_one_lost() -> None:
    labels = load_profiles()["crm"].labels.lead_status
    assert (labels["converted"], labels["disqualified"]) == ("Customer", "Lost")


def test_numbers_are_written_by_the_pattern() -> None:
    profiles = load_profiles()
    assert profiles["lead-api"].number(567) == "CUST-000567"
    assert profiles["staffing"].number(617) == "4295000617"
    assert profiles["default"].number(1_234_567) == "CUST-1234567"


@pytest.mark.parametrize(
    "key",
    ["number_pattern", "code", "customer_type", "customer_status", "copy_messages", "relink_opportunities", "branch_required"],
)
def test_a_missing_rule_is_named_with_its_profile(key: str) -> None:
    assert "profile mine" in fault(without(key))
    assert f"{key}: " in fault(without(key))


def test_a_misspelt_rule_is_named_and_never_ignored() -> None:
    said = fault(f"branch_needed = true\n{TEXT}")
    assert "profile mine" in said
    assert "branch_needed: " in said


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('code = "leads"', "code"),
        ('customer_type = "firm"', "customer_type"),
        ('prospect_stage = "dormant"', "prospect_stage"),
        ('copy_messages = "often"', "copy_messages"),
        ('qualifying_origins = "map"', "qualifying_origins"),
    ],
)
def test_a_value_that_a_rule_does_not_know_is_named_by_its_rule(line: str, key: str) -> None:
    said = fault(f"{line}\n{without(key)}")
    assert "profile mine" in said
    assert f"{key}" in said


@pytest.mark.parametrize("pattern", ["", "CUST", "%d", "%s", "%06d-%06d", "%06x", "%(count)06d", "100%-%06d", "x" * 41 + "%06d"])
def test_a_pattern_that_does_not_write_each_count_as_one_number_is_refused(pattern: str) -> None:
    said = fault(f'number_pattern = "{pattern}"\n{without("number_pattern")}')
    assert "profile mine" in said
    assert "number_pattern: " in said


def test_labels_that_lack_a_part_are_named() -> None:
    assert "labels.stages: " in fault(TEXT.partition("[labels.stages]")[0])


def test_what_is_no_toml_is_said_with_its_line() -> None:
    said = fault("code =\n")
    assert "profile mine" in said
    assert "line 1" in said
