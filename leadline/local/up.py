"""Everything on this machine: embedded servers (unless others are named), topics, migrations, and every service."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from leadline.contracts.topics import SERVICES
from leadline.errors import SetupError
from leadline.local import running
from leadline.local.keeper import Keeper
from leadline.local.ports import LOOPBACK, free_port
from leadline.local.process import Command, end, spawn_logged
from leadline.local.running import Addresses
from leadline.local.server import Server
from leadline.local.settings import load_local_settings
from leadline.local.supervisor import Service, Supervisor
from leadline.runtime.settings import Settings, database_url

if TYPE_CHECKING:
    from leadline.local.kafka import RunningKafka

# Each process by its module under `services`.
_PROCESSES = (*SERVICES, "notifier.deliver", "api")
Say = Callable[[str], None]


@dataclass(frozen=True)
class LocalStack:
    """What `up` runs: the embedded servers, and the services under their supervisor."""

    bootstrap: str
    database_url: str
    servers: dict[str, Server]
    health: dict[str, str]
    supervisor: Supervisor

    @property
    def addresses(self) -> Addresses:
        """What other commands need to find it, as it is now."""
        return Addresses(
            self.bootstrap, self.database_url, {name: server.pid for name, server in self.servers.items()}, self.health
        )


@contextmanager
def local_stack(settings: Settings, say: Say) -> Iterator[LocalStack]:
    """Run everything for the block; raises SetupError or Unavailable with one sentence when it cannot.

    With `kafka_bootstrap` or `database_url` set, that server is used and none embedded is started for it.
    """
    data_dir = settings.data_dir.absolute()
    with ExitStack() as stack:
        stack.enter_context(running.only_one(data_dir))
        settings, servers = _start_servers(settings, data_dir, stack)
        prepare(settings)
        services, health = _services(settings)
        found = LocalStack(str(settings.kafka_bootstrap), str(settings.database_url), servers, health, Supervisor(services))
        for name, server in servers.items():
            stack.enter_context(Keeper(name, server, say, lambda: running.write(data_dir, found.addresses)))
        stack.enter_context(found.supervisor)
        running.write(data_dir, found.addresses)
        if "kafka" in servers:
            stack.enter_context(_training(data_dir))
        yield found


@contextmanager
def _training(data_dir: Path) -> Iterator[None]:
    """Make the archive for quicker starts in the background, unless it is there, with what the processor has left."""
    argv = ["nice", "-n", "19", sys.executable, "-m", "leadline.local.train"]
    process = spawn_logged(Command(argv), data_dir / "train.log")
    try:
        yield
    finally:
        end(process, signal.SIGTERM, 5.0)


def prepare(settings: Settings) -> None:
    """Make the topics that are missing and bring every schema up to date."""
    from leadline.postgres.migrate import SCHEMAS, migrate_all
    from leadline.runtime.cluster import create_topics

    create_topics(settings)
    migrate_all({service: str(database_url(settings, service)) for service in SCHEMAS})


def _start_servers(settings: Settings, data_dir: Path, stack: ExitStack) -> tuple[Settings, dict[str, Server]]:
    """The servers that nobody else provides, and the settings with their addresses."""
    local = load_local_settings()
    servers: dict[str, Server] = {}
    found: dict[str, str] = {}
    if settings.database_url is None:
        from leadline.local.postgres import start_postgres

        postgres = stack.enter_context(start_postgres(data_dir, port=local.postgres_port))
        servers["postgres"], found["database_url"] = postgres, postgres.url
    if settings.kafka_bootstrap is None:
        start_kafka = _kafka_starter()
        kafka = stack.enter_context(start_kafka(data_dir, port=local.kafka_port, heap=local.kafka_heap))
        servers["kafka"], found["kafka_bootstrap"] = kafka, kafka.bootstrap
    return settings.model_copy(update=found), servers


def _kafka_starter() -> Callable[..., RunningKafka]:
    try:
        from leadline.local.kafka import start_kafka
    except ModuleNotFoundError as error:
        message = f"The package {error.name} is missing: pip install 'leadline[local]', or set LEADLINE_KAFKA_BOOTSTRAP"
        raise SetupError(message) from error
    return start_kafka


def _services(settings: Settings) -> tuple[list[Service], dict[str, str]]:
    services, health = [], {}
    for name in filter(_exists, _PROCESSES):
        port, instance = free_port(), f"{name.replace('.', '-')}-1"
        environment = {
            "LEADLINE_KAFKA_BOOTSTRAP": str(settings.kafka_bootstrap),
            "LEADLINE_DATABASE_URL": str(settings.database_url),
            "LEADLINE_INSTANCE": instance,
            "LEADLINE_HEALTH_PORT": str(port),
            "LEADLINE_LOG_FORMAT": os.environ.get("LEADLINE_LOG_FORMAT", "text"),  # people read these
        }
        services.append(Service(instance, [sys.executable, "-m", f"services.{name}"], environment))
        health[instance] = f"http://{LOOPBACK}:{port}"
    return services, health


def _exists(service: str) -> bool:
    try:
        return find_spec(f"services.{service}.__main__") is not None
    except ModuleNotFoundError:
        return False
