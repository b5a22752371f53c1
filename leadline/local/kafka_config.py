"""The files of the embedded broker: its properties, and the cluster id that its data folder is formatted with."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64encode
from pathlib import Path

from leadline.local.ports import LOOPBACK

SESSION_SECONDS = 10

# One node in both roles. Timeouts are short, so that a killed consumer's partitions move on within seconds.
_FIXED = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "3",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "5000",
    "group.consumer.heartbeat.interval.ms": "500",
    "group.consumer.min.heartbeat.interval.ms": "500",
    "group.coordinator.append.linger.ms": "0",
    # The default takes a quarter of the heap.
    "log.cleaner.dedupe.buffer.size": "16777216",
    # How long a killed broker's registration keeps its successor out (default 9 s).
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "300",
    # One voter has nobody to wait for.
    "controller.quorum.election.timeout.ms": "100",
    "controller.quorum.election.backoff.max.ms": "100",
}


def broker_settings(session_seconds: int = SESSION_SECONDS) -> dict[str, str]:
    """What a single broker of ours is set to, wherever it runs: all but its addresses and its folder."""
    return _FIXED | {"group.consumer.session.timeout.ms": str(session_seconds * 1000)}


def server_properties(folder: Path, port: int, controller_port: int, session_seconds: int = SESSION_SECONDS) -> str:
    """The text of `server.properties` for a broker with its data in `folder`."""
    addresses = {
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port}",
        "controller.quorum.voters": f"1@{LOOPBACK}:{controller_port}",
        "log.dirs": str(folder / "logs"),
    }
    return "".join(f"{name}={value}\n" for name, value in (broker_settings(session_seconds) | addresses).items())


def cluster_id() -> str:
    """A new cluster id; never one that begins with `-`, which the storage tool takes for an option (1 in 64)."""
    while True:
        text = urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if not text.startswith("-"):
            return text
