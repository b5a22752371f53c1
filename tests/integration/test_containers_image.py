"""What is in the image, and what is not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.scenarios.harness.compose import ROOT, engine

IMAGE = "leadline:test"
MOST_MEGABYTES = 400
COMPILERS = "cc gcc g++ c++ clang tcc ld as make cmake rustc cargo go"


@pytest.fixture(scope="module")
def image() -> dict[str, Any]:
    engine("build", "--quiet", "--tag", IMAGE, str(ROOT), seconds=600)
    found: dict[str, Any] = json.loads(engine("image", "inspect", IMAGE))[0]
    return found


def shell(script: str) -> list[str]:
    """The lines that a shell in the image prints, as root, so that nothing is hidden from it."""
    return engine("run", "--rm", "--user", "0", "--network", "none", IMAGE, "sh", "-c", script).split()


def test_the_image_has_no_compiler(image: dict[str, Any]) -> None:
    assert shell(f"for each in {COMPILERS}; do command -v $each; done; true") == []
    assert shell("test -e /opt/leadline/bin/pip && echo pip; true") == []


def test_the_image_runs_as_nobody_of_importance_and_gives_nobody_more_rights(image: dict[str, Any]) -> None:
    assert image["Config"]["User"] == "10001:10001"
    assert engine("run", "--rm", "--network", "none", IMAGE, "id", "-u").strip() == "10001"
    assert shell("find /opt/leadline /run/leadline -perm /6000") == []
    assert shell("find /opt/leadline ! -user 0") == [], "what runs can be changed by root alone"


def test_the_image_holds_no_secret(image: dict[str, Any]) -> None:
    names = [each.partition("=")[0] for each in image["Config"]["Env"]]
    files = "-name .env -o -name .netrc -o -name .pypirc -o -name pgpass -o -name .git -o -name id_rsa -o -name '*.key'"

    assert [name for name in names if re.search("PASS|SECRET|TOKEN", name)] == []
    assert shell(f"find /opt/leadline /run/leadline /tmp /root /home \\( {files} \\)") == []
    assert shell("find /run/leadline -type f") == []


def test_the_image_is_small_and_says_what_it_is_and_how_it_is(image: dict[str, Any]) -> None:
    assert image["Size"] < MOST_MEGABYTES * 1_000_000
    assert image["Config"]["Labels"]["org.opencontainers.image.title"] == "Leadline"
    assert "leadline.runtime.healthcheck" in image["Config"]["Healthcheck"]["Test"]


def test_the_command_line_works_in_the_image_with_nothing_to_write_on(image: dict[str, Any]) -> None:
    printed = engine("run", "--rm", "--read-only", "--network", "none", "--cap-drop", "ALL", IMAGE, "leadline", "--help")

    assert "Leadline turns qualified leads into customers" in printed
