"""Fixtures for every test: the shared stack, and what keeps tests apart in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.stack import Stack, fresh_database, new_topic_prefix, session_stack


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
