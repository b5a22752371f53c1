"""What the documents say about the code is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from leadline.cli.lines import read_lines
from leadline.contracts.codes import ErrorCode
from leadline.contracts.errors_doc import PAGE, WHAT_HAPPENS, main, render
from leadline.contracts.topics import all_topics
from leadline.delivery.record import Record
from leadline.local.settings import LocalSettings
from leadline.runtime.settings import Settings
from leadline.status.metrics import METRICS
from services.converter.decode import decode

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
ONE_LEAD = ROOT / "docs" / "one-lead.jsonl"
README = (ROOT / "README.md").read_text("utf-8")

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def section(document: Path, title: str) -> str:
    """The text between a heading of the second level and the next."""
    _, _, rest = document.read_text("utf-8").partition(f"\n## {title}\n")
    return rest.partition("\n## ")[0]


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_document
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text("utf-8"))

    for link in links:
        target, _, anchor = link.partition("#")
        if target.startswith("https://"):
            continue
        path = (document.parent / target).resolve() if target else document
        assert path.exists(), link
        assert not anchor or anchor in anchors(path), link


@every_document
def test_every_test_and_source_file_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"(?<![\w/])((?:tests|leadline|services|bench|schemas)/[\w/.-]*\w)", document.read_text("utf-8"))

    assert [name for name in named if not (ROOT / name).exists()] == []


@every_document
def test_no_line_is_left_open(document: Path) -> None:
    assert not re.search(r"TODO|FIXME|TBD", document.read_text("utf-8"))


def test_the_error_page_is_that_of_the_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert (main(["--check"]), PAGE.read_text("utf-8")) == (0, render())


@pytest.mark.parametrize("code", ErrorCode)
def test_the_error_page_explains_every_code(code: ErrorCode) -> None:
    assert code.docs in render()
    assert WHAT_HAPPENS[code] in render()


def test_the_settings_table_names_every_setting_and_no_other() -> None:
    documented = set(re.findall(r"^\| `(LEADLINE_\w+)` \|", section(ARCHITECTURE, "Settings"), re.MULTILINE))

    ours = {f"LEADLINE_{name.upper()}" for name in Settings.model_fields}
    local = {f"LEADLINE_LOCAL_{name.upper()}" for name in LocalSettings.model_fields}
    assert documented == ours | local


@pytest.mark.parametrize("name", ["topic_partitions", "topic_replication", "retry_delays", "group_protocol", "batch_records"])
def test_the_settings_table_says_the_default(name: str) -> None:
    default = Settings.model_fields[name].default
    text = ",".join(default) if isinstance(default, tuple) else str(default)

    assert f"| `LEADLINE_{name.upper()}` | `{text}` |" in section(ARCHITECTURE, "Settings")


@pytest.mark.parametrize("name", ["grade_thresholds", "temperature_thresholds"])
def test_the_settings_table_says_the_default_thresholds(name: str) -> None:
    text = ",".join(f"{word}={least}" for word, least in Settings.model_fields[name].default)

    assert f"| `LEADLINE_{name.upper()}` | `{text}` |" in section(ARCHITECTURE, "Settings")


def test_the_page_of_metrics_defines_every_metric_and_no_other() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text("utf-8")

    assert tuple(re.findall(r"^## (\w+)$", page, re.MULTILINE)) == METRICS


def test_the_topics_table_names_every_topic_and_no_other() -> None:
    rows = re.findall(r"^\| (`[^|]+)\|", section(ARCHITECTURE, "Topics"), re.MULTILINE)
    documented = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]

    delays = Settings.model_fields["retry_delays"].default
    assert sorted(documented) == sorted(topic.name for topic in all_topics(delays))


def test_the_example_lead_is_what_the_converter_reads() -> None:
    records = [Record(out.topic, 0, n, 0, out.key, out.value, out.headers) for n, out in enumerate(read_lines(ONE_LEAD))]
    contents = [decode(record) for record in records]

    watched = re.findall(r"leadline watch (\S+)", README)
    assert [content.order_key for content in contents] == ["L-ada"] * 3
    assert watched == [contents[-1].conversion_id]


def test_the_examples_in_python_are_python() -> None:
    examples = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

    assert examples
    for example in examples:
        compile(example, "README.md", "exec")
