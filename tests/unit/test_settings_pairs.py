"""Thresholds and costs are read from `name=number` pairs, and what is wrong with them is said at the start."""

from __future__ import annotations

from decimal import Decimal

import pytest

from leadline.errors import SetupError
from leadline.runtime.settings import load_settings
from services.projector.domain.scoring import DEFAULT_SCALES


def test_the_thresholds_are_those_of_the_scale_where_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADLINE_GRADE_THRESHOLDS", raising=False)
    settings = load_settings()
    assert (settings.grade_thresholds, settings.temperature_thresholds) == DEFAULT_SCALES


def test_pairs_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADLINE_GRADE_THRESHOLDS", "top=90, fair = 50")
    monkeypatch.setenv("LEADLINE_CHANNEL_COSTS", "fair=1200.00,web=300.5")
    settings = load_settings()
    assert settings.grade_thresholds == (("top", 90), ("fair", 50))
    assert settings.channel_costs == (("fair", Decimal("1200.00")), ("web", Decimal("300.5")))


@pytest.mark.parametrize(
    "text", ["", "A", "A=", "=80", "A=x", "A=80,A=60", "A=60,B=80", "A=80,B=80", "A=101", "A=-1", "A=80;B=60"]
)
@pytest.mark.parametrize("name", ["LEADLINE_GRADE_THRESHOLDS", "LEADLINE_TEMPERATURE_THRESHOLDS"])
def test_wrong_thresholds_are_named_at_the_start(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(name, text)
    with pytest.raises(SetupError, match=f"{name}: "):
        load_settings()


@pytest.mark.parametrize("text", ["fair", "fair=-1", "fair=NaN", "fair=1e99", "fair=1,fair=2", "fair=twelve"])
def test_wrong_costs_are_named_at_the_start(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LEADLINE_CHANNEL_COSTS", text)
    with pytest.raises(SetupError, match="LEADLINE_CHANNEL_COSTS: "):
        load_settings()
