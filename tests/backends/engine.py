"""The Docker engine of this machine, as tests see it."""

from __future__ import annotations

import os

from tests.backends.choice import Engine

KAFKA_IMAGE, POSTGRES_IMAGE = "apache/kafka:4.2.1", "postgres:18"
SECONDS = 5
_YES = ("1", "true", "yes", "on")


def look() -> Engine:
    """Ask it; nothing is pulled."""
    import docker
    from docker.errors import DockerException, ImageNotFound

    try:
        client = docker.from_env(timeout=SECONDS)
    except DockerException:
        return Engine(answers=False)
    lacks = []
    try:
        for image in _images():
            try:
                client.images.get(image)
            except ImageNotFound:
                lacks.append(image)
    finally:
        client.close()
    return Engine(answers=True, lacks=tuple(lacks))


def _images() -> tuple[str, ...]:
    """Ryuk removes what a killed run leaves; testcontainers starts it unless it is told not to."""
    from testcontainers.core.config import testcontainers_config

    is_off = os.environ.get("TESTCONTAINERS_RYUK_DISABLED", "").lower() in _YES
    return (KAFKA_IMAGE, POSTGRES_IMAGE, *(() if is_off else (testcontainers_config.ryuk_image,)))
