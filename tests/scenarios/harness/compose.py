"""The installation of docker-compose.yml as a project of its own, whose containers may be killed, frozen and cut off."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg

from leadline.local.ports import LOOPBACK, free_port
from tests.scenarios.harness.waiting import wait_until

ROOT = Path(__file__).parents[3]
UP_SECONDS = 180
OTHER_SECONDS = 90
ALONE: tuple[str, ...] = ()
CLUSTER = ("--env-file", "compose/cluster.env")
_PORTS = ("LEADLINE_COMPOSE_KAFKA_PORT", "LEADLINE_COMPOSE_KAFKA_2_PORT", "LEADLINE_COMPOSE_KAFKA_3_PORT")
_POSTGRES_PORT = "LEADLINE_COMPOSE_POSTGRES_PORT"


def engine(*arguments: str, seconds: float = OTHER_SECONDS) -> str:
    """What `docker ...` prints; raises AssertionError with its complaint."""
    return _run(["docker", *arguments], dict(os.environ), seconds)


@dataclass
class Compose:
    """`options` is ALONE or CLUSTER; it is a place as `harness.load` wants it, with no prefix."""

    folder: Path
    options: tuple[str, ...] = ALONE
    prefix: str = ""
    project: str = field(default_factory=lambda: f"leadline-test-{secrets.token_hex(3)}")
    ports: dict[str, str] = field(default_factory=lambda: {name: str(free_port()) for name in (*_PORTS, _POSTGRES_PORT)})

    @property
    def bootstrap(self) -> str:
        """The brokers as this machine sees them."""
        names = _PORTS if self.options == CLUSTER else _PORTS[:1]
        return ",".join(f"{LOOPBACK}:{self.ports[name]}" for name in names)

    @cached_property
    def database_url(self) -> str:
        """The database as this machine sees it."""
        password = self.run("exec", "-T", "postgres", "cat", "/run/leadline/password").strip()
        return f"postgresql://leadline:{password}@{LOOPBACK}:{self.ports[_POSTGRES_PORT]}/leadline"

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the converter's tables."""
        with psycopg.connect(self.database_url, options="-c search_path=converter") as connection:
            return connection.execute(query.encode(), parameters or None).fetchall()

    def run(self, *arguments: str, seconds: float = OTHER_SECONDS) -> str:
        """What `docker compose ...` prints for this project."""
        settings = {**os.environ, **self.ports, "LEADLINE_RETRY_DELAYS": "1s,2s,3s"}
        return _run(["docker", "compose", *self.options, "--project-name", self.project, *arguments], settings, seconds)

    def container(self, service: str) -> str:
        """The id of a service's container."""
        return self.run("ps", "--all", "--quiet", service).strip()

    def kill(self, service: str) -> None:
        """SIGKILL to everything in it."""
        engine("kill", "--signal", "KILL", self.container(service))

    def start(self, service: str) -> None:
        """Start it again after its end; returns when it says that it is healthy."""
        engine("start", self.container(service))
        wait_until(lambda: self.health(service) == "healthy", seconds=OTHER_SECONDS, what=f"{service} is healthy")

    def health(self, service: str) -> str:
        """What its health check says: starting, healthy, unhealthy."""
        return engine("inspect", "--format", "{{.State.Health.Status}}", self.container(service)).strip()

    def pause(self, service: str) -> None:
        """Freeze it."""
        engine("pause", self.container(service))

    def unpause(self, service: str) -> None:
        """Let it go on."""
        engine("unpause", self.container(service))

    def disconnect(self, service: str) -> None:
        """Cut it off from the network."""
        engine("network", "disconnect", f"{self.project}_default", self.container(service))

    def connect(self, service: str) -> None:
        """Put it back on the network, under another address."""
        engine("network", "connect", f"{self.project}_default", self.container(service))


@contextmanager
def composed(folder: Path, options: tuple[str, ...] = ALONE) -> Iterator[Compose]:
    """Everything up and healthy; nothing of it is left at the end, and pytest shows its logs where the test failed."""
    compose = Compose(folder, options)
    try:
        compose.run("up", "--detach", "--build", "--wait", seconds=UP_SECONDS)
        yield compose
    finally:
        services = ("converter-1", "converter-2", "notifier", "deliver", "projector")
        print(compose.run("logs", "--no-color", "--tail", "15", *services))
        compose.run("down", "--volumes", "--remove-orphans")


def _run(argv: list[str], environment: dict[str, str], seconds: float) -> str:
    done = subprocess.run(argv, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr or done.stdout}"
    return done.stdout
