"""Where a lead stands follows from what was asked of it, in the order of time, by one table of transitions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.converter.domain.lead import stamp
from services.converter.domain.status import ASKED_BY, TRANSITIONS, Story, given, tell
from tests.unit.service_records import at

ARCHITECTURE = Path(__file__).parents[2] / "docs" / "architecture.md"
STATUSES = ["new", "contacted", "qualified", "nurturing", "disqualified", "junk"]
WAYS = {
    "lead.contacted": {"new", "nurturing", "disqualified", "qualified"},
    "lead.qualified": {"contacted", "nurturing", "new", "qualified"},
    "lead.nurturing-started": {"contacted", "qualified", "disqualified"},
    "lead.disqualified": {"new", "contacted", "qualified", "nurturing"},
    "lead.junked": {"new", "contacted", "nurturing", "disqualified"},
    "lead.restored": {"junk"},
}


def history(*words: str) -> dict[str, str]:
    """One word a second."""
    return {stamp(at(second), second): word for second, word in enumerate(words)}


def asked(event: str) -> str:
    return ASKED_BY[f"lead.{event}"]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("event", WAYS)
def test_an_event_leads_on_from_the_statuses_of_its_row_and_from_no_other(status: str, event: str) -> None:
    found = tell(history(given(status), ASKED_BY[event]))
    assert found.status == (ASKED_BY[event] if status in WAYS[event] else status)


def test_the_documented_table_is_the_one_that_is_followed() -> None:
    rows = re.findall(r"^\| `(lead\.[a-z-]+)`[^|]*\| (\w+) \| ([\w, ]+) \|$", ARCHITECTURE.read_text("utf-8"), re.MULTILINE)
    documented = {event: (to, set(sources.split(", "))) for event, to, sources in rows}
    assert documented == {event: (ASKED_BY[event], sources) for event, sources in WAYS.items()}


def test_only_conversions_lead_to_converting_and_converted_and_away_from_them() -> None:
    ours = {"converting", "converted"}
    assert {each.to for each in TRANSITIONS} == {*STATUSES, *ours}
    for each in TRANSITIONS:
        assert each.event.startswith("conversion.") is bool(ours & {each.to, *each.sources})


@pytest.mark.parametrize("status", STATUSES)
def test_an_erased_lead_is_erased_from_any_status_and_for_ever(status: str) -> None:
    assert tell(history(given(status), asked("erased"), *(asked(each.removeprefix("lead.")) for each in WAYS))).status == "erased"


def test_of_a_lead_that_nobody_has_told_of_nothing_is_known_but_that_it_is_new() -> None:
    assert tell({}) == Story("new", None, None, None)


def test_a_qualification_of_a_new_lead_is_a_contact_too() -> None:
    assert tell(history(given(None), "qualified")) == Story("qualified", at(0), at(1), at(1))


def test_the_first_contact_and_the_newest_qualification_count() -> None:
    found = tell(history(given(None), "contacted", "qualified", "contacted", "qualified", "qualified"))
    assert (found.contacted_at, found.qualified_at) == (at(1), at(5))


def test_an_event_that_is_not_allowed_leaves_no_time() -> None:
    assert tell(history(given("junk"), "contacted", "qualified")) == Story("junk", at(0), None, None)


def test_nurture_and_win_back() -> None:
    """Lost for want of budget, kept warm, contacted again, qualified: each step counts."""
    words = ["disqualified", "nurturing", "contacted", "qualified"]
    assert [tell(history(given(None), *words[:count])).status for count in range(5)] == ["new", *words]


def test_a_lead_starts_where_its_source_says_it_stands() -> None:
    assert tell(history(given("nurturing"), "qualified")).status == "qualified"


def test_a_whole_lead_that_comes_later_moves_it_as_an_event_does() -> None:
    assert tell(history("contacted", given("qualified"))).status == "qualified"
    assert tell(history("junk", given("qualified"))).status == "junk"


def test_a_junk_lead_is_not_restored_by_being_told_of_again() -> None:
    assert tell(history(given(None), "junk", given("new"))).status == "junk"
    assert tell(history(given(None), "junk", given(None))).status == "junk"
    assert tell(history(given(None), "junk", "new")).status == "new"


def test_a_late_word_takes_its_place_in_time() -> None:
    """Junk cannot be contacted: a contact that was allowed without the late word is not, with it."""
    told = history(given(None), "junk", "contacted")
    late = {mark: word for mark, word in told.items() if word != "junk"}
    assert tell(late).status == "contacted"
    assert tell(late | told).status == "junk"
