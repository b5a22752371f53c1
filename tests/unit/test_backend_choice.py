"""Which servers a run of the tests takes, and what it says of that."""

from __future__ import annotations

import pytest

from tests.backends.choice import Engine, choose

FULL = Engine(answers=True)
ADDRESSES = {"LEADLINE_KAFKA_BOOTSTRAP": "kafka:9092", "LEADLINE_DATABASE_URL": "postgresql://db/x"}


def never_asked() -> Engine:
    raise AssertionError("the engine is asked where the answer does not depend on it")


def test_without_an_engine_the_embedded_servers_are_taken_and_the_line_says_why() -> None:
    assert str(choose({}, lambda: Engine(answers=False))) == "embedded: no Docker engine answers"


def test_an_engine_without_the_images_pulls_nothing_by_itself() -> None:
    chosen = choose({}, lambda: Engine(answers=True, lacks=("postgres:18",)))

    assert str(chosen) == "embedded: the Docker engine has no image postgres:18"


def test_an_engine_with_the_images_is_taken() -> None:
    assert choose({"LEADLINE_TEST_BACKEND": "auto"}, lambda: FULL).name == "containers"


def test_two_addresses_are_taken_before_everything_else() -> None:
    assert choose(ADDRESSES, never_asked).name == "external"


@pytest.mark.parametrize("name", ["embedded", "containers"])
def test_what_is_asked_for_is_taken_whatever_is_there(name: str) -> None:
    assert choose({"LEADLINE_TEST_BACKEND": name, **ADDRESSES}, never_asked).name == name


def test_external_without_an_address_ends_the_run_with_its_name() -> None:
    with pytest.raises(pytest.UsageError, match="LEADLINE_DATABASE_URL"):
        choose({"LEADLINE_TEST_BACKEND": "external", "LEADLINE_KAFKA_BOOTSTRAP": "kafka:9092"}, never_asked)


def test_an_unknown_backend_ends_the_run_with_the_known_ones() -> None:
    with pytest.raises(pytest.UsageError, match="auto, embedded, containers, external"):
        choose({"LEADLINE_TEST_BACKEND": "cloud"}, never_asked)
