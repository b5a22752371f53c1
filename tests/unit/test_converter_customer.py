"""What requests about customers change, add and tell."""

from __future__ import annotations

from typing import Any

import pytest

from leadline.contracts.codes import ErrorCode
from leadline.contracts.events import EVENTS
from leadline.contracts.events.types import Stage
from leadline.errors import Rejected
from services.converter.customers.reading import ABOUT_CUSTOMERS
from services.converter.decode import decode
from services.converter.domain.customer import Customer, CustomerRequest, Made, carry_out
from services.converter.domain.guideline import USUAL_PERCENT, hints
from tests.unit.converter_records import NOW
from tests.unit.service_records import customer_request

ID = "0198f1c2-7a41-5c3e-8d4b-6a2f0e9b1c11"
ADA = Customer(ID, "L-1", "prospect", ["A1"], [], None, [])


def asked(kind: str, customer: Customer = ADA, **data: Any) -> Made:
    request = decode(customer_request(kind, ID, **data)).data
    assert isinstance(request, CustomerRequest)
    return carry_out(request, customer, NOW)


def kinds(made: Made) -> list[str]:
    return [kind for kind, _ in made.told]


def test_a_status_is_set_with_its_message_and_its_task_in_one() -> None:
    made = asked(
        "customer.status-change-requested",
        status="hold_for_credit_check",
        message={"action_code": "CREDIT", "text": "Please check."},
        task={"subject": "Check credit", "priority": "high", "due_date": "2026-12-01"},
        requested_by={"id": "rep-7"},
    )
    assert kinds(made) == ["customer.status-changed", "message.logged", "task.added"]
    (_, changed), (_, message), (_, task) = made.told
    assert (changed["previous_status"], changed["status"]) == ("prospect", "hold_for_credit_check")
    assert made.customer == ADA._replace(customer_status="hold_for_credit_check")
    assert {changed["changed_by"], message["logged_by"], task["added_by"]} == {"rep-7"}
    assert {changed["changed_at"], message["logged_at"], task["added_at"]} == {NOW}
    assert task["message_id"] == message["message_id"]
    assert (task["subject"], task["priority"], task["due_date"]) == ("Check credit", "high", "2026-12-01")


def test_the_list_of_statuses_is_open() -> None:
    assert asked("customer.status-change-requested", status="on_probation").customer.customer_status == "on_probation"


def test_the_status_that_a_customer_has_already_is_not_told_again_but_its_task_is() -> None:
    made = asked("customer.status-change-requested", status="prospect", task={"subject": "Call"})
    assert (kinds(made), made.customer) == (["task.added"], ADA)


def test_a_message_may_bring_a_task() -> None:
    assert kinds(asked("customer.message-logged", action_code="SALES_CALL")) == ["message.logged"]
    task = {"subject": "Call back", "priority": "high", "due_date": "2026-12-01"}
    made = asked("customer.message-logged", action_code="SALES_CALL", text="Sold.", message_id=9, task=task)
    assert kinds(made) == ["message.logged", "task.added"]
    message, added = made.rows["message"], made.rows["task"]
    assert (message["action_code"], message["text"], message["external_id"]) == ("SALES_CALL", "Sold.", "9")
    assert {name: added[name] for name in task} == task


def test_a_task_may_come_alone() -> None:
    made = asked("customer.task-added", subject="Send contract", assigned_to="rep-3", task_id="T-9")
    assert kinds(made) == ["task.added"]
    task = made.rows["task"]
    assert (task["message_id"], task["assigned_to"], task["external_id"]) == (None, "rep-3", "T-9")


def test_a_contact_has_its_role_and_is_not_primary_unless_asked() -> None:
    made = asked("customer.contact-added", first_name="Ann", role="accounts payable", contact_id="C-9")
    ((kind, told),) = made.told
    assert (kind, told["contact"]["role"], told["contact"]["is_primary"]) == ("contact.created", "accounts payable", False)
    assert (told["contact"]["external_id"], told["created_at"]) == ("C-9", NOW)
    assert asked("customer.contact-added", is_primary=True).rows["contact"]["is_primary"] is True


def test_a_note_is_kept() -> None:
    made = asked("customer.note-added", text="Prefers e-mail.", note_id="N-9")
    assert [(kind, told["text"], told["external_id"]) for kind, told in made.told] == [("note.added", "Prefers e-mail.", "N-9")]


def test_an_opportunity_belongs_to_the_customer_and_its_lead() -> None:
    made = asked("opportunity.create-requested", name="Second", value="5.00", stage="proposal", probability=60)
    ((kind, told),) = made.told
    opportunity = told["opportunity"]
    assert (kind, opportunity["customer_id"], opportunity["lead_id"]) == ("opportunity.created", ID, "L-1")
    assert (opportunity["value"], opportunity["stage"], told["warnings"]) == ("5.00", "proposal", [])
    other = asked("opportunity.create-requested", name="Third", value="5", stage="closed_lost", lead_id="L-9")
    assert other.rows["opportunity"]["lead_id"] == "L-9"


