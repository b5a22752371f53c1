"""Model and published schema give the same verdict on everything that hypothesis thinks of.

Two differences are meant: a NUL in a field that nobody knows is refused by reading only (a schema cannot say it), and an
id written as a float above 2**53 is refused by reading only (9007199254740993.0 has lost its digits).
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from leadline.contracts.events import EVENTS, decode
from leadline.errors import Rejected
from tests.contracts.documents import changed, fitting
from tests.contracts.published import SHORT_NAMES, schema, type_of, validator

QUICK = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


@cache
def documents(short_name: str) -> st.SearchStrategy[Any]:
    return fitting(schema(short_name), schema(short_name))


@cache
def changed_documents(short_name: str) -> st.SearchStrategy[Any]:
    return changed(documents(short_name))


def accepts(short_name: str, document: Any) -> bool:
    try:
        decode(type_of(short_name), json.dumps(document).encode())
    except Rejected as refusal:
        assert refusal.code == "SCHEMA_INVALID"
        return False
    return True


@pytest.mark.parametrize("short_name", SHORT_NAMES)
@QUICK
@given(data=st.data())
def test_both_accept_what_fits_the_schema(short_name: str, data: st.DataObject) -> None:
    document = data.draw(documents(short_name))
    assert validator(short_name).is_valid(document)
    assert accepts(short_name, document)


@pytest.mark.parametrize("short_name", SHORT_NAMES)
@QUICK
@given(data=st.data())
def test_both_judge_a_changed_document_alike(short_name: str, data: st.DataObject) -> None:
    document = data.draw(changed_documents(short_name))
    assert accepts(short_name, document) == validator(short_name).is_valid(document)


@pytest.mark.parametrize("short_name", SHORT_NAMES)
@settings(QUICK, max_examples=2)
@given(data=st.data())
def test_decode_gives_what_the_model_itself_reads(short_name: str, data: st.DataObject) -> None:
    body = json.dumps(data.draw(changed_documents(short_name))).encode()
    model = EVENTS[type_of(short_name)].model
    try:
        wanted = model.model_validate_json(body)
    except ValidationError:
        with pytest.raises(Rejected):
            decode(type_of(short_name), body)
    else:
        assert decode(type_of(short_name), body) == wanted


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        (9_200_000_000_000_000_000, True),
        (9.2e18, True),
        (9_200_000_000_000_000_001, False),
        (-9_200_000_000_000_000_001, False),
        (9_200_000_000_000_000_512, False),
    ],
)
def test_an_integer_beyond_the_limit_is_not_rounded_into_it(number: float, fits: bool) -> None:
    document = {"lead_id": "L-1", "custom_fields": {"size": number}}
    assert accepts("lead.updated", document) == validator("lead.updated").is_valid(document) == fits
