"""Dead letters in real topics, and `leadline dlq` in this process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from typer.testing import CliRunner, Result

from leadline.cli.__main__ import app
from leadline.contracts.topics import all_topics
from leadline.delivery.message import Attempt, Failure
from leadline.delivery.record import Origin, Outgoing, Record
from leadline.delivery.trail import Death, Trail, dead_letter_headers
from leadline.kafka.admin import create_topics
from leadline.kafka.publish import publish_records
from leadline.kafka.reading import read_topics
from leadline.postgres.migrate import migrate
from leadline.runtime.cluster import cluster
from leadline.runtime.settings import Settings
from tests.stack import Stack

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
OWN: list[tuple[str, bytes | None]] = [("ce_id", b"e-1"), ("evil", b"\x1b[31m")]
FIRST, SECOND = "conversion.requests/3/1", "conversion.requests/3/2"


@dataclass
class Installation:
    """Topics, two dead letters in them, and the command line in this process."""

    settings: Settings
    environment: dict[str, str]

    def die(self, offset: int, code: str, service: str = "converter", replays: int = 0) -> None:
        original = Record("conversion.requests", 3, offset, 5, b"L-1", b"\xff{", OWN)
        trail = Trail(original, Origin(*original[:4]), Attempt(1, replays, None))
        headers = dead_letter_headers(trail, Death(service, Failure(code, "no"), AT, "K-1"))
        self.publish(Outgoing(f"{service}.dlq", original.key, original.value, headers))

    def publish(self, *records: Outgoing) -> None:
        publish_records({"bootstrap.servers": self.settings.kafka_bootstrap}, self.settings.topic_prefix, records)

    def read(self, topic: str) -> list[Record]:
        user = {"bootstrap.servers": self.settings.kafka_bootstrap}
        return list(read_topics(user, self.settings.topic_prefix, [topic]))

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["dlq", *arguments], env=self.environment)

    def listed(self, *options: str) -> dict[str, str]:
        """The state of each dead letter."""
        lines = self.run("list", "--json", *options).stdout.splitlines()
        return {letter["dlq_id"]: letter["state"] for letter in map(orjson.loads, lines)}


def install(stack: Stack, topic_prefix: str, database_url: str) -> Installation:
    """Two dead letters of the converter in topics of this prefix, and the operators' schema in this database."""
    migrate(database_url, "operations")
    environment = {
        "LEADLINE_KAFKA_BOOTSTRAP": stack.kafka.bootstrap,
        "LEADLINE_DATABASE_URL": stack.postgres.url,
        "OPERATIONS_DATABASE_URL": database_url,
        "LEADLINE_TOPIC_PREFIX": topic_prefix,
        "COLUMNS": "200",
    }
    settings = Settings(kafka_bootstrap=stack.kafka.bootstrap, topic_prefix=topic_prefix)
    needed = [topic for topic in all_topics(()) if topic.name.endswith((".dlq", ".replay", "operations.events"))]
    create_topics(cluster(settings), needed, partitions=1, replication=1)
    installation = Installation(settings, environment)
    installation.die(1, "SCHEMA_INVALID")
    installation.die(2, "TYPE_UNKNOWN")
    return installation