def test_a_probability_outside_the_guideline_is_a_warning_and_no_fault() -> None:
    made = asked("opportunity.create-requested", name="Second", value="5", stage="proposal", probability=75)
    ((_, told),) = made.told
    assert [warning["code"] for warning in told["warnings"]] == ["PROBABILITY_OUTSIDE_GUIDELINE"]
    assert made.rows["opportunity"]["probability"] == 75


@pytest.mark.parametrize("probability", [-1, 101])
def test_a_probability_that_is_no_percentage_is_refused(probability: int) -> None:
    with pytest.raises(Rejected) as refused:
        asked("opportunity.create-requested", name="Second", value="5", stage="proposal", probability=probability)
    assert refused.value.fields == ("probability",)


@pytest.mark.parametrize(
    ("stage", "inside", "outside"),
    [
        ("prospecting", (10, 20), (9, 21)),
        ("qualification", (20, 30), (19, 31)),
        ("needs_analysis", (30, 40), (29, 41)),
        ("proposal", (50, 60), (49, 61)),
        ("negotiation", (60, 80), (59, 81)),
        ("verbal_commitment", (80, 90), (79, 91)),
        ("closed_won", (100, None), (99, 0)),
        ("closed_lost", (0, None), (1, 100)),
    ],
)
def test_each_stage_has_its_guideline(stage: str, inside: tuple[int, int], outside: tuple[int, int]) -> None:
    assert [hints(stage, probability) for probability in inside] == [[], []]
    assert all(hints(stage, probability) for probability in outside)


def test_the_guideline_knows_every_stage() -> None:
    assert set(USUAL_PERCENT) == set(Stage.__args__)  # type: ignore[attr-defined]


def test_defaults_and_billing_change_what_they_name_and_nothing_else() -> None:
    made = asked("customer.defaults-set", worker_comp_codes=["A1"], multiplier_codes=["M2"])
    ((kind, told),) = made.told
    assert (kind, told["changes"]) == ("customer.updated", {"multiplier_codes": ["M2"]})
    assert made.customer == ADA._replace(multiplier_codes=["M2"])
    billed = asked("customer.billing-set", billing_cycle="weekly", invoice_recipients=["ap@example.com"])
    assert billed.told[0][1]["changes"] == {"billing_cycle": "weekly", "invoice_recipients": ["ap@example.com"]}


def test_what_changes_nothing_is_not_told() -> None:
    assert asked("customer.defaults-set", worker_comp_codes=["A1"], multiplier_codes=None) == Made(ADA, {}, [])


def test_every_request_makes_the_same_things_whenever_it_is_carried_out() -> None:
    request = decode(customer_request("customer.message-logged", ID, action_code="CALL", task={"subject": "Call"})).data
    assert carry_out(request, ADA, NOW) == carry_out(request, ADA, NOW)


def test_two_requests_make_different_things() -> None:
    one, two = asked("customer.note-added", text="a"), asked("customer.note-added", text="a")
    assert one.rows["note"]["note_id"] != two.rows["note"]["note_id"]


def test_every_type_of_the_topic_is_read() -> None:
    assert {f"leadline.{kind}.v1" for kind in EXAMPLES} == ABOUT_CUSTOMERS
    for kind, data in EXAMPLES.items():
        for told, _ in asked(kind, **data).told:
            assert f"leadline.{told}.v1" in EVENTS


def test_a_request_whose_key_is_another_customer_is_refused() -> None:
    with pytest.raises(Rejected) as refused:
        decode(customer_request("customer.note-added", ID, text="a")._replace(key=b"C-2"))
    assert refused.value.code == ErrorCode.KEY_MISMATCH


def test_requests_of_a_customer_keep_their_order_and_repeats_stay_together() -> None:
    record = customer_request("customer.note-added", ID, text="a", idempotency_key="K")
    one, again = decode(record), decode(record)
    other = decode(customer_request("customer.note-added", ID, text="b", idempotency_key="K"))
    assert one.order_key == ID
    assert one.repeat_key == again.repeat_key != other.repeat_key
    assert one.data.request_id == other.data.request_id


EXAMPLES: dict[str, dict[str, Any]] = {
    "customer.status-change-requested": {"status": "active"},
    "customer.message-logged": {"action_code": "SALES_CALL"},
    "customer.task-added": {"subject": "Call"},
    "customer.contact-added": {"first_name": "Ann"},
    "customer.note-added": {"text": "a"},
    "opportunity.create-requested": {"name": "Second", "value": "5", "stage": "proposal"},
    "customer.defaults-set": {"worker_comp_codes": ["B2"]},
    "customer.billing-set": {"billing_cycle": "weekly"},
}
