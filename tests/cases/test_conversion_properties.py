"""What holds for whatever is converted, one after the other, by the rules alone."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.converter.domain.carry import Choices, carry
from services.converter.domain.contacts import make_contacts, tell_apart
from services.converter.domain.manifest import PLURAL, ManifestBuilder, UnequalCountsError, check_counts
from services.converter.domain.profile import Profile
from services.converter.domain.result import FILLABLE
from tests.cases.case import Writer, load_cases, read_case
from tests.cases.in_memory import PROFILES, Memory, run_in_memory
from tests.cases.outcome import WAYS

CASES = load_cases()
SPACE = bytes(16)
ADDRESSES = st.sampled_from([None, "", "a@x.de", " A@x.de", "b@x.de", "\uff42@x.de", "é@x.de", "e\u0301@x.de"])
CODES = st.sampled_from([None, "X", "CUST-000001", "CUST-000002", "CUST-000003", "4295000002"])
POLICIES = st.sampled_from([None, "reject", "link_existing", "fill_empty"])
TEXTS = st.sampled_from([None, "", "one", "two"])
VALUES = st.sampled_from([None, 1, 1.5, "t", True, ["x"]])
LEADS = st.fixed_dictionaries({
    "email": ADDRESSES,
    "code": CODES,
    "phone": TEXTS,
    "vat": TEXTS,
    "company_name": TEXTS,
    "assigned_to": TEXTS.filter(lambda text: text != ""),
    "address": st.sampled_from([None, {}, {"city": "Ulm"}]),
    "custom_fields": st.dictionaries(st.sampled_from(["f", "g"]), VALUES),
})  # fmt: skip
PEOPLE = st.lists(st.fixed_dictionaries({"email": ADDRESSES, "is_primary": st.booleans()}), max_size=3)
WISHES = st.tuples(LEADS, CODES, POLICIES, st.sampled_from(sorted(PROFILES)), PEOPLE)
ITEMS = st.dictionaries(
    st.sampled_from(sorted(PLURAL)),
    st.dictionaries(
        st.text("abc", min_size=1, max_size=2),
        st.fixed_dictionaries({"done": st.booleans(), "name": TEXTS, "value": st.sampled_from([None, "1"]), "email": ADDRESSES}),
        min_size=1,
    ),
)


def convert(wishes: list[Any]) -> tuple[Memory, list[dict[str, dict[str, Any]]]]:
    """Convert a lead for each wish, and note all customers after each."""
    memory = Memory(PROFILES)
    snapshots = []
    for number, (lead, code, policy, profile, people) in enumerate(wishes, 1):
        items = [{"kind": "contact", "item_id": f"c{place}", **person} for place, person in enumerate(people)]
        chosen = [item["item_id"] for item in items]
        options = {"customer_code": code, "duplicate_policy": policy, "branch_id": "B", "contact_ids": chosen}
        begin = [["created", {"first_name": "A", **lead}], ["qualified"], *(["item-added", item] for item in items)]
        steps = [*begin, ["request", "K", {"options": options}]]
        case = read_case({"name": "", "profile": profile, "when": steps, "then": {}})
        writer = Writer(case, f"~{number}")
        for step in case.steps:
            memory.take(unmarked(writer.write(step), f"~{number}"))
        snapshots.append(dict(memory.customers))
    return memory, snapshots


def no_two_of_one_address(people: Sequence[Mapping[str, Any]]) -> bool:
    """Addresses are compared as the contract says, in the test's own words."""
    texts = [unicodedata.normalize("NFKC", each["email"] or "").strip().lower() for each in people]
    return max(Counter(text for text in texts if text).values(), default=1) == 1


def unmarked(out: Any, mark: str) -> Any:
    """With the same addresses, codes and custom fields as others have, but a lead and a key of its own."""
    value = out.value.replace(mark.encode(), b"").replace(b'"L-1"', f'"L-1{mark}"'.encode())
    return out._replace(value=value)


