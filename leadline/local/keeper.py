"""Starts an embedded server again when it has died, on the same port and data."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from leadline.errors import SetupError
from leadline.local.backoff import Backoff
from leadline.local.server import Server

_LOOK_EVERY_SECONDS = 0.1


class Keeper:
    """Watches one server until it is left; `say` gets a sentence for each death, `returned` is called after each restart."""

    def __init__(self, name: str, server: Server, say: Callable[[str], None], returned: Callable[[], None]) -> None:
        self.restarts = 0
        self._name = name
        self._server = server
        self._say = say
        self._returned = returned
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"keeper-{name}", daemon=True)

    def _watch(self) -> None:
        backoff, began = Backoff(), time.monotonic()
        while not self._stopping.wait(_LOOK_EVERY_SECONDS):
            if self._server.alive:
                continue
            self._say(f"{self._name} died, starting it again")
            if self._stopping.wait(backoff.delay_seconds(time.monotonic() - began)):
                return
            began = time.monotonic()
            self._start()

    def _start(self) -> None:
        try:
            self._server.start()
        except SetupError as error:
            self._say(str(error))
            return
        self.restarts += 1
        self._say(f"{self._name} runs again (process {self._server.pid})")
        self._returned()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join()
