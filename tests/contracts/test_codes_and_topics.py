"""The codes and topics of the contract, as they stand in it."""

from __future__ import annotations

import re

import pytest

from leadline.contracts.codes import ErrorCode
from leadline.contracts.topics import (
    all_topics,
    bare_name,
    business_topics,
    dead_letter_topic,
    full_name,
    replay_topic,
    retry_topics,
)  # fmt: skip

MIB = 1024 * 1024
RETRYABLE = {"CUSTOMER_EMAIL_EXISTS", "LEAD_UNKNOWN", "CUSTOMER_UNKNOWN", "UNEXPECTED_ERROR"}


@pytest.mark.parametrize("code", ErrorCode)
def test_a_code_is_upper_snake_case_and_explains_itself(code: ErrorCode) -> None:
    assert code == code.value == code.name
    assert re.fullmatch("[A-Z]+(_[A-Z]+)+", code)
    assert code.message and code.docs.endswith(".")
    assert code.retryable == (code in RETRYABLE)


def test_the_texts_that_people_rely_on_stand() -> None:
    assert ErrorCode.LEAD_NOT_QUALIFIED.message == "Lead must be qualified before conversion"
    assert ErrorCode.CUSTOMER_EMAIL_EXISTS.message == "Customer with this email already exists"


def test_the_business_topics_are_those_of_the_contract() -> None:
    assert [(topic.name, topic.key) for topic in business_topics()] == [
        ("lead.events", "lead_id"),
        ("conversion.requests", "lead_id"),
        ("conversion.events", "lead_id"),
        ("conversion.progress", "lead_id"),
        ("customer.requests", "customer_id"),
        ("customer.events", "customer_id"),
        ("order.events", "customer_id"),
        ("stage.ticks", "partition"),
        ("notification.requests", "user_id or team_id"),
        ("notification.events", "recipient"),
        ("operations.events", "dlq_id"),
    ]


def test_each_service_has_its_own_ladder_replays_and_dead_letters() -> None:
    names = [topic.name for topic in all_topics(("5s", "1m"))]
    assert len(names) == len(set(names)) == 11 + 3 * 4
    assert {*retry_topics("notifier", ("5s", "1m")), replay_topic("notifier"), dead_letter_topic("notifier")} <= set(names)
    assert "converter.retry.5s" in names


def test_what_we_write_may_be_larger_than_what_we_read_and_nothing_unresolved_expires() -> None:
    for topic in all_topics(("5s",)):
        from_upstream = "upstream" in topic.writers
        assert topic.config["message.timestamp.type"] == "LogAppendTime"
        assert topic.config["max.message.bytes"] == str(MIB if from_upstream else 8 * MIB)
        assert topic.config["retention.ms"] == ("86400000" if topic.name == "conversion.progress" else "-1")


def test_a_prefix_is_put_before_a_name_and_taken_off_again() -> None:
    assert full_name("eu-", "lead.events") == "eu-lead.events"
    assert bare_name("eu-", "eu-lead.events") == bare_name("", "lead.events") == "lead.events"
    with pytest.raises(ValueError, match="us-lead"):
        bare_name("eu-", "us-lead.events")
