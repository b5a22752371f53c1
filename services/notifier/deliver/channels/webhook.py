"""Webhooks: one POST for each delivery, signed, with the same id and the same body every time."""

from __future__ import annotations

import asyncio
import email.utils
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson

from leadline.contracts.times import time_now_text
from services.notifier.deliver.channels.guard import ForbiddenAddress, Guard, Network
from services.notifier.deliver.channels.signature import sign
from services.notifier.domain.delivery import Outcome
from services.notifier.domain.letter import Delivery, Enclosed

MOST_AT_ONCE: Final = 100
ANSWER_BYTES: Final = 4096  # more of an answer is not read, and its connection not used again
GONE: Final = 410
_HEADERS: Final = {"content-type": "application/json", "user-agent": "Leadline-Webhooks/1"}


class Webhooks:
    """Posts to public addresses by https, and to `allowed` networks by http too."""

    name = "webhook"
    most_at_once = MOST_AT_ONCE

    def __init__(self, allowed: Sequence[Network], seconds: float, now: Callable[[], datetime]) -> None:
        """`seconds` is the time that a receiver has to answer."""
        self._now = now
        self._timeout = aiohttp.ClientTimeout(total=seconds)
        self._sessions = {
            "https": self._session(Guard(allowed)),
            "http": self._session(Guard(allowed, allowed_only=True)),
        }

    def route(self, address: str) -> str:
        """Each URL fails by itself."""
        return address

    async def send(self, delivery: Delivery) -> Outcome:
        """Post it once; any status of 200 to 299 confirms it, 410 ends it, redirects are not followed."""
        body = webhook_body(delivery)
        try:
            session = self._sessions[urlsplit(delivery.address).scheme]
            signed = sign(delivery.secrets or (), delivery.delivery_id, int(self._now().timestamp()), body)
        except KeyError:
            return Outcome("refused", "the address is no http or https URL")
        except ValueError as error:
            return Outcome("refused", str(error))
        try:
            headers = _HEADERS | dict(signed)
            async with session.post(delivery.address, data=body, headers=headers, allow_redirects=False) as answer:
                await _drain(answer)
                return judge_answer(answer.status, answer.headers, self._now())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return judge_error(error)

    async def close(self) -> None:
        """Let go of connections."""
        for session in self._sessions.values():
            await session.close()

    def _session(self, guard: Guard) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(limit=0, ttl_dns_cache=10, socket_factory=guard.open_socket)
        return aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept-Encoding",),
        )


def webhook_body(delivery: Delivery) -> bytes:
    """The same bytes for each attempt: type, time and data, as Standard Webhooks has them."""
    said = _said(delivery) if not delivery.enclosed else _said(delivery) | {"data": _digest(delivery)}
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _said(each: Delivery | Enclosed) -> dict[str, Any]:
    return {"type": each.type, "timestamp": time_now_text(each.created_at), "data": each.data}


def _digest(delivery: Delivery) -> dict[str, Any]:
    return {"recipient": delivery.recipient, "notifications": [_said(each) for each in delivery.enclosed]}


def judge_answer(status: int, headers: Mapping[str, str], now: datetime) -> Outcome:
    """What a receiver's answer means."""
    if 200 <= status <= 299:  # noqa: PLR2004 - they are what HTTP calls successful
        return Outcome("confirmed")
    error = f"the receiver answered {status}"
    if status == GONE:
        return Outcome("refused", error)
    return Outcome("failed", error, retry_after_seconds(headers.get("Retry-After", ""), now))


def retry_after_seconds(text: str, now: datetime) -> float | None:
    """What `Retry-After` asks for: seconds, or a date of HTTP; None for nothing that can be read (RFC 9110, 10.2.3)."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def judge_error(error: BaseException) -> Outcome:
    """No answer: where no connection was made it has not arrived, else nobody knows."""
    if isinstance(_cause(error), ForbiddenAddress):
        return Outcome("refused", "the address is not a public one")
    if isinstance(error, aiohttp.InvalidURL):
        return Outcome("refused", "the address is no URL")
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Outcome("failed", f"no connection: {type(error).__name__}")
    if isinstance(error, TimeoutError):
        return Outcome("unknown", "no answer in time: it may have arrived")
    return Outcome("unknown", f"the connection broke: {type(error).__name__}; it may have arrived")


def _cause(error: BaseException) -> Any:
    return error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error


async def _drain(answer: aiohttp.ClientResponse) -> None:
    """Read a short answer to its end, so that the connection can be used again; leave a long one."""
    left = ANSWER_BYTES
    async with asyncio.timeout(1.0):
        while left > 0 and (read := await answer.content.read(left)):
            left -= len(read)
    if left <= 0:
        answer.close()
