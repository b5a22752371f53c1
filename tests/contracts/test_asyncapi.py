"""The AsyncAPI document is a valid one, and says what the registries of topics and events say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from leadline.contracts import CONTRACT_VERSION
from leadline.contracts.envelope import Envelope, write_headers
from leadline.contracts.events import EVENTS
from leadline.contracts.headers import DEAD_LETTER, ENVELOPE, RETRY
from leadline.contracts.topics import SERVICES, all_topics, business_topics
from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Origin, Record
from leadline.delivery.replayed import QUIET
from leadline.delivery.trail import MESSAGE_LIMIT, STACK_LIMIT, Death, Trail, dead_letter_headers, replay_headers, retry_headers
from leadline.runtime.settings import Settings
from tests.contracts.published import SCHEMAS, references

OFFICIAL = Path(__file__).parent / "asyncapi" / "3.1.0.json"
ORIGIN = Origin("lead.events", 3, 1842, 1_764_000_000_000)
TRAIL = Trail(Record("lead.events", 3, 1842, ORIGIN.timestamp_ms, b"L-1", b"{}", []), ORIGIN, Attempt(2, 0, None))
FAILURE = Failure("SCHEMA_INVALID", "lead_id is missing")


@cache
def published() -> dict[str, Any]:
    """The committed document."""
    loaded: dict[str, Any] = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text("utf-8"))
    return loaded


@cache
def official() -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(OFFICIAL.read_bytes()))


def at(pointer: str) -> Any:
    """What a reference into the document points at."""
    node: Any = published()
    for step in pointer.removeprefix("#/").split("/"):
        node = node[step]
    return node


def texts(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in headers}


def messages_of(channel: str) -> set[str]:
    return set(published()["channels"][channel]["messages"])


def test_the_document_is_valid_by_the_official_schema_of_asyncapi() -> None:
    assert published()["asyncapi"] == "3.1.0"
    assert [error.message for error in official().iter_errors(published())] == []


@pytest.mark.parametrize(
    ("place", "broken"),
    [
        ("operations/converter.receive.lead.events/action", "read"),
        ("channels/lead.events/bindings/kafka/partitions", 0),
        ("channels/lead.events/partitions", 6),
        ("servers/kafka/protocol", None),
    ],
)
def test_the_official_schema_refuses_a_document_with_one_fault(place: str, broken: Any) -> None:
    document = json.loads(json.dumps(published()))
    *parents, last = place.split("/")
    node = document
    for step in parents:
        node = node[step]
    node[last] = broken
    assert not official().is_valid(document)


def test_every_reference_leads_somewhere() -> None:
    for reference in references(published()):
        if reference.startswith("#/"):
            assert at(reference)
        else:
            assert (SCHEMAS / reference).is_file()


def test_every_topic_has_a_channel_and_every_channel_a_topic() -> None:
    addresses = set()
    for channel in published()["channels"].values():
        parameters = channel.get("parameters", {})
        for service in parameters.get("service", {}).get("enum", [""]):
            for delay in parameters.get("delay", {}).get("examples", [""]):
                addresses.add(channel["address"].replace("{service}", service).replace("{delay}", delay))
    assert addresses == {topic.name for topic in all_topics(Settings().retry_delays)}


def test_a_channel_says_how_its_topic_is_set_up() -> None:
    for topic in business_topics():
        binding = published()["channels"][topic.name]["bindings"]["kafka"]
        config = binding["topicConfiguration"]
        assert binding["partitions"] == Settings().topic_partitions
        assert {name: str(value) for name, value in config.items() if name != "cleanup.policy"} == {
            name: value for name, value in topic.config.items() if name != "cleanup.policy"
        }
        assert config["cleanup.policy"] == [topic.config["cleanup.policy"]]


@pytest.mark.parametrize("topic", business_topics(), ids=lambda topic: topic.name)
def test_a_channel_has_the_messages_of_its_topic_and_no_others(topic: Any) -> None:
    wanted = {event.short_name for event in EVENTS.values() if topic.name in event.topics}
    assert messages_of(topic.name) == wanted
    for name in wanted:
        assert at(f"#/components/messages/{name}")["bindings"]["kafka"]["key"]["description"] == topic.key


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_sends_and_receives_what_the_registry_of_topics_says(service: str) -> None:
    wanted = {f"{service}.send.{topic.name}" for topic in business_topics() if service in topic.writers}
    wanted |= {f"{service}.receive.{topic.name}" for topic in business_topics() if service in topic.readers}
    own = {"send.service.retry", "receive.service.retry", "receive.service.replay", "send.service.dlq"}
    wanted |= {f"{service}.{each}" for each in own} | ({"projector.receive.service.dlq"} if service == "projector" else set())
    assert {name for name in published()["operations"] if name.startswith(f"{service}.")} == wanted


def test_an_operation_names_messages_of_its_channel_only() -> None:
    for operation in published()["operations"].values():
        channel = operation["channel"]["$ref"]
        assert operation["messages"]
        assert all(message["$ref"].startswith(f"{channel}/messages/") for message in operation["messages"])


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.short_name)
def test_a_message_takes_the_headers_of_its_own_type_only(event: Any) -> None:
    headers = at(f"#/components/messages/{event.short_name}/headers")
    own = headers["allOf"][1]
    assert headers["allOf"][0] == {"$ref": "#/components/schemas/envelope"}
    assert jsonschema_rs.is_valid(own, {"ce_type": event.name})
    assert not jsonschema_rs.is_valid(own, {"ce_type": "leadline.lead.renamed.v1"})


def test_the_headers_that_we_write_fit_the_published_envelope() -> None:
    every = Envelope(
        "1", "/crm", "leadline.lead.created.v1", "2026-11-22T13:30:00Z", "L-1", "c-1", "0", f"00-{'a' * 32}-{'b' * 16}-01", "k"
    )
    written = texts([*write_headers(every), QUIET])
    validator = jsonschema_rs.validator_for(dict(ENVELOPE), validate_formats=True)
    assert written.keys() == ENVELOPE["properties"].keys()
    assert validator.is_valid(written)
    for name in ENVELOPE["required"]:
        assert not validator.is_valid({header: text for header, text in written.items() if header != name})


def test_a_waiting_record_carries_the_headers_that_are_published() -> None:
    replayed = TRAIL._replace(attempt=TRAIL.attempt._replace(replay_id="job-1", is_told=True))
    written = texts(retry_headers(replayed, FAILURE, attempts=2))
    assert written.keys() == RETRY["properties"].keys()
    assert jsonschema_rs.is_valid(dict(RETRY), written)
    assert jsonschema_rs.is_valid(dict(RETRY), texts(retry_headers(TRAIL, FAILURE, attempts=2)))


def test_a_dead_letter_and_its_replay_carry_the_headers_that_are_published() -> None:
    at_noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    died = dead_letter_headers(TRAIL, Death("converter", FAILURE, at_noon, "c-1"))
    written = texts(replay_headers(died, "job-1", is_told=True))
    assert written.keys() == DEAD_LETTER["properties"].keys()
    assert jsonschema_rs.is_valid(dict(DEAD_LETTER), written)
    without = texts(dead_letter_headers(TRAIL, Death("converter", FAILURE, at_noon, None)))
    assert jsonschema_rs.is_valid(dict(DEAD_LETTER), without)


def test_the_published_limits_of_error_texts_are_those_that_are_kept() -> None:
    assert DEAD_LETTER["properties"]["dlq-error-message"]["maxLength"] == MESSAGE_LIMIT
    assert DEAD_LETTER["properties"]["dlq-error-stack"]["maxLength"] == STACK_LIMIT


def test_the_document_has_the_version_of_the_contract() -> None:
    assert published()["info"]["version"] == CONTRACT_VERSION
