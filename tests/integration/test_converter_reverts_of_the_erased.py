"""The converter on a real PostgreSQL: reverts where a person has asked to be forgotten."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leadline.delivery.message import Done
from tests.integration.converter_on_postgres import LATER, Converter, open_converter, qualified, told
from tests.integration.test_converter_reverts import blocking, lead, link, made_id, revert, state
from tests.unit.converter_records import lead_event, read
from tests.unit.service_records import requested


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url, start=LATER) as converter:
        converter.take(*qualified(phone=None), requested("K-1"), *qualified("L-2", phone="2"), link("K-2", "L-2"))
        yield converter


def test_a_conversion_of_an_erased_lead_stays_as_it_is(converter: Converter) -> None:
    converter.take(lead_event("erased", lead_id="L-2", second=9))
    assert converter.take(revert("K-2", "L-2")) == [Done([])]
    assert (state(converter, "K-2"), lead(converter, "L-2")["status"]) == ("completed", "converted")
    assert blocking(converter.take(revert())[0]) == [("lead", "L-2")]


def test_what_was_filled_of_an_erased_customer_is_forgotten(converter: Converter) -> None:
    assert len(converter.rows("SELECT 1 AS one FROM conversion_fill")) == 1
    converter.take(lead_event("erased", second=9))
    assert converter.rows("SELECT 1 AS one FROM conversion_fill") == []
    assert told(converter.take(revert("K-2", "L-2"))) == ["customer.lead-unlinked", "conversion.reverted"]


def test_whoever_has_heard_of_a_customer_that_was_taken_back_hears_of_its_erasure_too(converter: Converter) -> None:
    converter.take(revert("K-2", "L-2"), revert())
    (erased,) = converter.take(lead_event("erased", second=9))
    assert told([erased]) == ["customer.erased"]
    assert read(erased.emit[0])[1].customer_id == made_id("K-1")
    assert converter.take(lead_event("erased", second=9)) == [Done([])]
