"""The long runs share the scenarios' stack; the marker `faults` keeps them out of `make test`."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "faults: a long run under random faults (`make faults`)")
