"""The Docker engine of this machine, as tests see it."""

from __future__ import annotations

import gc
import os
import warnings
from typing import Any

from tests.backends.choice import Engine

KAFKA_IMAGE, POSTGRES_IMAGE = "apache/kafka:4.2.1", "postgres:18"
SECONDS = 5
API_VERSION = "1.41"
_YES = ("1", "true", "yes", "on")


def look() -> Engine:
    """Ask it; nothing is pulled. Its client leaves the socket of a failed attempt to the collector, which would warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        found = _look()
        gc.collect()
    return found


def _look() -> Engine:
    import docker
    from docker.errors import DockerException

    # With a version it does not ask for one by itself, so that what has failed can be closed.
    client = docker.from_env(timeout=SECONDS, version=API_VERSION)
    try:
        client.ping()
        return Engine(answers=True, lacks=tuple(image for image in _images() if not _has(client, image)))
    except (DockerException, OSError):
        return Engine(answers=False)
    finally:
        client.close()


def _has(client: Any, image: str) -> bool:
    from docker.errors import ImageNotFound

    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True


def _images() -> tuple[str, ...]:
    """Ryuk removes what a killed run leaves; testcontainers starts it unless it is told not to."""
    from testcontainers.core.config import testcontainers_config

    is_off = os.environ.get("TESTCONTAINERS_RYUK_DISABLED", "").lower() in _YES
    return (KAFKA_IMAGE, POSTGRES_IMAGE, *(() if is_off else (testcontainers_config.ryuk_image,)))
