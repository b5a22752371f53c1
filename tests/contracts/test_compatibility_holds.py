"""What the checker calls compatible is compatible, for schemas and documents that hypothesis thinks of."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st

from leadline.contracts.compatibility import breaking_changes
from tests.contracts.documents import fitting
from tests.contracts.schema_pairs import pairs

MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
FIRST = settings(MANY, max_examples=1000, phases=[Phase.generate])
Pair = tuple[dict[str, Any], dict[str, Any]]


def is_compatible(pair: Pair) -> bool:
    return breaking_changes(*pair) == []


@MANY
@given(pair=pairs("in").filter(is_compatible), data=st.data())
def test_a_document_that_came_in_before_is_accepted_by_a_compatible_schema(pair: Pair, data: st.DataObject) -> None:
    old, new = pair
    document = data.draw(fitting(old, old))
    assume(jsonschema_rs.is_valid(old, document))
    assert jsonschema_rs.is_valid(new, document)


@MANY
@given(pair=pairs("out").filter(is_compatible), data=st.data())
def test_a_reader_of_the_old_schema_takes_what_a_compatible_one_says(pair: Pair, data: st.DataObject) -> None:
    old, new = pair
    document = data.draw(fitting(new, new))
    known = _known_only(document, old, new)
    assume(jsonschema_rs.is_valid(new, known))
    assert jsonschema_rs.is_valid(old, known)


def _known_only(document: Any, old: dict[str, Any], new: dict[str, Any]) -> Any:
    """A reader looks at the fields that it knows."""
    return {name: value for name, value in document.items() if name in old["properties"]}


@pytest.mark.parametrize("direction", ["in", "out"])
@pytest.mark.parametrize("verdict", [True, False])
def test_the_family_has_changed_pairs_of_both_verdicts(direction: str, verdict: bool) -> None:
    assert find(pairs(direction), lambda pair: is_compatible(pair) == verdict, settings=FIRST)
