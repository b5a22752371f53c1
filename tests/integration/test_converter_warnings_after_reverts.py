"""Nobody is warned of what was taken back, and a lead that is free again is known by what is said of it now."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.converter_on_postgres import LATER, Converter, open_converter
from tests.integration.test_converter_reverts import link, revert
from tests.integration.test_converter_warnings import PHONE, lead, warnings
from tests.unit.converter_records import lead_event
from tests.unit.service_records import requested

OTHER = "+49 30 7654321"


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url, start=LATER) as converter:
        yield converter


def test_a_customer_that_was_taken_back_is_no_candidate(converter: Converter) -> None:
    converter.take(*lead("A", phone=PHONE), *lead("B", phone=PHONE), *lead("C", phone=PHONE))
    converter.take(requested("K-1", "A"), requested("K-2", "B"))
    converter.take(revert("K-2", "B"))
    assert warnings(converter.take(requested("K-3", "C"))[0]) == {"phone": ["A"]}
    converter.take(revert("K-1", "A"), revert("K-3", "C"))
    assert warnings(converter.take(requested("K-4", "B"))[0]) == {}
    assert len(converter.rows("SELECT 1 AS one FROM customer_match")) == 1


def test_what_was_said_of_a_converted_lead_is_compared_after_the_revert(converter: Converter) -> None:
    converter.take(*lead("A", phone=PHONE), *lead("B", phone=OTHER))
    converter.take(requested("K-1", "A"), requested("K-2", "B"))
    converter.take(lead_event("updated", lead_id="A", phone=OTHER, second=9))
    converter.take(revert("K-1", "A"))
    assert warnings(converter.take(requested("K-3", "A"))[0]) == {"phone": ["B"]}


def test_a_customer_is_not_found_any_more_by_what_only_an_unlinked_lead_had(converter: Converter) -> None:
    same = {"email": "ada@x.de"}
    converter.take(*lead("A", phone=PHONE, **same), *lead("B", phone=OTHER, **same), *lead("C", phone=OTHER))
    converter.take(requested("K-1", "A"))
    converter.take(link("K-2", "B", "link_existing"))
    assert warnings(converter.take(requested("K-3", "C"))[0]) == {"phone": ["A"]}
    converter.take(revert("K-2", "B"), revert("K-3", "C"))
    assert warnings(converter.take(requested("K-4", "C"))[0]) == {}
