"""`leadline watch`, `lead` and `customer` show what the projector has written."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import orjson
import pytest
import typer
from typer.testing import CliRunner, Result

from leadline.cli import ask, watch
from leadline.postgres.ledger import PostgresLedger
from leadline.postgres.migrate import migrate
from leadline.status.things import Answer
from services.projector.domain.conversion import conversion_id_of
from services.projector.handler import ProjectorHandler
from services.projector.reading import read
from services.projector.store import StatusStore
from tests.unit.service_records import at, completed, conversion_event, customer, error, messages, order, record, requested

REQUEST = requested("key-1", second=3)
ID = conversion_id_of("key-1")
WARNINGS = [
    {
        "code": "DUPLICATE_SUSPECTED",
        "message": "Another customer has the same name.",
        "reason": "name",
        "candidates": [{"customer_id": "C-7", "name": "as it was"}, {"customer_id": "C-8"}],
    },
    {"code": "PROBABILITY_OUTSIDE_GUIDELINE", "message": "Stage proposal usually has 50 to 60 percent."},
]


@pytest.fixture
def leadline(database_url: str, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setenv("PROJECTOR_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    migrate(database_url, "projector")
    records = [
        record("lead.events", "lead.created", {"lead_id": "L-1", "first_name": "Ada"}, second=1),
        REQUEST,
        record("customer.events", "customer.created", customer("C-7", "L-7", name="Byron \x1b[31m & Co"), second=29),
        completed(ID, warnings=WARNINGS),
        record("customer.events", "customer.created", customer(conversion_id=ID), second=30),
        order("placed"),
        conversion_event("failed", "K-2", lead_id="L-2", error=error("LEAD_UNKNOWN", retryable=True)),
    ]
    with closing(PostgresLedger(database_url, "projector", "projector", "")) as ledger, ledger.work() as work:
        ProjectorHandler(StatusStore()).handle(work, messages(read, records))
    app = typer.Typer()
    for name, command in (("watch", watch.watch), ("lead", ask.lead), ("customer", ask.customer)):
        app.command(name)(command)
    return app


def run(app: typer.Typer, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def lines(result: Result) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def test_watching_a_completed_conversion_ends_with_0(leadline: typer.Typer) -> None:
    result = run(leadline, "watch", ID, "--json")
    assert result.exit_code == 0
    *timeline, conversion = lines(result)
    assert [entry["type"] for entry in timeline] == [
        "leadline.conversion.requested.v1",
        "leadline.conversion.completed.v1",
    ]
    assert (conversion["state"], conversion["customer_id"]) == ("completed", "C-1")
    assert "conversion.completed" in run(leadline, "watch", ID).stdout


def test_watching_a_failed_conversion_ends_with_1_and_shows_why(leadline: typer.Typer) -> None:
    result = run(leadline, "watch", "K-2")
    assert result.exit_code == 1
    assert "LEAD_UNKNOWN" in result.stdout


def test_watching_a_conversion_that_nobody_knows_ends_with_3(leadline: typer.Typer) -> None:
    result = run(leadline, "watch", "nobody", "--wait", "0")
    assert (result.exit_code, result.stdout) == (3, "")


@pytest.mark.parametrize(
    ("command", "events"),
    [
        (("lead", "L-1"), ["lead.created", "conversion.requested", "conversion.completed"]),
        (
            ("customer", "C-1"),
            ["lead.created", "conversion.requested", "conversion.completed", "customer.created", "order.placed"],
        ),
    ],
)
def test_a_thing_is_shown_with_its_timeline(leadline: typer.Typer, command: tuple[str, str], events: list[str]) -> None:
    (answer,) = lines(run(leadline, *command, "--json"))
    assert [entry["type"] for entry in answer["timeline"]] == [f"leadline.{event}.v1" for event in events]
    for event in events:
        assert event in run(leadline, *command).stdout


@pytest.mark.parametrize("command", [("watch", ID), ("customer", "C-1")])
def test_warnings_are_shown_with_their_reasons_and_the_candidates_as_they_are_called_now(
    leadline: typer.Typer, command: tuple[str, str]
) -> None:
    warnings = lines(run(leadline, *command, "--json"))[-1]["parts"]["warnings"]
    assert [(each["code"], each["reason"], each["candidate"], each["name"]) for each in warnings] == [
        ("DUPLICATE_SUSPECTED", "name", "C-7", "Byron \x1b[31m & Co"),
        ("DUPLICATE_SUSPECTED", "name", "C-8", None),
        ("PROBABILITY_OUTSIDE_GUIDELINE", None, None, None),
    ]
    shown = run(leadline, *command).stdout
    assert all(word in shown for word in ("DUPLICATE_SUSPECTED", "CUST-C-7", "PROBABILITY_OUTSIDE_GUIDELINE"))
    assert "\x1b[31m" not in shown


def test_a_thing_that_nobody_knows_ends_with_3(leadline: typer.Typer) -> None:
    assert run(leadline, "lead", "nobody").exit_code == 3
    assert run(leadline, "customer", "nobody", "--json").exit_code == 3


def test_watching_goes_on_until_the_conversion_is_over() -> None:
    states = iter([None, "pending", "processing", "completed", "never asked"])
    pauses: list[float] = []

    def answer() -> Answer | None:
        state = next(states)
        return None if state is None else Answer({"state": state}, [])

    seen = [each.thing["state"] for each in watch.until_over(answer, wait_polls=3, pause=pauses.append)]
    assert seen == ["pending", "processing", "completed"]
    assert pauses == [0.5] * 3


def test_of_an_erased_person_the_time_is_shown_and_no_name(leadline: typer.Typer, database_url: str) -> None:
    erasures = [
        record("lead.events", "lead.erased", {"lead_id": "L-1"}, second=50),
        record("customer.events", "customer.erased", {"customer_id": "C-1", "lead_id": "L-1", "erased_at": at(51)}, second=51),
    ]
    with closing(PostgresLedger(database_url, "projector", "projector", "")) as ledger, ledger.work() as work:
        ProjectorHandler(StatusStore()).handle(work, messages(read, erasures))
    for command, second in ((("lead", "L-1"), 50), (("customer", "C-1"), 51), (("watch", ID), 50)):
        shown = run(leadline, *command).stdout
        assert f"2026-11-22 08:00:{second}" in shown
        assert "erased at" in shown
        assert not any(name in shown for name in ("Ada", "Byron"))
