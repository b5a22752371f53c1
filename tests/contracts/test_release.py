"""What was released is kept, and the present schemas keep its promises."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from leadline.contracts import CONTRACT_VERSION
from leadline.contracts.generate import write_all
from leadline.contracts.release import check, faults_of, main, newest, release
from tests.contracts.published import SCHEMAS

PYPROJECT = SCHEMAS.parent / "pyproject.toml"
ADDED = "9.9.9"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is published now, with nothing released."""
    shutil.copytree(SCHEMAS / "examples", tmp_path / "examples")
    write_all(tmp_path)
    return tmp_path


def change(file: Path, field: str, **keywords: Any) -> None:
    """Change one field of a schema file by hand."""
    schema = json.loads(file.read_bytes())
    schema["properties"][field] |= keywords
    file.write_text(json.dumps(schema), "utf-8")


def test_the_present_schemas_keep_what_was_released() -> None:
    assert check(SCHEMAS) == []


def test_the_version_of_the_contract_is_that_of_leadline() -> None:
    assert tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["version"] == CONTRACT_VERSION


def test_the_newest_release_is_that_of_the_highest_numbers(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    for version in ("0.9.0", "0.10.0", "0.2.11", "drafts"):
        (tmp_path / "released" / version).mkdir(parents=True)
    assert newest(tmp_path) == tmp_path / "released" / "0.10.0"


def test_a_release_holds_every_published_file_byte_for_byte(folder: Path) -> None:
    release(CONTRACT_VERSION, folder)
    released = {path.name: path.read_bytes() for path in (folder / "released" / CONTRACT_VERSION).iterdir()}
    assert released == {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert "asyncapi.yaml" in released
    assert check(folder) == []


def test_a_promise_that_is_broken_since_the_release_is_named(folder: Path) -> None:
    release(CONTRACT_VERSION, folder)
    change(folder / "lead.created.v1.json", "source", maxLength=10)
    change(folder / "contact.created.v1.json", "created_at", type=["string", "null"])
    assert check(folder) == [
        "contact.created.v1.json: created_at may be null now",
        "lead.created.v1.json: source: maxLength was 500, is 10",
    ]


def test_a_version_is_released_once(folder: Path) -> None:
    assert faults_of(CONTRACT_VERSION, folder) == []
    release(CONTRACT_VERSION, folder)
    assert faults_of(CONTRACT_VERSION, folder) == [
        f"version {CONTRACT_VERSION} is not above {CONTRACT_VERSION}, which is released"
    ]


def test_a_version_that_the_code_does_not_have_is_refused(folder: Path) -> None:
    assert faults_of(ADDED, folder) == [
        f"the code says that the contract has version {CONTRACT_VERSION}: change CONTRACT_VERSION first"
    ]


def test_files_that_are_not_those_of_the_code_are_not_released(folder: Path) -> None:
    (folder / "lead.created.v1.json").write_text("{}", "utf-8")
    assert faults_of(CONTRACT_VERSION, folder) == ["lead.created.v1.json: differs from the code"]


def test_a_release_that_breaks_the_one_before_is_refused(folder: Path) -> None:
    change(folder / "lead.created.v1.json", "source", maxLength=1_000)
    release("0.0.1", folder)
    write_all(folder)
    assert faults_of(CONTRACT_VERSION, folder) == ["lead.created.v1.json: source: maxLength was 1000, is 500"]


@pytest.mark.parametrize("arguments", [[], ["--check", "0.1.0"], ["latest"], ["0.1"], ["../0.1.0"]])
def test_the_command_wants_a_version_or_check(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith("usage: ")


def test_the_command_releases_and_then_finds_what_breaks(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("leadline.contracts.release.SCHEMAS", folder)
    assert main([CONTRACT_VERSION]) == main(["--check"]) == 0
    assert main([CONTRACT_VERSION]) == 1
    (folder / "lead.erased.v1.json").unlink()
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.endswith("lead.erased.v1.json: the event has vanished\n")
