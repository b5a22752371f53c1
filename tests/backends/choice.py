"""Which backend a run takes, and why. Pure: what is there comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

NAMES = ("auto", "embedded", "containers", "external")
ADDRESSES = ("LEADLINE_KAFKA_BOOTSTRAP", "LEADLINE_DATABASE_URL")


@dataclass(frozen=True)
class Engine:
    """What is known of the Docker engine: whether it answers, and which of the images that tests need it lacks."""

    answers: bool
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Backend:
    """A choice; `str` gives the line that a run begins with."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def choose(environment: Mapping[str, str], look: Callable[[], Engine]) -> Backend:
    """The backend of LEADLINE_TEST_BACKEND; the engine is looked at only where the answer depends on it."""
    wanted = environment.get("LEADLINE_TEST_BACKEND") or "auto"
    if wanted not in NAMES:
        message = f"LEADLINE_TEST_BACKEND: {wanted} is none of {', '.join(NAMES)}"
        raise pytest.UsageError(message)
    missing = [name for name in ADDRESSES if not environment.get(name)]
    if wanted == "external" and missing:
        message = f"LEADLINE_TEST_BACKEND: external needs {' and '.join(missing)}"
        raise pytest.UsageError(message)
    if wanted != "auto":
        return Backend(wanted, "LEADLINE_TEST_BACKEND says so")
    return _choose_by_itself(look) if missing else Backend("external", f"{' and '.join(ADDRESSES)} are set")


def _choose_by_itself(look: Callable[[], Engine]) -> Backend:
    engine = look()
    if not engine.answers:
        return Backend("embedded", "no Docker engine answers")
    if engine.lacks:
        return Backend("embedded", f"the Docker engine has no image {', '.join(engine.lacks)}")
    return Backend("containers", "a Docker engine answers and has the images")
