"""Every topic of the contract: its name, key, who writes and reads it, and how it is set up. Pure: nothing is created here.

Names are bare; `full_name` puts the prefix of `LEADLINE_TOPIC_PREFIX` before them, and nothing else does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MIB = 1024 * 1024
UPSTREAM_BYTES = 1 * MIB  # what others may send; larger than this is no lead
OUR_BYTES = 8 * MIB  # whatever was read can be written again, with headers and a stack beside it
FOREVER = -1
DAY_MS = 24 * 60 * 60 * 1000
SERVICES = ("converter", "notifier", "projector")
DEFAULT_PARTITIONS = 6
DEFAULT_RETRY_DELAYS = ("5s", "1m", "10m")


@dataclass(frozen=True)
class Topic:
    """A topic with its config; `key` names what records are keyed by, `retention_ms` of -1 keeps them for ever.

    Topics with the same `partition_group` must have the same number of partitions, so that one key has one place.
    """

    name: str
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    partition_group: str = "default"
    retention_ms: int = FOREVER
    max_message_bytes: int = OUR_BYTES

    @property
    def config(self) -> dict[str, str]:
        """The broker's settings of this topic, by their names."""
        return {
            "cleanup.policy": "delete",
            "message.timestamp.type": "LogAppendTime",  # ages and delays follow the broker's clock alone
            "retention.ms": str(self.retention_ms),
            "retention.bytes": "-1",
            "max.message.bytes": str(self.max_message_bytes),
        }


_BUSINESS = (
    Topic("lead.events", "lead_id", ("upstream", "api"), ("converter", "projector"), max_message_bytes=UPSTREAM_BYTES),
    Topic(
        "conversion.requests",
        "lead_id",
        ("upstream", "api", "cli"),
        ("converter", "projector"),
        max_message_bytes=UPSTREAM_BYTES,
    ),
    Topic("conversion.events", "lead_id", ("converter",), ("projector", "notifier", "downstream")),
    Topic("conversion.progress", "lead_id", ("converter",), ("projector",), retention_ms=DAY_MS),
    Topic("customer.requests", "customer_id", ("api", "upstream"), ("converter",), max_message_bytes=UPSTREAM_BYTES),
    Topic("customer.events", "customer_id", ("converter", "notifier"), ("projector", "notifier", "downstream")),
    Topic("order.events", "customer_id", ("upstream",), ("converter", "notifier", "projector"), max_message_bytes=UPSTREAM_BYTES),
    Topic("stage.ticks", "partition", ("notifier", "cli"), ("notifier",)),
    Topic(
        "notification.requests",
        "user_id or team_id",
        ("upstream", "api", "cli"),
        ("notifier",),
        max_message_bytes=UPSTREAM_BYTES,
    ),
    Topic("notification.events", "recipient", ("notifier",), ("notifier", "projector", "downstream")),
    Topic("operations.events", "dlq_id", ("cli", "api"), ("projector",)),
)


def business_topics() -> tuple[Topic, ...]:
    """The topics that carry events, in the order of the contract."""
    return _BUSINESS


def retry_topic(service: str, delay: str) -> str:
    """The name of the rung of a service's retry ladder for one delay, such as `converter.retry.5s`."""
    return f"{service}.retry.{delay}"


def retry_topics(service: str, delays: Iterable[str]) -> tuple[str, ...]:
    """The names of a service's whole retry ladder, one for each delay (`5s`, `1m`), in the order given."""
    return tuple(retry_topic(service, delay) for delay in delays)


def replay_topic(service: str) -> str:
    """The name of the topic where operators' tools put dead letters that the service shall try again."""
    return f"{service}.replay"


def dead_letter_topic(service: str) -> str:
    """The name of the topic where a service puts records that it cannot handle; nothing there expires."""
    return f"{service}.dlq"


def service_topics(service: str, retry_delays: Iterable[str]) -> list[Topic]:
    """The topics that belong to one service: its retry ladder, its replays and its dead letters."""
    key = "as the original"
    ladder = [Topic(name, key, (service,), (service,)) for name in retry_topics(service, retry_delays)]
    return [
        *ladder,
        Topic(replay_topic(service), key, ("cli", "api"), (service,)),
        Topic(dead_letter_topic(service), key, (service,), ("projector", "operators")),
    ]


def all_topics(retry_delays: Iterable[str], services: Iterable[str] = SERVICES) -> list[Topic]:
    """Every topic that an installation has, for these delays."""
    delays = tuple(retry_delays)
    own = [topic for service in services for topic in service_topics(service, delays)]
    return [*business_topics(), *own]


def full_name(prefix: str, name: str) -> str:
    """The name on the broker: the prefix, exactly as it is set, before the bare name."""
    return prefix + name


def bare_name(prefix: str, full: str) -> str:
    """The bare name of a topic of this installation; raises ValueError for a topic of another one."""
    if not full.startswith(prefix):
        message = f"topic {full} does not begin with the prefix {prefix}"
        raise ValueError(message)
    return full[len(prefix) :]
