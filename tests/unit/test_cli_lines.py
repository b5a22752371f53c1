"""Records as JSON lines become the bytes that were meant, or the line is named; text of records is safe to print."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadline.cli.lines import read_lines
from leadline.cli.text import printable
from leadline.delivery.record import Outgoing
from leadline.errors import SetupError


def lines(folder: Path, *texts: str) -> list[Outgoing]:
    file = folder / "day.jsonl"
    file.write_text("\n".join(texts), encoding="utf-8")
    return read_lines(file)


def test_a_line_is_topic_key_headers_and_value(tmp_path: Path) -> None:
    line = '{"topic": "lead.events", "key": "Ä", "headers": {"ce_id": "1", "none": null}, "value": {"a": [1, null]}}'
    assert lines(tmp_path, line) == [Outgoing("lead.events", "Ä".encode(), b'{"a":[1,null]}', [("ce_id", b"1"), ("none", None)])]


@pytest.mark.parametrize(
    ("members", "key", "value"),
    [
        ("", None, None),
        (', "key": null, "value": null', None, None),
        (', "key": "", "value_text": ""', b"", b""),
        (', "key_base64": "/w==", "value_base64": "/wA="', b"\xff", b"\xff\x00"),
        (', "value_text": "{broken"', None, b"{broken"),
        (', "value": "text"', None, b'"text"'),
    ],
)
def test_bytes_of_any_kind_can_be_written(tmp_path: Path, members: str, key: bytes | None, value: bytes | None) -> None:
    (record,) = lines(tmp_path, f'{{"topic": "lead.events"{members}}}')
    assert (record.key, record.value) == (key, value)


def test_blank_lines_are_nothing_and_the_order_is_kept(tmp_path: Path) -> None:
    found = lines(tmp_path, '{"topic": "lead.events", "key": "1"}', "", "  ", '{"topic": "order.events", "key": "2"}')
    assert [record.key for record in found] == [b"1", b"2"]


@pytest.mark.parametrize(
    "wrong",
    [
        "{",
        "[]",
        "7",
        "{}",
        '{"topic": "nowhere"}',
        '{"topic": ["lead.events"]}',
        '{"topic": "converter.dlq"}',
        '{"topic": "lead.events", "key": 7}',
        '{"topic": "lead.events", "headers": ["ce_id"]}',
        '{"topic": "lead.events", "headers": {"ce_id": 7}}',
        '{"topic": "lead.events", "key_base64": "?"}',
        '{"topic": "lead.events", "value_base64": 7}',
    ],
)
def test_the_first_line_that_is_no_record_is_named(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(SetupError, match=r"day\.jsonl, line 2: "):
        lines(tmp_path, '{"topic": "lead.events"}', wrong)


@pytest.mark.parametrize("text", ["\x1b[2J", "a\rb", "a\nb", "\x00", "\u202e", "\x9b31m"])
def test_a_record_cannot_move_the_cursor(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)


def test_letters_of_every_language_are_shown() -> None:
    assert printable("Zoë 山田") == "Zoë 山田"
