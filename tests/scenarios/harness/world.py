"""One installation in a stack: topics and database of its own, and the services that a scenario runs in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from leadline.postgres.migrate import migrate_all
from leadline.runtime.cluster import create_topics
from leadline.runtime.settings import Settings
from tests.scenarios.harness.instance import Instance
from tests.scenarios.harness.topics import Topics
from tests.scenarios.harness.upstream import Upstream
from tests.stack import OwnStack, Stack, fresh_database, new_topic_prefix

DELAYS = "1s,2s,3s"


@dataclass
class World:
    """Where everything is; `environment` is what each of its processes gets."""

    stack: Stack | OwnStack
    database_url: str
    folder: Path
    delays: str = DELAYS
    protocol: str = "consumer"
    prefix: str = field(default_factory=new_topic_prefix)
    instances: list[Instance] = field(default_factory=list)

    @cached_property
    def upstream(self) -> Upstream:
        """Who sends records to it."""
        return Upstream(self.bootstrap, self.prefix)

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        return self.stack.kafka.bootstrap

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process here."""
        return {
            "LEADLINE_TOPIC_PREFIX": self.prefix,
            "LEADLINE_KAFKA_BOOTSTRAP": self.bootstrap,
            "LEADLINE_DATABASE_URL": self.database_url,
            "LEADLINE_RETRY_DELAYS": self.delays,
            "LEADLINE_GROUP_PROTOCOL": self.protocol,
        }

    def prepare(self) -> None:
        """Make topics and tables."""
        settings = Settings(kafka_bootstrap=self.bootstrap, topic_prefix=self.prefix, retry_delays=tuple(self.delays.split(",")))
        create_topics(settings)
        migrate_all(self.database_url)

    def start(self, service: str, name: str = "one", failpoints: Sequence[str] = (), **more: str) -> Instance:
        """Run an instance of a service; `more` are settings of its own."""
        env = self.environment | {"LEADLINE_INSTANCE": name} | more
        instance = Instance(service, env, self.folder / f"{service}-{name}.log", failpoints)
        self.instances.append(instance)
        return instance

    @contextmanager
    def topics(self) -> Iterator[Topics]:
        """A reader of the topics here."""
        topics = Topics(self.bootstrap, self.prefix)
        try:
            yield topics
        finally:
            topics.close()

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the converter's tables."""
        with psycopg.connect(self.database_url, options="-c search_path=converter") as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()

    def has_read(self, topics: Topics) -> bool:
        """Whether the converter has applied every record that it is to read, those in its retry topics too."""
        inputs = ["lead.events", "conversion.requests", "customer.requests", "order.events", "converter.replay"]
        last = topics.last_offsets(*inputs, *(f"converter.retry.{delay}" for delay in self.delays.split(",")))
        rows = self.rows("SELECT topic, partition, next_offset FROM partition_progress")
        reached = {(topic.removeprefix(self.prefix), partition): offset or 0 for topic, partition, offset in rows}
        return all(reached.get(place, 0) > offset for place, offset in last.items())

    def owns(self, epochs_above: int = 0) -> int:
        """How many partitions of requests have been taken over more often than this."""
        query = "SELECT 1 FROM partition_progress WHERE topic LIKE '%%conversion.requests' AND epoch > %s"
        return len(self.rows(query, epochs_above))


@contextmanager
def installed(world: World) -> Iterator[World]:
    """Prepare it, and end whatever runs in it afterwards; pytest shows the last words of each where the scenario failed."""
    world.prepare()
    try:
        yield world
    finally:
        for instance in world.instances:
            print(f"--- {instance.log.name} {instance.last_words()}")
            instance.stop()


@contextmanager
def fresh_world(stack: Stack | OwnStack, folder: Path, **settings: Any) -> Iterator[World]:
    """An empty installation in this stack."""
    with fresh_database(stack.postgres.url) as url, installed(World(stack, url, folder, **settings)) as world:
        yield world
