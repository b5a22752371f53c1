"""Fixtures for every test: the shared stack, and what keeps tests apart in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.choice import choose
from tests.backends.engine import look
from tests.stack import Stack, backend, fresh_database, new_topic_prefix, session_stack


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the backend, say which it is before anything else, and hand it on to the processes that share the run.

    Last, since whoever writes to the terminal is configured then.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    chosen = choose(os.environ, look)
    os.environ["LEADLINE_TEST_BACKEND"] = chosen.name
    config.get_terminal_writer().line(str(chosen))


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Tests of containers are there where the run's servers are containers."""
    is_of_containers = collection_path.name.startswith("test_containers_")
    return True if is_of_containers and backend() != "containers" else None


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Kafka and PostgreSQL for the whole session; never kill these, start your own for that (`tests.stack.start_stack`)."""
    with session_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running


@pytest.fixture
def topic_prefix() -> str:
    """A prefix for the topics of one test, such as `t1a2b3c4.`."""
    return new_topic_prefix()


@pytest.fixture
def database_url(stack: Stack) -> Iterator[str]:
    """A fresh empty database for one test, dropped afterwards."""
    with fresh_database(stack.postgres.url) as url:
        yield url
