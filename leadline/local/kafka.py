"""A real Apache Kafka on this machine: one KRaft node, its jars checked, its Java from a wheel.

For development, demos and tests.
"""

from __future__ import annotations

import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from leadline.errors import SetupError
from leadline.local.folder import DataFolder
from leadline.local.jars import class_path
from leadline.local.java import Compilation, Runtime, environment
from leadline.local.kafka_config import SESSION_SECONDS, cluster_id, server_properties
from leadline.local.ports import LOOPBACK, free_port, require_free
from leadline.local.probes import kafka_answers
from leadline.local.process import Command
from leadline.local.server import Plan, Server
from leadline.local.versions import KAFKA_DATA


class RunningKafka(Server):
    """The embedded broker."""

    @property
    def bootstrap(self) -> str:
        """The value for `bootstrap.servers`."""
        return f"{LOOPBACK}:{self.port}"


def start_kafka(
    data_dir: Path,
    *,
    port: int | None = None,
    heap: str = "512m",
    compilation: Compilation = "quick",
    session_seconds: int = SESSION_SECONDS,
) -> RunningKafka:
    """Start a broker with its data in `data_dir/kafka`; returns when it answers.

    `port`: any free one unless given. `heap`, `compilation`: see `java.Runtime`; benchmarks use "1g" and "full".
    `session_seconds`: how long a dead member of a KIP-848 group keeps its partitions, at least 5.
    Raises SetupError with one sentence when something is missing, taken or of another version.
    """
    if port is not None:
        require_free(port, "the embedded Kafka", "LEADLINE_LOCAL_KAFKA_PORT")
    return launch(data_dir, port or free_port(), Runtime(heap, compilation), session_seconds=session_seconds)


def launch(
    data_dir: Path,
    port: int,
    runtime: Runtime,
    stop_timeout_seconds: float = 15.0,
    *,
    session_seconds: int = SESSION_SECONDS,
) -> RunningKafka:
    """Start a broker in any runtime of Java; others want `start_kafka`."""
    folder = DataFolder(data_dir.absolute() / "kafka", KAFKA_DATA)
    node = _Node(folder.path, port, runtime, session_seconds)
    plan = Plan(
        name="Kafka",
        folder=folder,
        log=folder.path / "kafka.log",
        port=port,
        prepare=node.command,
        ready=node.answers,
        stop_timeout_seconds=stop_timeout_seconds,
    )
    return RunningKafka(plan)


@dataclass(frozen=True)
class _Node:
    folder: Path
    port: int
    runtime: Runtime
    session_seconds: int

    def command(self) -> Command:
        """Write the configuration, format the data folder on first use, and say how to start the broker."""
        properties = self.folder / "server.properties"
        properties.write_text(server_properties(self.folder, self.port, free_port(), self.session_seconds))
        classes = class_path(self.folder.parent / "jars")
        if not (self.folder / "logs" / "meta.properties").exists():
            _format([*Runtime().command(classes), "kafka.tools.StorageTool"], properties)
        return Command([*self.runtime.command(classes), "kafka.Kafka", str(properties)], env=environment())

    def answers(self) -> bool:
        with socket.socket() as probe:
            if probe.connect_ex((LOOPBACK, self.port)) != 0:
                return False
        return kafka_answers(f"{LOOPBACK}:{self.port}")


def _format(tool: list[str], properties: Path) -> None:
    argv = [*tool, "format", "--cluster-id", cluster_id(), "--config", str(properties)]
    done = subprocess.run(argv, check=False, capture_output=True, text=True, env=environment())
    if done.returncode != 0:
        message = f"The data folder of Kafka could not be formatted: {(done.stderr or done.stdout).strip()}"
        raise SetupError(message)
