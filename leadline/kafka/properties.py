"""The librdkafka properties of our clients, each with its reason. User properties come last, except what delivery rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MIB: Final = 1 << 20
# Of syslog: librdkafka writes hundreds of lines while a broker is away; `error_cb` says it once.
CRITICAL: Final = 2
# A member that dies is noticed after this; with the protocol `consumer` the broker decides (see `leadline doctor`).
SESSION_MILLISECONDS: Final = 10_000
TRANSACTION_MILLISECONDS: Final = 10_000


def consumer_properties(user: Mapping[str, Any], group: str, instance: str, protocol: str) -> dict[str, Any]:
    """For a member of a service's group."""
    classic = {
        "partition.assignment.strategy": "range",  # as below; eager, so every rebalance starts all partitions anew
        "session.timeout.ms": SESSION_MILLISECONDS,
        "heartbeat.interval.ms": 2_000,
        "group.instance.id": instance,  # a restarted instance takes its partitions back at once
    }
    # `range` gives partitions of one number to one instance: a lead's events, requests and retries meet there.
    modern = {"group.remote.assignor": "range"}
    return {
        "client.id": instance,
        "log_level": CRITICAL,
        "queued.max.messages.kbytes": 16 * 1024,
        "queued.min.messages": 10_000,
        "fetch.wait.max.ms": 100,
        "fetch.queue.backoff.ms": 2,  # the default of 1 s is a stall each time the queue has been full
        "max.poll.interval.ms": 300_000,
        "retry.backoff.ms": 50,
        **user,
        "group.id": group,
        "group.protocol": protocol,
        **(classic if protocol == "classic" else modern),
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",  # every start is said by `partition_progress`
        "enable.partition.eof": True,
        "check.crcs": True,
    }


def producer_properties(user: Mapping[str, Any], instance: str) -> dict[str, Any]:
    """For every producer of ours."""
    return {
        "client.id": instance,
        "log_level": CRITICAL,
        "linger.ms": 5,
        "delivery.report.only.error": True,
        "compression.type": "lz4",
        "queue.buffering.max.messages": 500_000,
        "queue.buffering.max.kbytes": 256 * 1024,
        "delivery.timeout.ms": 30_000,
        "retry.backoff.ms": 2,  # also the wait after CONCURRENT_TRANSACTIONS, 100 ms by default
        **user,
        # The client counts before compression, the topic after it: the topic's limit is the one that counts.
        "message.max.bytes": 200 * MIB,
        "acks": "all",
        "enable.idempotence": True,
        "partitioner": "murmur2_random",  # the same key on the same partition as Java's and aiokafka's clients
    }


def transactional_properties(user: Mapping[str, Any], transactional_id: str) -> dict[str, Any]:
    """For the producer of one instance's transactions."""
    return {
        **producer_properties(user, transactional_id),
        "delivery.timeout.ms": TRANSACTION_MILLISECONDS,
        "transaction.timeout.ms": TRANSACTION_MILLISECONDS,
        "transactional.id": transactional_id,
    }
