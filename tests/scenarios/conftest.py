"""Worlds for scenarios: `world` in the session's stack, `own_stack` where servers may be killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.harness.world import World, fresh_world
from tests.stack import OwnStack, Stack, start_stack


@pytest.fixture
def world(stack: Stack, tmp_path: Path) -> Iterator[World]:
    """An empty installation in the session's stack."""
    with fresh_world(stack, tmp_path) as prepared:
        yield prepared


@pytest.fixture(scope="session")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnStack]:
    """A stack of its own for all scenarios that end servers."""
    with start_stack(tmp_path_factory.mktemp("own-stack")) as running:
        yield running


@pytest.fixture
def own_stack(own_servers: OwnStack) -> OwnStack:
    """Servers that a scenario may stop and kill; running when it begins, whatever the one before has left."""
    own_servers.postgres.start()
    own_servers.kafka.start()
    return own_servers


@pytest.fixture
def own_world(own_stack: OwnStack, tmp_path: Path) -> Iterator[World]:
    """An empty installation whose servers may be ended."""
    with fresh_world(own_stack, tmp_path) as prepared:
        yield prepared
