"""A preview says what a conversion would do, changes nothing, and its fingerprint holds until something has changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from leadline.errors import SetupError
from services.converter.preview import ask, read_request
from tests.integration.converter_on_postgres import Converter, error, open_converter, qualified, told
from tests.unit.converter_records import lead_event, read
from tests.unit.service_records import requested


@pytest.fixture
def converter(database_url: str) -> Iterator[Converter]:
    with open_converter(database_url) as opened:
        yield opened


def preview(converter: Converter, lead_id: str = "L-1", options: str = "", profile: str | None = None) -> dict[str, Any]:
    return ask(converter.url, read_request(lead_id, options, profile, None))


def by_field(found: dict[str, Any]) -> dict[str, tuple[Any, str]]:
    return {each["field"]: (each["value"], each["action"]) for each in found["fields"]}


def counted(converter: Converter) -> Sequence[Any]:
    tables = ("lead", "lead_item", "conversion", "customer", "contact", "custom_field")
    return [converter.one(f"SELECT count(*) AS n FROM {table}")["n"] for table in tables]


def test_a_preview_shows_the_customer_that_the_conversion_then_makes(converter: Converter) -> None:
    message = lead_event("item-added", second=2, kind="message", item_id="M-1", text="hello")
    converter.take(*qualified(code="P-1"), message)
    before = counted(converter)
    found = preview(converter, options='{"copy_messages": false}')
    assert counted(converter) == before
    (done,) = converter.take(requested("K-1", options={"copy_messages": False}))
    created = next(json.loads(out.value or b"") for out in done.emit if read(out)[0] == "customer.created")
    shown = {name: value for name, (value, _) in by_field(found).items() if name != "customer_number"}
    assert found["would"] == "create"
    assert shown == {name: value for name, value in created.items() if name in shown}
    assert found["skipped"] == [{"kind": "messages", "id": "M-1", "reason": "messages are not taken along"}]


def test_a_preview_of_a_link_shows_what_is_filled_and_what_is_kept(converter: Converter) -> None:
    converter.take(*qualified("L-1", phone=None), *qualified("L-2", phone="+44 2", first_name="Augusta"))
    converter.take(requested("K-1", "L-1"))
    refused = preview(converter, "L-2")
    assert (refused["would"], refused["error"]["code"]) == ("fail", "CUSTOMER_EMAIL_EXISTS")
    found = preview(converter, "L-2", '{"duplicate_policy": "fill_empty"}')
    assert found["would"] == "link"
    assert found["candidates"][0]["reason"] == "same e-mail address"
    assert by_field(found)["phone"] == ("+44 2", "fill-empty")
    assert by_field(found)["first_name"] == ("Ada", "keep")


def test_a_request_with_the_fingerprint_of_a_preview_is_granted_while_nothing_has_changed(converter: Converter) -> None:
    converter.take(*qualified())
    mark = preview(converter)["fingerprint"]
    (done,) = converter.take(requested("K-1", fingerprint=mark))
    assert "customer.created" in told([done])


@pytest.mark.parametrize("change", ["field", "item", "candidate"])
def test_a_request_with_the_fingerprint_of_a_preview_is_refused_once_something_has_changed(
    converter: Converter, change: str
) -> None:
    converter.take(*qualified())
    mark = preview(converter)["fingerprint"]
    changes = {
        "field": [lead_event("updated", second=5, phone="+44 9")],
        "item": [lead_event("item-added", second=5, kind="note", item_id="N-1", text="call")],
        "candidate": [*qualified("L-2"), requested("K-2", "L-2")],
    }
    converter.take(*changes[change])
    (refused,) = converter.take(requested("K-1", fingerprint=mark, options={"duplicate_policy": "link_existing"}))
    assert error(refused).code == "PREVIEW_OUTDATED"


def test_a_preview_of_an_unknown_lead_or_profile_says_so(converter: Converter) -> None:
    assert preview(converter, "L-none")["error"]["code"] == "LEAD_UNKNOWN"
    converter.take(*qualified())
    with pytest.raises(SetupError, match="there is no profile nowhere: it is one of"):
        preview(converter, profile="nowhere")
    with pytest.raises(SetupError, match=r"options: .*copy_messages"):
        preview(converter, options='{"copy_messages": "maybe"}')
