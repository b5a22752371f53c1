"""The AsyncAPI 3.1 document of the contract, made from the registries of topics and events. Pure: `generate` writes it.

Topics have their bare names; an installation may put a prefix before them. Bodies are in the files beside the document.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from leadline.contracts import CONTRACT_VERSION
from leadline.contracts.events import EVENTS, EventType
from leadline.contracts.headers import DEAD_LETTER, ENVELOPE, RETRY
from leadline.contracts.json_schema import file_name
from leadline.contracts.topics import (
    DEFAULT_PARTITIONS,
    DEFAULT_RETRY_DELAYS,
    FOREVER,
    SERVICES,
    Topic,
    business_topics,
    service_topics,
)

ASYNCAPI_VERSION: Final = "3.1.0"
KAFKA_BINDING: Final = "0.5.0"
_ANY_SERVICE: Final = "{service}"
_INFO: Final = (
    "Turns qualified sales leads into customers, once each. Events are CloudEvents 1.0 in binary mode; structured mode is read "
    "too. Read with isolation.level=read_committed. Key with the partitioner murmur2, so that one lead's records stay in order. "
    "Topic names may have a prefix (LEADLINE_TOPIC_PREFIX)."
)
_BLOCKS: Final = {"waiting-record": RETRY, "dead-letter": DEAD_LETTER}
_CARRIED: Final = {"service.retry": "waiting-record", "service.replay": "dead-letter", "service.dlq": "dead-letter"}
_PART_OF_TOPIC: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("notifier", "customer.events"): frozenset({"customer.stage-changed"}),
}
"""What a service writes to a topic that is another's too, where it is not everything."""


def document() -> dict[str, Any]:
    """The whole document: plain data, in the order in which it is to be read."""
    topics = {**{topic.name: topic for topic in business_topics()}, **_service_channels()}
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {"title": "Leadline", "version": CONTRACT_VERSION, "description": _INFO},
        "defaultContentType": "application/json",
        "servers": {"kafka": _server()},
        "channels": {channel: _channel(channel, topic) for channel, topic in topics.items()},
        "operations": dict(each for channel, topic in topics.items() for each in _operations(channel, topic)),
        "components": _components(),
    }


def _service_channels() -> dict[str, Topic]:
    """One channel for each kind of topic that every service has; service and delay are parameters of its address."""
    kinds = service_topics(_ANY_SERVICE, ("{delay}",))
    return dict(zip(("service.retry", "service.replay", "service.dlq"), kinds, strict=True))


def _server() -> dict[str, Any]:
    where = {"default": "localhost:9092", "description": "What LEADLINE_KAFKA_BOOTSTRAP says."}
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "description": "The installation's Kafka.",
        "variables": {"bootstrap": where},
    }


def _channel(channel: str, topic: Topic) -> dict[str, Any]:
    """A topic, its messages and how it is set up; who is outside Leadline stands in the extensions."""
    parameters = {name: each for name, each in _parameters().items() if f"{{{name}}}" in topic.name}
    return {
        "address": topic.name,
        "description": f"Keyed by {topic.key}. {_kept(topic)}",
        **({"parameters": parameters} if parameters else {}),
        "messages": {name: _pointer("components", "messages", name) for name in _messages_on(channel)},
        "bindings": {"kafka": _topic_binding(topic)},
        "x-key": topic.key,
        "x-written-by": list(topic.writers),
        "x-read-by": list(topic.readers),
    }


def _parameters() -> dict[str, Any]:
    delay = "The delay before the next attempt: one of LEADLINE_RETRY_DELAYS."
    return {
        "service": {"description": "The service that the topic belongs to.", "enum": list(SERVICES)},
        "delay": {"description": delay, "default": DEFAULT_RETRY_DELAYS[0], "examples": list(DEFAULT_RETRY_DELAYS)},
    }


def _kept(topic: Topic) -> str:
    if topic.retention_ms == FOREVER:
        return "Kept for ever."
    return f"Kept for {topic.retention_ms // 3_600_000} hours."


def _topic_binding(topic: Topic) -> dict[str, Any]:
    """The broker's settings, those that are numbers as numbers; partitions are the default of an installation."""
    config: dict[str, Any] = {name: int(value) if value.lstrip("-").isdigit() else value for name, value in topic.config.items()}
    return {
        "partitions": DEFAULT_PARTITIONS,
        "topicConfiguration": {**config, "cleanup.policy": [topic.config["cleanup.policy"]]},
        "bindingVersion": KAFKA_BINDING,
    }


def _messages_on(channel: str) -> list[str]:
    if channel in _CARRIED:
        return [_CARRIED[channel]]
    return [event.short_name for event in EVENTS.values() if channel in event.topics]


def _operations(channel: str, topic: Topic) -> Iterable[tuple[str, dict[str, Any]]]:
    """What each service does with a topic, by the operation's name, such as `converter.receive.lead.events`."""
    for action, parties in (("send", topic.writers), ("receive", topic.readers)):
        for service in _services_of(parties):
            yield f"{service}.{action}.{channel}", _operation(service, action, channel)


def _services_of(parties: Iterable[str]) -> list[str]:
    """The services among those who write or read a topic; each of them, where a topic is each service's own."""
    return list(SERVICES) if _ANY_SERVICE in parties else [party for party in parties if party in SERVICES]


def _operation(service: str, action: str, channel: str) -> dict[str, Any]:
    sent = _PART_OF_TOPIC.get((service, channel)) if action == "send" else None
    names = [name for name in _messages_on(channel) if sent is None or name in sent]
    group = {"groupId": {"type": "string", "const": service}, "bindingVersion": KAFKA_BINDING}
    return {
        "action": action,
        "channel": _pointer("channels", channel),
        "messages": [_pointer("channels", channel, "messages", name) for name in names],
        "tags": [{"name": service}],
        **({"bindings": {"kafka": group}} if action == "receive" else {}),
    }


def _components() -> dict[str, Any]:
    keys = {topic.name: topic.key for topic in business_topics()}
    return {
        "messages": {
            **{event.short_name: _message(event, keys[event.topics[0]]) for event in EVENTS.values()},
            **{name: _carried(name) for name in _BLOCKS},
        },
        "schemas": {"envelope": dict(ENVELOPE), **{f"{name}-headers": dict(block) for name, block in _BLOCKS.items()}},
        "correlationIds": {
            "conversion": {
                "location": "$message.header#/ce_correlationid",
                "description": "The conversion that all belongs to: its id.",
            }
        },
    }


def _message(event: EventType, key: str) -> dict[str, Any]:
    of_this_type = {"type": "object", "properties": {"ce_type": {"const": event.name}}}
    return {
        "name": event.name,
        "title": event.short_name,
        "summary": str(event.model.__doc__),
        "contentType": "application/json",
        "correlationId": _pointer("components", "correlationIds", "conversion"),
        "headers": {"allOf": [_pointer("components", "schemas", "envelope"), of_this_type]},
        "payload": {"$ref": f"./{file_name(event)}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": key}, "bindingVersion": KAFKA_BINDING}},
        "x-direction": event.direction,
    }


def _carried(name: str) -> dict[str, Any]:
    """A record of another topic that waits or has died: its key and body are as they came, readable or not."""
    return {
        "name": name,
        "headers": _pointer("components", "schemas", f"{name}-headers"),
        "payload": {"description": "The bytes of the original record."},
        "bindings": {"kafka": {"key": {"description": "The key of the original record."}, "bindingVersion": KAFKA_BINDING}},
    }


def _pointer(*steps: str) -> dict[str, str]:
    return {"$ref": "#/" + "/".join(steps)}
