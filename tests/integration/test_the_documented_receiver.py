"""The receiver of docs/webhooks.md, run as it stands against what Leadline sends."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from services.notifier.deliver.channels.webhook import Webhooks
from services.notifier.domain.letter import Delivery
from tests.scenarios.harness.receiver import Call, receiving

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
OLD, NEW = (f"whsec_{base64.b64encode(word).decode()}" for word in (b"the old secret", b"the new secret"))


@pytest.fixture
def is_genuine() -> Callable[..., bool]:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, str(PAGE), "exec"), names)  # noqa: S102 - the page's own lines
    found: Callable[..., bool] = names["is_genuine"]
    return found


def received(*secrets: str, ago: timedelta = timedelta(0)) -> Call:
    """What a receiver gets of a delivery that is signed with these secrets."""

    async def send(url: str) -> None:
        channel = Webhooks([ip_network("127.0.0.0/8")], 5.0, lambda: datetime.now(UTC) - ago)
        type = "leadline.notification.first-sale.v1"
        said = ("First sale", "Ada placed a first order.", {"order_id": "O-1"}, datetime.now(UTC), secrets)
        await channel.send(Delivery("D-1", "webhook", url, url, 1, "N-1", type, "first-sale", "rep-1", "en", *said))
        await channel.close()

    with receiving() as receiver:
        asyncio.run(send(receiver.url("well", "rep-1")))
    return receiver.calls["rep-1"][0]


def test_what_leadline_sends_is_genuine_and_nothing_else_is(is_genuine: Callable[..., bool]) -> None:
    call = received(OLD)
    assert is_genuine(OLD, call.headers, call.body)
    assert not is_genuine(NEW, call.headers, call.body)
    assert not is_genuine(OLD, call.headers, call.body + b" ")
    assert not is_genuine(OLD, {**call.headers, "webhook-id": "another"}, call.body)


def test_while_secrets_rotate_both_the_old_and_the_new_one_will_do(is_genuine: Callable[..., bool]) -> None:
    call = received(NEW, OLD)
    assert is_genuine(OLD, call.headers, call.body)
    assert is_genuine(NEW, call.headers, call.body)


def test_a_message_that_was_recorded_long_ago_is_not_genuine(is_genuine: Callable[..., bool]) -> None:
    call = received(OLD, ago=timedelta(minutes=6))
    assert not is_genuine(OLD, call.headers, call.body)
