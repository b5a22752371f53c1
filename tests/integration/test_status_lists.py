"""Lists of leads, customers and conversions, as the command line prints them out of a real status store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner, Result

from leadline.cli.__main__ import app
from leadline.delivery.record import Record
from services.projector.domain.conversion import conversion_id_of
from tests.integration.projector_world import Projector
from tests.unit.service_records import completed, conversion_event, customer, customer_reverted, error, order, record, requested


def lead_event(name: str, lead_id: str, second: int, **data: Any) -> Record:
    return record("lead.events", f"lead.{name}", {"lead_id": lead_id, **data}, second=second)


def lead(lead_id: str, second: int, **data: Any) -> Record:
    return lead_event("created", lead_id, second, last_name=f"Byron {lead_id}", **data)


@pytest.fixture
def projector(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Projector]:
    monkeypatch.setenv("PROJECTOR_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "100")
    projector = Projector(database_url)
    yield projector
    projector.close()


@pytest.fixture
def leads(projector: Projector) -> Projector:
    projector.take(
        lead("L-new", 1, source="fair"),
        lead("L-hot", 2, source="web", assigned_to="rep-3", score={"behavioral": 50, "demographic": 45}),
        lead("L-warm", 3, source="fair", status="contacted"),
        lead_event("nurturing-started", "L-warm", 4, tags=["next year", "budget"]),
        lead("L-junk", 5),
        lead_event("junked", "L-junk", 6),
        lead("L-gone", 7),
        lead_event("erased", "L-gone", 8),
        lead("L-done", 9, source="fair", status="qualified"),
        requested("key-1", "L-done", second=10),
        completed(conversion_id_of("key-1"), second=30, lead_id="L-done"),
        record("customer.events", "customer.created", customer(lead_id="L-done", prospect_stage="qualified"), second=30),
    )
    return projector


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def rows(*arguments: str) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in run(*arguments, "--json").stdout.splitlines()]


def ids(*arguments: str, name: str = "lead_id") -> list[str]:
    return [row[name] for row in rows(*arguments)]


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), ["L-warm", "L-hot", "L-new"]),
        (("--include", "converted"), ["L-done", "L-warm", "L-hot", "L-new"]),
        (("--include", "junk", "--include", "erased"), ["L-gone", "L-junk", "L-warm", "L-hot", "L-new"]),
        (("--status", "converted"), ["L-done"]),
        (("--status", "junk"), ["L-junk"]),
        (("--status", "nurturing"), ["L-warm"]),
        (("--source", "fair"), ["L-warm", "L-new"]),
        (("--rep", "rep-3"), ["L-hot"]),
        (("--tag", "budget"), ["L-warm"]),
        (("--source", "fair", "--include", "converted", "--limit", "2"), ["L-done", "L-warm"]),
    ],
)
def test_a_list_of_leads_leaves_out_what_is_not_asked_for(arguments: tuple[str, ...], expected: list[str]) -> None:
    assert ids("leads", *arguments) == expected


@pytest.mark.usefixtures("leads")
def test_pages_put_together_are_the_whole_list() -> None:
    whole, pages, after = ids("leads", "--include", "junk"), list[str](), list[str]()
    while page := ids("leads", "--include", "junk", "--limit", "2", *after):
        pages += page
        after = ["--after", page[-1]]
    assert pages == whole
    assert len(whole) == 4


@pytest.mark.usefixtures("leads")
def test_a_list_of_leads_shows_grade_and_temperature() -> None:
    (found,) = rows("leads", "--rep", "rep-3")
    assert (found["score_total"], found["grade"], found["temperature"]) == (95, "A", "hot")


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize("arguments", [("--status", "lost"), ("--include", "lost"), ("--limit", "0")])
def test_a_filter_that_nothing_can_pass_is_refused(arguments: tuple[str, ...]) -> None:
    assert run("leads", *arguments).exit_code == 2


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    "arguments", [("leads", "--tag", "none"), ("customers", "--stage", "dormant"), ("conversions", "--batch", "B")]
)
def test_a_list_of_nothing_ends_with_3(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (3, "")


def test_a_customer_has_a_prospect_badge_until_its_first_order(leads: Projector) -> None:
    (found,) = rows("customers")
    assert (found["status"], found["stage"], found["badge"], found["orders"]) == ("active", "qualified", "prospect", 0)
    leads.take(order("placed"))
    (found,) = rows("customers", "--status", "active", "--stage", "qualified")
    assert (found["badge"], found["orders"]) == (None, 1)


@pytest.mark.usefixtures("leads")
def test_a_customer_is_found_by_its_address_whatever_the_case(projector: Projector) -> None:
    projector.take(record("customer.events", "customer.created", customer("C-2", "L-7", email="Ada@Example.com"), second=40))
    assert ids("customers", "--email", "ada@example.COM", name="customer_id") == ["C-2"]
    assert run("customers", "--email", "b@example.com").exit_code == 3


def test_a_batch_is_counted_by_state_and_shows_what_became_of_each_lead(projector: Projector) -> None:
    refused = error("CUSTOMER_EMAIL_EXISTS", retryable=False)
    projector.take(
        *(requested(f"key-{number}", f"L-{number}", second=number, batch_id="B-1") for number in range(1, 5)),
        requested("other", "L-9", second=9, batch_id="B-2"),
        completed(conversion_id_of("key-1"), lead_id="L-1"),
        conversion_event("failed", conversion_id_of("key-2"), lead_id="L-2", second=20, error=refused),
    )
    counts, *found = rows("conversions", "--batch", "B-1")
    assert counts == {"counts": {"completed": 1, "failed": 1, "pending": 2}}
    assert {row["lead_id"]: (row["state"], row["error_code"], row["customer_id"]) for row in found} == {
        "L-1": ("completed", None, "C-1"),
        "L-2": ("failed", "CUSTOMER_EMAIL_EXISTS", None),
        "L-3": ("pending", None, None),
        "L-4": ("pending", None, None),
    }
    assert "completed: 1, failed: 1, pending: 2" in run("conversions", "--batch", "B-1").stdout
    assert ids("conversions", "--state", "failed") == ["L-2"]
    assert rows("conversions", "--batch", "B-1", "--limit", "1", "--after", conversion_id_of("key-4"))[1:] == found[1:2]


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(
    "arguments", [("leads",), ("customers",), ("conversions",), ("lead", "L-hot"), ("customer", "C-1"), ("metrics",)]
)
def test_a_table_fits_in_100_columns(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert max(len(line.rstrip()) for line in result.stdout.splitlines()) <= 100


def test_a_customer_that_was_taken_back_is_in_no_list_and_still_shown(leads: Projector) -> None:
    assert len(rows("customers")) == 1
    id = conversion_id_of("key-1")
    leads.take(customer_reverted(), conversion_event("reverted", id, second=50, lead_id="L-done", customer_id="C-1"))
    assert run("customers").exit_code == 3
    assert rows("customer", "C-1")[0]["reverted_at"].startswith("2026-11-22T08:00:50")
    assert [row["lead_id"] for row in rows("leads", "--status", "qualified")] == ["L-done"]
    assert [row["customer_id"] for row in rows("conversions", "--state", "reverted")] == ["C-1"]
    assert run("watch", id).exit_code == 1


def test_the_erased_are_listed_with_the_time_and_without_a_name(leads: Projector) -> None:
    body = {"customer_id": "C-1", "lead_id": "L-done", "erased_at": "2026-11-22T08:00:51Z"}
    leads.take(lead_event("erased", "L-done", 50), record("customer.events", "customer.erased", body, second=51))
    (done,) = [row for row in rows("leads", "--include", "erased", "--status", "converted") if row["lead_id"] == "L-done"]
    (bought,), (converted,) = rows("customers"), rows("conversions")
    assert [each["erased_at"][:19] for each in (done, bought, converted)] == [
        "2026-11-22T08:00:50",
        "2026-11-22T08:00:51",
        "2026-11-22T08:00:50",
    ]
    assert (done["name"], bought["name"], bought["customer_number"]) == (None, None, "CUST-C-1")
    assert "Byron" not in run("customers").stdout
