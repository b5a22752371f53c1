"""The output of several processes in one stream."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import TextIO

_COLOURS = (36, 33, 35, 32, 34, 31)


class Console:
    """Writes whole lines of several processes with the name of each, coloured on a terminal."""

    def __init__(self, stream: TextIO, names: Sequence[str]) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._width = max(map(len, names), default=0)
        plain = bool(os.environ.get("NO_COLOR")) or not stream.isatty()
        self._colours = {} if plain else {name: _COLOURS[n % len(_COLOURS)] for n, name in enumerate(names)}

    def show(self, name: str, line: str) -> None:
        """Write one line of the process `name`."""
        label = f"{name:<{self._width}} |"
        if name in self._colours:
            label = f"\x1b[{self._colours[name]}m{label}\x1b[0m"
        with self._lock:
            self._stream.write(f"{label} {line}\n")
            self._stream.flush()
