"""Kafka and PostgreSQL in containers that a test may stop, kill and start: what `tests.stack` says of the embedded ones.

Each has a host port of its own choice, so that it is at the same address after another start.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer

from leadline.local.kafka_config import broker_settings
from leadline.local.ports import LOOPBACK, free_port
from leadline.local.probes import kafka_answers, postgres_answers
from tests.backends.engine import KAFKA_IMAGE, POSTGRES_IMAGE
from tests.waiting import until

START_SECONDS = 90.0
STOP_SECONDS = 15
NAME = "leadline"
_KAFKA_PORT, _POSTGRES_PORT = 9092, 5432
_POSTGRES_OPTIONS = ["max_connections=200", "shared_buffers=256MB", "max_wal_size=2GB", "fsync=off", "full_page_writes=off"]


class KafkaContainer(DockerContainer):
    """One broker of the ASF's image, set as the embedded one is."""

    def __init__(self, port: int, session_seconds: int) -> None:
        super().__init__(KAFKA_IMAGE)
        self.with_bind_ports(_KAFKA_PORT, port)
        # The broker talks to itself too (it asks about transactions), and does not know the host's port.
        addresses = {
            "listeners": f"PLAINTEXT://:{_KAFKA_PORT},CONTROLLER://:9093,INSIDE://:9094",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port},INSIDE://localhost:9094",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "INSIDE",
            "controller.quorum.voters": "1@localhost:9093",
            "log.dirs": "/var/lib/kafka/data",
        }
        for name, value in (broker_settings(session_seconds) | addresses).items():
            self.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
        self.with_env("KAFKA_HEAP_OPTS", "-Xms256m -Xmx512m -XX:TieredStopAtLevel=1")


class _Server:
    """A container as a server of ours."""

    def __init__(self, container: DockerContainer) -> None:
        self._engine: Any = container.get_wrapped_container()

    @property
    def container_id(self) -> str:
        """For the engine."""
        return str(self._engine.id)

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self._engine.kill("KILL")
        self._engine.wait()

    def start(self) -> None:
        """Start it again on the same port and data, unless it runs; returns when it answers."""
        self._engine.start()
        until(self.answers, START_SECONDS, "an answer of " + self._engine.image.tags[0])

    def restart(self) -> None:
        """Stop it cleanly, then start it."""
        self._engine.stop(timeout=STOP_SECONDS)
        self.start()

    def answers(self) -> bool:
        """Whether it can be talked to."""
        raise NotImplementedError


class ContainerKafka(_Server):
    """The broker."""

    def __init__(self, container: DockerContainer, port: int) -> None:
        super().__init__(container)
        self.bootstrap = f"{LOOPBACK}:{port}"

    def answers(self) -> bool:
        """Whether it gives metadata."""
        return kafka_answers(self.bootstrap)

    def stop(self) -> None:
        """End it cleanly."""
        self._engine.stop(timeout=STOP_SECONDS)


class ContainerPostgres(_Server):
    """The database server."""

    def __init__(self, container: PostgresContainer, port: int) -> None:
        super().__init__(container)
        self.url = f"postgresql://{container.username}:{container.password}@{LOOPBACK}:{port}/{container.dbname}"

    def answers(self) -> bool:
        """Whether it takes connections."""
        return postgres_answers(self.url)

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """End it: `fast` writes a checkpoint, `immediate` leaves recovery to the next start."""
        self._engine.kill({"fast": "INT", "immediate": "QUIT"}[mode])
        self._engine.wait()


@contextmanager
def start_kafka(session_seconds: int) -> Iterator[ContainerKafka]:
    """A broker, removed at the end."""
    port = free_port()
    with KafkaContainer(port, session_seconds) as container:
        kafka = ContainerKafka(container, port)
        until(kafka.answers, START_SECONDS, "an answer of Kafka")
        yield kafka


@contextmanager
def start_postgres() -> Iterator[ContainerPostgres]:
    """A database server that keeps its data through its own crashes, not the machine's; removed at the end."""
    port = free_port()
    prepared = PostgresContainer(POSTGRES_IMAGE, username=NAME, password=NAME, dbname=NAME, driver=None)
    prepared.with_bind_ports(_POSTGRES_PORT, port)
    prepared.with_env("POSTGRES_INITDB_ARGS", "--locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --encoding=UTF8")
    prepared.with_command([part for option in _POSTGRES_OPTIONS for part in ("-c", option)])
    prepared.with_kwargs(shm_size="512m")
    with prepared as container:
        postgres = ContainerPostgres(container, port)
        until(postgres.answers, START_SECONDS, "an answer of PostgreSQL")
        yield postgres