@given(st.lists(WISHES, max_size=8))
@settings(deadline=None, max_examples=150)
def test_no_two_customers_ever_share_a_code_a_number_an_address_or_a_lead(wishes: list[Any]) -> None:
    memory, _ = convert(wishes)
    customers = list(memory.customers.values())
    for name in ("code", "customer_number", "lead_id", "conversion_id"):
        assert [value for value, count in Counter(each[name] for each in customers).items() if count > 1] == []
    assert no_two_of_one_address(customers)


@given(st.lists(WISHES, max_size=8))
@settings(deadline=None, max_examples=150)
def test_what_is_filled_of_a_customer_never_changes_whoever_is_linked_to_it(wishes: list[Any]) -> None:
    _, snapshots = convert(wishes)
    for before, after in pairwise(snapshots):
        for customer_id, customer in before.items():
            changed = {name for name, value in customer.items() if after[customer_id][name] != value}
            assert changed <= set(FILLABLE)
            assert not any(customer[name] for name in changed)


@given(st.lists(WISHES, max_size=8))
@settings(deadline=None, max_examples=100)
def test_every_customer_has_one_primary_contact_and_no_two_of_one_address(wishes: list[Any]) -> None:
    memory, _ = convert(wishes)
    for contacts in memory.contacts.values():
        assert sum(each["is_primary"] for each in contacts) == 1
        assert no_two_of_one_address(contacts)


@given(st.lists(WISHES, max_size=8))
@settings(deadline=None, max_examples=100)
def test_a_custom_field_is_of_one_type_at_all_customers(wishes: list[Any]) -> None:
    memory, _ = convert(wishes)
    names = {"int": "number", "float": "number"}
    for field in ("f", "g"):
        values = [each["custom_fields"].get(field) for each in memory.customers.values()]
        kinds = {type(value).__name__ for value in values if value is not None}
        assert len({names.get(kind, kind) for kind in kinds}) <= 1


@given(ITEMS, st.booleans(), st.booleans(), st.booleans(), st.data())
@settings(deadline=None, max_examples=200)
def test_a_manifest_accounts_for_everything_once_whatever_is_chosen(
    items: Mapping[str, Any], messages: bool, documents: bool, opportunities: bool, data: st.DataObject
) -> None:
    people = items.get("contact", {})
    ids = data.draw(st.lists(st.sampled_from(sorted(people)), unique=True)) if people else []
    chosen = {item_id: people[item_id] for item_id in ids}
    made = tell_apart(make_contacts(SPACE, {"email": "a@x.de"}, chosen), (), items, chosen)
    parts = [*made.parts, *carry(items, Choices(messages, documents, opportunities), SPACE)]
    check_counts(items, parts)
    builder = ManifestBuilder()
    builder.add(parts)
    for kind, part in builder.build().items():
        taken = sum(len(part.get(way, ())) for way in WAYS)
        assert part["count"] == taken
        had = sum(len(things) for each, things in items.items() if PLURAL[each] == kind)
        assert taken + len(part.get("skipped", ())) == had


@given(ITEMS.filter(bool), st.data())
@settings(deadline=None)
def test_a_manifest_that_lacks_one_thing_is_a_fault(items: Mapping[str, Any], data: st.DataObject) -> None:
    made = tell_apart([], (), items, {})
    parts = [*made.parts, *carry(items, Choices(messages=True, documents=True, opportunities=True), SPACE)]
    parts.pop(data.draw(st.integers(0, len(parts) - 1)))
    with pytest.raises(UnequalCountsError):
        check_counts(items, parts)


def relabelled(profile: Profile) -> Profile:
    """The same rules with every label another word."""
    labels = profile.labels
    groups = {
        name: {key: f"Label {number} {key[::-1]}" for number, key in enumerate(getattr(labels, name))}
        for name in ("lead_status", "customer_status", "stages")
    }
    return replace(profile, labels=replace(labels, lead="thing", customer="other thing", **groups))


def test_other_labels_change_no_outcome_of_any_case() -> None:
    others = {name: relabelled(profile) for name, profile in PROFILES.items()}
    assert all(others[name].labels != profile.labels for name, profile in PROFILES.items())
    assert [case.name for case in CASES if run_in_memory(case, others) != run_in_memory(case)] == []
