"""A receiver of webhooks that keeps message ids, and treats its senders in every bad way that there is.

The path says how: `/well`, `/slow` (200 ms), `/refusing` (500), `/hanging`, `/half` (closes within the answer) and `/dying`
(takes the message, then closes without a word). Of the bad ones, about a third of the messages meets it, the first time.
"""

from __future__ import annotations

import asyncio
import threading
import zlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

SLOW_SECONDS: Final = 0.2
SHARE: Final = 3
MANNERS: Final = ("well", "slow", "refusing", "hanging", "half", "dying")


@dataclass(frozen=True)
class Call:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came, by the last part of the path: every call, and the ids of those that were taken."""

    port: int = 0
    calls: defaultdict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    taken: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    on_call: Callable[[str], None] = lambda _: None

    def url(self, manner: str, name: str) -> str:
        """Where a person who is called `name` wants to be told, in this manner."""
        return f"http://127.0.0.1:{self.port}/{manner}/{name}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Take the message, or not."""
        manner, name = request.match_info["manner"], request.match_info["name"]
        id = request.headers["webhook-id"]
        self.calls[name].append(Call({name.lower(): text for name, text in request.headers.items()}, await request.read()))
        first = sum(call.headers["webhook-id"] == id for call in self.calls[name][-200:]) == 1
        self.on_call(id)
        if manner in _BAD and first and zlib.crc32(id.encode()) % SHARE == 0:
            if manner in {"half", "dying"}:
                self.taken[name][id] += 1
            return await _BAD[manner](request)
        if manner == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        self.taken[name][id] += 1
        return web.Response(text="thanks")


async def _refuse(_: web.Request) -> web.StreamResponse:
    return web.Response(status=500)


async def _hang(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(3600)
    raise AssertionError


async def _close(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _close_half_way(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "1000"})
    await answer.prepare(request)
    await answer.write(b"tha")
    return await _close(request)


_BAD: Final[dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = {
    "refusing": _refuse,
    "hanging": _hang,
    "half": _close_half_way,
    "dying": _close,
}


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port of loopback, on a thread of its own, for the block."""
    receiver, loop, ready = Receiver(), asyncio.new_event_loop(), threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/{manner}/{name}", receiver.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        receiver.port = runner.addresses[0][1]
        ready.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), name="receiver", daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
