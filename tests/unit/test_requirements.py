"""The page of requirements is true: every id once, every file and test that it names is there, and the counts are right."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "requirements.md").read_text("utf-8")
ROWS_OF_TEXTS = (58, 34, 24, 114, 30)
IDS = [f"S{text}-{row:02d}" for text, rows in enumerate(ROWS_OF_TEXTS) for row in range(1, rows + 1)]
NAMED = re.compile(r"`(tests/[\w/]+\.(?:py|json))::([^`]+)`")
FORMS = {
    "test": re.compile(rf"{NAMED.pattern}(, {NAMED.pattern})*"),
    "api": re.compile(rf"api(; {NAMED.pattern})?"),
    "docs": re.compile(r"docs: \[[\w.]+\]\([\w.]+\.md\)"),
    "not yet": re.compile(rf"not yet: [^;`]+(; {NAMED.pattern})?"),
}


class Requirement(NamedTuple):
    """One row: who holds it, and how one knows."""

    id: str
    text: str
    held_by: str
    proof: str

    @property
    def kind(self) -> str | None:
        """The one form that the proof has."""
        return next((kind for kind, form in FORMS.items() if form.fullmatch(self.proof)), None)


REQUIREMENTS = [Requirement(*row) for row in re.findall(r"^\| (S\d-\d+) \| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)]
every_requirement = pytest.mark.parametrize("row", REQUIREMENTS, ids=lambda row: row.id)


@cache
def names_in(path: Path) -> frozenset[str]:
    """The tests of a module, or the cases of a file of cases."""
    if path.suffix == ".json":
        return frozenset(case["name"] for case in json.loads(path.read_text("utf-8")))
    module = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in module.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


def test_every_requirement_has_one_row_and_they_are_in_order() -> None:
    assert [row.id for row in REQUIREMENTS] == IDS


@every_requirement
def test_a_proof_is_a_test_or_says_why_there_is_none(row: Requirement) -> None:
    assert row.kind, row.proof


@every_requirement
def test_the_file_that_holds_a_requirement_exists(row: Requirement) -> None:
    if row.held_by == "—":
        assert row.kind in {"api", "not yet"}, "what a test proves is held by a file"
        return
    (path,) = re.findall(r"^`(.+)`$", row.held_by)
    assert (ROOT / path).is_file()
    assert row.kind != "docs" or path.startswith("docs/")


@every_requirement
def test_every_test_that_proves_a_requirement_exists(row: Requirement) -> None:
    for file, name in NAMED.findall(row.proof):
        assert (ROOT / file).is_file(), file
        assert name in names_in(ROOT / file), f"{file} has no {name}"


def test_the_counts_of_the_page_are_those_of_its_rows() -> None:
    counted = {kind: int(count) for kind, count in re.findall(r"^\| ([a-z ]+) \| (\d+) \|", PAGE, re.MULTILINE)}

    assert counted == Counter(row.kind for row in REQUIREMENTS)
